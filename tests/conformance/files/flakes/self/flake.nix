{ inputs.self.submodules = true; outputs = { self }: { }; }
