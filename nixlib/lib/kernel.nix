# Values of Linux kernel configuration options.
{ lib }:
let
  inherit (lib) mkIf versionAtLeast versionOlder;
  tristate = value: {
    tristate = value;
    optional = false;
  };
in
{
  yes = tristate "y";
  no = tristate "n";
  module = tristate "m";
  unset = tristate null;
  freeform = value: {
    freeform = value;
    optional = false;
  };

  # A value that is only wished for.
  option = value: value // { optional = true; };

  # Conditions on the kernel's version.
  whenHelpers = version: {
    whenAtLeast = lowest: mkIf (versionAtLeast version lowest);
    whenOlder = limit: mkIf (versionOlder version limit);
    whenBetween =
      lowest: limit: mkIf (versionAtLeast version lowest && versionOlder version limit);
  };
}
