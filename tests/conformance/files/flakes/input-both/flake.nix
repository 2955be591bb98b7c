{ inputs.a = { url = "/x"; follows = "b"; }; outputs = { self }: { }; }
