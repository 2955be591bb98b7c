{ outputs = _: { outPath = 1; _type = 2; narHash = 3; x = 4; inputs = 5; }; }
