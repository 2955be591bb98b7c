//! Units that differ, and what a switch would do to units, as text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use hm_generation::diff::Change;
use systemd_user::diff::{Form, Pull, SettingDiff, UnitDiff};
use systemd_user::unit_set::Dependency;
use systemd_user::{Action, Step, UnitName};

use super::render::{View, file, replaced, sign};
use super::{SwitchDocument, UnitEntry};
use crate::paint::Style;

/// A setting whose values are longer than this together gets a line for each.
const ONE_LINE: usize = 70;

pub(super) fn render(units: &[UnitEntry], switch: &SwitchDocument, view: View, text: &mut String) {
    let steps: BTreeMap<&UnitName, &Step> =
        switch.plan.iter().flat_map(|plan| &plan.steps).map(|step| (&step.unit, step)).collect();
    // What is the same in both, but is touched for the sake of others.
    let others: Vec<&Step> = switch
        .plan
        .iter()
        .flat_map(|plan| plan.changes())
        .filter(|step| !units.iter().any(|entry| entry.diff.unit == step.unit))
        .collect();
    if units.is_empty() && others.is_empty() {
        return;
    }
    let count = |wanted: Change| units.iter().filter(|entry| change(&entry.diff) == wanted).count();
    let numbers = [
        (count(Change::Changed), "changed"),
        (count(Change::Added), "added"),
        (count(Change::Removed), "removed"),
    ];
    view.headline("units", &numbers, text);
    for UnitEntry { diff, scripts } in units {
        unit(diff, steps.get(&diff.unit).copied(), view, text);
        for script in scripts {
            file(script, "      ", view, text);
        }
    }
    for step in others {
        let name = view.paint(Style::Plain, step.unit.as_str());
        _ = writeln!(text, "  = {name}: {}", what_is_done(step, view));
    }
    if let Some(why) = &switch.unreachable {
        let why = view.paint(Style::Plain, why);
        _ = writeln!(text, "  {why}; what a switch would do to units is not known");
    } else if !switch.from_here {
        text.push_str(
            "  what a switch would do to them is told where the old side is the current generation\n",
        );
    } else if switch.suggested {
        text.push_str("  a switch only suggests this (systemd.user.startServices)\n");
    }
}

fn change(diff: &UnitDiff) -> Change {
    match diff.change {
        systemd_user::diff::Change::Added => Change::Added,
        systemd_user::diff::Change::Removed => Change::Removed,
        systemd_user::diff::Change::Changed => Change::Changed,
    }
}

fn what_is_done(step: &Step, view: View) -> String {
    let (action, style) = match step.action {
        Action::StopStart => (Action::Restart, Style::Yellow),
        action @ (Action::Restart | Action::Reload) => (action, Style::Yellow),
        Action::Stop => (Action::Stop, Style::Red),
        Action::Start => (Action::Start, Style::Green),
        Action::Keep => (Action::Keep, Style::Plain),
    };
    let note = step.note.as_ref().map(|note| format!("; {note}")).unwrap_or_default();
    let reason = view.paint(Style::Plain, &format!("({}){note}", step.reason));
    format!("{} {reason}", view.paint(style, &action.to_string()))
}

fn unit(diff: &UnitDiff, step: Option<&Step>, view: View, text: &mut String) {
    let (sign, style) = sign(change(diff));
    let done = step.map(|step| format!(": {}", what_is_done(step, view))).unwrap_or_default();
    let name = view.paint(style, diff.unit.as_str());
    _ = writeln!(text, "  {} {name}{done}", view.paint(style, sign));
    if let Some(form) = form(diff) {
        _ = writeln!(text, "      {}", view.paint(Style::Plain, &form));
    }
    if diff.new.is_none() && diff.old.is_some() && !view.verbose {
        return;
    }
    for setting in &diff.settings {
        setting_line(setting, view, text);
    }
    let (linked, unlinked) = diff.untold_links();
    for (pulls, sign, style) in [(linked, "+", Style::Green), (unlinked, "-", Style::Red)] {
        for Pull { by, dependency } in pulls {
            let word = match dependency {
                Dependency::Wants => "wanted by",
                Dependency::Requires => "required by",
                Dependency::Upholds => "upheld by",
            };
            _ = writeln!(text, "      {}", view.paint(style, &format!("{sign} {word} {by}")));
        }
    }
}

/// What is to be said about how the unit is there, where that is anything special.
fn form(diff: &UnitDiff) -> Option<String> {
    let word = |form: &Form| match form {
        Form::File => "a unit file".to_owned(),
        Form::DropIns => "drop-ins".to_owned(),
        Form::Masked => "masked".to_owned(),
        Form::Alias(of) => format!("another name of {of}"),
    };
    match (&diff.old, &diff.new) {
        (Some(old), Some(new)) if old != new => Some(format!("{} -> {}", word(old), word(new))),
        (None, Some(form)) | (Some(form), None) if *form != Form::File => Some(word(form)),
        (None, None) => Some("defined elsewhere".to_owned()),
        _ => None,
    }
}

fn setting_line(diff: &SettingDiff, view: View, text: &mut String) {
    let name = view.paint(Style::Plain, &format!("{}.{}", diff.section, diff.setting));
    let alone = |values: &[String], style: Style| {
        values.iter().map(|value| view.paint(style, value)).collect::<Vec<_>>().join(", ")
    };
    match (diff.old.as_slice(), diff.new.as_slice()) {
        ([], new) => _ = writeln!(text, "      {name} = {}", alone(new, Style::Green)),
        (old, []) => _ = writeln!(text, "      {name} was {}", alone(old, Style::Red)),
        ([old], [new]) if !diff.is_list() => {
            if old.chars().count() + new.chars().count() <= ONE_LINE {
                _ = writeln!(text, "      {name}: {}", replaced(old, new, view));
            } else {
                _ = writeln!(text, "      {name}:");
                _ = writeln!(text, "        {}", view.paint(Style::Red, &format!("- {old}")));
                _ = writeln!(text, "        {}", view.paint(Style::Green, &format!("+ {new}")));
            }
        }
        (old, new) if diff.added.is_empty() && diff.removed.is_empty() => {
            let list = |values: &[String]| values.join(", ");
            _ = writeln!(text, "      {name} in another order: {}", replaced(&list(old), &list(new), view));
        }
        _ => {
            let removed = diff.removed.iter().map(|value| (Style::Red, format!("- {value}")));
            let added = diff.added.iter().map(|value| (Style::Green, format!("+ {value}")));
            let parts: Vec<(Style, String)> = removed.chain(added).collect();
            let length: usize = parts.iter().map(|(_, part)| part.chars().count()).sum();
            let parts = parts.into_iter().map(|(style, part)| view.paint(style, &part));
            if length <= ONE_LINE {
                _ = writeln!(text, "      {name}: {}", parts.collect::<Vec<_>>().join(", "));
            } else {
                _ = writeln!(text, "      {name}:");
                for part in parts {
                    _ = writeln!(text, "        {part}");
                }
            }
        }
    }
}
