{ inputs.a.inputs.self.lfs = true; outputs = { self }: { }; }
