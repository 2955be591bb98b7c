# What nixpkgs has and host packages cannot have, as errors that name the remedy.
{ lib }:

let
  needsBuilder = name: ''
    `pkgs.${name}` runs a builder or downloads something, and host packages do neither:
    they are the programs of this machine and files that hm writes itself.
    Either install Nix and run hm with `--pkgs nixpkgs`, or declare the program that you have:
      hm.hostPackages.NAME = { PROGRAM = "/path/to/PROGRAM"; };'';

  refuse = name: throw (needsBuilder name);

  functions = [
    "applyPatches"
    "buildDotnetModule"
    "buildGoModule"
    "buildNpmPackage"
    "buildPackages"
    "dockerTools"
    "fetchCrate"
    "fetchFromBitbucket"
    "fetchFromCodeberg"
    "fetchFromGitHub"
    "fetchFromGitLab"
    "fetchFromSourcehut"
    "fetchgit"
    "fetchhg"
    "fetchpatch"
    "fetchsvn"
    "fetchurl"
    "fetchzip"
    "makeDesktopItem"
    "makeSetupHook"
    "makeWrapper"
    "mkShell"
    "mkShellNoCC"
    "ocamlPackages"
    "perlPackages"
    "haskellPackages"
    "nodePackages"
    "python3Packages"
    "python311Packages"
    "python312Packages"
    "runCommand"
    "runCommandCC"
    "runCommandLocal"
    "runCommandWith"
    "rustPlatform"
    "stdenvNoCC"
    "vimPlugins"
    "wrapProgram"
    "writers"
    "writeCBin"
  ];
in
{
  packages = lib.genAttrs functions refuse;
  inherit refuse;
}
