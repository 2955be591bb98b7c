{ inputs = [ ]; outputs = { self }: { }; }
