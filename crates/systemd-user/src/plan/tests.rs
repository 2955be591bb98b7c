//! The plan as a table: old units, new units, what runs, and what is to happen.

mod drop_ins;
mod kinds;
mod others;

use super::*;
use crate::live::{ActiveState, LiveUnit};
use crate::unit_set::Dependency;

/// Reads units from lines: `NAME: LINE|LINE|…`, `NAME: masked`, `NAME.d/FILE: …`,
/// `FROM wants TO`, `FROM requires TO`, `FROM upholds TO`.
fn units(text: &str) -> UnitSet {
    let mut set = UnitSet::default();
    let name = |text: &str| UnitName::new(text).unwrap();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((file, content)) = line.split_once(": ") {
            let unit = || Unit::parse(&content.replace('|', "\n")).0;
            match file.split_once(".d/") {
                Some((base, file)) => set.insert_drop_in(base, file, unit()),
                None if content == "masked" => set.insert(name(file), Fragment::Masked),
                None => set.insert(name(file), Fragment::File(unit())),
            }
        } else {
            let words: Vec<&str> = line.split(' ').collect();
            let dependency = match words[1] {
                "requires" => Dependency::Requires,
                "upholds" => Dependency::Upholds,
                _ => Dependency::Wants,
            };
            set.insert_edge(Edge { from: name(words[0]), to: name(words[2]), dependency });
        }
    }
    set
}

/// Reads what runs from lines: `NAME STATE`, then any of `job=TYPE`, `type=TYPE`, `unread`, `missing`, `refuses`, `condition`,
/// `interrupted`, `own`, `<-DEPENDENT` and, last, `is LINE|LINE|…` for the definition it runs by, or `from LINE|LINE|…` for its file elsewhere.
fn live(text: &str) -> LiveState {
    let mut state = LiveState::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (line, definition) =
            line.split_once(" is ").map_or((line, None), |(line, text)| (line, Some(text)));
        let (line, fragment) =
            line.split_once(" from ").map_or((line, None), |(line, text)| (line, Some(text)));
        let mut words = line.split(' ');
        let name = UnitName::new(words.next().unwrap()).unwrap();
        let mut unit = LiveUnit { active: ActiveState::parse(words.next().unwrap()), ..LiveUnit::default() };
        let parse = |text: &str| Unit::parse(&text.replace('|', "\n")).0;
        (unit.definition, unit.fragment) = (definition.map(parse), fragment.map(parse));
        for word in words {
            match word.split_once('=') {
                Some(("job", job)) => unit.job = Some(job.to_owned()),
                _ if word == "unread" => unit.need_daemon_reload = true,
                Some(("type", kind)) => unit.service_type = Some(kind.to_owned()),
                _ if word == "interrupted" => drop(state.interrupted.insert(name.clone())),
                _ if word == "own" => state.own = Some(name.clone()),
                _ if word == "missing" => unit.missing = true,
                _ if word == "refuses" => unit.refuses_start = true,
                _ if word == "condition" => unit.condition_failed = true,
                _ => unit.dependents.push(UnitName::new(word.strip_prefix("<-").unwrap()).unwrap()),
            }
        }
        state.units.insert(name, unit);
    }
    state
}

#[track_caller]
fn check(old: &str, new: &str, running: &str, expected: &str) {
    // What every test needs: the targets that pull everything in.
    let running = format!("default.target active\ntimers.target active\nsockets.target active\n{running}");
    let plan = plan(&units(old), &units(new), &live(&running));
    let mut shown: Vec<String> = plan
        .steps
        .iter()
        .map(|step| {
            let oneshot = if step.is_oneshot { " (oneshot)" } else { "" };
            let alone = if step.alone { " (alone)" } else { "" };
            let note = step.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
            format!("{}: {}{oneshot}{alone}, {}{note}", step.unit, step.action, step.reason)
        })
        .collect();
    shown.extend(plan.forget.iter().map(|unit| format!("forget {unit}")));
    shown.extend((!plan.reload_needed).then(|| "no reload".to_owned()));
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(shown, expected);
}

const A1: &str = "a.service: [Service]|ExecStart=/bin/a1\ndefault.target wants a.service";
const A2: &str = "a.service: [Service]|ExecStart=/bin/a2\ndefault.target wants a.service";

#[test]
fn nothing_changed_nothing_done() {
    check(A1, A1, "a.service active", "a.service: keep, unchanged\nno reload");
    check(A1, A1, "", "a.service: keep, unchanged and not running\nno reload");
    check(A1, A1, "a.service failed", "a.service: keep, unchanged; it had failed before\nno reload");
    check(A1, A1, "a.service active unread", "a.service: keep, unchanged");
    check("", "", "foreign.service active", "no reload");
}

#[test]
fn written_otherwise_means_the_same() {
    let other = "a.service: [Unit]|Description=x|[Service]|ExecStart=|ExecStart = /bin/a1\ndefault.target wants a.service";
    check(A1, other, "a.service active", "a.service: keep, unchanged");
}

#[test]
fn new_units() {
    check("", A1, "", "a.service: start, new, pulled in by default.target");
    check("", "a.service: [Service]|ExecStart=/a", "", "a.service: keep, nothing that is active pulls it in");
    let by_inactive = "a.service: [Service]|ExecStart=/a\nother.target wants a.service";
    check("", by_inactive, "", "a.service: keep, nothing that is active pulls it in");
    check("", by_inactive, "other.target active", "a.service: start, new, pulled in by other.target");
    check(
        "",
        by_inactive,
        "other.target inactive job=start",
        "a.service: start, new, pulled in by other.target",
    );
    let required = "a.service: [Service]|ExecStart=/a\ndefault.target requires a.service";
    check("", required, "", "a.service: start, new, pulled in by default.target");
    let refusing =
        "a.service: [Unit]|RefuseManualStart=yes|[Service]|ExecStart=/a\ndefault.target wants a.service";
    check("", refusing, "", "a.service: keep, it refuses to be started by hand");
    check("", "a.service: masked\ndefault.target wants a.service", "", "a.service: keep, masked");
}

#[test]
fn new_units_by_way_of_new_targets() {
    check(
        "",
        "my.target: [Unit]|Wants=a.service foreign.service\na.service: [Service]|ExecStart=/a
         default.target wants my.target",
        "",
        "a.service: start, new, pulled in by my.target
         my.target: start, new, pulled in by default.target",
    );
}

#[test]
fn first_switch_keeps_what_runs_alike() {
    check(
        "",
        A1,
        "a.service active is [Service]|ExecStart=/bin/a1|[Install]|WantedBy=default.target",
        "a.service: keep, already running by the same definition",
    );
    check(
        "",
        A1,
        "a.service active is [Service]|ExecStart=/bin/a0",
        "a.service: stop and start, Service.ExecStart changed",
    );
    check("", A1, "a.service active", "a.service: stop and start, changed");
}

#[test]
fn changed_services() {
    check(A1, A2, "a.service active", "a.service: stop and start, Service.ExecStart changed");
    check(A1, A2, "a.service activating", "a.service: stop and start, Service.ExecStart changed");
    check(A1, A2, "", "a.service: keep, changed, but not running; the next start takes it up");
    check(
        A1,
        A2,
        "a.service deactivating",
        "a.service: keep, changed, but not running; the next start takes it up",
    );
    check(
        A1,
        A2,
        "a.service failed",
        "a.service: start, had failed and has changed, pulled in by default.target",
    );
    check(
        A1,
        A2,
        "a.service inactive condition",
        "a.service: start, a condition had kept it from starting and it has changed, pulled in by default.target",
    );
    check(A1, A2, "", "a.service: keep, changed, but not running; the next start takes it up");
    for unit in [A1, A2] {
        let expected = "a.service: start, ran until the interrupted switch stopped it";
        check(
            A1,
            unit,
            "a.service inactive interrupted",
            &if unit == A1 { format!("{expected}\nno reload") } else { expected.to_owned() },
        );
    }
    check(
        A1,
        "",
        "a.service inactive interrupted\nelsewhere.service inactive interrupted\ngone.service inactive missing interrupted",
        "a.service: keep, no longer in the configuration\nelsewhere.service: start, ran until the interrupted switch stopped it",
    );
    let unpulled = |path: &str| format!("a.service: [Service]|ExecStart={path}");
    check(
        &unpulled("/1"),
        &unpulled("/2"),
        "a.service failed",
        "a.service: keep, changed, but it had failed before; the next start takes it up",
    );
}

#[test]
fn methods() {
    let with = |unit: &str, n: u8| format!("a.service: [Unit]|{unit}|[Service]|ExecStart=/{n}|ExecReload=/r");
    let expect = |unit: &str, expected: &str| {
        check(&with(unit, 1), &with(unit, 2), "a.service active", &format!("a.service: {expected}"));
    };
    expect("X-SwitchMethod=reload", "reload, Service.ExecStart changed");
    expect("X-SwitchMethod=restart", "restart, Service.ExecStart changed");
    expect("X-SwitchMethod=stop-start", "stop and start, Service.ExecStart changed");
    expect("X-SwitchMethod=keep-old", "keep, changed, but set to be kept while it runs");
    expect("X-SwitchMethod=typo", "stop and start, Service.ExecStart changed");
    expect("X-ReloadIfChanged=true", "reload, Service.ExecStart changed");
    expect("X-RestartIfChanged=false", "keep, changed, but set to be kept while it runs");
    expect("X-StopIfChanged=false", "restart, Service.ExecStart changed");
    expect("X-SwitchMethod=restart|X-RestartIfChanged=false", "restart, Service.ExecStart changed");
    expect("RefuseManualStop=true", "keep, it refuses to be stopped by hand");
    expect("RefuseManualStart=true", "stop, changed, and it refuses to be started by hand again");
    let no_reload = |n: u8| format!("a.service: [Unit]|X-SwitchMethod=reload|[Service]|ExecStart=/{n}");
    check(&no_reload(1), &no_reload(2), "a.service active", "a.service: restart, Service.ExecStart changed");
}

#[test]
fn triggers() {
    let with = |key: &str, n: u8, reload: &str| {
        format!("a.service: [Unit]|{key}={n}|[Service]|ExecStart=/a{reload}")
    };
    let reload = |n| with("X-Reload-Triggers", n, "|ExecReload=/r");
    check(&reload(1), &reload(2), "a.service active", "a.service: reload, its reload triggers changed");
    check(
        &reload(1),
        &reload(2),
        "",
        "a.service: keep, changed, but not running; the next start takes it up",
    );
    let unable = |n| with("X-Reload-Triggers", n, "");
    check(
        &unable(1),
        &unable(2),
        "a.service active",
        "a.service: stop and start, its reload triggers changed and it has no ExecReload=",
    );
    let restart = |n| with("X-Restart-Triggers", n, "|ExecReload=/r");
    check(
        &restart(1),
        &restart(2),
        "a.service active",
        "a.service: stop and start, Unit.X-Restart-Triggers changed",
    );
}

#[test]
fn removed_units() {
    check(A1, "", "a.service active", "a.service: stop, no longer in the configuration");
    check(A1, "", "", "a.service: keep, no longer in the configuration");
    check(A1, "", "a.service failed", "a.service: keep, no longer in the configuration\nforget a.service");
    check(A1, "a.service: masked", "a.service active", "a.service: stop, masked");
    check("", "a.service: masked", "a.service active", "a.service: stop, masked");
    let refusing = "a.service: [Unit]|RefuseManualStop=1|[Service]|ExecStart=/a";
    check(refusing, "", "a.service active", "a.service: keep, it refuses to be stopped by hand");
    check(
        "a.timer: [Timer]|OnCalendar=daily",
        "",
        "a.timer active",
        "a.timer: stop, no longer in the configuration",
    );
}

#[test]
fn links_decide_about_units_that_stay() {
    let unit = "a.service: [Service]|ExecStart=/bin/a1";
    check(unit, A1, "", "a.service: start, newly pulled in by default.target");
    check(unit, A1, "a.service active", "a.service: keep, unchanged");
    check(A1, unit, "a.service active", "a.service: keep, unchanged");
    check(
        "",
        "default.target wants foreign.service",
        "",
        "foreign.service: start, newly pulled in by default.target",
    );
    check(
        "",
        "default.target wants foreign.service",
        "foreign.service active",
        "foreign.service: keep, already running by the same definition",
    );
    check("", "default.target wants foreign.service", "foreign.service inactive missing", "");
    check(
        "",
        "default.target wants foreign.service",
        "foreign.service inactive refuses",
        "foreign.service: keep, it refuses to be started by hand",
    );
}

const SHOT: &str = "s.service: [Service]|Type=oneshot|ExecStart=/1";
const SHOT2: &str = "s.service: [Service]|Type=oneshot|ExecStart=/2";

#[test]
fn oneshots() {
    let pulled = |unit: &str| format!("{unit}\ndefault.target wants s.service");
    let (one, two) = (pulled(SHOT), pulled(SHOT2));
    check("", &one, "", "s.service: start (oneshot), new, pulled in by default.target");
    check(&one, &one, "", "s.service: keep (oneshot), unchanged and not running\nno reload");
    check(&one, &two, "", "s.service: start (oneshot), a changed oneshot, pulled in by default.target");
    check(
        &one,
        &two,
        "s.service activating",
        "s.service: stop and start (oneshot), Service.ExecStart changed",
    );
    check(
        SHOT,
        SHOT2,
        "s.service activating",
        "s.service: keep (oneshot), a changed oneshot that is running; its next run takes it up",
    );
    check(SHOT, SHOT2, "", "s.service: keep (oneshot), changed, but not running; the next start takes it up");
    let remains =
        |n: u8| pulled(&format!("s.service: [Service]|Type=oneshot|RemainAfterExit=yes|ExecStart=/{n}"));
    check(
        &remains(1),
        &remains(2),
        "s.service active",
        "s.service: stop and start (oneshot), Service.ExecStart changed",
    );
    check(
        &remains(1),
        &remains(2),
        "",
        "s.service: keep (oneshot), changed, but not running; the next start takes it up",
    );
}

#[test]
fn timers_do_not_run_their_services() {
    let timer =
        |when: &str, shot: &str| format!("s.timer: [Timer]|{when}\ntimers.target wants s.timer\n{shot}");
    check(
        "",
        &timer("OnCalendar=daily", SHOT),
        "",
        "s.service: keep (oneshot), nothing that is active pulls it in
         s.timer: start, new, pulled in by timers.target",
    );
    check(
        &timer("OnCalendar=daily", SHOT),
        &timer("OnCalendar=weekly", SHOT2),
        "s.timer active",
        "s.service: keep (oneshot), changed, but not running; the next start takes it up
         s.timer: restart, Timer.OnCalendar changed",
    );
    check(
        &timer("OnBootSec=5min", SHOT),
        &timer("OnBootSec=6min", SHOT),
        "s.timer active",
        "s.service: keep (oneshot), unchanged and not running
         s.timer: restart, Timer.OnBootSec changed; if OnBootSec=6min is already past, it elapses at once",
    );
    check(
        &timer("OnCalendar=daily", SHOT),
        &timer("OnCalendar=weekly", SHOT),
        "",
        "s.service: keep (oneshot), unchanged and not running
         s.timer: keep, changed, but not running; the next start takes it up",
    );
}

#[test]
fn sockets_take_their_service_along() {
    let socket = |n: u8| {
        format!(
            "a.socket: [Socket]|ListenStream=%t/{n}\na.service: [Service]|ExecStart=/a\nsockets.target wants a.socket"
        )
    };
    check(
        &socket(1),
        &socket(2),
        "a.socket active\na.service active",
        "a.socket: stop and start, Socket.ListenStream changed
         a.service: stop and start, it holds the socket of a.socket",
    );
    check(
        &socket(1),
        &socket(2),
        "a.socket active",
        "a.socket: stop and start, Socket.ListenStream changed
         a.service: keep, unchanged and not running",
    );
    check(
        "a.service: [Service]|ExecStart=/a",
        &socket(1),
        "a.service active",
        "a.socket: start, new, pulled in by sockets.target
         a.service: stop and start, it holds the socket of a.socket",
    );
    let named = |n: u8| {
        format!("a.socket: [Unit]|X-SwitchMethod=restart|[Socket]|ListenStream=/{n}|Service=b.service")
    };
    check(
        &named(1),
        &named(2),
        "a.socket active\nb.service active",
        "a.socket: stop and start, Socket.ListenStream changed
         b.service: stop and start, it holds the socket of a.socket",
    );
    let accepting = |n: u8| format!("a.socket: [Socket]|Accept=yes|ListenStream=/{n}");
    check(
        &accepting(1),
        &accepting(2),
        "a.socket active\na@1.service active",
        "a.socket: stop and start, Socket.ListenStream changed",
    );
}

#[test]
fn templates_by_their_instances() {
    let template = |n: u8| format!("t@.service: [Service]|ExecStart=/{n} %i");
    check(
        &template(1),
        &template(2),
        "t@x.service active\nt@y.service inactive\nu@z.service active",
        "t@x.service: stop and start, Service.ExecStart changed
         t@y.service: keep, changed, but not running; the next start takes it up",
    );
    check(&template(1), "", "t@x.service active", "t@x.service: stop, no longer in the configuration");
    let wanted = format!("{}\ndefault.target wants t@new.service", template(1));
    check(&template(1), &wanted, "", "t@new.service: start, newly pulled in by default.target");
    check("", &wanted, "", "t@new.service: start, new, pulled in by default.target");
}

#[test]
fn targets_and_slices_are_kept() {
    let target = |unit: &str| {
        format!("my.target: [Unit]|{unit}\na.service: [Service]|ExecStart=/a\ndefault.target wants my.target")
    };
    check(
        &target("Conflicts=x.target"),
        &target("Conflicts=x.target|Wants=a.service"),
        "my.target active",
        "a.service: start, newly pulled in by my.target
         my.target: keep, changed; the manager's reload is enough",
    );
    check(
        "my.slice: [Slice]|MemoryMax=1G",
        "my.slice: [Slice]|MemoryMax=2G",
        "my.slice active",
        "my.slice: keep, changed; the manager's reload is enough",
    );
}

#[test]
fn drop_ins_for_units_from_elsewhere() {
    let drop_in = |n: u8| format!("foreign.service.d/x.conf: [Service]|Environment=A={n}");
    check(
        &drop_in(1),
        &drop_in(2),
        "foreign.service active",
        "foreign.service: stop and start, Service.Environment changed",
    );
    check(
        "",
        &drop_in(1),
        "foreign.service active",
        "foreign.service: stop and start, Service.Environment changed",
    );
    check(
        &drop_in(1),
        "",
        "foreign.service active",
        "foreign.service: stop and start, Service.Environment changed",
    );
    check(&drop_in(1), &drop_in(1), "foreign.service active", "foreign.service: keep, unchanged\nno reload");
    check(
        &drop_in(1),
        &drop_in(2),
        "foreign.service active type=oneshot",
        "foreign.service: stop and start (oneshot), Service.Environment changed",
    );
}

#[test]
fn dependents_come_back() {
    let b = "b.service: [Unit]|Requires=a.service|[Service]|ExecStart=/b";
    let with = |a: &str| format!("{a}\n{b}");
    check(
        &with(A1),
        &with(A2),
        "a.service active <-b.service\nb.service active <-foreign.service\nforeign.service active",
        "a.service: stop and start, Service.ExecStart changed
         b.service: stop and start, it depends on a.service, which is stopped in between
         foreign.service: stop and start, it depends on b.service, which is stopped in between",
    );
    check(
        &with(A1),
        &with(A2),
        "a.service active <-b.service",
        "a.service: stop and start, Service.ExecStart changed\nb.service: keep, unchanged and not running",
    );
    check(
        &with(A1),
        b,
        "a.service active <-b.service\nb.service active",
        "a.service: stop, no longer in the configuration
         b.service: stop, it depends on a.service, which goes",
    );
    check(
        &with(A1),
        "b.service: [Service]|ExecStart=/b",
        "a.service active <-b.service\nb.service active",
        "a.service: stop, no longer in the configuration
         b.service: stop and start, Unit.Requires changed",
    );
}

#[test]
fn a_target_that_goes_down_along_comes_back_alone() {
    let required = |n: u8| format!("a.service: [Service]|ExecStart=/{n}\nmy.target requires a.service");
    check(
        &required(1),
        &required(2),
        "a.service active <-my.target\nmy.target active",
        "a.service: stop and start, Service.ExecStart changed
         my.target: stop and start (alone), it depends on a.service, which is stopped in between",
    );
    check(
        &required(1),
        "",
        "a.service active <-my.target\nmy.target active",
        "a.service: stop, no longer in the configuration
         my.target: stop and start (alone), it depends on a.service, which is stopped in between",
    );
}

#[test]
fn a_unit_that_holds_what_cannot_be_started_is_restarted_at_once() {
    let required = |n: u8| format!("a.service: [Service]|ExecStart=/{n}\nmy.target requires a.service");
    check(
        &required(1),
        &required(2),
        "a.service active <-my.target\nmy.target active refuses",
        "a.service: restart, Service.ExecStart changed",
    );
}
