# An overlay for nixpkgs: names that configurations still use and that nixpkgs has no more. It needs nothing of hm and works
# with stock Nix and home-manager as well:
#
#   nixpkgs.overlays = [ (import ./nixlib/overlay.nix) ];
final: prev:
# Older releases have them.
prev.lib.optionalAttrs (prev.lib.versionAtLeast (prev.lib.trivial.release or "0") "25.11") {
  # Split into a client and a server; what configurations call is the client.
  attic = final.attic-client;

  # Every attribute whose name begins with a small letter replaces `@name@` in `src`; names that are not attributes stay
  # as they are. `replaceVars` is stricter and nixpkgs' own successor.
  substituteAll =
    args@{
      src,
      name ? baseNameOf (toString src),
      ...
    }:
    final.stdenvNoCC.mkDerivation (
      {
        preferLocalBuild = true;
        allowSubstitutes = false;
      }
      // args
      // {
        inherit name;
        dontUnpack = true;
        buildCommand = ''
          eval "''${preInstall-}"
          target=$out
          if [ -n "''${dir-}" ]; then
            target=$out/$dir/$name
            mkdir -p "$(dirname "$target")"
          fi
          substituteAll "$src" "$target"
          if [ -n "''${isExecutable-}" ]; then
            chmod +x "$target"
          fi
          eval "''${postInstall-}"
        '';
      }
    );
}
