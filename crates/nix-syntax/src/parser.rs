//! Reads the text of a file into an [`crate::ast`].
