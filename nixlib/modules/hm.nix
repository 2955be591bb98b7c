# `hm`: options that only hm has, about the programs of the machine.
{ lib, ... }:

let
  inherit (lib) mkOption types;
in
{
  options.hm = {
    hostPackages = mkOption {
      type = types.attrsOf (types.attrsOf (types.either types.path types.str));
      default = { };
      example = lib.literalExpression ''
        {
          attic.attic = "/opt/attic/bin/attic";
          python311.python = "python3";
          watch-mail.watch-mail = ./bin/watch-mail;
        }
      '';
      description = ''
        Packages made of programs of this machine, by the name that `pkgs` has them under: a set from the name in
        `bin/` to an absolute path, which is linked where it is, or a name to search for. A package declared here
        takes the place of one that nixlib knows, with all its programs.
      '';
    };

    hostSearchPath = mkOption {
      type = types.listOf types.str;
      description = ''
        Directories in which programs of the machine are looked for. The caller's `PATH` is not among them,
        so that a switch gives the same result from every shell.
      '';
    };
  };
}
