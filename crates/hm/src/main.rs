//! `hm`: a home manager in one binary.
//!
//! This crate is the command line: the only part of the project that reads the environment and touches the
//! terminal. What a command does is told in [`commands`]; how a home gets from one generation to the next, the same
//! for a switch and a rollback, in [`transition`].

mod activation;
mod age;
mod checks;
mod cli;
mod collection;
mod commands;
mod completion;
mod configuration;
mod control_groups;
mod definition;
mod diagnostics;
mod diff;
mod drift;
mod environment;
mod error;
mod evaluation;
mod evaluation_cache;
mod fetching;
mod going_back;
mod home;
mod host;
mod interrupt;
mod listing;
mod managed;
mod moving;
mod nix_settings;
mod nixlib;
mod outdated;
mod output;
mod paint;
mod plan_document;
mod primops;
mod quantity;
mod registries;
mod removal;
mod session;
mod store;
mod timings;
mod transition;
mod unit_report;
mod unit_view;
mod units;
mod writing;

use std::any::Any;
use std::process::ExitCode;
use std::{panic, thread};

use crate::cli::Cli;
use crate::environment::Environment;
use crate::error::{CommandError, Kind};
use crate::output::Output;

/// The stack that everything runs on, in bytes. Evaluation recurses as deeply as the program it evaluates; what is
/// not used costs no memory.
pub(crate) const STACK: usize = 1 << 30;

fn main() -> ExitCode {
    if completion::answer() {
        return ExitCode::SUCCESS;
    }
    let cli = Cli::from_process();
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !is_out_of_memory(info.payload()) {
            usual(info);
        }
    }));
    let worker = thread::Builder::new().name("main".to_owned()).stack_size(STACK).spawn(move || {
        grow_heap();
        run(cli)
    });
    let result =
        match worker.map(thread::JoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) if is_out_of_memory(panic.as_ref()) => Err(CommandError::user("out of memory")
                .hint("the evaluation needs more than this machine can give")),
            Ok(Err(_)) => Err(CommandError::internal("this is a bug in hm; the message above says where")),
            Err(error) => Err(CommandError::internal(format!(
                "cannot start a thread with {STACK} bytes of stack: {error}"
            ))),
        };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !matches!(error.kind, Kind::BrokenPipe | Kind::Differences) {
                output::print_error(&error);
            }
            ExitCode::from(error.exit_status())
        }
    }
}

/// Whether a panic is the arena's way to say that there is no memory left, which is no fault of the program.
fn is_out_of_memory(payload: &(dyn Any + Send)) -> bool {
    payload.downcast_ref::<&str>() == Some(&"out of memory")
}

fn run(cli: Cli) -> Result<(), CommandError> {
    let environment = Environment::read()?;
    let output = Output::new(&environment, cli.quiet, cli.verbose);
    commands::run(&environment, &output, cli.command)
}

/// Lets glibc's allocator grow the heap of this thread in one step, which by its defaults grows and shrinks by single pages, each
/// with a system call. Freeing a block that was mapped by itself tells it not to map blocks of that size, nor to give back twice
/// as much; the next one makes the heap so large. Nothing of it is touched, so no memory is used; other allocators do not mind.
fn grow_heap() {
    for size in [31 << 20, 30 << 20] {
        let mut block: Vec<u8> = Vec::new();
        if block.try_reserve_exact(size).is_ok() {
            drop(std::hint::black_box(block));
        }
    }
}
