//! Units that change their kind, and instances that are no longer asked for.

use super::check;

const SHOT: &str = "s.service: [Service]|Type=oneshot|ExecStart=/1\ndefault.target wants s.service";
const SIMPLE: &str = "s.service: [Service]|ExecStart=/1\ndefault.target wants s.service";
const UNWANTED_SHOT: &str = "s.service: [Service]|Type=oneshot|ExecStart=/1";

#[test]
fn a_oneshot_that_has_run_becomes_a_service() {
    check(SHOT, SIMPLE, "", "s.service: start, no longer a oneshot, pulled in by default.target");
    let remaining = SHOT.replace("oneshot", "oneshot|RemainAfterExit=yes");
    let expected = "s.service: start (oneshot), a changed oneshot, pulled in by default.target";
    check(SHOT, &remaining, "", expected);
    let stays = "s.service: keep, changed, but not running; the next start takes it up";
    check(&remaining, SIMPLE, "", stays);
}

#[test]
fn a_service_that_was_stopped_becomes_a_oneshot() {
    let stays = "s.service: keep (oneshot), changed, but not running; the next start takes it up";
    check(SIMPLE, SHOT, "", stays);
}

#[test]
fn a_running_service_becomes_a_oneshot() {
    let runs = "s.service: stop and start (oneshot), Service.Type changed";
    check(SIMPLE, SHOT, "s.service active", runs);
    let waits = "s.service: stop (oneshot), a oneshot from now on, and nothing that is active pulls it in";
    check(SIMPLE, UNWANTED_SHOT, "s.service active", waits);
    let asked = UNWANTED_SHOT.replace("[Service]", "[Unit]|X-SwitchMethod=restart|[Service]");
    let runs = "s.service: restart (oneshot), Service.Type changed";
    check(SIMPLE, &asked, "s.service active", runs);
}

#[test]
fn instances_that_are_no_longer_asked_for() {
    let template = "t@.service: [Service]|ExecStart=/1";
    let wanted = |instance: &str| format!("{template}\ndefault.target wants t@{instance}.service");
    check(
        &wanted("one"),
        &wanted("two"),
        "t@one.service active",
        "t@one.service: stop, this instance is no longer in the configuration
         t@two.service: start, newly pulled in by default.target",
    );
    // By hand, or as a drop-in or a file of its own.
    check(template, template, "t@one.service active", "t@one.service: keep, unchanged\nno reload");
    let own = |name: &str| format!("{template}\n{name}: [Service]|Nice=1");
    for name in ["t@one.service.d/hm.conf", "t@one.service"] {
        check(
            &own(name),
            template,
            "t@one.service active",
            "t@one.service: stop, this instance is no longer in the configuration",
        );
    }
    check(
        &wanted("one"),
        &own("t@one.service.d/hm.conf"),
        "t@one.service active",
        "t@one.service: stop and start, Service.Nice changed",
    );
}
