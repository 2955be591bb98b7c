//! Generations, profiles, and the transaction that moves a home from one generation to the next.
//!
//! The way of a switch, one module each:
//!
//! - [`generation`] reads what the new generation wants in the home, with [`manifest`];
//! - [`inspect`] looks at what stands there now, giving a [`live::LiveHome`];
//! - [`plan`](mod@plan) compares the three, giving a [`plan::LinkPlan`] or the list of all problems;
//! - [`transaction`] takes the lock, recovers an interrupted run, writes the plan to a journal, applies it, and
//!   commits by moving the [`profile`] link.
//!
//! Beside it, [`repair`] finds links that lead nowhere, [`changes`] counts how generations differ, and the transaction
//! removes generations and marks collections of garbage. [`history`] tells which generation was current when.
//!
//! Links are recognised as ours by where they point ([`managed`]). This is the only crate that writes into a home,
//! and every change it makes is a call in one module, which a caller can watch ([`Watch`]).

mod apply;
pub mod changes;
pub mod content;
pub mod diff;
pub mod error;
pub mod generation;
pub mod handles;
pub mod history;
pub mod home;
mod home_manager;
pub mod inspect;
mod journal;
pub mod lines;
pub mod live;
pub mod managed;
pub mod manifest;
pub mod origins;
pub mod path;
pub mod plan;
pub mod preview;
pub mod problem;
pub mod profile;
pub mod repair;
pub mod report;
mod spot;
mod state;
pub mod step;
mod sys;
mod text;
pub mod transaction;

pub use apply::Kept;
pub use changes::{Changes, Contents, Count};
pub use content::OwnFile;
pub use error::Error;
pub use generation::{Entry, FileSet, Generation};
pub use history::History;
pub use home::HomeEnv;
pub use home_manager::find_home_manager;
pub use journal::Side;
pub use managed::Stores;
pub use manifest::{FileMode, LinesInfo, Manifest};
pub use origins::needed_for_leaving;
pub use path::RelPath;
pub use plan::{LinkPlan, Note};
pub use preview::{Options, Preview, Target, preview};
pub use problem::Problem;
pub use profile::{Numbered, Profile};
pub use repair::{Repair, preview_repair};
pub use report::SwitchReport;
pub use step::Step;
pub use sys::{Change, Watch};
pub use transaction::{
    Applied, Collection, Interrupted, LeavePreview, Leaving, Left, Pending, Recovery, RegisterRoot, Session,
    Unfinished, interrupted, preview_leave,
};
