{ lib, ... }:
{
  home.activation.one = lib.hm.dag.entryAfter [ "two" ] "echo 1";
  home.activation.two = lib.hm.dag.entryAfter [ "one" ] "echo 2";
}
