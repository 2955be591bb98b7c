{ outputs = { }: { x = 1; }; }
