//! Links that lead nowhere are made again or removed, and nothing else is touched.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use hm_generation::{Error, Problem, Session, SwitchReport, interrupted, preview_repair};

use crate::faults::{EIO, Fault, NEVER};
use crate::fixture::{Fixture, recover};

fn repair(fixture: &Fixture) -> Result<(SwitchReport, Vec<Problem>), Error> {
    let session = Session::open(&fixture.env, || true)?;
    recover(&session)?;
    let (pending, problems) = session.prepare_repair()?.unwrap();
    Ok((pending.apply(&mut |_| panic!("nothing is made"))?.finish()?, problems))
}

/// A link such as a generation that nobody knows any more has left.
fn orphan(fixture: &Fixture, at: &str) {
    let target = format!("{}/store/{:0>32}-home-manager-files/{at}", fixture.root.path().display(), "zz");
    let place = fixture.home(at);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    symlink(target, place).unwrap();
}

/// A home with what can go wrong with links, but for its current generation.
fn damaged() -> Fixture {
    let fixture = Fixture::in_memory();
    fixture.foreign("mine text\nd/mine text\ndots/\n.config -> dots\nforeign -> /nowhere");
    fixture.switch(&fixture.generation("old e/f/old .config/old")).unwrap();
    fixture.switch(&fixture.generation("a b d/x .config/y")).unwrap();
    for missing in ["a", "dots/y"] {
        fs::remove_file(fixture.home(missing)).unwrap();
    }
    fs::remove_file(fixture.home("b")).unwrap();
    for at in ["b", "orphan", "d/orphan", "e/f/orphan", ".config/orphan", "elsewhere/orphan"] {
        orphan(&fixture, at);
    }
    fixture
}

/// It is repaired: what leads nowhere is gone where generations have files, and left alone elsewhere.
const REPAIRED: &str = ".config -> dots
a -> g2/a
b -> g2/b
d/
d/mine: text
d/x -> g2/d/x
dots/
dots/y -> g2/.config/y
e/
e/f/
elsewhere/
elsewhere/orphan -> @/store/000000000000000000000000000000zz-home-manager-files/elsewhere/orphan
foreign -> /nowhere
mine: text";

#[test]
fn links_that_lead_nowhere() {
    let fixture = damaged();
    let before = fixture.snapshot();
    let plan = preview_repair(&fixture.env).unwrap().unwrap().preview.plan;
    insta::assert_snapshot!(plan.to_string(), @r"
    link        .config/y
    link        a
    relink      b
    remove      orphan
    remove      .config/orphan
    remove      d/orphan
    remove      e/f/orphan
    ");
    assert_eq!(fixture.snapshot(), before, "a preview writes nothing");
    let (report, problems) = repair(&fixture).unwrap();
    assert_eq!((report.created.len(), report.replaced.len(), report.removed.len()), (2, 1, 4));
    assert!(problems.is_empty());
    assert_eq!(fixture.tree(), REPAIRED);
    assert!(preview_repair(&fixture.env).unwrap().unwrap().preview.plan.is_empty());
}

#[test]
fn a_repair_that_is_killed_anywhere_is_completed() {
    let mut fixture = damaged();
    let fault = Fault::new(NEVER, EIO, false, false);
    fixture.env.watch = Some(fault.clone());
    repair(&fixture).unwrap();
    assert!(fault.seen() > 15);
    for crash in [true, false] {
        for at in 0..fault.seen() {
            let mut fixture = damaged();
            fixture.env.watch = Some(Fault::new(at, EIO, crash, false));
            repair(&fixture).unwrap_err();
            fixture.env.watch = None;
            repair(&fixture).unwrap();
            assert_eq!(fixture.tree(), REPAIRED, "change {at}");
            assert!(interrupted(&fixture.env).unwrap().is_none());
        }
    }
}

#[test]
fn directories_that_hm_made_go_with_the_last_link() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation("d/e/x a")).unwrap();
    fixture.switch(&fixture.generation("a d/e/x f")).unwrap();
    // As if a later generation without them had failed half way and was forgotten.
    let lost = fixture.generation("a");
    fs::remove_file(fixture.env.profile.link(2)).unwrap();
    symlink(lost, fixture.env.profile.link(2)).unwrap();
    let files = fixture.root.path().join(format!("store/{:0>32}-home-manager-files/d/e/x", 2));
    fs::remove_file(files).unwrap();
    assert_eq!(repair(&fixture).unwrap().0.removed.len(), 1);
    assert_eq!(fixture.tree(), "a -> g3/a\nf -> g2/f");
}

#[test]
fn what_is_in_the_way_of_a_repair_is_told_and_the_rest_is_done() {
    let fixture = damaged();
    fs::write(fixture.home("a"), "mine").unwrap();
    let (report, problems) = repair(&fixture).unwrap();
    assert!(matches!(&problems[..], [Problem::ForeignFile { .. }]), "{problems:?}");
    assert_eq!((report.created.len(), report.replaced.len(), report.removed.len()), (0, 0, 3));
    assert_eq!(fs::read_to_string(fixture.home("a")).unwrap(), "mine");
}

#[test]
fn without_a_current_generation_nothing_is_repaired() {
    let fixture = Fixture::new();
    assert!(preview_repair(&fixture.env).unwrap().is_none());
    let generation = fixture.generation("a");
    fixture.switch(&generation).unwrap();
    fs::remove_dir_all(&generation).unwrap();
    assert!(matches!(repair(&fixture), Err(Error::NotAGeneration { .. })));
    assert!(Path::new(&fixture.home("a")).is_symlink());
}
