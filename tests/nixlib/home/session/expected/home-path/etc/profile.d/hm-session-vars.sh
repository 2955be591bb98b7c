# Sourced once a session.
if [ -n "${__HM_SESS_VARS_SOURCED-}" ]; then return; fi
export __HM_SESS_VARS_SOURCED=1

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
export MANPATH="$HOME/man${MANPATH:+:}$MANPATH"
export PATH="$HOME/bin:@home@/.local/share/npm/bin${PATH:+:}$PATH"
umask 077