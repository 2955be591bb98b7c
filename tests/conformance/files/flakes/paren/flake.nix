({ outputs = { self }: { }; })
