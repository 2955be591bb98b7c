# Packages that hold one text: `writeText`, `writeShellScript` and their like.
#
# `checkPhase`, `excludeShellChecks` and other arguments that only matter to a builder are
# accepted and do nothing: no builder runs here, so a script is not checked when it is
# written. `hm` parses units, not scripts.
{
  lib,
  object,
  # The shell that scripts are written for, as a path.
  runtimeShell,
  # Called with the name and text of every script; returns the text, and may warn.
  inspectScript,
}:

let
  inherit (lib)
    assertMsg
    concatMapStringsSep
    concatStrings
    hasPrefix
    mapAttrsToList
    optionalAttrs
    optionalString
    ;

  withShebang = text: "#!${runtimeShell}\n${text}\n";
in
rec {
  # A file with a text, at its own path or at one inside of a directory.
  writeTextFile =
    {
      name,
      text,
      executable ? false,
      destination ? "",
      checkPhase ? "",
      meta ? { },
      passthru ? { },
      allowSubstitutes ? false,
      preferLocalBuild ? true,
      derivationArgs ? { },
    }:
    assert assertMsg (destination == "" || (hasPrefix "/" destination && destination != "/"))
      "writeTextFile: `destination` of `${name}` must begin with a slash and name a file, but it is '${destination}'";
    let
      program = builtins.match "/bin/([^/]+)" destination;
      contents = if executable then inspectScript name text else text;
    in
    object.mkObject {
      inherit name;
      tree = object.placeAt destination (object.file contents executable);
      meta =
        optionalAttrs (executable && program != null) { mainProgram = builtins.head program; }
        // meta
        // derivationArgs.meta or { };
      passthru = passthru // derivationArgs.passthru or { } // { inherit text; };
    };

  # A file with a text.
  writeText =
    name: text:
    writeTextFile {
      inherit name;
      # Numbers, paths and derivations are accepted as nixpkgs accepts them.
      text = if builtins.isString text then text else toString text;
    };

  # The same inside of a directory.
  writeTextDir =
    path: text:
    writeTextFile {
      name = baseNameOf path;
      inherit text;
      destination = "/${path}";
    };

  # An executable text, whose first line says what runs it.
  writeScript =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
    };

  # The same as a package with a program.
  writeScriptBin =
    name: text:
    writeTextFile {
      inherit name text;
      executable = true;
      destination = "/bin/${name}";
    };

  # A script for bash.
  writeShellScript = name: text: writeScript name (withShebang text);

  # The same as a package with a program.
  writeShellScriptBin = name: text: writeScriptBin name (withShebang text);

  # A careful script for bash, with the programs it needs in PATH. Checking it with shellcheck would take a
  # builder, so it is not checked.
  writeShellApplication =
    {
      name,
      text,
      runtimeInputs ? [ ],
      runtimeEnv ? null,
      meta ? { },
      passthru ? { },
      checkPhase ? null,
      excludeShellChecks ? [ ],
      extraShellCheckFlags ? [ ],
      bashOptions ? [
        "errexit"
        "nounset"
        "pipefail"
      ],
      derivationArgs ? { },
      inheritPath ? true,
    }:
    writeTextFile {
      inherit
        name
        meta
        passthru
        derivationArgs
        ;
      executable = true;
      destination = "/bin/${name}";
      text = concatStrings [
        "#!${runtimeShell}\n"
        (concatMapStringsSep "\n" (option: "set -o ${option}") bashOptions)
        "\n"
        (optionalString (runtimeEnv != null) (
          concatStrings (
            mapAttrsToList (variable: value: "${lib.toShellVar variable value}\nexport ${variable}\n") runtimeEnv
          )
        ))
        (optionalString (runtimeInputs != [ ])
          "\nexport PATH=\"${lib.makeBinPath runtimeInputs}${optionalString inheritPath ":$PATH"}\"\n"
        )
        "\n${text}\n"
      ];
    };

  # Files one after the other, as one.
  concatTextFile =
    {
      name,
      files,
      executable ? false,
      destination ? "",
      checkPhase ? "",
      meta ? { },
      passthru ? { },
    }:
    writeTextFile {
      inherit
        name
        executable
        destination
        meta
        passthru
        ;
      text = lib.concatMapStrings (
        source: source.text or (builtins.readFile source)
      ) files;
    };

  # The same, by name and files only.
  concatText = name: files: concatTextFile { inherit name files; };

  # The same, executable.
  concatScript =
    name: files:
    concatTextFile {
      inherit name files;
      executable = true;
    };
}
