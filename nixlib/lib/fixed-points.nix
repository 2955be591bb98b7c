# Fixed points: sets that refer to themselves, and overlays that extend them.
{ lib }:
rec {
  # The value that the function maps to itself.
  fix =
    f:
    let
      self = f self;
    in
    self;

  # The same for sets, remembering the function.
  fix' =
    f:
    let
      self = f self // {
        __unfix__ = f;
      };
    in
    self;

  # Applies a function until nothing changes any more.
  converge =
    f: value:
    let
      next = f value;
    in
    if next == value then value else converge f next;

  # A self-referring set changed by an overlay `final: prev: { … }`.
  extends =
    overlay: base: final:
    let
      prev = base final;
    in
    prev // overlay final prev;

  # Two overlays as one; the second sees the changes of the first.
  composeExtensions =
    first: second: final: prev:
    let
      changes = first final prev;
    in
    changes // second final (prev // changes);

  # A list of overlays as one.
  composeManyExtensions = lib.foldr composeExtensions (_: _: { });

  # A self-referring set with an attribute `extend` that takes an overlay.
  makeExtensible = makeExtensibleWithCustomName "extend";

  # The same under another name than `extend`.
  makeExtensibleWithCustomName =
    name: base:
    fix' (
      self:
      base self
      // {
        ${name} = overlay: makeExtensibleWithCustomName name (extends overlay base);
      }
    );

  # An overlay from an overlay, a function of the previous set, or a set.
  toExtension =
    change: final: prev:
    if !lib.isFunction change then
      change
    else
      let
        changes = change prev;
      in
      if lib.isFunction changes then change final prev else changes;
}
