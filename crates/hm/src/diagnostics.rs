//! Errors of evaluation as people read them: the cause first with its line of source, then the steps that led to it,
//! those in the user's own files before all others.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use nix_eval::{Cycle, ErrorKind, Eval, EvalError};
use nix_syntax::source::{Location, Origin, Pos};

use crate::error::CommandError;
use crate::nixlib;

/// How much of an error is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Colours and bold letters.
    pub(crate) color: bool,
    /// All steps, not only those in the user's files.
    pub(crate) full_trace: bool,
}

/// How many steps are shown without `--show-trace`.
const SHORT_TRACE: usize = 4;

/// How many steps of an infinite recursion are shown without `--show-trace`.
const CYCLE_STEPS: usize = 8;

/// A place in a source, with the line that is shown for it.
#[derive(Clone, PartialEq, Eq)]
struct Place {
    at: Location,
    /// Empty where the source is gone.
    text: String,
}

impl Place {
    fn of(eval: &Eval<'_>, pos: Pos) -> Option<Place> {
        Some(Place { at: eval.sources.locate(pos)?, text: eval.source_line(pos).unwrap_or_default() })
    }
}

/// Turns an error of evaluation into one of the command.
pub(crate) fn command_error(eval: &Eval<'_>, error: &EvalError, style: Style) -> CommandError {
    CommandError::report(render(eval, error, style))
}

/// The whole report.
pub(crate) fn render(eval: &Eval<'_>, error: &EvalError, style: Style) -> String {
    let own = Own::new(eval);
    let located = |pos: Pos| Place::of(eval, pos);
    let mut steps: Vec<(String, Option<Place>)> =
        error.trace.iter().map(|frame| (plain(&frame.text), located(frame.pos))).collect();
    // Where nixlib throws says nothing to whoever wrote the configuration: the message does.
    let thrown = matches!(error.kind, ErrorKind::Throw | ErrorKind::Abort) && !style.full_trace;
    let mut place = located(error.pos).filter(|found| !thrown || own.has(found));
    if place.is_none()
        && let Some((_, found)) =
            steps.iter().find(|(_, found)| found.as_ref().is_some_and(|found| own.has(found)))
    {
        place = found.clone();
    }
    let mut cycle: Vec<(String, Option<Place>)> = match error.cycle {
        Cycle::Closed(length) => steps.drain(..length.min(steps.len())).collect(),
        Cycle::None | Cycle::Open(_) => Vec::new(),
    };
    let shortened = if style.full_trace {
        0
    } else {
        shorten(&mut cycle, &own, place.as_ref(), CYCLE_STEPS)
            + shorten(&mut steps, &own, place.as_ref(), SHORT_TRACE)
    };
    let hidden = shortened + error.omitted;
    for (text, _) in &mut cycle {
        text.insert_str(0, "in the cycle: ");
    }

    let mut first = Level::ERROR.primary_title(plain(&error.message)).elements(no_elements());
    if let Some(found) = &place {
        first = first.element(snippet(found));
    }
    if !error.suggestions.is_empty() {
        let names: Vec<String> = error.suggestions.iter().map(|name| format!("`{name}`")).collect();
        first = first.element(Level::HELP.message(format!("did you mean {}?", names.join(", "))));
    }
    if let Some(help) = advice(error).or_else(|| unknown_package(error, &own, place.as_ref())) {
        first = first.element(Level::HELP.message(help));
    }
    let mut groups: Vec<Group<'_>> = vec![first];
    for (text, found) in cycle.iter().chain(&steps) {
        let mut group = Level::NOTE.secondary_title(text.clone()).elements(no_elements());
        if let Some(found) = found {
            group = group.element(snippet(found));
        }
        groups.push(group);
    }
    let renderer = if style.color { Renderer::styled() } else { Renderer::plain() };
    let mut report = renderer.decor_style(DecorStyle::Ascii).render(&groups);
    if hidden > 0 {
        let how = if shortened > 0 { ", shown by --show-trace" } else { "" };
        report.push_str(&format!("\nnote: {hidden} more steps{how}"));
    }
    report
}

/// A program's text without the terminal's escape sequences, which would be shown as what they are between ours.
fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// A title starts a group only together with its elements, of which there may be none.
fn no_elements<'s>() -> std::iter::Empty<Snippet<'s, annotate_snippets::Annotation<'s>>> {
    std::iter::empty()
}

fn snippet(found: &Place) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let start = (found.at.column as usize - 1).min(found.text.len());
    let end = token_end(&found.text, start);
    let path = match &found.at.origin {
        Origin::File(path) => String::from_utf8_lossy(path).replacen(nixlib::ROOT, "<nixlib>", 1),
        other => other.display(),
    };
    Snippet::source(found.text.clone())
        .line_start(found.at.line as usize)
        .path(path)
        .fold(false)
        .annotation(AnnotationKind::Primary.span(start..end))
}

/// Where the word at `start` ends, so that the mark is as long as it.
fn token_end(text: &str, start: usize) -> usize {
    let rest = text.get(start..).unwrap_or("");
    let word =
        rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '\''))).unwrap_or(rest.len());
    let length = if word == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { word };
    start + length
}

/// Tells the user's own files from those of libraries: nixlib, the store, and what the search path brings, unless the work
/// is going on in there.
struct Own {
    libraries: Vec<Vec<u8>>,
}

impl Own {
    fn new(eval: &Eval<'_>) -> Own {
        let here = std::env::current_dir().unwrap_or_default();
        let searched = eval.settings.search_path.iter().map(|(_, path)| path.as_str());
        let libraries = searched.filter(|path| path.len() > 1 && !here.starts_with(path)).chain([
            nixlib::ROOT,
            eval.host.store_dir().as_str(),
            nix_eval::access::INTERNAL_ROOT,
        ]);
        Own {
            libraries: libraries
                .map(|path| format!("{}/", path.trim_end_matches('/')).into_bytes())
                .collect(),
        }
    }

    fn has(&self, found: &Place) -> bool {
        match &found.at.origin {
            Origin::File(path) => {
                !path.starts_with(b"<nix") && !self.libraries.iter().any(|library| path.starts_with(library))
            }
            Origin::String | Origin::Stdin => true,
        }
    }
}

/// Keeps the steps that help most: what the program says for itself (by addErrorContext, which has no place), and those
/// in the user's own files, each place once. The number of the others.
fn shorten(steps: &mut Vec<(String, Option<Place>)>, own: &Own, cause: Option<&Place>, most: usize) -> usize {
    let all = steps.len();
    let mut seen: Vec<Place> = cause.into_iter().cloned().collect();
    let (mut placed, mut said) = (0, 0);
    steps.retain(|(text, found)| match found {
        Some(found) if own.has(found) && !seen.contains(found) => {
            seen.push(found.clone());
            placed += 1;
            placed <= most
        }
        None if is_said(text) => {
            said += 1;
            said <= most
        }
        _ => false,
    });
    all - steps.len()
}

/// Whether a step without a place is a program's own remark on something of the user's.
fn is_said(text: &str) -> bool {
    let evaluators = ["while calling", "while evaluating the file", "while evaluating the attribute"];
    !text.contains(nixlib::ROOT) && !evaluators.iter().any(|start| text.starts_with(start))
}

fn advice(error: &EvalError) -> Option<String> {
    match error.kind {
        ErrorKind::InfiniteRecursion => Some(
            "a value is defined in terms of itself; the steps in the cycle lead from the value back to it"
                .to_owned(),
        ),
        ErrorKind::StackOverflow => {
            Some("a function calls itself without end, or more than 10000 calls deep".to_owned())
        }
        _ => None,
    }
}

/// For a package that the package set lacks: how to have it. A set cannot say so itself, but the source shows that it is
/// `pkgs` that was asked.
fn unknown_package(error: &EvalError, own: &Own, place: Option<&Place>) -> Option<String> {
    let place = place.filter(|found| error.kind == ErrorKind::MissingAttribute && own.has(found))?;
    let start = place.at.column as usize - 1;
    if !place.text.get(..start)?.ends_with("pkgs.") {
        return None;
    }
    let name = place.text.get(start..token_end(&place.text, start))?;
    Some(format!(
        "a program of this machine becomes a package by `hm.hostPackages.{name} = {{ PROGRAM = \"PATH or name\"; }};`; \
         with nixpkgs at hand, `--pkgs nixpkgs` has all of its packages"
    ))
}
