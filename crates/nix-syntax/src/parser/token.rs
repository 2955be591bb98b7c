//! The tokens of the language and the names that messages call them by.

/// What a token is. String bodies and what follows the first piece of a path are not tokens: the parser reads them
/// with the lexer's help, because it knows when it is inside one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Eof,
    /// A byte that begins no token.
    Invalid,
    /// The beginning of a comment that never ends.
    OpenComment,
    Ident,
    Int,
    Float,
    /// The leading literal of a path: all path characters and slashes up to an interpolation or the path's end.
    Path,
    /// The same for a path that begins with `~/`.
    HomePath,
    SearchPath,
    Uri,
    /// `"`, either end of a string.
    Quote,
    /// `''`, with the blanks and the line break that may follow it.
    IndentedOpen,
    /// `${`
    DollarBrace,
    If,
    Then,
    Else,
    Assert,
    With,
    Let,
    In,
    Rec,
    Inherit,
    OrWord,
    Ellipsis,
    EqEq,
    NotEq,
    LessEq,
    MoreEq,
    And,
    Or,
    Implies,
    Update,
    Concat,
    PipeLeft,
    PipeRight,
    Less,
    More,
    Not,
    Plus,
    Minus,
    Star,
    Slash,
    Question,
    At,
    Colon,
    Semicolon,
    Comma,
    Dot,
    Assign,
    ParenOpen,
    ParenClose,
    BraceOpen,
    BraceClose,
    BracketOpen,
    BracketClose,
}

impl Kind {
    /// The name in `syntax error, unexpected …`, as Nix gives it.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Kind::Eof => "end of file",
            Kind::Invalid => "invalid token",
            Kind::OpenComment | Kind::Slash => "'/'",
            Kind::Ident => "identifier",
            Kind::Int => "integer",
            Kind::Float => "floating-point literal",
            Kind::Path => "path",
            Kind::HomePath => "'~/…' path",
            Kind::SearchPath => "'<…>' path",
            Kind::Uri => "URI",
            Kind::Quote => "'\"'",
            Kind::IndentedOpen => "start of an indented string",
            Kind::DollarBrace => "'${'",
            Kind::If => "'if'",
            Kind::Then => "'then'",
            Kind::Else => "'else'",
            Kind::Assert => "'assert'",
            Kind::With => "'with'",
            Kind::Let => "'let'",
            Kind::In => "'in'",
            Kind::Rec => "'rec'",
            Kind::Inherit => "'inherit'",
            Kind::OrWord => "'or'",
            Kind::Ellipsis => "'...'",
            Kind::EqEq => "'=='",
            Kind::NotEq => "'!='",
            Kind::LessEq => "'<='",
            Kind::MoreEq => "'>='",
            Kind::And => "'&&'",
            Kind::Or => "'||'",
            Kind::Implies => "'->'",
            Kind::Update => "'//'",
            Kind::Concat => "'++'",
            Kind::PipeLeft => "'<|'",
            Kind::PipeRight => "'|>'",
            Kind::Less => "'<'",
            Kind::More => "'>'",
            Kind::Not => "'!'",
            Kind::Plus => "'+'",
            Kind::Minus => "'-'",
            Kind::Star => "'*'",
            Kind::Question => "'?'",
            Kind::At => "'@'",
            Kind::Colon => "':'",
            Kind::Semicolon => "';'",
            Kind::Comma => "','",
            Kind::Dot => "'.'",
            Kind::Assign => "'='",
            Kind::ParenOpen => "'('",
            Kind::ParenClose => "')'",
            Kind::BraceOpen => "'{'",
            Kind::BraceClose => "'}'",
            Kind::BracketOpen => "'['",
            Kind::BracketClose => "']'",
        }
    }
}

/// A token and the bytes it covers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: u32,
    pub(super) end: u32,
}
