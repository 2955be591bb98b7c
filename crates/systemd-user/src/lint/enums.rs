//! Directives that take one of a few words.

/// The words that a kind of value may be.
pub(super) struct Choice {
    /// The words, with the release of systemd that brought each; 0 for those that always were there.
    pub(super) words: &'static [(&'static str, u32)],
    /// Whether a truth value is right too.
    pub(super) boolean: bool,
    /// Whether nothing is right too.
    pub(super) empty: bool,
}

const fn one(words: &'static [(&'static str, u32)]) -> Option<Choice> {
    Some(Choice { words, boolean: false, empty: false })
}

const fn or_empty(words: &'static [(&'static str, u32)]) -> Option<Choice> {
    Some(Choice { words, boolean: false, empty: true })
}

const fn or_boolean(words: &'static [(&'static str, u32)]) -> Option<Choice> {
    Some(Choice { words, boolean: true, empty: false })
}

/// The words of a kind of value, if it is of this sort.
pub(super) fn choice(kind: &str) -> Option<Choice> {
    match kind {
        "service-type" => one(&[
            ("simple", 0),
            ("exec", 0),
            ("forking", 0),
            ("oneshot", 0),
            ("dbus", 0),
            ("notify", 0),
            ("notify-reload", 253),
            ("idle", 0),
        ]),
        "service-restart" => one(&[
            ("no", 0),
            ("on-success", 0),
            ("on-failure", 0),
            ("on-abnormal", 0),
            ("on-watchdog", 0),
            ("on-abort", 0),
            ("always", 0),
        ]),
        "service-restart-mode" => one(&[("normal", 0), ("direct", 0), ("debug", 257)]),
        "service-exit-type" => one(&[("main", 0), ("cgroup", 0)]),
        "service-timeout-failure-mode" => one(&[("terminate", 0), ("abort", 0), ("kill", 0)]),
        "kill-mode" => or_empty(&[("control-group", 0), ("process", 0), ("mixed", 0), ("none", 0)]),
        "notify-access" => one(&[("none", 0), ("main", 0), ("exec", 0), ("all", 0)]),
        // What only the system's manager can do is refused in the user's.
        "emergency-action" => one(&[("none", 0), ("exit", 0), ("exit-force", 0)]),
        "job-mode" => one(&[
            ("fail", 0),
            ("replace", 0),
            ("replace-irreversibly", 0),
            ("isolate", 0),
            ("flush", 0),
            ("ignore-dependencies", 0),
            ("ignore-requirements", 0),
            ("triggering", 0),
            ("restart-dependencies", 256),
        ]),
        "collect-mode" => one(&[("inactive", 0), ("inactive-or-failed", 0)]),
        "oom-policy" => one(&[("continue", 0), ("stop", 0), ("kill", 0)]),
        "protect-home" => or_boolean(&[("read-only", 0), ("tmpfs", 0)]),
        "protect-system" => or_boolean(&[("full", 0), ("strict", 0)]),
        "protect-proc" => one(&[("default", 0), ("noaccess", 0), ("invisible", 0), ("ptraceable", 0)]),
        "proc-subset" => one(&[("all", 0), ("pid", 0)]),
        "private-tmp" => or_boolean(&[("connected", 257), ("disconnected", 257)]),
        "private-users" => or_boolean(&[("self", 257), ("identity", 257), ("full", 258), ("managed", 258)]),
        "private-pids" | "private-bpf" => or_boolean(&[]),
        "protect-control-groups" => or_boolean(&[("private", 257), ("strict", 257)]),
        "exec-keyring-mode" => one(&[("inherit", 0), ("private", 0), ("shared", 0)]),
        "exec-utmp-mode" => one(&[("init", 0), ("login", 0), ("user", 0)]),
        "exec-preserve-mode" | "runtime-preserve-mode" => or_boolean(&[("restart", 0)]),
        "exec-mount-propagation-flag" | "exec-mount-flags" => {
            or_empty(&[("shared", 0), ("slave", 0), ("private", 0)])
        }
        "managed-oom-mode" => or_empty(&[("auto", 0), ("kill", 0)]),
        "managed-oom-preference" => one(&[("none", 0), ("avoid", 0), ("omit", 0)]),
        "memory-pressure-watch" => Some(Choice {
            words: &[("auto", 0), ("on", 0), ("off", 0), ("skip", 0)],
            boolean: true,
            empty: true,
        }),
        "device-policy" => one(&[("auto", 0), ("closed", 0), ("strict", 0)]),
        "numa-policy" => {
            or_empty(&[("default", 0), ("preferred", 0), ("bind", 0), ("interleave", 0), ("local", 0)])
        }
        "exec-io-class" => or_empty(&[
            ("none", 0),
            ("realtime", 0),
            ("best-effort", 0),
            ("idle", 0),
            ("0", 0),
            ("1", 0),
            ("2", 0),
            ("3", 0),
        ]),
        "exec-cpu-sched-policy" => or_empty(&[
            ("other", 0),
            ("batch", 0),
            ("idle", 0),
            ("fifo", 0),
            ("rr", 0),
            ("ext", 258),
            ("0", 0),
            ("1", 0),
            ("2", 0),
            ("3", 0),
            ("5", 0),
        ]),
        "log-level" => one(LOG_LEVELS),
        "log-facility" => one(LOG_FACILITIES),
        "socket-bind" => or_boolean(&[("default", 0), ("both", 0), ("ipv6-only", 0)]),
        "socket-protocol" => one(&[("udplite", 0), ("sctp", 0), ("mptcp", 258)]),
        "socket-timestamping" => {
            or_boolean(&[("us", 0), ("usec", 0), ("µs", 0), ("μs", 0), ("ns", 0), ("nsec", 0)])
        }
        "socket-defer-trigger" => or_boolean(&[("patient", 258)]),
        _ => None,
    }
}

const LOG_LEVELS: &[(&str, u32)] = &[
    ("emerg", 0),
    ("alert", 0),
    ("crit", 0),
    ("err", 0),
    ("warning", 0),
    ("notice", 0),
    ("info", 0),
    ("debug", 0),
    ("0", 0),
    ("1", 0),
    ("2", 0),
    ("3", 0),
    ("4", 0),
    ("5", 0),
    ("6", 0),
    ("7", 0),
];

const LOG_FACILITIES: &[(&str, u32)] = &[
    ("kern", 0),
    ("user", 0),
    ("mail", 0),
    ("daemon", 0),
    ("auth", 0),
    ("syslog", 0),
    ("lpr", 0),
    ("news", 0),
    ("uucp", 0),
    ("cron", 0),
    ("authpriv", 0),
    ("ftp", 0),
    ("local0", 0),
    ("local1", 0),
    ("local2", 0),
    ("local3", 0),
    ("local4", 0),
    ("local5", 0),
    ("local6", 0),
    ("local7", 0),
    ("0", 0),
    ("1", 0),
    ("2", 0),
    ("3", 0),
    ("4", 0),
    ("5", 0),
    ("6", 0),
    ("7", 0),
    ("8", 0),
    ("9", 0),
    ("10", 0),
    ("11", 0),
    ("16", 0),
    ("17", 0),
    ("18", 0),
    ("19", 0),
    ("20", 0),
    ("21", 0),
    ("22", 0),
    ("23", 0),
];

/// Names of signals, without `SIG`.
pub(super) const SIGNALS: &[&str] = &[
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE",
    "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ",
    "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// Controllers of control groups.
pub(super) const CONTROLLERS: &[&str] = &[
    "cpu",
    "cpuacct",
    "cpuset",
    "io",
    "blkio",
    "memory",
    "devices",
    "pids",
    "bpf-firewall",
    "bpf-devices",
    "bpf-foreign",
    "bpf-socket-bind",
    "bpf-restrict-network-interfaces",
    "bpf-bind-network-interface",
];

/// Kinds of namespaces.
pub(super) const NAMESPACES: &[&str] = &["cgroup", "ipc", "net", "mnt", "pid", "user", "uts", "time"];

/// Capabilities, without `CAP_`.
pub(super) const CAPABILITIES: &[&str] = &[
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// Flags of `SecureBits=`.
pub(super) const SECURE_BITS: &[&str] = &[
    "keep-caps",
    "keep-caps-locked",
    "no-setuid-fixup",
    "no-setuid-fixup-locked",
    "noroot",
    "noroot-locked",
    "no-cap-ambient-raise",
    "no-cap-ambient-raise-locked",
];

/// Groups of system calls that a release knows.
pub(super) const SYSCALL_GROUPS: &[&str] = &[
    "@default",
    "@aio",
    "@basic-io",
    "@chown",
    "@clock",
    "@cpu-emulation",
    "@debug",
    "@file-system",
    "@io-event",
    "@ipc",
    "@keyring",
    "@known",
    "@memlock",
    "@module",
    "@mount",
    "@network-io",
    "@obsolete",
    "@pkey",
    "@privileged",
    "@process",
    "@raw-io",
    "@reboot",
    "@resources",
    "@sandbox",
    "@setuid",
    "@signal",
    "@swap",
    "@sync",
    "@system-service",
    "@timer",
];

/// Families of netlink (systemd.socket(5)).
pub(super) const NETLINK: &[&str] = &[
    "route",
    "firewall",
    "inet-diag",
    "nflog",
    "xfrm",
    "selinux",
    "iscsi",
    "audit",
    "fib-lookup",
    "connector",
    "netfilter",
    "ip6-fw",
    "dnrtmsg",
    "kobject-uevent",
    "generic",
    "scsitransport",
    "ecryptfs",
    "rdma",
];

/// Partitions of a disk image that can have mount options (systemd.exec(5)).
pub(super) const PARTITIONS: &[&str] = &[
    "root",
    "usr",
    "home",
    "srv",
    "esp",
    "xbootldr",
    "tmp",
    "var",
    "swap",
    "root-secondary",
    "usr-secondary",
    "root-other",
    "usr-other",
    "root-verity",
    "usr-verity",
    "root-secondary-verity",
    "usr-secondary-verity",
    "root-other-verity",
    "usr-other-verity",
    "root-verity-sig",
    "usr-verity-sig",
    "root-secondary-verity-sig",
    "usr-secondary-verity-sig",
    "root-other-verity-sig",
    "usr-other-verity-sig",
];
