//! The Nix language from text to a lowered, scope-resolved program.
//!
//! The way of a file: its text enters the [`source::SourceMap`]; [`parser`] reads it into an [`ast`]; [`lower`] resolves
//! every variable and gives the [`program`] that the evaluator runs. Nothing here does I/O or knows what a value is.

pub mod arena;
pub mod ast;
pub mod docs;
pub mod float;
pub mod lower;
mod order;
pub mod parser;
pub mod program;
pub mod show;
pub mod source;
pub mod symbol;
