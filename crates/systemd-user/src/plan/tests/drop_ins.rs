//! Drop-ins: of units here, of units from elsewhere, and those by which one unit upholds another.

use super::check;

const FILE: &str = "from [Service]|ExecStart=/bin/foreign|Nice=1";

#[test]
fn of_a_unit_from_elsewhere() {
    let one = "foreign.service.d/hm.conf: [Service]|Nice=2";
    let two = "foreign.service.d/hm.conf: [Service]|Nice=3";
    let running = format!("foreign.service active type=simple {FILE}");
    let changed = "foreign.service: stop and start, Service.Nice changed";
    check("", one, &running, changed);
    check(one, two, &running, changed);
    check(one, "", &running, changed);
    check(one, one, &running, "foreign.service: keep, unchanged\nno reload");
    check("", one, "", "foreign.service: keep, changed, but not running; the next start takes it up");
    let described = "foreign.service.d/hm.conf: [Unit]|Description=x";
    check("", described, &running, "foreign.service: keep, unchanged");
}

#[test]
fn the_file_says_how_it_is_switched() {
    let old = "foreign.service.d/hm.conf: [Unit]|X-Reload-Triggers=1";
    let new = "foreign.service.d/hm.conf: [Unit]|X-Reload-Triggers=2";
    let reloads = "foreign.service active from [Service]|ExecStart=/a|ExecReload=/b";
    check(old, new, reloads, "foreign.service: reload, its reload triggers changed");
    check(
        "",
        "foreign.service.d/hm.conf: [Service]|Nice=2",
        "foreign.service active from [Unit]|RefuseManualStop=yes",
        "foreign.service: keep, it refuses to be stopped by hand",
    );
    check(
        "",
        "foreign.service.d/hm.conf: [Service]|Nice=2",
        "foreign.service active from [Unit]|X-SwitchMethod=keep-old",
        "foreign.service: keep, changed, but set to be kept while it runs",
    );
}

#[test]
fn of_an_instance() {
    let template = "t@.service: [Service]|ExecStart=/bin/t";
    let both = format!("{template}\nt@a.service.d/overrides.conf: [Service]|Nice=2");
    check(
        template,
        &both,
        "t@a.service active\nt@b.service active",
        "t@a.service: stop and start, Service.Nice changed\nt@b.service: keep, unchanged",
    );
    check(
        "",
        "foreign@.service.d/hm.conf: [Service]|Nice=2",
        "foreign@a.service active",
        "foreign@a.service: stop and start, Service.Nice changed",
    );
}

#[test]
fn a_file_that_comes_here_with_its_drop_in() {
    let drop_in = "a.service.d/hm.conf: [Service]|Nice=2";
    let file = format!("a.service: [Service]|ExecStart=/bin/a\n{drop_in}");
    let runs = "a.service active is [Service]|ExecStart=/bin/a|[Service]|Nice=2";
    check(drop_in, &file, runs, "a.service: keep, already running by the same definition");
}

#[test]
fn upholding() {
    let upheld = |command: &str| {
        format!(
            "a.service: [Service]|ExecStart={command}\ndefault.target.d/hm-a.service.conf: [Unit]|Upholds=a.service"
        )
    };
    check(
        "",
        &upheld("/a"),
        "",
        "a.service: start, new, pulled in by default.target\ndefault.target: keep, unchanged",
    );
    // Stopped, it would be started again at once, by its old definition.
    check(
        &upheld("/a"),
        &upheld("/b"),
        "a.service active",
        "a.service: restart, Service.ExecStart changed\ndefault.target: keep, unchanged",
    );
    check(
        &upheld("/a"),
        "",
        "a.service active",
        "a.service: stop, no longer in the configuration\ndefault.target: keep, unchanged",
    );
    // A service that begins to uphold another need not be restarted for that.
    let by_service = "b.service: [Service]|ExecStart=/b\na.service: [Service]|ExecStart=/a";
    let now = format!("{by_service}\nb.service.d/hm-a.service.conf: [Unit]|Upholds=a.service");
    check(
        by_service,
        &now,
        "b.service active",
        "a.service: start, newly pulled in by b.service\nb.service: keep, unchanged",
    );
}
