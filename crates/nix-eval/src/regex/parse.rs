//! Builds the automaton of a pattern. Groups nest on an explicit stack, so no pattern is too deep.

use super::RegexError;
use super::charset::{self, ByteSet};
use super::program::{Builder, Fragment, Op, Program, StateId};
use super::scan::{Scanner, Token};

/// Compiles `pattern`.
pub(super) fn parse(pattern: &[u8]) -> Result<Program, RegexError> {
    let scanner = Scanner::new(pattern)?;
    Parser { scanner, builder: Builder::default(), groups: 0 }.pattern()
}

struct Parser<'p> {
    scanner: Scanner<'p>,
    builder: Builder,
    groups: u32,
}

/// A group whose closing parenthesis has not been reached.
struct OpenGroup {
    number: u32,
    open: Fragment,
    /// The alternatives before the current one, joined.
    alternatives: Option<Fragment>,
    /// The current alternative as far as it goes.
    sequence: Option<Fragment>,
}

/// What the last item of a bracket expression was, which decides what a dash after it means.
enum LastItem {
    Nothing,
    /// A character that may still turn out to be the lower end of a range.
    Char(u8),
    Class,
}

impl Parser<'_> {
    fn pattern(mut self) -> Result<Program, RegexError> {
        let mut outer: Vec<OpenGroup> = Vec::new();
        let mut group = self.open_group()?;
        loop {
            let term = match self.scanner.token() {
                Token::LineBegin => {
                    self.scanner.advance()?;
                    self.builder.add(Op::LineBegin, true)?
                }
                Token::LineEnd => {
                    self.scanner.advance()?;
                    self.builder.add(Op::LineEnd, true)?
                }
                Token::GroupOpen => {
                    self.scanner.advance()?;
                    let inner = self.open_group()?;
                    outer.push(std::mem::replace(&mut group, inner));
                    continue;
                }
                Token::GroupClose => {
                    self.end_alternative(&mut group)?;
                    let Some(enclosing) = outer.pop() else {
                        return Err(RegexError::Paren(self.scanner.pos()));
                    };
                    let closed = std::mem::replace(&mut group, enclosing);
                    self.scanner.advance()?;
                    let fragment = self.close_group(closed)?;
                    self.repetitions(fragment)?
                }
                Token::Or => {
                    self.end_alternative(&mut group)?;
                    self.scanner.advance()?;
                    continue;
                }
                Token::Any => {
                    self.scanner.advance()?;
                    let fragment = self.builder.add(Op::Byte(ByteSet::single(0).complement()), false)?;
                    self.repetitions(fragment)?
                }
                Token::Char(byte) => {
                    let byte = *byte;
                    self.scanner.advance()?;
                    let fragment = self.builder.add(Op::Byte(ByteSet::single(byte)), false)?;
                    self.repetitions(fragment)?
                }
                Token::BracketOpen { negated } => {
                    let negated = *negated;
                    self.scanner.advance()?;
                    let set = self.bracket()?;
                    let set = if negated { set.complement() } else { set };
                    let fragment = self.builder.add(Op::Byte(set), false)?;
                    self.repetitions(fragment)?
                }
                Token::End if outer.is_empty() => break,
                // A group that is not closed, or a repetition with nothing before it.
                _ => return Err(RegexError::Paren(self.scanner.pos())),
            };
            group.sequence = Some(match group.sequence {
                Some(sequence) => self.builder.append(sequence, term),
                None => term,
            });
        }
        self.end_alternative(&mut group)?;
        let whole = self.close_group(group)?;
        let accept = self.builder.add(Op::Accept, true)?;
        let whole = self.builder.append(whole, accept);
        Ok(self.builder.finish(whole.start, self.groups.saturating_sub(1) as usize))
    }

    fn open_group(&mut self) -> Result<OpenGroup, RegexError> {
        let number = self.groups;
        self.groups += 1;
        let open = self.builder.add(Op::GroupOpen(number), true)?;
        Ok(OpenGroup { number, open, alternatives: None, sequence: None })
    }

    /// Ends the current alternative of `group` and joins it to those before it.
    fn end_alternative(&mut self, group: &mut OpenGroup) -> Result<(), RegexError> {
        let tail = self.builder.join()?;
        let right = match group.sequence.take() {
            Some(sequence) => self.builder.append(sequence, tail),
            None => tail,
        };
        group.alternatives = Some(match group.alternatives.take() {
            None => right,
            Some(left) => {
                let end = self.builder.join()?;
                let left = self.builder.append(left, end);
                let right = self.builder.append(right, end);
                let either = self.builder.add(Op::Either { first: left.start }, false)?;
                self.builder.link(either.start, right.start);
                either.spanning(&[left, right], end.end, left.nullable || right.nullable)
            }
        });
        Ok(())
    }

    fn close_group(&mut self, group: OpenGroup) -> Result<Fragment, RegexError> {
        let body = match group.alternatives {
            Some(body) => self.builder.append(group.open, body),
            None => group.open,
        };
        let close = self.builder.add(Op::GroupClose(group.number), true)?;
        Ok(self.builder.append(body, close))
    }

    /// Applies the repetitions that follow `fragment`, any number of them.
    fn repetitions(&mut self, mut fragment: Fragment) -> Result<Fragment, RegexError> {
        loop {
            fragment = match self.scanner.token() {
                Token::Star => {
                    self.scanner.advance()?;
                    self.star(fragment)?
                }
                Token::Plus => {
                    self.scanner.advance()?;
                    let repeat = self.builder.repeat(fragment.start, fragment)?;
                    self.builder.append(fragment, repeat)
                }
                Token::Question => {
                    self.scanner.advance()?;
                    let end = self.builder.join()?;
                    let repeat = self.builder.repeat(fragment.start, fragment)?;
                    let fragment = self.builder.append(fragment, end);
                    let skipped = self.builder.append(repeat, end);
                    skipped.spanning(&[fragment], end.end, true)
                }
                Token::BraceOpen => {
                    self.scanner.advance()?;
                    self.counted(fragment)?
                }
                _ => return Ok(fragment),
            };
        }
    }

    fn star(&mut self, fragment: Fragment) -> Result<Fragment, RegexError> {
        let repeat = self.builder.repeat(fragment.start, fragment)?;
        let looped = self.builder.append(fragment, repeat);
        Ok(repeat.spanning(&[looped], repeat.end, true))
    }

    /// Applies a `{…}` whose opening brace has been read.
    fn counted(&mut self, fragment: Fragment) -> Result<Fragment, RegexError> {
        let least = self.count()?.ok_or(RegexError::BadBrace(self.scanner.pos()))?;
        let mut extra = Some(0);
        if self.scanner.accept(&Token::Comma)? {
            extra = self.count()?.map(|most| most - least);
        }
        if !self.scanner.accept(&Token::BraceClose)? {
            return Err(RegexError::Brace(self.scanner.pos()));
        }
        let mut sequence = self.builder.join()?;
        for _ in 0..least {
            let copy = self.builder.copy(fragment)?;
            sequence = self.builder.append(sequence, copy);
        }
        match extra {
            None => {
                let copy = self.builder.copy(fragment)?;
                let star = self.star(copy)?;
                Ok(self.builder.append(sequence, star))
            }
            Some(extra) if extra < 0 => Err(RegexError::BadBrace(self.scanner.pos())),
            Some(extra) => {
                let end = self.builder.join()?;
                let mut skips: Vec<StateId> = Vec::new();
                for _ in 0..extra {
                    let copy = self.builder.copy(fragment)?;
                    let repeat = self.builder.repeat(copy.start, copy)?;
                    skips.push(repeat.start);
                    let optional = repeat.spanning(&[copy], copy.end, true);
                    sequence = self.builder.append(sequence, optional);
                }
                let sequence = self.builder.append(sequence, end);
                for skip in skips {
                    self.builder.link(skip, end.start);
                }
                Ok(sequence)
            }
        }
    }

    /// Reads a number if one follows.
    fn count(&mut self) -> Result<Option<i64>, RegexError> {
        let Token::Count(digits) = self.scanner.token() else { return Ok(None) };
        let value = digits
            .iter()
            .try_fold(0_i32, |value, digit| value.checked_mul(10)?.checked_add(i32::from(digit - b'0')));
        let value = value.ok_or(RegexError::BadBrace(self.scanner.pos()))?;
        self.scanner.advance()?;
        Ok(Some(i64::from(value)))
    }

    /// Reads the items of a bracket expression up to its end.
    fn bracket(&mut self) -> Result<ByteSet, RegexError> {
        let mut set = ByteSet::EMPTY;
        let mut last = match self.scanner.token() {
            Token::Char(byte) => LastItem::Char(*byte),
            // A dash that comes first stands for itself.
            Token::Dash => LastItem::Char(b'-'),
            _ => LastItem::Nothing,
        };
        if matches!(last, LastItem::Char(_)) {
            self.scanner.advance()?;
        }
        loop {
            let at = self.scanner.pos();
            let token = match self.scanner.token() {
                Token::End => return Err(RegexError::Bracket(at)),
                _ => self.scanner.advance()?,
            };
            let item = match token {
                Token::BracketClose => break,
                Token::Dash => match self.dash(&mut set, &last, at)? {
                    Some(item) => item,
                    None => break,
                },
                Token::Char(byte) => LastItem::Char(byte),
                Token::Collating(name) => {
                    LastItem::Char(charset::collating_element(&name).ok_or(RegexError::Collate(at))?)
                }
                Token::Equivalence(name) => {
                    let byte = charset::collating_element(&name).ok_or(RegexError::Collate(at))?;
                    set.insert(byte.to_ascii_lowercase());
                    set.insert(byte.to_ascii_uppercase());
                    LastItem::Class
                }
                Token::Class(name) => {
                    set.extend(&charset::class(&name).ok_or(RegexError::Collate(at))?);
                    LastItem::Class
                }
                _ => return Err(RegexError::Bracket(at)),
            };
            if let LastItem::Char(byte) = last {
                set.insert(byte);
            }
            last = item;
        }
        if let LastItem::Char(byte) = last {
            set.insert(byte);
        }
        Ok(set)
    }

    /// Decides what a dash after `last` means. `None`: it was the last character of the expression.
    fn dash(
        &mut self,
        set: &mut ByteSet,
        last: &LastItem,
        at: usize,
    ) -> Result<Option<LastItem>, RegexError> {
        if *self.scanner.token() == Token::BracketClose {
            self.scanner.advance()?;
            set.insert(b'-');
            return Ok(None);
        }
        let LastItem::Char(low) = *last else { return Err(RegexError::Range(at)) };
        let high = match self.scanner.token() {
            Token::Char(byte) => *byte,
            Token::Dash => b'-',
            _ => return Err(RegexError::Range(at)),
        };
        self.scanner.advance()?;
        // Characters are compared as C's `char` is on the platforms whose results are the reference: signed.
        let (low, high) = (low.cast_signed(), high.cast_signed());
        if low > high {
            return Err(RegexError::Range(at));
        }
        set.extend(&ByteSet::from_predicate(|byte| (low..=high).contains(&byte.cast_signed())));
        Ok(Some(LastItem::Nothing))
    }
}
