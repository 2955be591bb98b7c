{ nixConfig = 1; outputs = { self }: { }; }
