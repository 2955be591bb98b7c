{ inputs.a = { type = "path"; foo = 1; }; outputs = { self }: { }; }
