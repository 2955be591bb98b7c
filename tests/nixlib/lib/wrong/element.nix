# Sets an element of an option to a set, in line 4, below a condition.
{ lib, ... }: {
  x = lib.mkIf true {
    a = { };
  };
}
