# `home.activation`: shell code of the configuration that a switch runs.
#
# hm itself checks targets, links files and drives systemd; home-manager does these in entries
# of the same graph. Their names stay in it as empty entries, so that a configuration's
# own entries can say `entryAfter [ "linkGeneration" ]`. From that follows in which phase of a switch
# an entry runs:
#   check    before writeBoundary: may look, may fail, must not write
#   write    before the files are linked
#   link     after the files are linked
#   systemd  after the units were changed
# An entry runs in `link` unless its relations, direct or not, ask for an earlier or later phase.
# The script `activate` of a generation runs the entries of the phase it is asked for.
{
  config,
  lib,
  pkgs,
  ...
}:

let
  inherit (builtins)
    elemAt
    filter
    foldl'
    mapAttrs
    ;
  inherit (lib) mkOption types;
  inherit (lib.hm.dag) entryAfter entryAnywhere entryBefore topoSort;

  milestones = {
    checkFilesChanged = entryBefore [ "linkGeneration" ] "";
    checkLinkTargets = entryBefore [ "writeBoundary" ] "";
    writeBoundary = entryAnywhere "";
    installPackages = entryAfter [ "writeBoundary" ] "";
    linkGeneration = entryAfter [ "writeBoundary" ] "";
    onFilesChange = entryAfter [ "linkGeneration" ] "";
    reloadSystemd = entryAfter [ "linkGeneration" ] "";
  };

  phases = [
    "check"
    "write"
    "link"
    "systemd"
  ];
  usualPhase = 2;

  # The phase that begins when a milestone is reached; what comes before it belongs to an
  # earlier one.
  begins = {
    writeBoundary = 1;
    linkGeneration = 2;
    reloadSystemd = 3;
  };

  dag = config.home.activation;

  sorted =
    let
      result = topoSort dag;
      names = lib.concatMapStringsSep ", " (entry: entry.name);
    in
    result.result
      or (throw "home.activation: these entries come before and after each other: ${
        names (lib.unique (result.cycle or [ ] ++ result.loops or [ ]))
      }");

  # NAME -> the names that come before it, and those that come after it, as far as they say so.
  before = lib.zipAttrsWith (_: lib.concatLists) (
    lib.mapAttrsToList (
      name: entry:
      {
        ${name} = builtins.filter (other: dag ? ${other}) entry.after;
      }
      // lib.genAttrs (builtins.filter (other: dag ? ${other} && other != name) entry.before) (_: [ name ])
    ) dag
  );
  after = lib.zipAttrsWith (_: lib.concatLists) (
    lib.mapAttrsToList (name: others: lib.genAttrs others (_: [ name ])) before
  );

  # The graph has no cycle when these are looked at, so they come to an end.
  earliest = mapAttrs (
    _: others: foldl' lib.max 0 (map (other: lib.max (begins.${other} or 0) earliest.${other}) others)
  ) before;
  latest = mapAttrs (
    name: _:
    foldl' lib.min 3 (
      map (other: lib.min ((begins.${other} or 4) - 1) latest.${other}) (after.${name} or [ ])
    )
  ) dag;

  phaseOf = name: elemAt phases (lib.max earliest.${name} (lib.min usualPhase latest.${name}));

  # What there is to run, phase by phase: an entry never runs in an earlier phase than one it
  # comes after.
  entries =
    let
      own = map (entry: entry // { phase = phaseOf entry.name; }) (
        filter (entry: entry.data != "") sorted
      );
    in
    # The milestones alone need no order.
    if lib.all (entry: entry.data == "") (builtins.attrValues dag) then
      [ ]
    else
      lib.concatMap (phase: filter (entry: entry.phase == phase) own) phases;

  searchPath = lib.concatStringsSep ":" (
    map (package: "${lib.getBin package}/bin") config.home.extraActivationPath ++ config.hm.hostSearchPath
  );

  caseOf = entry: ''
    if [[ $phase == all || $phase == ${entry.phase} ]]; then
      noteEcho ${lib.escapeShellArg "Activating ${entry.name}"}
      ${entry.data}
    fi
  '';

  prelude = ''
    # Runs the activation entries of this configuration. Files and units are not moved by this
    # script but by `hm switch` and `hm rollback`, which call it once a phase.
    #   activate [--phase check|write|link|systemd|all] [--dry-run] [--verbose] [--driver-version N]
    set -eu
    set -o pipefail

    phase=all
    while (( $# > 0 )); do
      case $1 in
        --phase | --driver-version)
          if (( $# < 2 )); then echo "$0: $1 needs a value" >&2; exit 2; fi
          if [[ $1 == --phase ]]; then phase=$2; fi
          shift 2 ;;
        --dry-run) DRY_RUN=1; shift ;;
        --verbose) VERBOSE=1; shift ;;
        *) echo "$0: unknown option $1" >&2; exit 2 ;;
      esac
    done
    case $phase in
      check | write | link | systemd | all) ;;
      *) echo "$0: unknown phase $phase" >&2; exit 2 ;;
    esac
  '';

  library = ''
    newGenPath=$(cd -- "''${BASH_SOURCE[0]%/*}" && pwd -P)
    genProfilePath=''${XDG_STATE_HOME:-$HOME/.local/state}/nix/profiles/hm
    hmStatePath=''${XDG_STATE_HOME:-$HOME/.local/state}/hm
    hmDataPath=''${XDG_DATA_HOME:-$HOME/.local/share}/hm
    # Set by hm when a generation is replaced; unset on the first switch.
    if [[ -n ''${HM_OLD_GENERATION:-} ]]; then oldGenPath=$HM_OLD_GENERATION; fi

    if [[ -v VERBOSE ]]; then
      export VERBOSE VERBOSE_ARG=--verbose VERBOSE_ECHO=echo VERBOSE_RUN=""
    else
      export VERBOSE_ARG="" VERBOSE_ECHO=true VERBOSE_RUN=true
    fi
    if [[ -v DRY_RUN ]]; then
      export DRY_RUN DRY_RUN_CMD=echo DRY_RUN_NULL=/dev/stdout
    else
      export DRY_RUN_CMD="" DRY_RUN_NULL=/dev/null
    fi

    errorEcho() { echo "$*" >&2; }
    warnEcho() { echo "$*" >&2; }
    noteEcho() { echo "$*"; }
    verboseEcho() { if [[ -v VERBOSE ]]; then echo "$*"; fi; }
    # Runs a command, or prints it in a dry run; --quiet drops its output, --silence its errors too.
    run() {
      local mode=
      case ''${1:-} in
        --quiet | --silence) mode=$1; shift ;;
      esac
      if [[ ''${1:-} == -- ]]; then shift; fi
      if [[ -v DRY_RUN ]]; then
        echo "$*"
      elif [[ $mode == --quiet ]]; then
        "$@" > /dev/null
      elif [[ $mode == --silence ]]; then
        "$@" > /dev/null 2>&1
      else
        "$@"
      fi
    }

    cd "$HOME"
  '';
in
{
  options.home = {
    activation = mkOption {
      type = lib.hm.types.dagOf types.str;
      default = { };
      # Added here and not defined, since most configurations define no entries, and merging costs more
      # than all the rest of this module.
      apply = own: milestones // own;
      example = lib.literalExpression ''
        {
          example = lib.hm.dag.entryAfter [ "writeBoundary" ] '''
            run mkdir -p $VERBOSE_ARG "$HOME/example"
          ''';
        }
      '';
      description = ''
        Shell code to run in a switch. An entry may be run any number of times and must come to the same result.
        Entries before `writeBoundary` must not change anything. `run COMMAND` respects a dry run.
      '';
    };

    emptyActivationPath = mkOption {
      type = types.bool;
      default = true;
      internal = true;
      description = "Whether the caller's `PATH` is left out of the one that entries see.";
    };

    extraActivationPath = mkOption {
      type = types.listOf types.package;
      default = [ ];
      internal = true;
      description = "Packages whose programs entries find in `PATH`.";
    };
  };

  options.hm.activation = mkOption {
    type = types.raw;
    internal = true;
    readOnly = true;
    description = "The entries in order, each with `name` and `phase`, and the text of the script.";
  };

  config.hm.activation = {
    entries = map (entry: { inherit (entry) name phase; }) entries;
    # Without entries there is nothing for bash to do, and the machine needs none.
    script =
      if entries == [ ] then
        "#!/bin/sh\n# This configuration has no activation entries: hm moves its files and units.\nexit 0\n"
      else
        "#!${pkgs.runtimeShell}\n"
        + prelude
        + lib.optionalString (config.home.uid != null) ''
          if (( EUID != ${toString config.home.uid} )); then
            echo "this configuration is for user id ${toString config.home.uid}, not $EUID" >&2
            exit 1
          fi
        ''
        + "export PATH=${lib.escapeShellArg searchPath}${
          lib.optionalString (!config.home.emptyActivationPath) ''"''${PATH:+:$PATH}"''
        }\n"
        + library
        + lib.concatMapStrings caseOf entries;
  };
}
