{ ${"inputs"} = { }; outputs = { self }: { }; }
