//! What there is to draw: the units of both sets as nodes, and what relates them as edges.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::{Form, form};
use crate::meaning::Meaning;
use crate::name::{UnitName, UnitType};
use crate::unit::Unit;
use crate::unit_set::{Dependency, Fragment, UnitSet};

/// What became of a node or an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Status {
    Same,
    Added,
    Removed,
    Changed,
}

/// The kinds of edges that are drawn apart from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Class {
    Requires,
    Wants,
    PartOf,
    Triggers,
    After,
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) name: UnitName,
    pub(super) status: Status,
    /// Neither set has anything of it but its name.
    pub(super) elsewhere: bool,
    /// The set in which it is drawn has it masked.
    pub(super) masked: bool,
    /// Its further names.
    pub(super) aliases: Vec<UnitName>,
}

/// Something between two units: `from` needs, follows or triggers `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edge {
    /// Positions in the list of nodes.
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) class: Class,
    pub(super) status: Status,
    /// The settings that make it, such as `Requires`; a removed edge has those that made it.
    pub(super) words: BTreeSet<&'static str>,
}

/// The settings of `[Unit]` that are drawn, and whether the edge points the other way.
const SETTINGS: &[(&str, Class, bool)] = &[
    ("Requires", Class::Requires, false),
    ("Requisite", Class::Requires, false),
    ("BindsTo", Class::Requires, false),
    ("Wants", Class::Wants, false),
    ("Upholds", Class::Wants, false),
    ("PartOf", Class::PartOf, false),
    ("OnFailure", Class::Triggers, false),
    ("OnSuccess", Class::Triggers, false),
    ("After", Class::After, false),
    ("Before", Class::After, true),
];

/// By both ends and the class, the settings that make an edge.
type Relations = BTreeMap<(UnitName, UnitName, Class), BTreeSet<&'static str>>;

/// Nodes sorted by name, and edges by their ends.
pub(super) fn gather(old: &UnitSet, new: &UnitSet) -> (Vec<Node>, Vec<Edge>) {
    let (before, after) = (relations(old), relations(new));
    let real = |set: &UnitSet| {
        let names = set.names().into_iter();
        names.filter(|name| !matches!(set.fragment(name), Some(Fragment::Alias(_)))).collect::<Vec<_>>()
    };
    let mut names: BTreeSet<UnitName> = real(old).into_iter().chain(real(new)).collect();
    for (from, to, _) in before.keys().chain(after.keys()) {
        names.extend([from.clone(), to.clone()]);
    }
    let positions: BTreeMap<&UnitName, usize> =
        names.iter().enumerate().map(|(position, name)| (name, position)).collect();
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let edges = keys
        .into_iter()
        .filter_map(|key| {
            let (from, to, class) = key;
            let (status, words) = match (before.get(key), after.get(key)) {
                (Some(old), Some(new)) if old == new => (Status::Same, new),
                (Some(_), Some(new)) => (Status::Changed, new),
                (None, Some(new)) => (Status::Added, new),
                (Some(old), None) => (Status::Removed, old),
                (None, None) => return None,
            };
            let (from, to) = (*positions.get(from)?, *positions.get(to)?);
            Some(Edge { from, to, class: *class, status, words: words.clone() })
        })
        .collect();
    let aliases = (aliases(old), aliases(new));
    let nodes = names.iter().map(|name| node((old, &aliases.0), (new, &aliases.1), name)).collect();
    (nodes, edges)
}

/// The further names of each unit.
type Aliases = BTreeMap<UnitName, Vec<UnitName>>;

fn aliases(set: &UnitSet) -> Aliases {
    let mut aliases = Aliases::new();
    for name in set.names() {
        if let Some(Form::Alias(of)) = form(set, &name) {
            aliases.entry(of).or_default().push(name);
        }
    }
    aliases
}

fn node(
    (old, old_aliases): (&UnitSet, &Aliases),
    (new, new_aliases): (&UnitSet, &Aliases),
    name: &UnitName,
) -> Node {
    let has = |set: &UnitSet| set.definition(name).is_some() || set.is_masked(name);
    let meaning = |set: &UnitSet| set.definition(name).map(|unit| Meaning::of(&unit));
    let status = match (has(old), has(new)) {
        (true, false) => Status::Removed,
        (false, true) => Status::Added,
        _ if form(old, name) != form(new, name) || meaning(old) != meaning(new) => Status::Changed,
        _ => Status::Same,
    };
    let (shown, aliases) = if status == Status::Removed { (old, old_aliases) } else { (new, new_aliases) };
    Node {
        name: name.clone(),
        status,
        elsewhere: !has(old) && !has(new),
        masked: shown.is_masked(name),
        aliases: aliases.get(name).cloned().unwrap_or_default(),
    }
}

fn relations(set: &UnitSet) -> Relations {
    let resolve = |name: UnitName| match set.fragment(&name) {
        Some(Fragment::Alias(of)) => of.clone(),
        _ => name,
    };
    let mut relations = Relations::new();
    let mut add = |from: UnitName, to: UnitName, class, word| {
        let (from, to) = (resolve(from), resolve(to));
        if from != to {
            relations.entry((from, to, class)).or_default().insert(word);
        }
    };
    let mut open: Vec<UnitName> = set.names().into_iter().collect();
    for edge in set.links() {
        let (class, word) = match edge.dependency {
            Dependency::Wants => (Class::Wants, "Wants"),
            Dependency::Requires => (Class::Requires, "Requires"),
            Dependency::Upholds => (Class::Wants, "Upholds"),
        };
        add(edge.from.clone(), edge.to.clone(), class, word);
        // Instances have the settings of their templates.
        open.extend([edge.from.clone(), edge.to.clone()]);
    }
    let mut seen = BTreeSet::new();
    while let Some(name) = open.pop() {
        if !seen.insert(name.clone()) || matches!(set.fragment(&name), Some(Fragment::Alias(_))) {
            continue;
        }
        let Some(unit) = set.definition(&name) else { continue };
        for (setting, class, backwards) in SETTINGS {
            let words = unit.raw_values("Unit", setting).flat_map(str::split_whitespace);
            for other in words.filter_map(|word| UnitName::new(word).ok()) {
                open.push(other.clone());
                let (from, to) = if *backwards { (other, name.clone()) } else { (name.clone(), other) };
                add(from, to, *class, *setting);
            }
        }
        if set.has_file(&name)
            && let Some(triggered) = triggered(&name, &unit)
        {
            open.push(triggered.clone());
            add(name, triggered, Class::Triggers, "triggers");
        }
    }
    relations
}

/// The unit that a timer, path or socket starts.
fn triggered(name: &UnitName, unit: &Unit) -> Option<UnitName> {
    let named = |section, key| unit.value(section, key).and_then(|name| UnitName::new(name).ok());
    match name.unit_type() {
        UnitType::Timer => named("Timer", "Unit").or(Some(name.with_type(UnitType::Service))),
        UnitType::Path => named("Path", "Unit").or(Some(name.with_type(UnitType::Service))),
        // With Accept=yes each connection has an instance of its own.
        UnitType::Socket if unit.boolean("Socket", "Accept") == Some(true) => {
            UnitName::new(format!("{}@.service", name.prefix())).ok()
        }
        UnitType::Socket => named("Socket", "Service").or(Some(name.with_type(UnitType::Service))),
        _ => None,
    }
}
