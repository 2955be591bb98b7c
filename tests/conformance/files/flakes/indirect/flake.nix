{ outputs = { self, no-such-flake }: { }; }
