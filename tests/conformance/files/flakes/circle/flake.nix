rec { inputs = inputs; outputs = _: { }; }
