# What NixOS makes of the user units in units-shared.nix, as texts by name, with the nixpkgs of the search path. The
# packages are stand-ins: only their places in the texts count.
let
  lib = import <nixpkgs/lib>;

  program = name: {
    outPath = "@store@/${name}";
    meta.mainProgram = name;
    type = "derivation";
    overrideAttrs = _: program name;
  };

  pkgs = lib.genAttrs [ "bash" "coreutils" "findutils" "gnugrep" "gnused" ] program // {
    inherit lib;
    buildPackages.lndir = "";
    writeShellScriptBin = name: _: program name;
    writeText = _: _: "@text@";
    runCommand = name: _: _: name;
  };

  config.systemd = {
    package = program "systemd";
    packages = [ ];
    globalEnvironment = { };
    enableStrictShellChecks = false;
  };

  inherit ((import <nixpkgs/nixos/lib/utils.nix> { inherit lib pkgs config; }).systemdUtils) types;
  units = (import <nixpkgs/nixos/lib/utils.nix> { inherit lib pkgs config; }).systemdUtils.lib;

  kinds = {
    paths = "path";
    services = "service";
    slices = "slice";
    sockets = "socket";
    targets = "target";
    timers = "timer";
  };

  evaluated =
    (lib.evalModules {
      modules = [
        { options.systemd.user = lib.mapAttrs (kind: _: lib.mkOption { type = types.${kind}; default = { }; }) kinds; }
        ./units-shared.nix
      ];
      specialArgs = { inherit pkgs; };
    }).config.systemd.user;
in
lib.concatMapAttrs (
  kind: suffix:
  lib.mapAttrs' (name: unit: {
    name = "${name}.${suffix}";
    value = (units."${suffix}ToUnit" unit).text;
  }) evaluated.${kind}
) kinds
