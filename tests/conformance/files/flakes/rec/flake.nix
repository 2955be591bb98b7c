rec { outputs = { self }: { }; }
