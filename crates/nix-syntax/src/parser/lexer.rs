//! Cuts text into tokens by the rules of Nix's own scanner: the longest match wins, on bytes, in any encoding.
//!
//! The lexer keeps no mode: the parser asks for the token at an offset and reads strings and paths itself, so that
//! looking ahead and going back cost nothing. The rules that surprise: `a+b/c`, `-1/2` and `1/2` are paths, `a:b` is a
//! URI, `1.` and `.5` are floats while `0.` and `01.5` are not one token, and `a//b` is an update of two names.

use super::token::{Kind, Token};
use crate::ast::Span;

/// A byte that may stand in a path.
const PATH: u8 = 1;
/// A byte that may continue an identifier.
const IDENT: u8 = 2;
/// A byte that may stand behind the colon of a URI.
const URI: u8 = 4;
/// A byte that may stand before the colon of a URI.
const SCHEME: u8 = 8;
/// A blank between tokens.
const BLANK: u8 = 16;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let c = byte as u8;
        let alnum = c.is_ascii_alphanumeric();
        let mut class = 0;
        if alnum || matches!(c, b'.' | b'_' | b'-' | b'+') {
            class |= PATH;
        }
        if alnum || matches!(c, b'_' | b'-' | b'\'') {
            class |= IDENT;
        }
        if alnum || matches!(c, b'+' | b'-' | b'.') {
            class |= SCHEME;
        }
        let mark = matches!(
            c,
            b'%' | b'/'
                | b'?'
                | b':'
                | b'@'
                | b'&'
                | b'='
                | b'+'
                | b'$'
                | b','
                | b'-'
                | b'_'
                | b'.'
                | b'!'
                | b'~'
                | b'*'
                | b'\''
        );
        if alnum || mark {
            class |= URI;
        }
        if matches!(c, b' ' | b'\t' | b'\r' | b'\n') {
            class |= BLANK;
        }
        table[byte] = class;
        byte += 1;
    }
    table
}

fn is(byte: u8, class: u8) -> bool {
    CLASSES[byte as usize] & class != 0
}

/// The text and what was learnt of it.
pub(super) struct Lexer<'t> {
    text: &'t [u8],
    /// The run of path characters looked at last. Every start inside of a run has the same end, so a long `a.b.c.…` is
    /// scanned once.
    run: std::ops::Range<usize>,
    /// Where a comment begins that has no end; its two bytes are then operators.
    pub(super) endless_comment: Option<u32>,
    /// The doc comments (`/** … */`) passed over, where somebody wants them.
    pub(super) doc_comments: Option<Vec<Span>>,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t [u8]) -> Self {
        Lexer { text, run: 0..0, endless_comment: None, doc_comments: None }
    }

    /// The byte at `at`, zero behind the end.
    pub(super) fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    /// The bytes from `start` to `end`, empty where there are none.
    pub(super) fn slice(&self, start: usize, end: usize) -> &'t [u8] {
        self.text.get(start..end).unwrap_or(&[])
    }

    /// The length of the text.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    fn skip(&self, mut at: usize, class: u8) -> usize {
        while self.text.get(at).is_some_and(|&byte| is(byte, class)) {
            at += 1;
        }
        at
    }

    fn skip_digits(&self, mut at: usize) -> usize {
        while self.byte(at).is_ascii_digit() {
            at += 1;
        }
        at
    }

    /// The end of the path text that begins or goes on at `at`: path characters and slashes.
    pub(super) fn path_end(&self, mut at: usize) -> usize {
        while self.text.get(at).is_some_and(|&byte| byte == b'/' || is(byte, PATH)) {
            at += 1;
        }
        at
    }

    /// The end of the piece of path text at `at`, which is at most `end`: names with one slash between each two of them and
    /// perhaps one behind the last.
    pub(super) fn path_piece(&self, mut at: usize, end: usize) -> usize {
        while at < end {
            let slash = self.byte(at) == b'/';
            at += 1;
            if slash && self.byte(at) == b'/' {
                break;
            }
        }
        at
    }

    /// Whether `${` stands at `at`.
    pub(super) fn interpolates(&self, at: usize) -> bool {
        self.byte(at) == b'$' && self.byte(at + 1) == b'{'
    }

    /// Whether the slash at `slash` is followed by something that makes what stands before it a path.
    fn continues_path(&self, slash: usize) -> bool {
        is(self.byte(slash + 1), PATH) || self.interpolates(slash + 1)
    }

    /// The first token at or behind `at`, comments and blanks skipped.
    pub(super) fn token(&mut self, mut at: usize) -> Token {
        loop {
            at = self.skip(at, BLANK);
            match self.text.get(at) {
                Some(b'#') => {
                    let rest = self.slice(at, self.len());
                    at += rest.iter().position(|&c| c == b'\n' || c == b'\r').unwrap_or(rest.len());
                }
                Some(b'/') if self.byte(at + 1) == b'*' => match self.comment_end(at + 2) {
                    Some(end) => {
                        self.note_comment(at, end);
                        at = end;
                    }
                    None => {
                        self.endless_comment = Some(at as u32);
                        return make(Kind::Slash, at, at + 1);
                    }
                },
                // Nix's scanner returns a stray zero byte as the code of the end of the file.
                None | Some(0) => return make(Kind::Eof, at, at),
                Some(&byte) => return self.solid(at, byte),
            }
        }
    }

    fn note_comment(&mut self, start: usize, end: usize) {
        let is_doc = self.byte(start + 2) == b'*' && !matches!(self.byte(start + 3), b'*' | b'/');
        if let Some(found) = self.doc_comments.as_mut().filter(|_| is_doc) {
            found.push(Span { start: start as u32, end: end as u32 });
        }
    }

    fn comment_end(&self, mut at: usize) -> Option<usize> {
        loop {
            at += self.text.get(at..)?.iter().position(|&c| c == b'*')? + 1;
            if self.byte(at) == b'/' {
                return Some(at + 1);
            }
        }
    }

    fn solid(&mut self, at: usize, byte: u8) -> Token {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(at),
            b'0'..=b'9' => self.path(at).unwrap_or_else(|| self.number(at)),
            b'.' => self.path(at).unwrap_or_else(|| self.dot(at)),
            b'+' => self.path(at).unwrap_or_else(|| self.pair(at, b'+', Kind::Concat, Kind::Plus)),
            b'-' => self.path(at).unwrap_or_else(|| self.pair(at, b'>', Kind::Implies, Kind::Minus)),
            b'/' if self.continues_path(at) => make(Kind::Path, at, self.path_end(at)),
            b'/' => self.pair(at, b'/', Kind::Update, Kind::Slash),
            b'~' if self.byte(at + 1) == b'/' && self.continues_path(at + 1) => {
                make(Kind::HomePath, at, self.path_end(at + 1))
            }
            b'<' => self.search_path(at).unwrap_or_else(|| match self.byte(at + 1) {
                b'=' => make(Kind::LessEq, at, at + 2),
                b'|' => make(Kind::PipeLeft, at, at + 2),
                _ => make(Kind::Less, at, at + 1),
            }),
            b'>' => self.pair(at, b'=', Kind::MoreEq, Kind::More),
            b'=' => self.pair(at, b'=', Kind::EqEq, Kind::Assign),
            b'!' => self.pair(at, b'=', Kind::NotEq, Kind::Not),
            b'&' => self.pair(at, b'&', Kind::And, Kind::Invalid),
            b'|' if self.byte(at + 1) == b'>' => make(Kind::PipeRight, at, at + 2),
            b'|' => self.pair(at, b'|', Kind::Or, Kind::Invalid),
            b'$' => self.pair(at, b'{', Kind::DollarBrace, Kind::Invalid),
            b'\'' if self.byte(at + 1) == b'\'' => {
                let mut end = at + 2;
                while self.byte(end) == b' ' {
                    end += 1;
                }
                make(Kind::IndentedOpen, at, if self.byte(end) == b'\n' { end + 1 } else { at + 2 })
            }
            _ => {
                let kind = match byte {
                    b'"' => Kind::Quote,
                    b'*' => Kind::Star,
                    b'?' => Kind::Question,
                    b'@' => Kind::At,
                    b':' => Kind::Colon,
                    b';' => Kind::Semicolon,
                    b',' => Kind::Comma,
                    b'(' => Kind::ParenOpen,
                    b')' => Kind::ParenClose,
                    b'{' => Kind::BraceOpen,
                    b'}' => Kind::BraceClose,
                    b'[' => Kind::BracketOpen,
                    b']' => Kind::BracketClose,
                    _ => Kind::Invalid,
                };
                make(kind, at, at + 1)
            }
        }
    }

    fn pair(&self, at: usize, second: u8, both: Kind, alone: Kind) -> Token {
        if self.byte(at + 1) == second { make(both, at, at + 2) } else { make(alone, at, at + 1) }
    }

    /// The end of the run of path characters at `at`.
    fn run(&mut self, at: usize) -> usize {
        if !self.run.contains(&at) {
            self.run = at..self.skip(at, PATH);
        }
        self.run.end
    }

    fn path(&mut self, at: usize) -> Option<Token> {
        let slash = self.run(at);
        (self.byte(slash) == b'/' && self.continues_path(slash))
            .then(|| make(Kind::Path, at, self.path_end(slash)))
    }

    fn word(&mut self, at: usize) -> Token {
        let end = self.skip(at + 1, IDENT);
        if matches!(self.byte(end), b'.' | b'+' | b'/' | b':') {
            if let Some(path) = self.path(at) {
                return path;
            }
            let colon = self.run(at);
            if self.byte(colon) == b':'
                && is(self.byte(colon + 1), URI)
                && self.byte(at) != b'_'
                && self.skip(at, SCHEME) == colon
            {
                return make(Kind::Uri, at, self.skip(colon + 1, URI));
            }
        }
        let kind = match self.slice(at, end) {
            b"if" => Kind::If,
            b"then" => Kind::Then,
            b"else" => Kind::Else,
            b"assert" => Kind::Assert,
            b"with" => Kind::With,
            b"let" => Kind::Let,
            b"in" => Kind::In,
            b"rec" => Kind::Rec,
            b"inherit" => Kind::Inherit,
            b"or" => Kind::OrWord,
            _ => Kind::Ident,
        };
        make(kind, at, end)
    }

    fn number(&self, at: usize) -> Token {
        let end = self.skip_digits(at);
        let leading_zero = self.byte(at) == b'0';
        let is_float = self.byte(end) == b'.'
            && (!leading_zero || (end == at + 1 && self.byte(end + 1).is_ascii_digit()));
        if is_float {
            make(Kind::Float, at, self.exponent(self.skip_digits(end + 1)))
        } else {
            make(Kind::Int, at, end)
        }
    }

    fn dot(&self, at: usize) -> Token {
        if self.byte(at + 1).is_ascii_digit() {
            make(Kind::Float, at, self.exponent(self.skip_digits(at + 1)))
        } else if self.byte(at + 1) == b'.' && self.byte(at + 2) == b'.' {
            make(Kind::Ellipsis, at, at + 3)
        } else {
            make(Kind::Dot, at, at + 1)
        }
    }

    /// The end of the exponent at `at`, `at` itself when there is none.
    fn exponent(&self, at: usize) -> usize {
        if !matches!(self.byte(at), b'e' | b'E') {
            return at;
        }
        let digits = if matches!(self.byte(at + 1), b'+' | b'-') { at + 2 } else { at + 1 };
        if self.byte(digits).is_ascii_digit() { self.skip_digits(digits) } else { at }
    }

    fn search_path(&self, at: usize) -> Option<Token> {
        let mut end = at;
        loop {
            let name = end + 1;
            end = self.skip(name, PATH);
            if end == name {
                return None;
            }
            match self.byte(end) {
                b'/' => {}
                b'>' => return Some(make(Kind::SearchPath, at, end + 1)),
                _ => return None,
            }
        }
    }
}

fn make(kind: Kind, start: usize, end: usize) -> Token {
    // The parser refuses texts whose offsets do not fit.
    Token { kind, start: start as u32, end: end as u32 }
}
