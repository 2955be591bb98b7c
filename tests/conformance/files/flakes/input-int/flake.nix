{ inputs.a.url = 1; outputs = { self }: { }; }
