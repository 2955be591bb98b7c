# Arguments of functions that fetch things by hash.
{ lib }:
let
  inherit (builtins)
    attrNames
    concatStringsSep
    head
    intersectAttrs
    length
    removeAttrs
    ;
  inherit (lib) functionArgs genAttrs setFunctionArgs;

  # What an empty hash stands for: one that never fits, so that the right one is told.
  fakes = {
    hash = lib.fakeHash;
    sha256 = lib.fakeSha256;
    sha512 = lib.fakeSha512;
  };

  namesOf = hashTypes: [ "hash" ] ++ hashTypes;
in
rec {
  # Environment variables through which fetchers learn of proxies.
  proxyImpureEnvVars = [
    "http_proxy"
    "https_proxy"
    "ftp_proxy"
    "all_proxy"
    "no_proxy"
    "HTTP_PROXY"
    "HTTPS_PROXY"
    "FTP_PROXY"
    "ALL_PROXY"
    "NO_PROXY"
    "NIX_SSL_CERT_FILE"
  ];

  # Turns `hash`, `sha256` … into `outputHash` and `outputHashAlgo`.
  normalizeHash =
    {
      hashTypes ? [ "sha256" ],
      required ? true,
    }:
    let
      names = namesOf hashTypes;
    in
    arguments:
    let
      given = attrNames (intersectAttrs (genAttrs names (_: null)) arguments);
      name = head given;
      value = arguments.${name};
    in
    if arguments ? outputHash then
      arguments
    else if length given > 1 then
      throw "fetcher called with mutually-incompatible arguments: ${concatStringsSep ", " given}"
    else if given == [ ] then
      if required then throw "fetcher called without `hash`" else arguments
    else
      removeAttrs arguments names
      // {
        outputHashAlgo = if name == "hash" then null else name;
        outputHash =
          if value == "" then fakes.${name} or (throw "no “fake hash” defined for ${name}") else value;
      };

  # A fetcher with `outputHash` and `outputHashAlgo` that takes a hash in every form.
  withNormalizedHash =
    {
      hashTypes ? [ "sha256" ],
    }:
    fetcher:
    let
      formals = functionArgs fetcher;
      normalize = normalizeHash {
        inherit hashTypes;
        required = !formals.outputHash;
      };
      names = namesOf hashTypes;
    in
    assert formals ? outputHash && formals ? outputHashAlgo;
    assert intersectAttrs formals (genAttrs names (_: null)) == { };
    setFunctionArgs (arguments: fetcher (normalize arguments)) (
      removeAttrs formals [
        "outputHash"
        "outputHashAlgo"
      ]
      // { hash = formals.outputHash; }
    );
}
