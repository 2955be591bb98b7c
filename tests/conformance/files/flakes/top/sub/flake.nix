{
  inputs.deep.url = "path:./deep";
  outputs = { self, deep }: { v = deep.v + 1; };
}
