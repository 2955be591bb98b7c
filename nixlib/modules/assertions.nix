# `assertions` and `warnings`: what modules find wrong with a configuration as a whole.
{ lib, ... }:

{
  options = {
    assertions = lib.mkOption {
      type = lib.types.listOf lib.types.unspecified;
      internal = true;
      default = [ ];
      example = [
        {
          assertion = false;
          message = "this cannot be used together with that";
        }
      ];
      description = "Conditions that must hold; each has `assertion` and `message`.";
    };

    warnings = lib.mkOption {
      type = lib.types.listOf lib.types.str;
      internal = true;
      default = [ ];
      description = "Messages that are shown when the configuration is evaluated.";
    };

    meta = lib.mkOption {
      type = lib.types.submodule { freeformType = lib.types.attrsOf lib.types.raw; };
      internal = true;
      default = { };
      description = "Documentation of modules; nothing reads it here.";
    };

    lib = lib.mkOption {
      type = lib.types.attrsOf lib.types.attrs;
      default = { };
      description = "Functions that modules offer to other modules.";
    };
  };
}
