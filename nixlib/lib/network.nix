# IPv6 addresses.
{ lib }:
let
  inherit (builtins)
    concatStringsSep
    elemAt
    filter
    genList
    head
    length
    match
    ;
  inherit (lib)
    fromHexString
    splitString
    toHexString
    toLower
    ;

  # The eight groups of an address, as numbers. `::` stands for as many zeros as are missing.
  groupsOf =
    text:
    let
      halves = splitString "::" text;
      groups = half: if half == "" then [ ] else splitString ":" half;
      left = groups (head halves);
      right = groups (lib.last halves);
      given = length left + length right;
      written =
        if length halves == 1 then left else left ++ genList (_: "0") (8 - given) ++ right;
      isValid =
        if length halves == 1 then
          length left == 8
        else
          length halves == 2 && given < 8;
      number =
        digits:
        let
          value = fromHexString digits;
        in
        if value > 65535 then throw "0x${digits} is not a valid u16 integer" else value;
    in
    if match "[0-9A-Fa-f:]+" text == null then
      throw "${text} contains malformed characters for IPv6 address"
    else if !isValid || filter (digits: digits == "") written != [ ] then
      throw "${text} is not a valid IPv6 address"
    else
      map number written;

  show = groups: toLower (lib.concatMapStringsSep ":" toHexString groups);
in
{
  ipv6 = {
    # An address, with a prefix length if given, as `{ address, prefixLength }`.
    fromString =
      text:
      let
        parts = splitString "/" text;
        bits = lib.toInt (elemAt parts 1);
      in
      if length parts > 2 then
        throw "${text} is not a valid IPv6 address in CIDR notation"
      else
        {
          address = show (groupsOf (head parts));
          prefixLength =
            if length parts == 1 then
              128
            else if bits >= 1 && bits <= 128 then
              bits
            else
              throw "${text} IPv6 subnet should be in range [1;128], got ${toString bits}";
        };

    # The host part of an address that follows from a hardware address (RFC 4291, appendix A).
    mkEUI64Suffix =
      mac:
      let
        octet = "([0-9A-Fa-f]{2})";
        octets = match (concatStringsSep "[-:.]?" (genList (_: octet) 6)) mac;
        at = elemAt octets;
        # The bit that tells universal from local addresses is inverted.
        first = toHexString (builtins.bitXor 512 (fromHexString "${at 0}${at 1}"));
      in
      if octets == null then
        throw ''"${mac}" is no MAC address: six bytes in hexadecimal digits are wanted''
      else
        toLower "${first}:${at 2}ff:fe${at 3}:${at 4}${at 5}";
  };
}
