# `lib.hm`: what home-manager's modules and configurations find there beside nixpkgs' lib.
{ lib }:

rec {
  dag = import ./dag.nix { inherit lib; };
  types = import ./types.nix { inherit lib dag; };
  strings = import ./strings.nix { inherit lib; };
  shell = import ./shell.nix { inherit lib; };
  booleans = {
    yesNo = value: if value then "yes" else "no";
    onOff = value: if value then "on" else "off";
  };
  assertions.assertPlatform = module: pkgs: platforms: {
    assertion = builtins.elem pkgs.stdenv.hostPlatform.system platforms;
    message =
      "${module} does not work on ${pkgs.stdenv.hostPlatform.system}, "
      + "only on: ${lib.concatStringsSep ", " platforms}";
  };
}
// lib.optionalAttrs (lib ? gvariant) { inherit (lib) gvariant; }
