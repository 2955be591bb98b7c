{ lib, ... }:
{
  home.file = lib.genAttrs [ "a" "b" ] (name: {
    text = 3;
  });
}
