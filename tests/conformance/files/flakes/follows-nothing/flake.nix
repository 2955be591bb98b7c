{ inputs.a.follows = "b"; outputs = _: { }; }
