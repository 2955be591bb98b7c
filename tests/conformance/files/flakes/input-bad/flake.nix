{ inputs.a.url = "foo:bar"; outputs = { self }: { }; }
