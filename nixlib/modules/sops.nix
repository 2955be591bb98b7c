# `sops`: the options of sops-nix's module for home-manager, and the paths that secrets have.
#
# A path may hold specifiers: `%r` is the runtime directory. systemd expands them in a unit;
# nothing expands them inside a script, which ../pkgs/secrets.nix warns about.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;
  cfg = config.sops;

  # A key in the store would be readable by everyone.
  pathNotInStore = lib.mkOptionType {
    name = "pathNotInStore";
    description = "absolute path outside the store";
    descriptionClass = "noun";
    check =
      value:
      let
        path = toString value;
      in
      (builtins.isString value || builtins.isPath value)
      && lib.hasPrefix "/" path
      && !(lib.hasPrefix (builtins.storeDir + "/") path);
    merge = lib.mergeEqualOption;
  };

  secret = types.submodule (
    { name, ... }:
    {
      options = {
        name = mkOption {
          type = types.str;
          default = name;
          description = "Name of the file among the decrypted secrets.";
        };

        key = mkOption {
          type = types.str;
          default = if cfg.defaultSopsKey != null then cfg.defaultSopsKey else name;
          description = "Key of the secret in the encrypted file; empty for the whole file.";
        };

        path = mkOption {
          type = types.str;
          default = "${cfg.defaultSymlinkPath}/${name}";
          description = "Where the secret can be read; `%r` stands for the runtime directory.";
        };

        format = mkOption {
          type = types.enum [
            "yaml"
            "json"
            "binary"
            "ini"
            "dotenv"
          ];
          default = cfg.defaultSopsFormat;
          description = "Format of the encrypted file.";
        };

        mode = mkOption {
          type = types.str;
          default = "0400";
          description = "Mode of the decrypted file, in octal.";
        };

        sopsFile = mkOption {
          type = types.path;
          default = cfg.defaultSopsFile;
          defaultText = lib.literalExpression "config.sops.defaultSopsFile";
          description = "The encrypted file that has the secret.";
        };
      };
    }
  );
in
{
  options.sops = {
    secrets = mkOption {
      type = types.attrsOf secret;
      default = { };
      description = "Secrets and where they can be read.";
    };

    defaultSopsFile = mkOption {
      type = types.path;
      description = "The encrypted file of secrets that name none.";
    };

    defaultSopsFormat = mkOption {
      type = types.str;
      default = "yaml";
      description = "The format of secrets that name none.";
    };

    defaultSopsKey = mkOption {
      type = types.nullOr types.str;
      default = null;
      description = "The key of secrets that name none; by default the secret's name.";
    };

    validateSopsFiles = mkOption {
      type = types.bool;
      default = true;
      description = "Whether encrypted files must exist when the configuration is evaluated.";
    };

    defaultSymlinkPath = mkOption {
      type = types.str;
      default = "${config.xdg.configHome}/sops-nix/secrets";
      defaultText = lib.literalExpression ''"''${config.xdg.configHome}/sops-nix/secrets"'';
      description = "The directory below which secrets can be read.";
    };

    defaultSecretsMountPoint = mkOption {
      type = types.str;
      default = "%r/secrets.d";
      description = "The directory that holds the generations of decrypted secrets.";
    };

    keepGenerations = mkOption {
      type = types.ints.unsigned;
      default = 1;
      description = "How many generations of secrets are kept; 0 for all.";
    };

    log = mkOption {
      type = types.listOf (types.enum [
        "keyImport"
        "secretChanges"
      ]);
      default = [
        "keyImport"
        "secretChanges"
      ];
      description = "What is logged.";
    };

    environment = mkOption {
      type = types.attrsOf (types.either types.str types.path);
      default = { };
      description = "Environment variables for decrypting.";
    };

    age = {
      keyFile = mkOption {
        type = types.nullOr pathNotInStore;
        default = null;
        example = "/home/jane/.config/sops/age/keys.txt";
        description = "File with the age key.";
      };

      generateKey = mkOption {
        type = types.bool;
        default = false;
        description = "Whether an age key is made where there is none.";
      };

      sshKeyPaths = mkOption {
        type = types.listOf types.path;
        default = [ ];
        description = "SSH keys to use as age keys.";
      };

      plugins = mkOption {
        type = types.listOf types.package;
        default = [ ];
        description = "Plugins of age.";
      };
    };

    gnupg = {
      home = mkOption {
        type = types.nullOr types.str;
        default = null;
        example = "/home/jane/.gnupg";
        description = "GnuPG directory with the key.";
      };

      sshKeyPaths = mkOption {
        type = types.listOf types.path;
        default = [ ];
        description = "SSH keys to use as GnuPG keys.";
      };
    };
  };

  config.assertions = [
    {
      assertion = cfg.gnupg.home == null || cfg.gnupg.sshKeyPaths == [ ];
      message = "sops.gnupg.home and sops.gnupg.sshKeyPaths exclude each other.";
    }
  ];
}
