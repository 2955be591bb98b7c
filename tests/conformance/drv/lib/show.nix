# The store paths of a derivation, as one string.
drv:
let
  plain = s: builtins.unsafeDiscardStringContext (toString s);
  output = o: " ${o}=${plain drv.${o}.outPath}";
in
plain drv.drvPath + builtins.concatStringsSep "" (map output (drv.outputs or [ "out" ]))
