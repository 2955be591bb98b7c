//! Integers as text, which programs ask for by the hundred thousand.

use crate::context::Context;
use crate::eval::Eval;
use crate::value::Str;

/// The digits of an integer, at the end of a buffer with room for the longest one.
pub(crate) struct Decimal {
    bytes: [u8; 20],
    start: usize,
}

impl Decimal {
    /// The digits of `number`, after a sign if it is negative.
    pub(crate) fn new(number: i64) -> Self {
        let (mut bytes, mut start) = ([b'-'; 20], 0);
        let mut rest = number.unsigned_abs();
        for (index, byte) in bytes.iter_mut().enumerate().rev() {
            *byte = b'0' + (rest % 10) as u8;
            start = index;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        Decimal { bytes, start: if number < 0 { start.saturating_sub(1) } else { start } }
    }

    /// The text.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }
}

impl<'a> Eval<'a> {
    /// An integer as a string.
    pub(crate) fn decimal(&self, number: i64) -> Str<'a> {
        Str::new(self.arena, Decimal::new(number).as_bytes(), Context::EMPTY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, i64::MAX, -1, -10, i64::MIN, i64::MIN + 1] {
            assert_eq!(Decimal::new(number).as_bytes(), number.to_string().as_bytes());
        }
    }
}
