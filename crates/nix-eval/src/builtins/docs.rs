//! What is to be read about each member of `builtins`. The texts lie beside the functions' groups, in `docs/`.

/// The documentation of one member of `builtins`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Documentation {
    /// Its name.
    pub name: &'static str,
    /// What its arguments are called in the text; a value that is no function has none.
    pub arguments: Vec<&'static str>,
    /// The text, in Markdown.
    pub text: &'static str,
}

/// In each text, `# name arguments…` begins the part of one name.
const TEXTS: [&str; 14] = [
    include_str!("docs/attrs.md"),
    include_str!("docs/context.md"),
    include_str!("docs/control.md"),
    include_str!("docs/fetch.md"),
    include_str!("docs/files.md"),
    include_str!("docs/hashing.md"),
    include_str!("docs/lists.md"),
    include_str!("docs/numbers.md"),
    include_str!("docs/store.md"),
    include_str!("docs/strings.md"),
    include_str!("docs/text.md"),
    include_str!("docs/types.md"),
    include_str!("docs/values.md"),
    include_str!("docs/versions.md"),
];

/// The documentation of the member `name` of `builtins`.
pub fn documentation(name: &str) -> Option<Documentation> {
    documented().find(|found| found.name == name)
}

/// The documentation of all members.
pub fn documented() -> impl Iterator<Item = Documentation> {
    TEXTS.iter().flat_map(|text| text.split("\n# ").skip(1)).filter_map(|part| {
        let (title, text) = part.split_once('\n')?;
        let mut words = title.split_whitespace();
        Some(Documentation { name: words.next()?, arguments: words.collect(), text: text.trim_matches('\n') })
    })
}
