//! Splits a pattern into tokens, always one token ahead of the parser.
//!
//! Running ahead is observable: where a pattern is wrong in two ways, the error that is met first decides
//! between "invalid" and "too large".

use super::RegexError;

/// One token of the extended grammar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A character that stands for itself.
    Char(u8),
    /// `.`
    Any,
    /// `(`
    GroupOpen,
    /// `)`
    GroupClose,
    /// `[` or, negated, `[^`
    BracketOpen { negated: bool },
    /// The `]` that ends a bracket expression.
    BracketClose,
    /// `-` in a bracket expression
    Dash,
    /// `[:name:]`
    Class(Vec<u8>),
    /// `[.name.]`
    Collating(Vec<u8>),
    /// `[=name=]`
    Equivalence(Vec<u8>),
    /// `{`
    BraceOpen,
    /// `}` that ends a repetition count
    BraceClose,
    /// A number in a repetition count, in digits.
    Count(Vec<u8>),
    /// `,` in a repetition count
    Comma,
    /// `*`
    Star,
    /// `+`
    Plus,
    /// `?`
    Question,
    /// `|`
    Or,
    /// `^`
    LineBegin,
    /// `$`
    LineEnd,
    /// The end of the pattern.
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Normal,
    Bracket { first: bool },
    Brace,
}

/// The scanner; [`Scanner::token`] is the current token.
#[derive(Debug)]
pub(super) struct Scanner<'p> {
    pattern: &'p [u8],
    pos: usize,
    state: State,
    token: Token,
}

impl<'p> Scanner<'p> {
    pub(super) fn new(pattern: &'p [u8]) -> Result<Self, RegexError> {
        let mut scanner = Self { pattern, pos: 0, state: State::Normal, token: Token::End };
        scanner.advance()?;
        Ok(scanner)
    }

    pub(super) fn token(&self) -> &Token {
        &self.token
    }

    /// The byte offset up to which the pattern was scanned.
    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    /// Moves on and returns the token that was current. The end of the pattern stays the end, but only
    /// outside brackets and braces may it come.
    pub(super) fn advance(&mut self) -> Result<Token, RegexError> {
        let next = match (self.peek(), self.state) {
            // The end of the pattern inside brackets or braces shows to the parser as a missing token,
            // unless scanning that token was already under way.
            (None, _) => Token::End,
            (Some(byte), State::Normal) => self.normal(byte)?,
            (Some(byte), State::Bracket { first }) => self.bracket(byte, first)?,
            (Some(byte), State::Brace) => self.brace(byte)?,
        };
        Ok(std::mem::replace(&mut self.token, next))
    }

    /// Moves on if the current token is `token`.
    pub(super) fn accept(&mut self, token: &Token) -> Result<bool, RegexError> {
        if self.token == *token {
            self.advance()?;
            return Ok(true);
        }
        Ok(false)
    }

    fn peek(&self) -> Option<u8> {
        self.pattern.get(self.pos).copied()
    }

    fn normal(&mut self, byte: u8) -> Result<Token, RegexError> {
        let start = self.pos;
        self.pos += 1;
        Ok(match byte {
            b'\\' => match self.peek() {
                Some(escaped) if is_special(escaped) => {
                    self.pos += 1;
                    Token::Char(escaped)
                }
                _ => return Err(RegexError::Escape(start)),
            },
            b'.' => Token::Any,
            b'(' => Token::GroupOpen,
            b')' => Token::GroupClose,
            b'[' => {
                self.state = State::Bracket { first: true };
                let negated = self.peek() == Some(b'^');
                self.pos += usize::from(negated);
                Token::BracketOpen { negated }
            }
            b'{' => {
                self.state = State::Brace;
                Token::BraceOpen
            }
            b'*' => Token::Star,
            b'+' => Token::Plus,
            b'?' => Token::Question,
            b'|' => Token::Or,
            b'^' => Token::LineBegin,
            b'$' => Token::LineEnd,
            0 => return Err(RegexError::Nul(start)),
            other => Token::Char(other),
        })
    }

    fn bracket(&mut self, byte: u8, first: bool) -> Result<Token, RegexError> {
        let start = self.pos;
        self.pos += 1;
        self.state = State::Bracket { first: false };
        Ok(match byte {
            b'-' => Token::Dash,
            b'[' => match self.peek() {
                None => return Err(RegexError::Bracket(start)),
                Some(kind @ (b'.' | b':' | b'=')) => {
                    self.pos += 1;
                    let name = self.name(kind, start)?;
                    match kind {
                        b'.' => Token::Collating(name),
                        b':' => Token::Class(name),
                        _ => Token::Equivalence(name),
                    }
                }
                Some(_) => Token::Char(b'['),
            },
            b']' if !first => {
                self.state = State::Normal;
                Token::BracketClose
            }
            other => Token::Char(other),
        })
    }

    /// Reads `name` and the closing `kind]` of a `[kind name kind]` item.
    fn name(&mut self, kind: u8, start: usize) -> Result<Vec<u8>, RegexError> {
        let rest = self.pattern.get(self.pos..).unwrap_or_default();
        let length = rest.iter().position(|byte| *byte == kind).ok_or(RegexError::Collate(start))?;
        let (name, closing) = rest.split_at(length);
        if closing.get(1) != Some(&b']') {
            return Err(RegexError::Collate(start));
        }
        self.pos += length + 2;
        Ok(name.to_vec())
    }

    fn brace(&mut self, byte: u8) -> Result<Token, RegexError> {
        let start = self.pos;
        self.pos += 1;
        Ok(match byte {
            b'0'..=b'9' => {
                while self.peek().is_some_and(|next| next.is_ascii_digit()) {
                    self.pos += 1;
                }
                Token::Count(self.pattern.get(start..self.pos).unwrap_or_default().to_vec())
            }
            b',' => Token::Comma,
            b'}' => {
                self.state = State::Normal;
                Token::BraceClose
            }
            _ => return Err(RegexError::BadBrace(start)),
        })
    }
}

/// Whether a backslash may stand before `byte`.
fn is_special(byte: u8) -> bool {
    matches!(byte, b'.' | b'[' | b'\\' | b'(' | b')' | b'*' | b'+' | b'?' | b'{' | b'|' | b'^' | b'$')
}
