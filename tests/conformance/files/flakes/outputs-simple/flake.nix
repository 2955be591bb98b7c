{ outputs = inputs: { names = builtins.attrNames inputs; own = inputs.self ? names; }; }
