{ inputs.a.url = "a" + "b"; outputs = { self }: { }; }
