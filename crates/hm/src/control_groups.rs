//! Which limits on resources this machine lets the user's manager set.

use std::fs;
use std::path::Path;

use systemd_user::lint::Controllers;

/// Where control groups are mounted (cgroups(7)).
pub(crate) const MOUNTED: &str = "/sys/fs/cgroup";

/// What was found about the control groups.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ControlGroups {
    /// Those of version 1, alone or beside an empty tree of version 2.
    Version1,
    /// The controllers of the user's manager.
    Delegated(Vec<String>),
}

impl ControlGroups {
    /// Looks below `mounted` for the manager of a user; `None` where there is nothing to go by.
    pub(crate) fn of(mounted: &Path, uid: u32) -> Option<Self> {
        if !mounted.join("cgroup.controllers").exists() {
            // Each controller of version 1 has a hierarchy of its own there.
            return mounted.join("memory").is_dir().then_some(Self::Version1);
        }
        let manager = format!("user.slice/user-{uid}.slice/user@{uid}.service/cgroup.controllers");
        let names = fs::read_to_string(mounted.join(manager)).ok()?;
        Some(Self::Delegated(names.split_whitespace().map(str::to_owned).collect()))
    }

    /// The same for the linter.
    pub(crate) fn controllers(&self) -> Controllers<'_> {
        match self {
            Self::Version1 => Controllers::Version1,
            Self::Delegated(names) => Controllers::Delegated(names),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn found_by_their_files() {
        let check = |files: &[(&str, &str)], expected: Option<ControlGroups>| {
            let dir = tempfile::tempdir().unwrap();
            for (path, text) in files {
                let path = dir.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            assert_eq!(ControlGroups::of(dir.path(), 1000), expected, "{files:?}");
        };
        check(&[], None);
        check(&[("memory/tasks", ""), ("unified/cgroup.controllers", "")], Some(ControlGroups::Version1));
        let root = ("cgroup.controllers", "cpu io memory pids");
        check(&[root], None);
        let manager = "user.slice/user-1000.slice/user@1000.service/cgroup.controllers";
        let delegated = |names: &[&str]| {
            Some(ControlGroups::Delegated(names.iter().map(|name| (*name).to_owned()).collect()))
        };
        check(&[root, (manager, "memory pids\n")], delegated(&["memory", "pids"]));
        check(&[root, (manager, "\n")], delegated(&[]));
    }
}
