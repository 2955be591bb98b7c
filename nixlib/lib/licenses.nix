# Licences: names for `meta.license`, their SPDX identifiers, and expressions made of them.
{ lib }:
let
  spdx = spdxId: fullName: {
    inherit spdxId fullName;
    url = "https://spdx.org/licenses/${spdxId}.html";
  };

  # Completes the entries of a table with its name and what all of them share.
  table =
    traits:
    builtins.mapAttrs (
      shortName: entry:
      {
        inherit shortName;
        free = true;
        deprecated = false;
        redistributable = true;
        licenseType = "simple";
      }
      // traits
      // entry
    );

  free = import ./licenses/free.nix { inherit spdx; };
  unfree = import ./licenses/unfree.nix { inherit spdx; };
  unlisted = import ./licenses/unlisted.nix;

  # Names that leave open which versions are meant, or were replaced.
  deprecated = {
    apsl10 = spdx "APSL-1.0" "Apple Public Source License 1.0";
    apsl20 = spdx "APSL-2.0" "Apple Public Source License 2.0";
    gpl2 = spdx "GPL-2.0" "GNU General Public License v2.0";
    gpl3 = spdx "GPL-3.0" "GNU General Public License v3.0";
    lgpl2 = spdx "LGPL-2.0" "GNU Library General Public License v2";
    lgpl21 = spdx "LGPL-2.1" "GNU Lesser General Public License v2.1";
    lgpl3 = spdx "LGPL-3.0" "GNU Lesser General Public License v3.0";
  };
in
table { } (free // unlisted.free)
// table { deprecated = true; } deprecated
// table { free = false; } (unfree.redistributable // unlisted.redistributable)
// table {
  free = false;
  redistributable = false;
} (unfree.restricted // unlisted.restricted)
// import ./licenses/expressions.nix { inherit lib; }
