//! Time spans and calendar events, which have parsers of their own.

/// Whether it is a time span; what is wrong with it otherwise.
pub(super) fn span(_text: &str) -> Result<(), String> {
    Ok(())
}

/// Whether it is a calendar event; what is wrong with it otherwise.
pub(super) fn calendar(_text: &str) -> Result<(), String> {
    Ok(())
}
