# What the commands of scenarios have at hand.

sc() { systemctl --user "$@"; }

# Waits until a unit is in a state, such as failed/failed.
await() {
  until [ "$(sc show --value --property ActiveState,SubState "$1" | paste -sd /)" = "$2" ]; do sleep 0.02; done
}

# Has the service `inside` of the prelude run a command, and is what that is: its output and its status.
inside() {
  rm -f "$HOME/inside.status"
  printf "'%s' " "$@" > "$HOME/inside.sh"
  echo '> "$HOME/inside.out" 2> "$HOME/inside.err"; echo $? > "$HOME/inside.status"' >> "$HOME/inside.sh"
  pid=$(cat "$HOME/inside.pid")
  touch "$HOME/inside.go"
  while [ ! -e "$HOME/inside.status" ] && kill -0 "$pid"; do sleep 0.05; done 2>/dev/null
  cat "$HOME/inside.out"
  cat "$HOME/inside.err" >&2
  return "$(cat "$HOME/inside.status" 2>/dev/null || echo 137)"
}
