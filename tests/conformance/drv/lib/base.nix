# A small derivation with the given attributes added.
extra:
derivation (
  {
    name = "sample";
    system = "x86_64-linux";
    builder = "/bin/sh";
  }
  // extra
)
