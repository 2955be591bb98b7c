//! What is happening to units, in one line of a terminal.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use systemd_user::UnitName;
use systemd_user::manager::Progress;

use crate::output::{Live, Output, names};

/// From which time on it is said how long is still waited.
const LONG: Duration = Duration::from_secs(10);

/// The view. It goes when this is dropped.
pub(crate) struct UnitView {
    moving: Arc<Mutex<Moving>>,
    live: Live,
}

impl UnitView {
    /// A view of something that may take `limit`.
    pub(crate) fn new(output: &Output, limit: Duration) -> Self {
        let moving = Arc::new(Mutex::new(Moving::new(Instant::now(), limit)));
        let shown = Arc::clone(&moving);
        let live =
            output.live(move || shown.lock().unwrap_or_else(PoisonError::into_inner).line(Instant::now()));
        UnitView { moving, live }
    }

    /// Takes note of what happens.
    pub(crate) fn see(&self, event: Progress<'_>) {
        self.moving.lock().unwrap_or_else(PoisonError::into_inner).see(event, Instant::now());
        if let Progress::JobDone { unit, result } = event
            && result != "done"
        {
            self.live.above(format!("{unit}: {result}"));
        }
    }
}

/// What is known of it.
struct Moving {
    began: Instant,
    limit: Duration,
    verb: &'static str,
    /// Since when each unit is being moved that still is.
    open: BTreeMap<UnitName, Instant>,
    /// How many there were.
    total: usize,
    waits: BTreeMap<UnitName, Vec<UnitName>>,
}

impl Moving {
    fn new(began: Instant, limit: Duration) -> Self {
        Moving { began, limit, verb: "moving units", open: BTreeMap::new(), total: 0, waits: BTreeMap::new() }
    }

    fn see(&mut self, event: Progress<'_>, now: Instant) {
        match event {
            Progress::Stopping(units) => self.set_out("stopping", units, now),
            Progress::Starting(units) => self.set_out("starting", units, now),
            Progress::Reloading => self.set_out("reloading the user manager", &[], now),
            Progress::JobDone { unit, .. } => {
                self.open.remove(unit);
                self.waits.remove(unit);
                self.waits.values_mut().for_each(|blockers| blockers.retain(|blocker| blocker != unit));
            }
            Progress::Waiting(waits) => {
                let owned = waits.iter().map(|(unit, blockers)| {
                    ((*unit).clone(), blockers.iter().map(|blocker| (*blocker).clone()).collect())
                });
                self.waits = owned.collect();
            }
        }
    }

    fn set_out(&mut self, verb: &'static str, units: &[UnitName], now: Instant) {
        self.verb = verb;
        self.open = units.iter().map(|unit| (unit.clone(), now)).collect();
        self.total = units.len();
        self.waits.clear();
    }

    /// The line. What matters most comes first: a narrow terminal has the beginning only.
    fn line(&self, now: Instant) -> String {
        if self.open.is_empty() {
            return self.verb.to_owned();
        }
        let units: Vec<String> = self.open.iter().map(|(unit, since)| self.unit(unit, *since, now)).collect();
        let mut line = format!("{} of {} done", self.total - self.open.len(), self.total);
        let gone = now.saturating_duration_since(self.began);
        if gone >= LONG && self.limit > gone {
            line.push_str(&format!(", {} s left", (self.limit - gone).as_secs()));
        }
        format!("{line}; {} {}", self.verb, names(&units))
    }

    fn unit(&self, unit: &UnitName, since: Instant, now: Instant) -> String {
        let seconds = now.saturating_duration_since(since).as_secs();
        match self.waits.get(unit).map(Vec::as_slice) {
            None | Some([]) => format!("{unit} ({seconds} s)"),
            Some(blockers) => format!("{unit} ({seconds} s, behind {})", names(blockers)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn name(text: &str) -> UnitName {
        UnitName::new(text).unwrap()
    }

    #[test]
    fn what_is_going_on() {
        let began = Instant::now();
        let after = |seconds| began + Duration::from_secs(seconds);
        let mut moving = Moving::new(began, Duration::from_secs(120));
        assert_eq!(moving.line(began), "moving units");
        moving.see(Progress::Stopping(&[name("a.service")]), began);
        assert_eq!(moving.line(after(3)), "0 of 1 done; stopping a.service (3 s)");
        moving.see(Progress::JobDone { unit: &name("a.service"), result: "done" }, after(3));
        moving.see(Progress::Reloading, after(3));
        assert_eq!(moving.line(after(3)), "reloading the user manager");
        moving
            .see(Progress::Starting(&["a", "b", "c"].map(|word| name(&format!("{word}.service")))), after(4));
        moving.see(Progress::JobDone { unit: &name("b.service"), result: "failed" }, after(4));
        assert_eq!(moving.line(after(5)), "1 of 3 done; starting a.service (1 s) and c.service (1 s)");
        let (a, c) = (name("a.service"), name("c.service"));
        moving.see(Progress::Waiting(&BTreeMap::from([(&c, BTreeSet::from([&a]))])), after(6));
        assert_eq!(
            moving.line(after(14)),
            "1 of 3 done, 106 s left; starting a.service (10 s) and c.service (10 s, behind a.service)"
        );
        moving.see(Progress::JobDone { unit: &a, result: "done" }, after(15));
        assert_eq!(moving.line(after(130)), "2 of 3 done; starting c.service (126 s)");
    }
}
