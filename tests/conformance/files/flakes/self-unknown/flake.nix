{ inputs.self.foo = true; outputs = { self }: { }; }
