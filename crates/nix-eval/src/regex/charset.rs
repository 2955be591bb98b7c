//! Sets of bytes, and the names that bracket expressions know characters and classes of them by.

/// A set of byte values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(super) const EMPTY: Self = Self([0; 4]);
    pub(super) const ALL: Self = Self([u64::MAX; 4]);

    pub(super) fn single(byte: u8) -> Self {
        let mut set = Self::EMPTY;
        set.insert(byte);
        set
    }

    pub(super) fn from_predicate(predicate: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::EMPTY;
        for byte in 0..=u8::MAX {
            if predicate(byte) {
                set.insert(byte);
            }
        }
        set
    }

    pub(super) fn insert(&mut self, byte: u8) {
        if let Some(word) = self.0.get_mut(usize::from(byte >> 6)) {
            *word |= 1 << (byte & 63);
        }
    }

    pub(super) fn extend(&mut self, other: &Self) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    pub(super) fn complement(&self) -> Self {
        Self(self.0.map(|word| !word))
    }

    #[inline]
    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0.get(usize::from(byte >> 6)).is_some_and(|word| word >> (byte & 63) & 1 == 1)
    }

    /// The only member, if there is exactly one.
    pub(super) fn sole_member(&self) -> Option<u8> {
        let mut members = (0..=u8::MAX).filter(|byte| self.contains(*byte));
        match (members.next(), members.next()) {
            (Some(byte), None) => Some(byte),
            _ => None,
        }
    }
}

/// The members of the class that `[:name:]` names in the C locale. Names are compared without regard to
/// case, and the one-letter names of the Perl classes are known too.
pub(super) fn class(name: &[u8]) -> Option<ByteSet> {
    let lower = name.to_ascii_lowercase();
    let is_space = |byte: u8| byte == b' ' || (b'\t'..=b'\r').contains(&byte);
    let set = match lower.as_slice() {
        b"d" | b"digit" => ByteSet::from_predicate(|byte| byte.is_ascii_digit()),
        b"w" => ByteSet::from_predicate(|byte| byte.is_ascii_alphanumeric() || byte == b'_'),
        b"s" | b"space" => ByteSet::from_predicate(is_space),
        b"alnum" => ByteSet::from_predicate(|byte| byte.is_ascii_alphanumeric()),
        b"alpha" => ByteSet::from_predicate(|byte| byte.is_ascii_alphabetic()),
        b"blank" => ByteSet::from_predicate(|byte| byte == b' ' || byte == b'\t'),
        b"cntrl" => ByteSet::from_predicate(|byte| byte.is_ascii_control()),
        b"graph" => ByteSet::from_predicate(|byte| byte.is_ascii_graphic()),
        b"lower" => ByteSet::from_predicate(|byte| byte.is_ascii_lowercase()),
        b"print" => ByteSet::from_predicate(|byte| byte.is_ascii_graphic() || byte == b' '),
        b"punct" => ByteSet::from_predicate(|byte| byte.is_ascii_punctuation()),
        b"upper" => ByteSet::from_predicate(|byte| byte.is_ascii_uppercase()),
        b"xdigit" => ByteSet::from_predicate(|byte| byte.is_ascii_hexdigit()),
        _ => return None,
    };
    Some(set)
}

/// The character that `[.name.]` names: the names of the POSIX portable character set. Only letters are
/// their own names.
pub(super) fn collating_element(name: &[u8]) -> Option<u8> {
    if let [letter] = name {
        return letter.is_ascii_alphabetic().then_some(*letter);
    }
    let name = std::str::from_utf8(name).ok()?;
    NAMED.iter().find(|(_, known)| *known == name).map(|(byte, _)| *byte)
}

const NAMED: &[(u8, &str)] = &[
    (0x00, "NUL"),
    (0x01, "SOH"),
    (0x02, "STX"),
    (0x03, "ETX"),
    (0x04, "EOT"),
    (0x05, "ENQ"),
    (0x06, "ACK"),
    (0x07, "alert"),
    (0x08, "backspace"),
    (b'\t', "tab"),
    (b'\n', "newline"),
    (0x0b, "vertical-tab"),
    (0x0c, "form-feed"),
    (b'\r', "carriage-return"),
    (0x0e, "SO"),
    (0x0f, "SI"),
    (0x10, "DLE"),
    (0x11, "DC1"),
    (0x12, "DC2"),
    (0x13, "DC3"),
    (0x14, "DC4"),
    (0x15, "NAK"),
    (0x16, "SYN"),
    (0x17, "ETB"),
    (0x18, "CAN"),
    (0x19, "EM"),
    (0x1a, "SUB"),
    (0x1b, "ESC"),
    (0x1c, "IS4"),
    (0x1d, "IS3"),
    (0x1e, "IS2"),
    (0x1f, "IS1"),
    (b' ', "space"),
    (b'!', "exclamation-mark"),
    (b'"', "quotation-mark"),
    (b'#', "number-sign"),
    (b'$', "dollar-sign"),
    (b'%', "percent-sign"),
    (b'&', "ampersand"),
    (b'\'', "apostrophe"),
    (b'(', "left-parenthesis"),
    (b')', "right-parenthesis"),
    (b'*', "asterisk"),
    (b'+', "plus-sign"),
    (b',', "comma"),
    (b'-', "hyphen"),
    (b'.', "period"),
    (b'/', "slash"),
    (b'0', "zero"),
    (b'1', "one"),
    (b'2', "two"),
    (b'3', "three"),
    (b'4', "four"),
    (b'5', "five"),
    (b'6', "six"),
    (b'7', "seven"),
    (b'8', "eight"),
    (b'9', "nine"),
    (b':', "colon"),
    (b';', "semicolon"),
    (b'<', "less-than-sign"),
    (b'=', "equals-sign"),
    (b'>', "greater-than-sign"),
    (b'?', "question-mark"),
    (b'@', "commercial-at"),
    (b'[', "left-square-bracket"),
    (b'\\', "backslash"),
    (b']', "right-square-bracket"),
    (b'^', "circumflex"),
    (b'_', "underscore"),
    (b'`', "grave-accent"),
    (b'{', "left-curly-bracket"),
    (b'|', "vertical-line"),
    (b'}', "right-curly-bracket"),
    (b'~', "tilde"),
    (0x7f, "DEL"),
];
