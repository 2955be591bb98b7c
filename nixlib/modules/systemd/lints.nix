# `systemd.user.lints`: what `hm check` is to say of each kind of mistake in units.
{ config, lib, ... }:

let
  inherit (lib) mkOption types;

  # nixlib warns of these in every script it writes; hm is not to say it again.
  unexpanded = builtins.filter (path: builtins.match "%[a-zA-Z].*" path != null) (
    map (secret: secret.path) (builtins.attrValues config.sops.secrets)
  );
in
{
  options.systemd.user.lints = mkOption {
    type = types.attrsOf (types.enum [ "off" "warn" "error" ]);
    default = { };
    example = {
      never-started = "off";
      exposed-secret = "error";
    };
    description = ''
      How bad each kind of mistake in units is, by name: `off` says nothing of it, `warn` warns, and `error` stops a
      switch. `hm check --explain NAME` tells of each.
    '';
  };

  options.hm.lintRecord = mkOption {
    type = types.raw;
    internal = true;
    description = "The manifest's `lints`.";
  };

  config.hm.lintRecord = {
    levels = config.systemd.user.lints;
    told = unexpanded;
  };
}
