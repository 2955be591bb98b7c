//! How long the phases of a switch took.

use std::fmt;
use std::time::{Duration, Instant};

/// The phases that were timed, in the order they were first entered.
#[derive(Debug)]
pub(crate) struct Timings {
    began: Instant,
    phases: Vec<(&'static str, Duration)>,
}

impl Timings {
    /// Starts the clock.
    pub(crate) fn start() -> Self {
        Timings { began: Instant::now(), phases: Vec::new() }
    }

    /// Runs `work` as a part of `phase`.
    pub(crate) fn time<T>(&mut self, phase: &'static str, work: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let result = work();
        self.add(phase, began.elapsed());
        result
    }

    /// Adds a duration that was measured elsewhere.
    pub(crate) fn add(&mut self, phase: &'static str, duration: Duration) {
        match self.phases.iter_mut().find(|(name, _)| *name == phase) {
            Some((_, total)) => *total += duration,
            None => self.phases.push((phase, duration)),
        }
    }
}

/// One line for each phase, and one for everything since the start.
impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let milliseconds = |duration: &Duration| duration.as_secs_f64() * 1000.0;
        for (phase, duration) in &self.phases {
            writeln!(f, "{phase:<9} {:>9.2} ms", milliseconds(duration))?;
        }
        write!(f, "{:<9} {:>9.2} ms", "total", milliseconds(&self.began.elapsed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phase_that_is_entered_again_is_added_up() {
        let mut timings = Timings::start();
        timings.add("read", Duration::from_micros(1500));
        timings.add("links", Duration::from_millis(2));
        timings.add("read", Duration::from_millis(1));
        let text = timings.to_string();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("read           2.50 ms"));
        assert_eq!(lines.next(), Some("links          2.00 ms"));
        assert!(lines.next().unwrap().starts_with("total "));
    }
}
