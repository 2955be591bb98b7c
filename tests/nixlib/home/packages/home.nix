# Every builder of host packages, its result linked file by file so that the listing shows it.
{ config, lib, pkgs, ... }:
let
  tree = source: { inherit source; recursive = true; };
  one = pkgs.writeShellScriptBin "one" "echo one";
  two = pkgs.writeTextFile {
    name = "two-1.5";
    destination = "/share/two/notes/two.txt";
    text = "two\n";
  };
  other = pkgs.writeTextDir "share/two/other.txt" "other\n";
  join = pkgs.symlinkJoin {
    name = "join";
    paths = [ one two other ];
  };
in
{
  home.stateVersion = "24.05";

  hm.hostPackages = {
    tool.tool = ./src/tool;
    tool.t = ./src/tool;
    # Takes the place of the table's entry.
    jq.jq = ./src/tool;
  };

  nixpkgs.overlays = [
    (final: previous: { greeting = previous.writeText "greeting" "hello from ${final.subject}"; })
    (final: previous: { subject = "an overlay"; })
  ];

  home.file = {
    join = tree join;
    farm = tree (pkgs.linkFarm "farm" {
      "a/b" = two + "/share/two/notes/two.txt";
      "a/c" = one;
      d = "/etc/hostname";
    });
    farm-of-packages = tree (pkgs.linkFarmFromDrvs "farm-of-packages" [ two other ]);
    env = tree (pkgs.buildEnv {
      name = "env";
      paths = [ one two other pkgs.tool ];
      pathsToLink = [ "/share/two" "/bin" ];
    });
    env-of-env = tree (pkgs.buildEnv {
      name = "env-of-env";
      paths = [ join (pkgs.buildEnv { name = "inner"; paths = [ pkgs.jq ]; }) ];
    });
    stripped = tree (pkgs.symlinkJoin {
      name = "stripped";
      paths = [ join ];
      stripPrefix = "/share/two";
    });

    substituted.source = "${pkgs.substituteAll {
      name = "substituted";
      src = ./src/template;
      dir = "etc";
      who = "you";
      flag = true;
      absent = null;
      Capital = "not a variable";
    }}/etc/substituted";
    replaced.source = pkgs.replaceVarsWith {
      src = ./src/strict;
      replacements = { who = "you"; kept = null; };
      isExecutable = true;
    };
    edited.source = pkgs.substitute {
      name = "edited";
      src = ./src/strict;
      substitutions = [ "--replace-fail" "hello" "goodbye" "--subst-var-by" "who" "them" ];
    };
    joined.source = pkgs.concatText "joined" [ ./src/strict (pkgs.writeText "end" "end\n") ];
    overlaid.source = pkgs.greeting;

    facts.text = lib.concatMapStrings (fact: "${fact}\n") [
      (lib.getName two)
      (lib.getVersion two)
      (lib.getExe pkgs.tool)
      (lib.getExe' one "one")
      (lib.makeBinPath [ one pkgs.tool ])
      (lib.boolToString (lib.isDerivation two))
      (pkgs.callPackage ({ tool, name ? "default" }: "${name} ${tool}") { })
      (toString (pkgs ? nothing-of-this-name))
    ];
  };

  home.packages = [ one join (lib.lowPrio (pkgs.writeShellScriptBin "one" "echo another one")) pkgs.tool ];
}
