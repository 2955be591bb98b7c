# `hm.lines`: lines that a switch keeps in files that are otherwise the user's.
#
# Modules of hm add theirs by `hm.ownLines`. These give way where the configuration manages the whole file: then its
# author decides what stands in it.
{
  config,
  lib,
  ...
}:

let
  inherit (builtins) attrNames filter;
  inherit (lib) mkOption types;
  cfg = config.hm;

  isFile = path: builtins.match "([^/]+/)*[^/]+" path != null && builtins.match "(.*/)?[.][.]?(/.*)?" path == null;
  wrong = filter (path: !(isFile path)) (attrNames cfg.lines);
  managed = filter (path: !(cfg.isFree path)) (attrNames cfg.lines);

  join = a: b: {
    text = lib.removeSuffix "\n" a.text + "\n" + b.text;
    create = a.create || b.create;
  };

  own = lib.filterAttrs (path: _: cfg.isFree path) cfg.ownLines;
in
{
  options.hm = {
    lines = mkOption {
      type = types.attrsOf (
        types.submodule {
          options = {
            text = mkOption {
              type = types.lines;
              description = "The lines. They stand between two lines that say whose they are.";
            };
            create = mkOption {
              type = types.bool;
              default = true;
              description = "Whether the file is made if there is none.";
            };
          };
        }
      );
      default = { };
      example = lib.literalExpression ''
        {
          ".bashrc".text = "alias ll='ls -l'";
        }
      '';
      description = ''
        Lines to keep in files that are otherwise edited by hand, by path relative to the home directory.
      '';
    };

    ownLines = mkOption {
      type = types.attrsOf types.raw;
      internal = true;
      default = { };
      description = "Lines of hm's modules, each with `text` and `create`.";
    };

    lineRecords = mkOption {
      type = types.raw;
      internal = true;
      readOnly = true;
      description = "The manifest's `lines`.";
    };
  };

  config = {
    assertions = [
      {
        assertion = wrong == [ ];
        message = "hm.lines: not a path below the home directory: ${lib.concatStringsSep ", " wrong}";
      }
      {
        assertion = managed == [ ];
        message =
          "hm.lines has lines for files that the configuration manages as a whole: ${lib.concatStringsSep ", " managed}. "
          + "Put the lines into the file that home.file puts there.";
      }
    ];

    hm.lineRecords =
      own
      // lib.mapAttrs (
        path: lines: if own ? ${path} then join own.${path} lines else { inherit (lines) text create; }
      ) cfg.lines;
  };
}
