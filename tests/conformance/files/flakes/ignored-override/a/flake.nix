{ outputs = _: { v = 1; }; }
