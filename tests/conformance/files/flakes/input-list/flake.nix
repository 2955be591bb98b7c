{ inputs.a = { type = "path"; foo = [ ]; }; outputs = { self }: { }; }
