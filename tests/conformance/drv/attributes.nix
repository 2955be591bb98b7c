# Every kind of value that an attribute of a derivation may have.
let
  base = import ./lib/base.nix;
in
{
  minimal = base { };
  otherName = base { name = "other-1.2.3"; };
  allNameCharacters = base { name = "aZ09+-._?="; };
  otherSystem = base { system = "aarch64-darwin"; };
  builtinBuilder = base { builder = "builtin:buildenv"; };
  pathBuilder = base { builder = ../files/tree/run.sh; };
  noArgs = base { args = [ ]; };
  args = base { args = [ "-c" "echo $out" ]; };
  argsOfAllKinds = base { args = [ 1 2.5 true false null "" ../files/text.txt [ "a" "b" ] ]; };
  string = base { text = "value"; };
  emptyString = base { text = ""; };
  specialCharacters = base { text = "quote \" backslash \\ newline \n tab \t return \r dollar $ brace {}"; };
  unicode = base { text = "ünïcödé"; };
  integer = base { n = 42; };
  negative = base { n = -1; };
  float = base { n = 1.5; };
  wholeFloat = base { n = 2.0; };
  true_ = base { b = true; };
  false_ = base { b = false; };
  null_ = base { n = null; };
  list = base { l = [ "a" "b" "c" ]; };
  emptyList = base { l = [ ]; };
  nestedList = base { l = [ "a" [ "b" [ "c" ] ] ]; };
  mixedList = base { l = [ 1 "two" true false null 2.5 ]; };
  path = base { p = ../files/text.txt; };
  directory = base { p = ../files/tree; };
  toStringPathHasNoContext = base { p = builtins.unsafeDiscardStringContext "${../files/text.txt}"; };
  withToString = base { s = { __toString = self: "made by " + self.name; name = "toString"; }; };
  withOutPath = base { s = { outPath = "/somewhere"; }; };
  manyAttributes = base { z = 1; a = 2; M = 3; "with-dash" = 4; _u = 5; };
  oddAttributeNames = base { "a b" = 1; "é" = 2; "1" = 3; };
  attributesNamedLikeFields = base { outputs = [ "out" ]; drvPath = "x"; type = "y"; };
  ignoreNulls = base { __ignoreNulls = true; a = null; b = 1; };
  ignoreNullsOff = base { __ignoreNulls = false; a = null; b = 1; };
  ignoreNullsKeepsListNulls = base { __ignoreNulls = true; a = [ null ]; };
  impureEnv = base { impureEnvVars = [ "http_proxy" "USER" ]; };
  preferLocal = base { preferLocalBuild = true; allowSubstitutes = false; };
}
