# What a flake of this folder puts out, without what is another each time it is copied.
name:
let
  flake = builtins.getFlake "path:${toString ./.}/${name}";
  volatile = [
    "lastModified"
    "lastModifiedDate"
  ];
in
removeAttrs flake (volatile ++ [
  "inputs"
  "outputs"
])
// {
  sourceInfo = removeAttrs flake.sourceInfo volatile;
}
