//! A picture of units and what relates them, as SVG, with what has changed in colour.
//!
//! [`edges`](mod@edges) says what there is to draw, [`layout`](mod@layout) where it goes, and this module writes it down. The
//! same units give the same text, byte for byte.

mod edges;
mod layout;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use crate::unit_set::UnitSet;
use edges::{Class, Edge, Node, Status};
use layout::{NODE_HEIGHT, Point, layout};

/// Around everything.
const MARGIN: f64 = 20.0;
/// The height of a line of the legend.
const LEGEND_LINE: f64 = 22.0;
/// The width of a place in the legend.
const LEGEND_STEP: f64 = 150.0;
/// The places in a line of the legend.
const LEGEND_PLACES: f64 = 5.0;
/// What stands above the picture: the title and two lines of the legend.
const HEAD: f64 = 3.0 * LEGEND_LINE + 14.0;
/// The width of a character, in a font whose characters are all equally wide.
const CHARACTER: f64 = 7.3;
/// Left and right of a name.
const PADDING: f64 = 9.0;
/// Between the edges that join the same two nodes.
const EDGE_STEP: f64 = 6.0;

const STYLE: &str = "
text { font: 12px monospace; fill: #1f2328 }
.title { font: bold 14px sans-serif }
.legend { font: 12px sans-serif }
rect.node { fill: #ffffff; stroke: #6e7781 }
.elsewhere rect.node { stroke-dasharray: 2 2 }
.elsewhere text { fill: #6e7781 }
.masked text { text-decoration: line-through }
.added rect.node { fill: #d2f4d9; stroke: #1a7f37; stroke-width: 2 }
.removed rect.node { fill: #ffdad6; stroke: #cf222e; stroke-width: 2 }
.changed rect.node { fill: #fff3bf; stroke: #9a6700; stroke-width: 2 }
path { fill: none; stroke: #8c959f; stroke-width: 1.2 }
path.added { stroke: #1a7f37 }
path.removed { stroke: #cf222e }
path.changed { stroke: #b08800 }
path.requires { stroke-width: 2.4 }
path.part-of { stroke-dasharray: 9 3 2 3 }
path.triggers { stroke-dasharray: 2 3; stroke-width: 2 }
path.after { stroke-dasharray: 6 4 }
";

/// The colours of edges and their arrows, which cannot take over that of their edge.
const COLOURS: [(Status, &str); 4] = [
    (Status::Same, "#8c959f"),
    (Status::Added, "#1a7f37"),
    (Status::Removed, "#cf222e"),
    (Status::Changed, "#b08800"),
];

const CLASSES: [(Class, &str); 5] = [
    (Class::Requires, "requires"),
    (Class::Wants, "wants"),
    (Class::PartOf, "part of"),
    (Class::Triggers, "triggers"),
    (Class::After, "starts after"),
];

impl Status {
    fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }

    /// What stands before a name, for those who do not tell the colours apart.
    fn sign(self) -> &'static str {
        match self {
            Self::Same => "",
            Self::Added => "+ ",
            Self::Removed => "- ",
            Self::Changed => "~ ",
        }
    }
}

impl Class {
    fn word(self) -> &'static str {
        match self {
            Self::Requires => "requires",
            Self::Wants => "wants",
            Self::PartOf => "part-of",
            Self::Triggers => "triggers",
            Self::After => "after",
        }
    }
}

/// Draws the units of `new` with what relates them, and what of `old` they do not have any more.
pub fn graph(old: &UnitSet, new: &UnitSet, title: &str) -> String {
    let (nodes, edges) = edges::gather(old, new);
    let mut text = String::new();
    // Writing into a string never fails.
    _ = draw(&nodes, &edges, title, &mut text);
    text
}

fn draw(nodes: &[Node], edges: &[Edge], title: &str, text: &mut String) -> fmt::Result {
    let labels: Vec<String> =
        nodes.iter().map(|node| format!("{}{}", node.status.sign(), node.name)).collect();
    let widths: Vec<f64> = labels.iter().map(|label| text_width(label) + 2.0 * PADDING).collect();
    let pairs: BTreeSet<(usize, usize)> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let laid_out = layout(&widths, &pairs);
    let width = laid_out.width.max(LEGEND_PLACES * LEGEND_STEP).max(text_width(title)) + 2.0 * MARGIN;
    let height = laid_out.height + HEAD + 2.0 * MARGIN;
    let (width, height) = (coordinate(width), coordinate(height));
    writeln!(
        text,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">"#
    )?;
    writeln!(text, "<title>{}</title>", escape(title))?;
    writeln!(text, "<style>{STYLE}</style>")?;
    writeln!(text, "<defs>")?;
    for (status, colour) in COLOURS {
        let word = status.word();
        writeln!(
            text,
            r#"<marker id="{word}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" style="fill:{colour};stroke:none"/></marker>"#
        )?;
    }
    writeln!(text, "</defs>")?;
    writeln!(text, r##"<rect width="{width}" height="{height}" fill="#ffffff"/>"##)?;
    draw_legend(title, text)?;
    writeln!(text, r#"<g transform="translate({} {})">"#, coordinate(MARGIN), coordinate(MARGIN + HEAD))?;
    let mut beside: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for edge in edges {
        *beside.entry((edge.from.min(edge.to), edge.from.max(edge.to))).or_default() += 1;
    }
    let mut drawn: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for edge in edges {
        let Some(points) = laid_out.paths.get(&(edge.from, edge.to)) else { continue };
        let key = (edge.from.min(edge.to), edge.from.max(edge.to));
        let place = drawn.entry(key).or_default();
        let all = beside.get(&key).copied().unwrap_or(1);
        let shift = EDGE_STEP * (small(*place) - (small(all) - 1.0) / 2.0);
        // More edges than a node is high stay within it.
        let most = NODE_HEIGHT / 2.0 - 3.0;
        draw_edge(nodes, edge, points, shift.clamp(-most, most), text)?;
        *place += 1;
    }
    for ((node, label), (at, width)) in nodes.iter().zip(&labels).zip(laid_out.nodes.iter().zip(&widths)) {
        draw_node(node, label, *at, *width, text)?;
    }
    writeln!(text, "</g>\n</svg>")
}

fn draw_edge(nodes: &[Node], edge: &Edge, points: &[Point], shift: f64, text: &mut String) -> fmt::Result {
    let name = |position: usize| nodes.get(position).map(|node| node.name.as_str()).unwrap_or_default();
    let words: Vec<&str> = edge.words.iter().copied().collect();
    let (from, to) = (name(edge.from), name(edge.to));
    // What `After=` and `Before=` say is the same, told from either end.
    let relation = if edge.class == Class::After { "starts after".to_owned() } else { words.join(", ") };
    let mut path = String::new();
    let mut before: Option<Point> = None;
    for (x, y) in points {
        let y = y + shift;
        match before {
            None => write!(path, "M{} {}", coordinate(*x), coordinate(y))?,
            Some((_, last)) if last == y => write!(path, "H{}", coordinate(*x))?,
            Some((last_x, last_y)) => {
                let middle = coordinate(f64::midpoint(last_x, *x));
                write!(
                    path,
                    "C{middle} {} {middle} {} {} {}",
                    coordinate(last_y),
                    coordinate(y),
                    coordinate(*x),
                    coordinate(y)
                )?;
            }
        }
        before = Some((*x, y));
    }
    let (class, status) = (edge.class.word(), edge.status.word());
    let note = if edge.status == Status::Same { String::new() } else { format!(" ({status})") };
    writeln!(
        text,
        r#"<path class="{class} {status}" d="{path}" marker-end="url(#{status})"><title>{} {} {}{note}</title></path>"#,
        escape(from),
        escape(&relation),
        escape(to),
    )
}

fn draw_node(node: &Node, label: &str, (x, y): Point, width: f64, text: &mut String) -> fmt::Result {
    let mut classes = vec![node.status.word()];
    let mut notes = vec![node.status.word().to_owned()];
    if node.elsewhere {
        classes.push("elsewhere");
        notes.push("defined elsewhere".to_owned());
    }
    if node.masked {
        classes.push("masked");
        notes.push("masked".to_owned());
    }
    notes.extend(node.aliases.iter().map(|alias| format!("also called {alias}")));
    writeln!(
        text,
        r#"<g class="{}"><title>{}: {}</title><rect class="node" x="{}" y="{}" width="{}" height="{}" rx="4"/><text x="{}" y="{}">{}</text></g>"#,
        classes.join(" "),
        escape(node.name.as_str()),
        escape(&notes.join(", ")),
        coordinate(x),
        coordinate(y - NODE_HEIGHT / 2.0),
        coordinate(width),
        coordinate(NODE_HEIGHT),
        coordinate(x + PADDING),
        coordinate(y + 4.0),
        escape(label),
    )
}

fn draw_legend(title: &str, text: &mut String) -> fmt::Result {
    let line = |number: f64| MARGIN + number * LEGEND_LINE;
    let x = coordinate(MARGIN);
    writeln!(text, r#"<text class="title" x="{x}" y="{}">{}</text>"#, coordinate(line(0.6)), escape(title))?;
    let statuses = [Status::Added, Status::Removed, Status::Changed, Status::Same];
    let boxes = statuses
        .iter()
        .map(|status| (status.word(), status.word()))
        .chain([("elsewhere", "defined elsewhere")]);
    for (index, (class, word)) in boxes.enumerate() {
        let (x, y) = (MARGIN + small(index) * LEGEND_STEP, line(1.5));
        writeln!(
            text,
            r#"<g class="{class}"><rect class="node" x="{}" y="{}" width="18" height="12" rx="3"/></g><text class="legend" x="{}" y="{}">{word}</text>"#,
            coordinate(x),
            coordinate(y - 6.0),
            coordinate(x + 34.0),
            coordinate(y + 4.0),
        )?;
    }
    for (index, (class, word)) in CLASSES.iter().enumerate() {
        let (x, y) = (MARGIN + small(index) * LEGEND_STEP, line(2.5));
        writeln!(
            text,
            r#"<path class="{}" d="M{} {}h28" marker-end="url(#same)"/><text class="legend" x="{}" y="{}">{word}</text>"#,
            class.word(),
            coordinate(x),
            coordinate(y),
            coordinate(x + 34.0),
            coordinate(y + 4.0),
        )?;
    }
    Ok(())
}

fn text_width(text: &str) -> f64 {
    CHARACTER * small(text.chars().count())
}

/// A small number as one to calculate with.
fn small(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// A coordinate with one digit behind the point, if any.
fn coordinate(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// The text as XML has it in elements and in attributes. What XML has no way to write is replaced.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(' '),
            character if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            character => escaped.push(character),
        }
    }
    escaped
}
