rec { inherit (inputs.x) description; inputs.x.description = "d"; outputs = { self }: { }; }
