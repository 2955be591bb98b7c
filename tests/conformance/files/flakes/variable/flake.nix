rec { inherit (x) description; x = { }; outputs = _: { }; }
