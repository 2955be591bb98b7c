# nixlib: the library, the modules and the packages that `hm` brings along.
#
#   import <nixlib> { primops; system ? …; } -> { lib; pkgs; modules; evalHome; homeManagerModule; }
#
# `primops` are the functions by which hm lets nixlib make store objects and look for programs;
# they are an argument and not part of `builtins`, so that the language stays Nix's:
#   storeObject { name; tree; }    the path of a content-addressed object, with context
#   findProgram { name; dirs; }    where an executable file lies, or null
#   staysInStore path              whether no link on the way to a path in the store leads out of it
#   hmVersion                      hm's version
{
  primops,
  system ? builtins.currentSystem or "x86_64-linux",
}:

let
  # Modules see `lib.hm` beside nixpkgs' lib. Extended rather than joined, so that the module system's own
  # `lib`, which submodules get, has it too.
  lib = (import ./lib).extend (
    final: _: {
      hm = import ./lib/hm.nix { lib = final; };
    }
  );

  # Where the programs of a machine are installed, in the order of a root shell's PATH; snaps come
  # last since they shadow nothing. Not here: the home directory, and every profile of Nix or hm,
  # whose programs would come and go with generations.
  systemPath = [
    "/usr/local/sbin"
    "/usr/local/bin"
    "/usr/sbin"
    "/usr/bin"
    "/sbin"
    "/bin"
    "/snap/bin"
  ];

  # Programs found in a store or a profile would be gone with the next generation.
  isOfSystem =
    directory:
    !(lib.hasPrefix "${builtins.storeDir}/" directory)
    && !(lib.hasPrefix "/nix/" directory)
    && !(lib.hasInfix "/.nix-profile/" "${directory}/")
    && !(lib.hasInfix "/nix/profile/" "${directory}/")
    && !(lib.hasInfix "/nix/profiles/" directory);

  modules = import ./modules;

  positions = import ./modules/positions.nix { inherit lib; };

  mkPkgs =
    arguments:
    import ./pkgs (
      {
        inherit lib primops system;
        searchPath = systemPath;
      }
      // arguments
    );

  # Scripts of a configuration are read for secrets that would not be found.
  inspectScriptOf = config: import ./pkgs/secrets.nix { inherit lib; } config.sops.secrets;

  inherit (import ./pkgs/adopt.nix { inherit lib primops; }) adopt declaredPackages;

  evalHome =
    {
      # The user's home.nix, as a path, or any module.
      configuration,
      username,
      homeDirectory,
      # Base directories that differ from XDG's defaults, as absolute paths.
      xdgConfigHome ? null,
      xdgDataHome ? null,
      xdgStateHome ? null,
      xdgCacheHome ? null,
      extraModules ? [ ],
      # Where to look for host programs before the system's directories.
      hostSearchPath ? null,
      # A package set to use instead of host packages: nixpkgs.
      pkgs ? null,
      extraSpecialArgs ? { },
    }:
    let
      set = value: lib.mkIf (value != null) (lib.mkOverride 1200 value);

      # Below what a configuration sets, even by mkDefault.
      given =
        { config, ... }:
        {
          _file = "the environment of hm";
          config = {
            home.username = set username;
            home.homeDirectory = set homeDirectory;
            xdg.configHome = set xdgConfigHome;
            xdg.dataHome = set xdgDataHome;
            xdg.stateHome = set xdgStateHome;
            xdg.cacheHome = set xdgCacheHome;
            hm.hostSearchPath = set (
              lib.unique (builtins.filter isOfSystem (if hostSearchPath == null then [ ] else hostSearchPath) ++ systemPath)
            );
            _module.args.pkgs = lib.mkDefault (
              if pkgs != null then
                adopt {
                  inherit pkgs;
                  inherit (config) hm;
                  inspectScript = inspectScriptOf config;
                }
              else
                mkPkgs {
                  searchPath = config.hm.hostSearchPath;
                  inherit (config.hm) hostPackages;
                  overlays = if config.nixpkgs.overlays == null then [ ] else config.nixpkgs.overlays;
                  config = if config.nixpkgs.config == null then { } else config.nixpkgs.config;
                  inspectScript = inspectScriptOf config;
                }
            );
          };
        };

      evaluated = lib.evalModules {
        class = "homeManager";
        modules = [ configuration ] ++ extraModules ++ [ given ] ++ modules;
        specialArgs = {
          inherit lib primops positions;
          modulesPath = toString ./modules;
        }
        // extraSpecialArgs;
      };

      failed = builtins.filter (check: !check.assertion) evaluated.config.assertions;

      checked =
        if failed == [ ] then
          evaluated
        else
          throw "Failed assertions:\n${lib.concatMapStringsSep "\n" (check: "- ${check.message}") failed}";
    in
    {
      inherit (checked) config options;
      inherit (checked.config) warnings;
      inherit (checked.config.home) activationPackage;
    };

  # For home-manager's own modules: the `hm` options, so that one configuration works with both.
  homeManagerModule =
    { config, ... }:
    {
      _file = "hm";
      imports = [ ./modules/hm.nix ];
      config = {
        hm.hostSearchPath = lib.mkOverride 1200 systemPath;
        nixpkgs.overlays = [
          (import ./overlay.nix)
          (_final: _previous: declaredPackages config.hm)
        ];
      };
    };
in
{
  inherit
    lib
    modules
    evalHome
    homeManagerModule
    ;
  pkgs = mkPkgs { };
}
