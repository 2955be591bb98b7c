//! What a switch means for units beside those that differ: what conflicts, what is ordered, and the unit it runs in.

use super::check;

#[test]
fn what_conflicts_with_a_started_unit_is_stopped() {
    let a = "a.service: [Service]|ExecStart=/a\ndefault.target wants a.service";
    let new =
        |unit: &str| format!("{a}\nb.service: {unit}[Service]|ExecStart=/b\ndefault.target wants b.service");
    let both = "a.service: stop, it conflicts with b.service, which is started
        b.service: start, new, pulled in by default.target";
    check(a, &new("[Unit]|Conflicts=a.service|"), "a.service active", both);
    let other = format!("{}\n", new("")).replace("a.service: ", "a.service: [Unit]|Conflicts=b.service|");
    let old = a.replace("a.service: ", "a.service: [Unit]|Conflicts=b.service|");
    check(&old, &other, "a.service active", both);
    // One from elsewhere, and what goes down with it.
    let foreign =
        "b.service: [Unit]|Conflicts=x.service|[Service]|ExecStart=/b\ndefault.target wants b.service";
    check(
        "",
        foreign,
        "x.service active <-y.service\ny.service active",
        "b.service: start, new, pulled in by default.target
         x.service: stop, it conflicts with b.service, which is started
         y.service: stop, it depends on x.service, which goes",
    );
    // One that does not run, or cannot be stopped.
    check("", foreign, "", "b.service: start, new, pulled in by default.target");
}

#[test]
fn what_comes_first_is_first() {
    let units = |word: &str| {
        let unit =
            |name: &str, order: &str| format!("{name}.service: [Unit]|{order}|[Service]|ExecStart=/{word}\n");
        unit("a", "After=b.service")
            + &unit("b", "After=c.service x.service")
            + &unit("c", "Before=a.service")
    };
    check(
        &units("1"),
        &units("2"),
        "a.service active\nb.service active\nc.service active",
        "c.service: stop and start, Service.ExecStart changed
         b.service: stop and start, Service.ExecStart changed
         a.service: stop and start, Service.ExecStart changed",
    );
    let circle = |word: &str| {
        format!(
            "a.service: [Unit]|After=b.service|[Service]|ExecStart=/{word}
             b.service: [Unit]|After=a.service b.service|[Service]|ExecStart=/{word}"
        )
    };
    check(
        &circle("1"),
        &circle("2"),
        "a.service active\nb.service active",
        "a.service: stop and start, Service.ExecStart changed
         b.service: stop and start, Service.ExecStart changed",
    );
}

#[test]
fn the_switch_does_not_stop_itself() {
    let unit = |name: &str, word: &str| format!("{name}.service: [Service]|ExecStart=/{word}\n");
    let own = "a.service active own";
    check(&unit("a", "1"), &unit("a", "2"), own, "a.service: keep, this switch runs in it");
    check(&unit("a", "1"), "", own, "a.service: keep, this switch runs in it");
    check(&unit("a", "1"), &unit("a", "1"), own, "a.service: keep, unchanged\nno reload");
    let restarted = unit("a", "2").replace("[Service]", "[Unit]|X-SwitchMethod=restart|[Service]");
    check(&unit("a", "1"), &restarted, own, "a.service: keep, this switch runs in it");
    // What it needs is left as well, at any distance; what needs it moves.
    check(
        &(unit("a", "1") + &unit("b", "1") + &unit("c", "1") + &unit("d", "1")),
        &(unit("a", "1") + &unit("b", "1") + &unit("c", "2") + &unit("d", "2")),
        "a.service active own <-d.service\nb.service active <-a.service\nc.service active <-b.service\nd.service active",
        "a.service: keep, unchanged
         b.service: keep, unchanged
         c.service: keep, a.service, in which this switch runs, would be stopped with it
         d.service: stop and start, Service.ExecStart changed",
    );
    let reloaded = |word: &str| {
        format!("a.service: [Unit]|X-Reload-Triggers={word}|[Service]|ExecStart=/a|ExecReload=/a")
    };
    check(&reloaded("1"), &reloaded("2"), own, "a.service: reload, its reload triggers changed");
}
