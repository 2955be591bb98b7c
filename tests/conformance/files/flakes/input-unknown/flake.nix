{ inputs.a = { url = "/x"; foo = "y"; }; outputs = { self }: { }; }
