# `lib.hm`: what home-manager adds to the library for its modules, with the same names.
#
# It is meant to be attached to a library: lib.extend (final: _: { hm = import ./hm.nix { lib = final; }; }).
{ lib }:
let
  part = file: import file { inherit lib; };
in
{
  dag = part ./hm/dag.nix;
  types = part ./hm/types.nix;
  gvariant = part ./hm/gvariant.nix;
  strings = part ./hm/strings.nix;
  shell = part ./hm/shell.nix;
  zsh = part ./hm/zsh.nix;
  generators = part ./hm/generators.nix;
  deprecations = part ./hm/deprecations.nix;

  # People are not listed here; modules that name some get an empty set.
  maintainers = { };

  # Booleans in the words that programs' configuration files use.
  booleans = {
    yesNo = lib.boolToYesNo;
    onOff = value: if value then "on" else "off";
  };

  # An assertion that the configuration is for one of some platforms.
  assertions.assertPlatform = module: pkgs: platforms: {
    assertion = builtins.elem pkgs.stdenv.hostPlatform.system platforms;
    message =
      "${module} does not work on ${pkgs.stdenv.hostPlatform.system}, "
      + "only on: ${lib.concatStringsSep ", " (builtins.sort (a: b: a < b) platforms)}";
  };
}
