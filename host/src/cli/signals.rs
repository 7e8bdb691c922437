//! Signals that end a run with its report: Ctrl-C, termination, a terminal that closes.
//!
//! A signal that was ignored when the program started stays ignored, as `nohup` and a shell's `&` ask for.

use super::output::Console;
use super::terminal;
use crate::run::{Interrupt, StopReason};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::process::ExitCode;
use std::sync::Arc;

/// Exit codes of programs that a signal ended start here.
const EXIT: i32 = 128;

/// Lets signals interrupt a run: the first one after the present generation, a second one at once. Where
/// no thread can be had to wait for them, they end the program as they do without this.
pub(super) fn watch(console: Console) -> Arc<Interrupt> {
    let interrupt = Arc::new(Interrupt::new());
    let heard: Vec<i32> =
        [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal)).collect();
    let told = Arc::clone(&interrupt);
    let wait = move |mut signals: Signals| {
        for signal in signals.forever() {
            if told.get().is_some() {
                terminal::give_back();
                console.line("stopped at once; what a run has kept in its folder is whole");
                std::process::exit(EXIT + signal);
            }
            told.set(signal);
            console.line("ending as soon as it can; again to stop at once");
        }
    };
    // The thread first: a handler without one would swallow the signals.
    let (send, receive) = std::sync::mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name("signals".to_string());
    let started = thread.spawn(move || receive.recv().into_iter().for_each(wait));
    if started.is_ok()
        && let Ok(signals) = Signals::new(heard)
    {
        // The thread waits for this; if it has gone there is nobody to tell.
        let _ = send.send(signals);
    }
    interrupt
}

/// 128 and the number of the signal that ended a run, 1 of an error, else 0.
pub(super) fn exit_code(reason: StopReason) -> ExitCode {
    match reason {
        StopReason::Interrupted(signal) => ExitCode::from(128_u8.wrapping_add(signal as u8)),
        StopReason::Failed => ExitCode::FAILURE,
        _ => ExitCode::SUCCESS,
    }
}

/// Lets a file that reaches its size limit be an error of writing it, which is reported, instead of a
/// signal that ends the program.
pub(super) fn survive_size_limits() {
    #[cfg(unix)]
    {
        use signal_hook::consts::SIGXFSZ;
        use std::sync::atomic::AtomicBool;
        // Nobody looks at the flag: it is enough that the signal has a handler.
        let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    }
}

/// Whether a signal was ignored when the program started. Only Linux says it without unsafe code.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
