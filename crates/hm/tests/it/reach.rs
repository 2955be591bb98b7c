//! What a configuration says of packages and variables, seen from where the user is: new logins, services, manuals.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use systemd_harness::UserManager;

use crate::support::{HM, Home, Run, manager, repository, skip};

/// The search path of a login.
const SYSTEM: &str = "/usr/local/bin:/usr/bin:/bin";

/// The shells whose logins are tried.
const SHELLS: [&str; 4] = ["bash", "dash", "zsh", "fish"];

/// Where the profile of a test's home has its packages.
const PROFILE: &str = "@home@/.local/state/nix/profiles/hm/home-path";

/// A program of the machine, to be run in a home as a login would: with nothing that the home does not give.
fn program(home: &Path, name: &str) -> Option<Command> {
    let Some(path) = SYSTEM.split(':').map(|dir| Path::new(dir).join(name)).find(|path| path.is_file())
    else {
        skip(&format!("{name} is not installed"));
        return None;
    };
    let mut command = Command::new(path);
    command.env_clear().env("HOME", home).env("USER", "alice").env("PATH", SYSTEM).env("TERM", "dumb");
    command.current_dir(home).stdin(Stdio::null());
    Some(command)
}

/// What a script says in a shell with these arguments, which must end well and complain of nothing.
#[track_caller]
fn said(home: &Home, shell: &str, arguments: &[&str], script: &str) -> Option<String> {
    let home = home.path();
    let mut command = program(&home, shell)?;
    let run = Run::of(command.args(arguments).args(["-c", script]), &home);
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{shell}: {}", run.stdout);
    Some(run.stdout)
}

/// The search path of a login without anything of hm: /etc/profile may make its own.
fn usual_path(shell: &str) -> Option<String> {
    said(&Home::new(), shell, &["-l"], "printenv PATH")
}

/// Everything in the home but what is hm's own.
fn files(home: &Home) -> BTreeMap<String, String> {
    let mut files = home.listing();
    files.retain(|name, _| ![".local", ".config/hm"].iter().any(|own| name.starts_with(own)));
    files
}

fn switch(home: &Home, configuration: &str) {
    home.configure(configuration);
    home.hm(&["switch"]).ended(0);
}

const WITH: &str = r#"{ pkgs, ... }: {
  home.packages = [ (pkgs.writeShellScriptBin "greet" "echo hello") ];
  home.sessionVariables.GREETING = "good \\\"day\\\" to $HOME";
  home.sessionPath = [ "$HOME/bin" ];
}
"#;

/// Says what a login has of [`WITH`].
const SCRIPT: &str =
    "command -v greet >/dev/null && greet || echo none; printenv GREETING || echo none; printenv PATH";

#[test]
fn new_logins_see_packages_and_variables_until_these_are_removed() {
    for shell in SHELLS {
        let home = Home::new();
        switch(&home, "{ }");
        home.write(".profile", "# mine");
        home.write(".zprofile", "# mine\n");
        home.write(".config/fish/conf.d/mine.fish", "");
        let before = files(&home);
        let Some(usual) = usual_path(shell) else { continue };
        let first = said(&home, shell, &["-l"], SCRIPT).unwrap();
        assert_eq!(first, format!("none\nnone\n{usual}"), "{shell}");

        switch(&home, WITH);
        let found = said(&home, shell, &["-l"], SCRIPT).unwrap();
        let path = format!("@home@/bin:{PROFILE}/bin:{usual}");
        assert_eq!(found, format!("hello\ngood \"day\" to @home@\n{path}"), "{shell}");

        switch(&home, "{ }");
        assert_eq!(said(&home, shell, &["-l"], SCRIPT).unwrap(), first, "{shell}");
        assert_eq!(files(&home), before, "{shell}");
    }
}

#[test]
fn bash_reads_the_lines_in_whichever_file_it_reads() {
    for file in [".bash_profile", ".bash_login"] {
        let home = Home::new();
        home.write(file, "MINE=1\n");
        switch(&home, WITH);
        let Some(found) = said(&home, "bash", &["-l"], "greet; echo $MINE") else { return };
        assert_eq!(found, "hello\n1", "{file}");
    }
    // Without them there is nothing that would keep bash from .profile.
    let home = Home::new();
    switch(&home, WITH);
    assert!(home.path().join(".profile").exists());
    assert!(!home.path().join(".bash_profile").exists() && !home.path().join(".bash_login").exists());
}

#[test]
fn a_login_inside_a_session_gets_new_values_and_each_directory_once() {
    for shell in SHELLS {
        let home = Home::new();
        switch(&home, WITH);
        let again = WITH
            .replace("good", "fine")
            .replace("home.sessionPath", "home.sessionVariables.N = 2; home.sessionPath");
        home.write("again.nix", &again);
        let script = format!(
            "printenv GREETING; {HM} switch --quiet -f again.nix; {shell} -l -c 'printenv GREETING; printenv N; printenv PATH'; \
             {shell} -c 'printenv GREETING'"
        );
        let Some(found) = said(&home, shell, &["-l"], &script) else { continue };
        let path = format!("@home@/bin:{PROFILE}/bin:{}", usual_path(shell).unwrap());
        let old = "good \"day\" to @home@";
        assert_eq!(found, format!("{old}\nfine \"day\" to @home@\n2\n{path}\n{old}"), "{shell}");
    }
}

#[test]
fn a_login_does_not_mind_unset_variables_or_a_profile_that_is_gone() {
    for shell in ["bash", "dash", "zsh"] {
        let home = Home::new();
        switch(&home, &WITH.replace("$HOME\";", "$HOME$NOT_SET\";"));
        // After the login, `-u` is as it was.
        let script = "greet; case $- in *u*) echo on ;; esac";
        let Some(found) = said(&home, shell, &["-u", "-l"], script) else { continue };
        assert_eq!(found, "hello\non", "{shell}");
    }
    for shell in SHELLS {
        let home = Home::new();
        switch(&home, WITH);
        fs::remove_file(home.path().join(".local/state/nix/profiles/hm")).unwrap();
        let Some(found) = said(&home, shell, &["-l"], "printenv PATH") else { continue };
        assert_eq!(found, usual_path(shell).unwrap(), "{shell}");
    }
}

#[test]
fn an_empty_configuration_leaves_the_home_alone() {
    let home = Home::new();
    switch(&home, "{ }");
    assert_eq!(files(&home).into_keys().collect::<Vec<_>>(), [".config"]);
}

const SHARED: &str = r##"{ pkgs, ... }: {
  home.packages = [
    (pkgs.writeTextDir "share/applications/greet.desktop" "[Desktop Entry]\nType=Application\nName=Greet\nExec=greet\n")
    (pkgs.writeTextFile { name = "man"; text = ".TH greet 1\n"; destination = "/share/man/man1/greet.1"; })
    (pkgs.writeTextDir "share/bash-completion/completions/greet" "complete -W 'loudly' greet\n")
    (pkgs.writeTextDir "share/zsh/site-functions/_greet" "#compdef greet\n")
    (pkgs.writeTextDir "share/fish/vendor_completions.d/greet.fish" "complete -f -c greet -a loudly\n")
    (pkgs.writeTextDir "share/fish/vendor_functions.d/hello.fish" "function hello; echo hello; end\n")
    (pkgs.symlinkJoin { name = "font"; paths = [ ./font ]; })
    (pkgs.writeShellScriptBin "greet" "echo hello")
  ];
}
"##;

#[test]
fn what_packages_share_is_found() {
    let home = Home::new();
    fs::create_dir_all(home.path().join(".config/hm/font/share/fonts")).unwrap();
    switch(&home, SHARED);
    let places = said(&home, "dash", &["-l"], "echo $XDG_DATA_DIRS").unwrap();
    assert_eq!(places, format!("{PROFILE}/share:/usr/local/share:/usr/share"));
    let entry = home.path().join(".local/state/nix/profiles/hm/home-path/share/applications/greet.desktop");
    assert!(fs::read_to_string(entry).unwrap().contains("Name=Greet"));
    if program(&home.path(), "man").is_some() {
        let page = format!("{PROFILE}/share/man/man1/greet.1");
        assert_eq!(said(&home, "dash", &["-l"], "man -w greet").unwrap(), page);
    }
    let script = "autoload -Uz compinit; compinit -u -D; echo ${_comps[greet]}";
    for arguments in [&["-l"] as &[&str], &[]] {
        if let Some(found) = said(&home, "zsh", arguments, script) {
            assert_eq!(found, "_greet");
        }
    }
    let script = "complete -C 'greet '; hello; fish -c \"complete -C 'greet '; hello\"";
    if let Some(found) = said(&home, "fish", &["-l"], script) {
        assert_eq!(found, "loudly\nhello\nloudly\nhello");
    }
    let Some(mut conflist) = program(&home.path(), "fc-conflist") else { return };
    let listed = Run::of(&mut conflist, &home.path()).ended(0);
    assert!(listed.contains("+ @home@/.config/fontconfig/conf.d/10-hm-fonts.conf: "), "{listed}");
}

#[test]
fn fonts_of_the_generation_in_use_are_listed() {
    let home = Home::new();
    let Some(mut list) = program(&home.path(), "fc-list") else { return };
    let all = Run::of(list.args([":", "file", "family"]), &home.path()).ended(0);
    let mut fonts: Vec<&str> = all.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    fonts.sort();
    let [first, .., last] = fonts.as_slice() else { return skip("there are no two fonts on this machine") };
    let listed = |font: &str| -> Vec<String> {
        let dir = home.path().join(".config/hm/font/share/fonts");
        _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        fs::copy(font, dir.join(Path::new(font).file_name().unwrap())).unwrap();
        switch(
            &home,
            "{ pkgs, ... }: { home.packages = [ (pkgs.symlinkJoin { name = \"font\"; paths = [ ./font ]; }) ]; }",
        );
        let mut list = program(&home.path(), "fc-list").unwrap();
        let run = Run::of(list.args([":", "file"]), &home.path()).ended(0);
        let names = run.lines().filter(|line| line.starts_with("@store@"));
        names.map(|line| line.trim_end_matches(": ").rsplit('/').next().unwrap().to_owned()).collect()
    };
    let name = |font: &str| Path::new(font).file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(listed(first), [name(first)]);
    // A cache that goes by the time of folders, which is the same in every object, would still have the first.
    assert_eq!(listed(last), [name(last)]);
}

#[test]
fn files_of_the_configuration_get_no_lines() {
    let home = Home::new();
    let managed = |text: &str| {
        WITH.replace(
            "home.sessionPath",
            &format!("home.file.\".profile\".text = \"{text}\"; home.sessionPath"),
        )
    };
    home.configure(&managed("# mine\\n"));
    let run = home.hm(&["switch"]);
    assert!(run.stderr.contains("~/.profile is a file of this configuration"), "{}", run.stderr);
    assert_eq!(fs::read_to_string(home.path().join(".profile")).unwrap(), "# mine\n");
    // What the warning says to put there helps.
    let hint =
        run.stderr.split_once("Put into it:\n").unwrap().1.split("fi\n").next().unwrap().to_owned() + "fi\n";
    home.configure(&managed(&hint.replace('"', "\\\"").replace('\n', "\\n")));
    assert_eq!(home.hm(&["switch"]).complained(0), "");
    if let Some(found) = said(&home, "dash", &["-l"], "greet") {
        assert_eq!(found, "hello");
    }
    // The files of fish may be one link, and then nothing can be put among them.
    home.write(".config/hm/fish/config.fish", "");
    let folder = "xdg.configFile.fish = { source = ./fish; }; home.sessionPath";
    home.configure(&WITH.replace("home.sessionPath", folder));
    let run = home.hm(&["switch"]);
    if program(&home.path(), "fish").is_some() {
        assert!(run.stderr.contains("~/.config/fish is one link to a folder"), "{}", run.stderr);
    }
    assert!(home.path().join(".config/fish").is_symlink());
    home.configure(&WITH.replace("home.sessionPath", &folder.replace("./fish", "./fish; recursive = true")));
    assert_eq!(home.hm(&["switch"]).complained(0), "");
    if let Some(found) = said(&home, "fish", &["-l"], "greet") {
        assert_eq!(found, "hello");
    }
}

#[test]
fn lines_of_the_configuration() {
    let home = Home::new();
    home.write(".bashrc", "mine\n");
    let text =
        "hm.lines.\".bashrc\".text = \"alias ll='ls -l'\"; hm.lines.\".profile\".text = \"umask 077\\n\";";
    switch(&home, &WITH.replace("home.sessionPath", &format!("{text} home.sessionPath")));
    let read = |name: &str| fs::read_to_string(home.path().join(name)).unwrap();
    assert!(read(".bashrc").contains("\nalias ll='ls -l'\n") && read(".bashrc").ends_with("mine\n"));
    assert!(read(".profile").contains("hm-session-vars.sh\"\nfi\numask 077\n"), "{}", read(".profile"));
    switch(&home, "{ }");
    assert_eq!(read(".bashrc"), "mine\n");
    assert!(!home.path().join(".profile").exists());
}

#[test]
fn copies_of_files_and_directories() {
    let home = Home::new();
    home.write(".config/hm/tree/sub/one", "1\n");
    symlink("sub", home.path().join(".config/hm/tree/linked")).unwrap();
    switch(
        &home,
        r##"{
  home.file."tree" = { source = ./tree; mode = "copy"; };
  home.file."script" = { text = "#!/bin/sh\n"; mode = "copy"; executable = true; };
  home.file."data" = { source = ./tree/sub/one; mode = "copy"; executable = true; };
}
"##,
    );
    let mut found = files(&home);
    found.retain(|name, _| !name.starts_with(".config"));
    let mode = |name: &str| found[name].split_once(' ').unwrap();
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        ["data", "script", "tree", "tree/linked", "tree/linked/one", "tree/sub", "tree/sub/one"]
    );
    assert_eq!(mode("tree/linked/one"), ("100644", "1\n"));
    assert_eq!((mode("script").0, mode("data")), ("100755", ("100755", "1\n")));
    let again = home.hm(&["switch"]).ended(0);
    assert!(again.starts_with("nothing to do"), "{again}");
}

#[test]
fn links_may_lead_into_trusted_directories() {
    let (home, elsewhere) = (Home::new(), Home::new());
    symlink(elsewhere.path(), home.path().join("linked")).unwrap();
    let file = |trusted: &str| {
        format!("{{ home.file.\"linked/x\".text = \"x\"; home.trustedParents = [ {trusted} ]; }}")
    };
    home.configure(&file(""));
    home.hm(&["switch"]).complained(1);
    switch(&home, &file(&format!("\"{}\"", elsewhere.path().display())));
    assert_eq!(fs::read_to_string(elsewhere.path().join("x")).unwrap(), "x");
}

/// The variables of the manager.
fn environment(manager: &UserManager) -> BTreeMap<String, String> {
    let shown = String::from_utf8(manager.systemctl(&["show-environment"]).stdout).unwrap();
    let pairs = shown.lines().filter_map(|line| line.split_once('='));
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn hm(manager: &UserManager, configuration: &str) -> String {
    let path = manager.home().join(".config/hm/home.nix");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, configuration).unwrap();
    Run::of(manager.command(HM).arg("switch"), &manager.home()).ended(0)
}

/// A service that writes down the variables it sees.
const SEEING: &str = r#"{ pkgs, ... }: {
  home.packages = [ (pkgs.writeShellScriptBin "greet" "echo hello") ];
  home.sessionVariables = { GREETING = "good day to $HOME"; COMMAND = "$(echo no)"; };
  systemd.user.services.see = {
    Service = { Type = "oneshot"; RemainAfterExit = true; ExecStart = pkgs.writeShellScript "see" "(env; greet) > $HOME/seen # 1"; };
    Install.WantedBy = [ "default.target" ];
  };
}
"#;

#[test]
fn services_see_packages_and_variables() {
    let Some(manager) = manager() else { return };
    let first = environment(&manager);
    hm(&manager, SEEING);
    let home = manager.home().display().to_string();
    let now = environment(&manager);
    let packages = format!("{home}/.local/state/nix/profiles/hm/home-path");
    assert_eq!(now["PATH"], format!("{packages}/bin:{}", first["PATH"]));
    assert_eq!(now["XDG_DATA_DIRS"], format!("{packages}/share:/usr/local/share:/usr/share"));
    assert!(now["GREETING"].contains(&format!("good day to {home}")), "{now:?}");
    assert!(!now.contains_key("COMMAND"), "a value that runs a command is no variable of the manager");
    let seen = fs::read_to_string(manager.home().join("seen")).unwrap();
    assert!(
        seen.contains(&format!("\nGREETING=good day to {home}\n")) && seen.ends_with("\nhello\n"),
        "{seen}"
    );

    // What a session imported, as a desktop does at its beginning, does not keep the next values from services.
    let list = format!("PATH=/session:{packages}/bin:/usr/bin:/bin");
    let imported = ["set-environment", "GREETING=good day", list.as_str(), "OTHER=mine"];
    assert!(manager.systemctl(&imported).status.success());
    hm(
        &manager,
        &SEEING
            .replace("good", "fine")
            .replace("# 1", "# 2")
            .replace("home.packages", "home.sessionPath = [ \"$HOME/bin\" ]; home.packages"),
    );
    let now = environment(&manager);
    assert_eq!(now["PATH"], format!("{home}/bin:{packages}/bin:/session:/usr/bin:/bin"));
    let seen = fs::read_to_string(manager.home().join("seen")).unwrap();
    assert!(seen.contains("\nGREETING=fine day to "), "{seen}");

    hm(&manager, "{ }");
    let now = environment(&manager);
    assert_eq!((now.get("GREETING"), now.get("XDG_DATA_DIRS")), (None, None));
    assert_eq!((now["PATH"].as_str(), now["OTHER"].as_str()), ("/session:/usr/bin:/bin", "mine"));

    let back = Run::of(manager.command(HM).arg("rollback"), &manager.home()).ended(0);
    assert!(back.contains("ran see.service"), "{back}");
    let seen = fs::read_to_string(manager.home().join("seen")).unwrap();
    assert!(seen.contains("\nGREETING=fine day to ") && seen.ends_with("\nhello\n"), "{seen}");
}

#[test]
fn variables_alone_reach_a_manager() {
    let Some(manager) = manager() else { return };
    let first = environment(&manager);
    let said =
        hm(&manager, "{ home.sessionVariables.A = \"1\"; systemd.user.sessionVariables.B = \"$A/2\"; }");
    assert!(!said.contains("manager"), "{said}");
    let now = environment(&manager);
    assert_eq!((now["A"].as_str(), now["B"].as_str()), ("1", "1/2"));
    hm(&manager, "{ }");
    assert_eq!(environment(&manager), first);

    let path = manager.home().join(".config/hm/home.nix");
    fs::write(path, "{ home.sessionVariables.A = \"1\"; }").unwrap();
    let plan = Run::of(manager.command(HM).args(["switch", "--dry-run"]), &manager.home()).ended(0);
    assert!(plan.ends_with("reload      the user manager\nvariable    A (of the user manager)"), "{plan}");
    assert_eq!(environment(&manager), first);
    hm(&manager, "{ home.sessionVariables.A = \"1\"; }");
    assert_eq!(environment(&manager)["A"], "1");
    Run::of(manager.command(HM).args(["uninstall", "--yes"]), &manager.home()).ended(0);
    assert_eq!(environment(&manager), first);
}

#[test]
fn the_seeds_leave_sessions_alone() {
    let home = Home::new();
    let file = repository().join("examples/seeds/home.nix");
    home.hm(&["switch", "-f", file.to_str().unwrap()]).ended(0);
    assert!(files(&home).keys().all(|name| !name.contains("profile") && !name.contains("environment.d")));
}

#[test]
fn services_have_the_values_that_shells_have() {
    let Some(manager) = manager() else { return };
    hm(
        &manager,
        r##"{ pkgs, ... }: {
  home.sessionVariables = {
    V_PLAIN = "plain words"; V_QUOTED = "a \\\"quoted\\\" word"; V_ESCAPED = "cost \\$5, \\$HOME, \\\\, \\`, a\\b \\\nend";
    V_DEFAULT = "\${NOPE:-a $HOME b} \${HOME:+c} \${HOME:-d} \${NOPE:+e}."; V_REFERS = "$HOME/\${LANG}x";
    V_ODD = "# ; 'single' {x} [*] ~ % é"; V_SPACE = " around ";
    V_TRUE = true; V_NUMBER = 3;
    LINES = "one\ntwo"; COMMAND = "$(echo no)"; BACKTICKS = "`echo no`"; LENGTH = "\${#HOME}"; CUT = "\${HOME%/*}"; ARGUMENT = "$1";
  };
  systemd.user.services.see = {
    Service = { Type = "oneshot"; ExecStart = pkgs.writeShellScript "see" "env -0 > $HOME/seen"; };
    Install.WantedBy = [ "default.target" ];
  };
}
"##,
    );
    let shells = manager.command("/bin/sh").args(["-l", "-c", "env -0"]).output().unwrap().stdout;
    let services = fs::read(manager.home().join("seen")).unwrap();
    let variables = |bytes: &[u8], wanted: &dyn Fn(&str) -> bool| -> Vec<String> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let mut found: Vec<String> =
            text.split('\0').filter(|entry| wanted(entry)).map(str::to_owned).collect();
        found.sort();
        found
    };
    let expected = variables(&shells, &|entry| entry.starts_with("V_"));
    assert_eq!(expected.len(), 9);
    assert_eq!(variables(&services, &|entry| entry.starts_with("V_")), expected);
    let left_out = ["LINES=", "COMMAND=", "BACKTICKS=", "LENGTH=", "CUT=", "ARGUMENT="];
    let is_left_out = |entry: &str| left_out.iter().any(|name| entry.starts_with(name));
    assert_eq!(variables(&shells, &is_left_out).len(), 6);
    assert_eq!(variables(&services, &is_left_out), [""; 0]);
}
