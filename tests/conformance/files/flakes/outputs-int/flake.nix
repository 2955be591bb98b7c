{ outputs = 1; }
