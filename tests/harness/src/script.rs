//! The shell scripts that set a manager up, enter it and take it down.
//!
//! Joining namespaces and control groups must happen in the process that then becomes the manager
//! or the command, between fork and exec. A shell does that without any unsafe code here.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::{Unavailable, at};

/// The search path inside.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Runs as root inside fresh mount and control group namespaces, makes them look like a booted
/// system and becomes the manager. Variables: `dir systemd uid gid slice` and the manager's
/// environment as positional parameters `NAME=VALUE`.
pub(crate) const SETUP: &str = r#"set -eu
# Systemd expects shared propagation, as on a booted system; the host is above and stays as it is.
mount --make-rshared /
mkdir -p /run/systemd /run/user /run/log /var/log/journal

# A private /run/systemd. /run/systemd/system is what makes sd_booted() true; without it the
# manager ends at once and says nothing. Services with a sandbox pivot to unit-root.
mount -t tmpfs -o mode=755 tmpfs /run/systemd
mkdir /run/systemd/system /run/systemd/journal /run/systemd/journald.conf.d
mkdir -m 700 /run/systemd/unit-root
ln -s "$dir/run/systemd/inaccessible" /run/systemd/inaccessible

# A view of the control groups with ours as the root. Mounting over /sys/fs/cgroup directly fails
# where the same file system is mounted there already, so it goes by way of another place.
mkdir /run/systemd/.cgroup
mount -t cgroup2 cgroup2 /run/systemd/.cgroup
mount --bind /run/systemd/.cgroup /sys/fs/cgroup
umount /run/systemd/.cgroup
rmdir /run/systemd/.cgroup

mount -t tmpfs -o mode=755 tmpfs /run/user
mkdir "/run/user/$uid"
mount --bind "$dir/run" "/run/user/$uid"

# Units that the host enables for all its users are not part of a test.
if [ -d /etc/systemd/user ]; then mount -t tmpfs -o mode=755 tmpfs /etc/systemd/user; fi

# Bus and journal want a machine id; fresh containers have an empty one.
if [ -e /etc/machine-id ] && [ ! -s /etc/machine-id ]; then
    mount --bind "$dir/machine-id" /etc/machine-id
fi

target=null
if [ -x "${systemd%/*}/systemd-journald" ]; then
    mount -t tmpfs -o mode=755 tmpfs /run/log
    mount --bind "$dir/journal" /var/log/journal
    printf '%s\n' '[Journal]' Storage=persistent SplitMode=uid Audit=no ReadKMsg=no \
        RateLimitIntervalSec=0 > /run/systemd/journald.conf.d/50-test.conf
    : > /run/systemd/journal/flushed
    (
        echo 0 > /sys/fs/cgroup/system.slice/systemd-journald.service/cgroup.procs
        exec setsid "${systemd%/*}/systemd-journald"
    ) &
    tries=0
    while [ ! -S /run/systemd/journal/socket ] && [ $tries -lt 500 ]; do
        sleep 0.02
        tries=$((tries + 1))
    done
    if [ -S /run/systemd/journal/socket ]; then target=journal; fi
fi

echo 0 > "/sys/fs/cgroup/$slice/cgroup.procs"
ulimit -H -n 524288 2>/dev/null && ulimit -S -n 1024 || :
umask 022
cd /
exec setpriv --reuid="$uid" --regid="$gid" --init-groups \
    env -i "$@" "$systemd" --user --log-target=$target
"#;

/// Runs a command beside the manager. The command joins the control group first, so that it dies
/// with the manager and the manager may move it into a scope. Joining a mount namespace loses the
/// working directory, which is therefore entered again by name. The first two arguments are the numeric user
/// and group, the rest is the command.
pub(crate) const ENTER: &str = r#"uid=$1 gid=$2
shift 2
echo $$ > "$cgroup/$slice/clients/cgroup.procs" || exit 125
exec nsenter --target "$manager" --mount --cgroup \
    /bin/sh -c 'cd "$1" || exit 125; shift; exec "$@"' sh "$PWD" \
    setpriv --reuid="$uid" --regid="$gid" --init-groups -- "$@"
"#;

/// Waits for its standard input to close, then ends the manager in an orderly way (private
/// temporary folders and the like go with their units), kills what is left in the control group,
/// and removes group and folders. Processes are found by group, never by a remembered number.
pub(crate) const ROOT_JANITOR: &str = r#"IFS= read -r _ || :
populated() { grep -qs 'populated 1' "$1/cgroup.events"; }
pids=$(cat "$cgroup/$slice/init.scope/cgroup.procs" 2>/dev/null) && [ -n "$pids" ] && kill -TERM $pids 2>/dev/null
tries=0
while populated "$cgroup/$slice/init.scope" && [ $tries -lt 150 ]; do
    sleep 0.02
    tries=$((tries + 1))
done
tries=0
while populated "$cgroup" && [ $tries -lt 500 ]; do
    if ! echo 1 2>/dev/null > "$cgroup/cgroup.kill"; then
        pids=$(find "$cgroup" -name cgroup.procs -exec cat {} + 2>/dev/null) && [ -n "$pids" ] && kill -KILL $pids 2>/dev/null
    fi
    sleep 0.01
    tries=$((tries + 1))
done
find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
if [ -d "$dir/cgroup2" ]; then umount "$dir/cgroup2"; fi
rm -rf --one-file-system "$dir"
"#;

/// As [`ROOT_JANITOR`], for a manager that is nested in a scope of the user's own manager.
pub(crate) const SESSION_JANITOR: &str = r#"IFS= read -r _ || :
systemctl --user stop "$scope" 2>/dev/null
rm -rf --one-file-system "$dir"
"#;

/// Starts a janitor: a shell that runs `script` once the pipe to it is closed. It has a session of
/// its own, out of reach of signals sent to the test's process group.
pub(crate) fn janitor(script: &str) -> Result<Child, Unavailable> {
    Command::new("setsid")
        .args(["/bin/sh", "-c", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .current_dir("/")
        .spawn()
        .map_err(at(Path::new("setsid")))
}

/// `text` as one word of the shell.
pub(crate) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Assignments for the beginning of a script.
pub(crate) fn assign(variables: &[(&str, &str)]) -> String {
    variables.iter().map(|(name, value)| format!("{name}={}\n", quote(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes() {
        assert_eq!(quote("a b"), "'a b'");
        assert_eq!(quote("it's"), r"'it'\''s'");
        assert_eq!(assign(&[("a", "1"), ("b", "x'y")]), "a='1'\nb='x'\\''y'\n");
    }
}
