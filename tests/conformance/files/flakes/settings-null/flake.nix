{ nixConfig = { a = null; }; outputs = { self }: { }; }
