{ inputs.a.follows = ""; outputs = { self, a }: { same = a.outPath == self.outPath; }; }
