{ inputs.a.follows = "1"; outputs = _: { }; }
