{ foo = 1; outputs = { self }: { }; }
