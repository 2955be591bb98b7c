//! Random texts: never a panic, spans that make sense, and Nix's own verdict where Nix is at hand.

use std::process::Command;

use super::super::ParseOptions;
use super::read;

/// A small generator of numbers that repeat from run to run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % limit
    }

    fn pick<'t>(&mut self, from: &[&'t str]) -> &'t str {
        from[self.below(from.len())]
    }
}

const TOKENS: &[&str] = &[
    "a",
    "b",
    "or",
    "if",
    "then",
    "else",
    "let",
    "in",
    "rec",
    "with",
    "assert",
    "inherit",
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ".",
    ",",
    ";",
    ":",
    "@",
    "?",
    "=",
    "==",
    "!=",
    "<",
    ">=",
    "->",
    "//",
    "++",
    "+",
    "-",
    "*",
    "/",
    "!",
    "&&",
    "||",
    "...",
    "\"s\"",
    "\"",
    "${",
    "''",
    "''\n  x''",
    "1",
    "1.5",
    ".5",
    "./p",
    "a/b",
    "~/h",
    "<n/k>",
    "x:y",
    "|>",
    "$",
    "0.",
    "\"a${b}\"",
    "$${",
    "#c\n",
    "/*c*/",
    "\n",
    "\r",
    "\\",
    "'",
    "é",
];

fn soup(dice: &mut Dice) -> String {
    let mut text = String::new();
    for _ in 0..=dice.below(12) {
        text += dice.pick(TOKENS);
        text += dice.pick(&["", " ", " "]);
    }
    text
}

/// An expression that is right but for undefined names.
fn program(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 {
        return dice.pick(&["a", "1", "\"s\"", "[ ]", "{ }", "./p", "2.5", "<n>"]).to_owned();
    }
    let form = dice.pick(&[
        "_ _",
        "(_)",
        "_ + _",
        "_ // _",
        "(_) == (_)",
        "!_",
        "-_",
        "_.a or _",
        "_ ? a.b",
        "(x: _)",
        "({ a ? _, ... }: _)",
        "(if _ then _ else _)",
        "(let a = _; in _)",
        "(with _; _)",
        "[ (_) (_) ]",
        "{ a.b = _; inherit (_) c; }",
        "\"x${_}y\"",
        "''\n  x ${_}\n''",
        "./p/${_}",
        "rec { ${_} = _; }",
    ]);
    let parts: Vec<&str> = form.split('_').collect();
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            text += &program(dice, depth - 1);
        }
        text += part;
    }
    text
}

#[test]
fn never_a_panic() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    for _ in 0..20_000 {
        let text = soup(&mut dice);
        if let Err(error) = read(text.as_bytes(), &ParseOptions::default()) {
            let (start, end) = (error.span.start as usize, error.span.end as usize);
            assert!(start <= end && end <= text.len(), "{text:?}: {error:?}");
        }
    }
    for _ in 0..200 {
        let text = program(&mut dice, 4);
        for end in 0..text.len() {
            let _ = read(&text.as_bytes()[..end], &ParseOptions::default());
        }
    }
}

#[test]
fn what_rnix_accepts() {
    let mut dice = Dice(0x0123_4567_89AB_CDEF);
    for _ in 0..500 {
        let text = program(&mut dice, 3);
        let ours = read(text.as_bytes(), &ParseOptions::default());
        let theirs = rnix::Root::parse(&text);
        // It refuses some that Nix accepts, such as `-!a`, and accepts `a == b == c`, which is not made here.
        assert!(ours.is_ok() || !theirs.errors().is_empty(), "{text:?}: {ours:?}");
    }
}

/// Stock Nix, 2.34 or later, as the judge of acceptance and of the message's words.
#[test]
fn nix_agrees() {
    let Some(nix) = std::env::var_os("NIX_INSTANTIATE") else {
        eprintln!("SKIPPED: NIX_INSTANTIATE does not name a nix-instantiate of Nix 2.34 or later");
        return;
    };
    let mut dice = Dice(0xDEAD_BEEF_CAFE_F00D);
    for round in 0..400 {
        let text = if round % 2 == 0 { soup(&mut dice) } else { program(&mut dice, 3) };
        if text.starts_with('-') {
            continue;
        }
        let output = Command::new(&nix).args(["--parse", "-E", &text]).output().unwrap();
        let message = String::from_utf8_lossy(&output.stderr);
        // Warnings may stand before it.
        let message = message.split_once("error: ").map_or(&*message, |(_, error)| error);
        // Found while the syntax is read, but lowering's concern here; so is the undefined variable, found behind it.
        if message.contains("already defined at") {
            continue;
        }
        let accepts = output.status.success() || message.starts_with("undefined variable");
        let ours = read(text.as_bytes(), &ParseOptions::default());
        assert_eq!(ours.is_ok(), accepts, "{text:?}: {ours:?}, Nix says {message}");
        if let Err(error) = ours {
            assert!(message.starts_with(&error.message), "{text:?}: {error}, Nix says {message}");
        }
    }
}
