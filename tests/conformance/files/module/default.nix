{ who ? "world" }: "hello ${who}"
