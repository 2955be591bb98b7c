{ inputs.a = "x"; outputs = { self }: { }; }
