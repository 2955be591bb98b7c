//! Ctrl-C, and other requests to end, while units are moved.
//!
//! The process could end at once: the journal has the next command go on. But then nobody would say so, and a line on the
//! terminal would stay half written. So the first request ends the wait, and a second one the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;

/// Runs `work`, for which the flag it gets is set when the process is asked to end.
pub(crate) fn during<T>(work: impl FnOnce(Arc<AtomicBool>) -> T) -> T {
    // Handlers stay once they are there. While the flag is set they do what happens without them.
    static FLAG: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let flag = FLAG.get_or_init(|| {
        let flag = Arc::new(AtomicBool::new(true));
        for signal in [SIGHUP, SIGINT, SIGTERM] {
            // Without a handler the process ends at once.
            _ = flag::register_conditional_default(signal, Arc::clone(&flag))
                .and_then(|_| flag::register(signal, Arc::clone(&flag)));
        }
        flag
    });
    flag.store(false, Ordering::SeqCst);
    let result = work(Arc::clone(flag));
    flag.store(true, Ordering::SeqCst);
    result
}
