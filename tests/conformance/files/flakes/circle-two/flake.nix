rec { inputs = description; description = inputs; outputs = _: { }; }
