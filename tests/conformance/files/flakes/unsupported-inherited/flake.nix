{ inherit ({ x = 1; }) x; outputs = _: { }; }
