rec { description = "d"; inputs.a = { url = "path:./b"; flake = false; }; outputs = _: { v = description; }; }
