{ inputs.a = { url = "path:./a"; inputs.zz.follows = ""; }; outputs = { self, a }: { inherit (a) v; }; }
