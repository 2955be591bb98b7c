{ inputs.a = { url = "/x"; flake = "y"; }; outputs = { self }: { }; }
