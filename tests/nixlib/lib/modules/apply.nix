# A module that takes an argument of its own first.
n:
{ ... }:
{
  x = [ n ];
}
