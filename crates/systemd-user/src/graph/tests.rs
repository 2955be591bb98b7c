//! Pictures of small sets, and what holds for pictures of any.

use super::*;
use crate::name::UnitName;
use crate::unit::Unit;
use crate::unit_set::{Dependency, Edge as Link, Fragment};

fn name(text: &str) -> UnitName {
    UnitName::new(text).unwrap()
}

/// A set of `NAME=TEXT` and `FROM.wants/TO`.
fn set(layout: &[(&str, &str)]) -> UnitSet {
    let mut set = UnitSet::default();
    for (place, text) in layout {
        match place.split_once(".wants/") {
            Some((from, to)) => {
                set.insert_edge(Link { from: name(from), to: name(to), dependency: Dependency::Wants });
            }
            None => {
                let fragment = match text.strip_prefix("alias ") {
                    Some(of) => Fragment::Alias(name(of)),
                    None if *text == "masked" => Fragment::Masked,
                    None => Fragment::File(Unit::parse(text).0),
                };
                set.insert(name(place), fragment);
            }
        }
    }
    set
}

/// The nodes and edges, a line each.
fn show(old: &UnitSet, new: &UnitSet) -> String {
    let (nodes, edges) = edges::gather(old, new);
    let mut text = String::new();
    for Node { name, status, elsewhere, masked, aliases } in &nodes {
        text += &format!("{name} {status:?}");
        text += if *elsewhere { " elsewhere" } else { "" };
        text += if *masked { " masked" } else { "" };
        text += &aliases.iter().map(|alias| format!(" = {alias}")).collect::<String>();
        text += "\n";
    }
    for Edge { from, to, class, status, words } in &edges {
        text += &format!("{} -{class:?}-> {} {status:?} {words:?}\n", nodes[*from].name, nodes[*to].name);
    }
    text
}

/// Reads the text as XML does, as far as needed to find out whether it is any.
fn check_xml(text: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (data, tag) = rest.split_at(at);
        assert!(!data.contains('>'), "{data}");
        for (at, _) in data.match_indices('&') {
            let entity = &data[at..];
            let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
            assert!(known.iter().any(|known| entity.starts_with(known)), "{entity}");
        }
        let end = tag.find('>').unwrap();
        let inside = &tag[1..end];
        rest = &tag[end + 1..];
        match inside.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => {
                let (name, attributes) = inside.split_once(' ').unwrap_or((inside.trim_end_matches('/'), ""));
                assert!(name.bytes().all(|byte| byte.is_ascii_alphabetic()), "{inside}");
                let mut seen = BTreeSet::new();
                let mut attributes = attributes.trim_end_matches('/');
                while let Some((name, value)) = attributes.split_once("=\"") {
                    assert!(seen.insert(name.trim()), "{inside}");
                    let (value, after) = value.split_once('"').unwrap();
                    assert!(!value.contains(['<', '&', '\n']), "{value}");
                    attributes = after;
                }
                assert_eq!(attributes.trim(), "", "{inside}");
                if !inside.ends_with('/') {
                    open.push(name);
                }
            }
        }
    }
    assert_eq!((open.len(), rest.trim()), (0, ""));
    assert!(!text.contains(|character: char| character.is_control() && character != '\n'));
}

/// No two nodes overlap, and none lies outside the picture.
fn check_places(count: usize, edges: &[(usize, usize)]) {
    let widths: Vec<f64> = (0..count).map(|node| 60.0 + 10.0 * small(node % 7)).collect();
    let edges: BTreeSet<(usize, usize)> = edges.iter().copied().collect();
    let found = layout(&widths, &edges);
    assert_eq!(found.paths.len(), edges.len());
    let mut places: Vec<(Point, f64)> = found.nodes.iter().copied().zip(widths).collect();
    places.sort_by(|one, other| one.0.1.total_cmp(&other.0.1));
    for (index, ((x, y), width)) in places.iter().enumerate() {
        assert!(*x >= 0.0 && x + width <= found.width + 0.01, "{x} {width} {}", found.width);
        assert!(*y >= NODE_HEIGHT / 2.0 - 0.01 && y + NODE_HEIGHT / 2.0 <= found.height + 0.01);
        for ((other_x, other_y), other_width) in places.iter().skip(index + 1) {
            if other_y - y >= NODE_HEIGHT - 0.01 {
                break;
            }
            assert!(x + width <= *other_x || other_x + other_width <= *x, "{index} of {count} overlaps");
        }
    }
    for ((from, to), points) in &found.paths {
        assert!(points.len() >= 2, "{from} {to}");
    }
}

const BEFORE: &[(&str, &str)] = &[
    ("a.service", "[Unit]\nAfter=b.service\nRequires=b.service\n[Service]\nExecStart=/a\n"),
    ("b.service", "[Service]\nExecStart=/b\n"),
    ("old.timer", "[Timer]\nOnCalendar=daily\nUnit=b.service\n"),
    ("default.target.wants/a.service", ""),
    ("timers.target.wants/old.timer", ""),
];

const AFTER: &[(&str, &str)] = &[
    ("a.service", "[Unit]\nAfter=b.service\nBindsTo=b.service\n[Service]\nExecStart=/a2\n"),
    ("b.service", "[Service]\nExecStart=/b\n"),
    ("c.socket", "[Unit]\nPartOf=a.service\n[Socket]\nListenStream=%t/c\n"),
    ("c.service", "[Unit]\nBefore=b.service\n[Service]\nExecStart=/c\n"),
    ("alone.service", "masked"),
    ("name.service", "alias b.service"),
    ("default.target.wants/a.service", ""),
    ("sockets.target.wants/c.socket", ""),
];

#[test]
fn what_is_drawn() {
    insta::assert_snapshot!(show(&set(BEFORE), &set(AFTER)), @r#"
    a.service Changed
    alone.service Added masked
    b.service Same = name.service
    c.service Added
    c.socket Added
    default.target Same elsewhere
    old.timer Removed
    sockets.target Same elsewhere
    timers.target Same elsewhere
    a.service -Requires-> b.service Changed {"BindsTo"}
    a.service -After-> b.service Same {"After"}
    b.service -After-> c.service Added {"Before"}
    c.socket -PartOf-> a.service Added {"PartOf"}
    c.socket -Triggers-> c.service Added {"triggers"}
    default.target -Wants-> a.service Same {"Wants"}
    old.timer -Triggers-> b.service Removed {"triggers"}
    sockets.target -Wants-> c.socket Added {"Wants"}
    timers.target -Wants-> old.timer Removed {"Wants"}
    "#);
    let instances = set(&[
        ("t@.service", "[Unit]\nAfter=x.service\nWants=%i.service\n"),
        ("s.socket", "[Socket]\nAccept=yes\n"),
        ("default.target.wants/t@1.service", ""),
    ]);
    insta::assert_snapshot!(show(&UnitSet::default(), &instances), @r#"
    default.target Same elsewhere
    s.socket Added
    s@.service Same elsewhere
    t@.service Added
    t@1.service Added
    x.service Same elsewhere
    default.target -Wants-> t@1.service Added {"Wants"}
    s.socket -Triggers-> s@.service Added {"triggers"}
    t@.service -After-> x.service Added {"After"}
    t@1.service -After-> x.service Added {"After"}
    "#);
}

#[test]
fn a_small_picture() {
    let (old, new) = (
        set(&[("a.service", "[Unit]\nWants=b.service\n"), ("b.service", "")]),
        set(&[("a.service", "[Unit]\nWants=b.service\nAfter=b.service\n"), ("b.service", "")]),
    );
    let picture = graph(&old, &new, "1 <-> \"2\" & \u{1b}[31m");
    check_xml(&picture);
    insta::assert_snapshot!(picture, @r##"
    <svg xmlns="http://www.w3.org/2000/svg" width="790" height="146" viewBox="0 0 790 146" role="img">
    <title>1 &lt;-&gt; &quot;2&quot; &amp; �[31m</title>
    <style>
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
    </style>
    <defs>
    <marker id="same" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" style="fill:#8c959f;stroke:none"/></marker>
    <marker id="added" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" style="fill:#1a7f37;stroke:none"/></marker>
    <marker id="removed" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" style="fill:#cf222e;stroke:none"/></marker>
    <marker id="changed" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" style="fill:#b08800;stroke:none"/></marker>
    </defs>
    <rect width="790" height="146" fill="#ffffff"/>
    <text class="title" x="20" y="33.2">1 &lt;-&gt; &quot;2&quot; &amp; �[31m</text>
    <g class="added"><rect class="node" x="20" y="47" width="18" height="12" rx="3"/></g><text class="legend" x="54" y="57">added</text>
    <g class="removed"><rect class="node" x="170" y="47" width="18" height="12" rx="3"/></g><text class="legend" x="204" y="57">removed</text>
    <g class="changed"><rect class="node" x="320" y="47" width="18" height="12" rx="3"/></g><text class="legend" x="354" y="57">changed</text>
    <g class="same"><rect class="node" x="470" y="47" width="18" height="12" rx="3"/></g><text class="legend" x="504" y="57">same</text>
    <g class="elsewhere"><rect class="node" x="620" y="47" width="18" height="12" rx="3"/></g><text class="legend" x="654" y="57">defined elsewhere</text>
    <path class="requires" d="M20 75h28" marker-end="url(#same)"/><text class="legend" x="54" y="79">requires</text>
    <path class="wants" d="M170 75h28" marker-end="url(#same)"/><text class="legend" x="204" y="79">wants</text>
    <path class="part-of" d="M320 75h28" marker-end="url(#same)"/><text class="legend" x="354" y="79">part of</text>
    <path class="triggers" d="M470 75h28" marker-end="url(#same)"/><text class="legend" x="504" y="79">triggers</text>
    <path class="after" d="M620 75h28" marker-end="url(#same)"/><text class="legend" x="654" y="79">starts after</text>
    <g transform="translate(20 100)">
    <path class="wants same" d="M98.3 10H188.3" marker-end="url(#same)"><title>a.service Wants b.service</title></path>
    <path class="after added" d="M98.3 16H188.3" marker-end="url(#added)"><title>a.service starts after b.service (added)</title></path>
    <g class="changed"><title>a.service: changed</title><rect class="node" x="0" y="0" width="98.3" height="26" rx="4"/><text x="9" y="17">~ a.service</text></g>
    <g class="same"><title>b.service: same</title><rect class="node" x="188.3" y="0" width="83.7" height="26" rx="4"/><text x="197.3" y="17">b.service</text></g>
    </g>
    </svg>
    "##);
}

#[test]
fn any_picture_is_xml_and_always_the_same() {
    let empty = UnitSet::default();
    for (old, new) in [(&empty, &empty), (&set(BEFORE), &set(AFTER)), (&set(AFTER), &empty)] {
        let picture = graph(old, new, "t");
        check_xml(&picture);
        assert_eq!(picture, graph(old, new, "t"));
    }
}

#[test]
fn nothing_overlaps() {
    check_places(0, &[]);
    check_places(9, &[]);
    check_places(1, &[(0, 0)]);
    check_places(3, &[(0, 1), (1, 2), (2, 0)]);
    check_places(4, &[(0, 1), (1, 0), (2, 3), (3, 2), (0, 3)]);
    check_places(7, &[(0, 1), (1, 2), (2, 3), (0, 3), (4, 3), (5, 0)]);
    let star: Vec<(usize, usize)> = (1..200).map(|node| (0, node)).collect();
    check_places(200, &star);
    let chain: Vec<(usize, usize)> = (1..60).flat_map(|node| [(node - 1, node), (0, node)]).collect();
    check_places(60, &chain);
    let tangle: Vec<(usize, usize)> = (0..300).map(|edge| (edge * 7 % 90, edge * 31 % 97)).collect();
    check_places(100, &tangle);
}

#[test]
fn many_units() {
    let mut units = UnitSet::default();
    for number in 0..1000 {
        let text = format!("[Unit]\nAfter=u{}.service u{}.service\n", number / 2, number * 7 % 1000);
        units.insert(name(&format!("u{number}.service")), Fragment::File(Unit::parse(&text).0));
        let (from, to) = (name("default.target"), name(&format!("u{number}.service")));
        units.insert_edge(Link { from, to, dependency: Dependency::Wants });
    }
    check_xml(&graph(&UnitSet::default(), &units, "many"));
}
