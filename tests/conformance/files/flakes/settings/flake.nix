{ nixConfig = { a = "b"; c = 1; d = true; e = [ "x" ]; }; outputs = { self }: { }; }
