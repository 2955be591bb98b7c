# The type of `home.file` and of the `xdg.*File` options.
{
  lib,
  pkgs,
  homeDirectory,
}:

let
  inherit (lib) mkOption types;
in
# `base` is the absolute directory that relative targets are below, `place` how the manual calls it.
place: base:
types.attrsOf (
  types.submodule (
    { name, config, ... }:
    {
      options = {
        enable = mkOption {
          type = types.bool;
          default = true;
          description = "Whether the file shall exist.";
        };

        target = mkOption {
          type = types.nonEmptyStr;
          # Stored relative to the home directory; a path elsewhere stays absolute and is
          # refused where all files are put together.
          apply =
            target:
            lib.removePrefix (homeDirectory + "/") (if lib.hasPrefix "/" target then target else "${base}/${target}");
          defaultText = lib.literalExpression "name";
          description = "Where the file goes, relative to ${place}.";
        };

        text = mkOption {
          type = types.nullOr types.lines;
          default = null;
          description = "The file's text; otherwise `source` must be set.";
        };

        source = mkOption {
          type = types.path;
          description = "The file or directory to link to.";
        };

        executable = mkOption {
          type = types.nullOr types.bool;
          default = null;
          description = "Whether the file is executable; `null` keeps what the source is, and makes a text not executable.";
        };

        recursive = mkOption {
          type = types.bool;
          default = false;
          description = "Whether a directory is made of real directories with a link for each file, instead of one link.";
        };

        mode = mkOption {
          type = types.enum [
            "link"
            "copy"
          ];
          default = "link";
          description = ''
            What stands at the target: a link into the store, or a copy that the user may edit. A directory
            is copied as with `recursive`, file by file.
          '';
        };

        ignorelinks = mkOption {
          type = types.bool;
          default = false;
          description = "Whether `recursive` takes a link to a directory as a link instead of descending into it.";
        };

        onChange = mkOption {
          type = types.lines;
          default = "";
          description = "Shell commands to run after a switch that changed the file; with `recursive`, after every switch.";
        };

        force = mkOption {
          type = types.bool;
          default = false;
          description = "Whether a foreign file at the target is replaced instead of refused.";
        };
      };

      config = {
        target = lib.mkDefault name;
        source = lib.mkIf (config.text != null) (
          lib.mkDefault (
            pkgs.writeTextFile {
              inherit (config) text;
              executable = config.executable == true;
              # The same object for everyone: the home directory is no part of its name.
              name = lib.hm.strings.storeFileName (lib.removePrefix (homeDirectory + "/") name);
            }
          )
        );
      };
    }
  )
)
