# Host packages: those that nixpkgs keeps in `pkgs.xorg`.
let
  xorgProgram = name: debian: { programs = [ name ]; inherit debian; fedora = name; };
  xutil = name: xorgProgram name "x11-xserver-utils";
  xtool = name: xorgProgram name "x11-utils";
in
{
  setxkbmap = xorgProgram "setxkbmap" "x11-xkb-utils";
  xauth = xorgProgram "xauth" "xauth";
  xdpyinfo = xtool "xdpyinfo";
  xev = xtool "xev";
  xhost = xutil "xhost";
  xinit = { programs = [ "xinit" ]; optional = [ "startx" ]; debian = "xinit"; fedora = "xorg-x11-xinit"; };
  xinput = xorgProgram "xinput" "xinput";
  xkbcomp = xorgProgram "xkbcomp" "x11-xkb-utils";
  xkill = xtool "xkill";
  xmodmap = xutil "xmodmap";
  xprop = xtool "xprop";
  xrandr = xutil "xrandr";
  xrdb = xutil "xrdb";
  xset = xutil "xset";
  xsetroot = xutil "xsetroot";
  xwininfo = xtool "xwininfo";
}
