{ nixConfig = { a = [ 1 ]; }; outputs = { self }: { }; }
