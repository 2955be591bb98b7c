//! Limits on resources, which only hold where the kernel's controller for them is in the manager's hands.

use super::catalog::Lint;
use super::place;
use super::{About, Linter};
use crate::unit::Entry;

/// What the control groups of a user's manager can do (cgroups(7)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controllers<'a> {
    /// Control groups of version 1: only the system's own manager sets limits in them.
    Version1,
    /// Those of version 2, with these controllers, such as `memory`.
    Delegated(&'a [String]),
}

/// The controller without which a directive does nothing (systemd.resource-control(5)).
fn controller_of(directive: &str) -> Option<&'static str> {
    let name = directive.strip_prefix("Startup").or(directive.strip_prefix("Default")).unwrap_or(directive);
    Some(match name {
        "CPUWeight" | "CPUQuota" | "CPUQuotaPeriodSec" => "cpu",
        "AllowedCPUs" | "AllowedMemoryNodes" => "cpuset",
        "MemoryMin"
        | "MemoryLow"
        | "MemoryHigh"
        | "MemoryMax"
        | "MemorySwapMax"
        | "MemoryZSwapMax"
        | "MemoryZSwapWriteback" => "memory",
        "TasksMax" => "pids",
        _ if name.starts_with("IO") && name != "IOAccounting" && !name.starts_with("IOScheduling") => "io",
        _ => return None,
    })
}

impl Linter<'_> {
    /// Says of a limit that it will not hold on this machine.
    pub(super) fn limit(&mut self, about: About<'_>, entry: &Entry) {
        let Some(controllers) = self.options.controllers else { return };
        let Some(controller) = controller_of(&entry.key).filter(|_| !entry.value.is_empty()) else { return };
        let (why, help) = match controllers {
            Controllers::Version1 => (
                "the control groups of this machine are of version 1, where a user manager sets no limits"
                    .to_owned(),
                "`systemd.unified_cgroup_hierarchy=1` on the kernel's command line changes that".to_owned(),
            ),
            Controllers::Delegated(names) if names.iter().any(|name| name == controller) => return,
            Controllers::Delegated(_) => (
                format!("the user manager of this machine has no controller `{controller}`"),
                format!("a drop-in for user@.service with `Delegate=` gives it `{controller}`, as root"),
            ),
        };
        let message = format!("`{}=` has no effect: {why}", entry.key);
        self.push(
            Lint::NoController,
            None,
            about,
            place::key(&about.source.text, entry),
            message,
            Some(help),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controllers() {
        let check = |directive, expected| assert_eq!(controller_of(directive), expected, "{directive}");
        check("MemoryMax", Some("memory"));
        check("StartupCPUWeight", Some("cpu"));
        check("DefaultMemoryLow", Some("memory"));
        check("IOReadBandwidthMax", Some("io"));
        check("StartupAllowedCPUs", Some("cpuset"));
        check("TasksMax", Some("pids"));
        check("IOAccounting", None);
        check("IOSchedulingClass", None);
        check("MemoryAccounting", None);
        check("MemoryPressureWatch", None);
        check("DefaultDependencies", None);
    }
}
