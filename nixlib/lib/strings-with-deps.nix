# Pieces of text that depend on each other, put in order.
{ lib }:
let
  inherit (builtins)
    concatStringsSep
    head
    isAttrs
    tail
    ;
in
rec {
  # The texts of entries (names, or sets `{ text, deps }`), dependencies first, each name once.
  textClosureList =
    predefined: entries:
    let
      walk =
        seen: todo:
        let
          entry = head todo;
          rest = tail todo;
          deps = walk seen entry.deps;
          after = walk deps.seen rest;
        in
        if todo == [ ] then
          {
            inherit seen;
            texts = [ ];
          }
        else if isAttrs entry then
          {
            inherit (after) seen;
            texts = deps.texts ++ [ entry.text ] ++ after.texts;
          }
        else if seen ? ${entry} then
          walk seen rest
        else
          walk (seen // { ${entry} = null; }) ([ predefined.${entry} ] ++ rest);
    in
    (walk { } entries).texts;

  # The same, each text mapped, joined by newlines.
  textClosureMap =
    f: predefined: names:
    concatStringsSep "\n" (map f (textClosureList predefined names));

  # Entries: a text, with dependencies; dependencies without a text.
  noDepEntry = text: fullDepEntry text [ ];
  fullDepEntry = text: deps: { inherit text deps; };
  packEntry = deps: fullDepEntry "" deps;
  stringAfter = deps: text: { inherit text deps; };
}
