//! The manager as root starts it: in its own mount and control group namespaces, as any user.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{
    Entry, Instance, Options, Unavailable, at, find_program, find_systemd, login_words, make_dir, script,
    write_units,
};

/// One line of the user database.
struct User {
    name: String,
    uid: u32,
    gid: u32,
}

/// Lays out folders and control group and spawns the manager; does not wait until it is ready.
pub(crate) fn launch(options: &Options) -> Result<Instance, Unavailable> {
    for tool in ["unshare", "nsenter", "setpriv", "setsid", "mount", "umount", "find", "systemctl"] {
        find_program(tool)?;
    }
    let systemd = find_systemd()?;
    let user = find_user(options.user.as_deref().unwrap_or("root"))?;
    let dir = make_dir()?;
    for path in [dir.join("home"), dir.join("run")] {
        chown(&path, Some(user.uid), Some(user.gid)).map_err(at(&path))?;
    }
    write_units(&dir, options, Some((user.uid, user.gid)))?;
    write(&dir.join("machine-id"), "6d746573746d616368696e6569643031\n")?;

    // The layout a login manager makes: the journal tells units apart by it.
    let slice = format!("user.slice/user-{uid}.slice/user@{uid}.service", uid = user.uid);
    let cgroup = make_cgroup(&dir, &slice, &user).inspect_err(|_| {
        let _ = fs::remove_dir_all(&dir);
    })?;

    let (uid, gid) = (user.uid.to_string(), user.gid.to_string());
    let dir_text = dir.display().to_string();
    let cgroup_text = cgroup.display().to_string();
    let systemd_text = systemd.display().to_string();
    let mut common = vec![
        ("PATH", script::PATH),
        ("dir", dir_text.as_str()),
        ("cgroup", cgroup_text.as_str()),
        ("slice", slice.as_str()),
        ("systemd", systemd_text.as_str()),
        ("uid", uid.as_str()),
        ("gid", gid.as_str()),
    ];

    // The janitor is there before anything that it would have to remove.
    let mut janitor = script::janitor(&(script::assign(&common) + script::ROOT_JANITOR))?;

    let setup = dir.join("setup");
    write(&setup, &(script::assign(&common) + script::SETUP))?;
    let output = dir.join("output");
    let log = fs::File::create(&output).map_err(at(&output))?;
    // The shell enters the control group before it becomes anything else: a manager started by
    // root in the root group would move every process of that group into its own.
    let spawned = Command::new("/bin/sh")
        .args(["-c", "echo 0 > \"$1/cgroup.procs\" || exit; shift; exec \"$@\"", "sh"])
        .args([cgroup_text.as_str(), "setsid", "unshare", "--mount", "--propagation", "slave", "--cgroup"])
        .arg("/bin/sh")
        .arg(&setup)
        .args(login_words(&dir, &user.name, &options.env))
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(at(&output))?)
        .stderr(log)
        .spawn();
    let manager = spawned.map_err(|source| {
        drop(janitor.stdin.take());
        let _ = janitor.wait();
        Unavailable::Io { path: "/bin/sh".into(), source }
    })?;

    let pid = manager.id().to_string();
    common.push(("manager", &pid));
    let enter = dir.join("enter");
    let text = script::assign(&common) + script::ENTER;
    let instance = Instance {
        dir,
        user: user.name,
        uid: user.uid,
        gid: user.gid,
        extra_env: options.env.clone(),
        manager,
        janitor,
        entry: Entry::Script(enter.clone()),
    };
    write(&enter, &text)?;
    Ok(instance)
}

fn write(path: &Path, text: &str) -> Result<(), Unavailable> {
    fs::write(path, text).map_err(at(path))
}

fn find_user(name: &str) -> Result<User, Unavailable> {
    let path = Path::new("/etc/passwd");
    let database = fs::read_to_string(path).map_err(at(path))?;
    database
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(':');
            let found = fields.next()? == name;
            let (uid, gid) = (fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?);
            found.then(|| User { name: name.to_owned(), uid, gid })
        })
        .next()
        .ok_or_else(|| Unavailable::NoSuchUser(name.to_owned()))
}

/// Makes the manager's group with the parts below it that are handed to the user.
fn make_cgroup(dir: &Path, slice: &str, user: &User) -> Result<PathBuf, Unavailable> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let mount = cgroup_mount(dir)?;
    let own = fs::read_to_string("/proc/self/cgroup")
        .ok()
        .and_then(|text| text.lines().find_map(|line| line.strip_prefix("0::/").map(str::to_owned)))
        .unwrap_or_default();
    let parent = mount.join(own);
    // In a control group namespace the path shown may not exist below the mount.
    let parent = if parent.is_dir() { parent } else { mount };
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let cgroup = parent.join(format!("hmsd-{}-{number}", std::process::id()));
    let failed = |error: std::io::Error| Unavailable::Cgroup(format!("{}: {error}", cgroup.display()));
    fs::create_dir(&cgroup).map_err(failed)?;
    fs::create_dir_all(cgroup.join("system.slice/systemd-journald.service")).map_err(failed)?;
    let top = cgroup.join(slice);
    let clients = top.join("clients");
    fs::create_dir_all(&clients).map_err(failed)?;
    for group in [&top, &clients] {
        chown(group, Some(user.uid), Some(user.gid)).map_err(failed)?;
        for file in ["cgroup.procs", "cgroup.threads", "cgroup.subtree_control"] {
            chown(group.join(file), Some(user.uid), Some(user.gid)).map_err(failed)?;
        }
    }
    Ok(cgroup)
}

/// Where the unified hierarchy is mounted writably; mounted below `dir` if nowhere.
fn cgroup_mount(dir: &Path) -> Result<PathBuf, Unavailable> {
    let path = Path::new("/proc/self/mountinfo");
    let mounts = fs::read_to_string(path).map_err(at(path))?;
    // Fields: id parent device root mount-point options… - type source super-options
    let found = mounts.lines().find_map(|line| {
        let (before, after) = line.split_once(" - ")?;
        let mut fields = before.split(' ').skip(4);
        let (point, options) = (fields.next()?, fields.next()?);
        let usable = after.starts_with("cgroup2 ") && options.split(',').any(|option| option == "rw");
        (usable && Path::new(point).join("cgroup.procs").exists()).then(|| PathBuf::from(point))
    });
    if let Some(point) = found {
        return Ok(point);
    }
    let point = dir.join("cgroup2");
    fs::create_dir(&point).map_err(at(&point))?;
    let output = Command::new("mount")
        .args(["-t", "cgroup2", "cgroup2"])
        .arg(&point)
        .output()
        .map_err(at(Path::new("mount")))?;
    if output.status.success() {
        Ok(point)
    } else {
        Err(Unavailable::Cgroup(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}
