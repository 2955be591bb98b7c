# Sourced by login shells. Variables that are not set yet are no error here, even after `set -u`.
case $- in
  *u*) __hm_nounset=1; set +u ;;
  *) __hm_nounset= ;;
esac
if [ "$__HM_SESS_VARS_SOURCED" != "52376d3c2e118604" ]; then
export __HM_SESS_VARS_SOURCED="52376d3c2e118604"
export EDITOR="vim"
export FAST="true"
export LANG="en_GB.UTF-8"
export LC_TIME="de_DE.UTF-8"
export LEVEL="3"
export NOTES="@home@/.local/share/notes"
export PAGER="less"
export XDG_BIN_HOME="@home@/.local/bin"
export XDG_CACHE_HOME="@home@/.cache"
export XDG_CONFIG_HOME="@home@/.config"
export XDG_DATA_HOME="@home@/.local/share"
export XDG_STATE_HOME="@home@/.local/state"
umask 077
fi
case ":$MANPATH:" in
  *":$HOME/man:"*) ;;
  *) export MANPATH="$HOME/man:${MANPATH:-}" ;;
esac
case ":$PATH:" in
  *":$HOME/.local/state/nix/profiles/hm/home-path/bin:"*) ;;
  *) export PATH="$HOME/.local/state/nix/profiles/hm/home-path/bin${PATH:+:$PATH}" ;;
esac
case ":$PATH:" in
  *":@home@/.local/share/npm/bin:"*) ;;
  *) export PATH="@home@/.local/share/npm/bin${PATH:+:$PATH}" ;;
esac
case ":$PATH:" in
  *":$HOME/bin:"*) ;;
  *) export PATH="$HOME/bin${PATH:+:$PATH}" ;;
esac
case ":$XDG_DATA_DIRS:" in
  *":$HOME/.local/state/nix/profiles/hm/home-path/share:"*) ;;
  *) export XDG_DATA_DIRS="$HOME/.local/state/nix/profiles/hm/home-path/share:${XDG_DATA_DIRS:-/usr/local/share:/usr/share}" ;;
esac
if [ -n "$__hm_nounset" ]; then set -u; fi
unset __hm_nounset
