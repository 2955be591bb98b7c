//! Removals of generations and collections of garbage, killed before every change and with every change failing.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;

use hm_generation::{Error, Recovery, Session, Target, Unfinished, interrupted};

use crate::faults::{EIO, Fault, NEVER};
use crate::fixture::{Fixture, fast, recover};

const STORE: &str = "/the/store";

/// A home with four generations, the third of which is current.
fn home() -> Fixture {
    let fixture = Fixture::in_memory();
    for files in ["a", "a b", "a b c", "a=1"] {
        fixture.switch(&fixture.generation(files)).unwrap();
    }
    fixture.switch_to(Target::Id(3), &fast()).unwrap();
    fixture
}

fn ids(fixture: &Fixture) -> Vec<u64> {
    fixture.env.profile.list().unwrap().iter().map(|each| each.id).collect()
}

/// Does `work` in a session of its own, each change being told to `fault`.
fn watched<T>(
    fixture: &mut Fixture,
    fault: &Arc<Fault>,
    work: impl FnOnce(&Session<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    fixture.env.watch = Some(fault.clone());
    let result = Session::open(&fixture.env, || true).and_then(|session| work(&session));
    fixture.env.watch = None;
    result
}

fn remove(session: &Session<'_>) -> Result<(), Error> {
    recover(session)?;
    session.remove_generations(&[1, 2]).map(drop)
}

fn collect(session: &Session<'_>) -> Result<(), Error> {
    recover(session)?;
    session.begin_collection(Path::new(STORE))?.finish()
}

fn changes_of(work: fn(&Session<'_>) -> Result<(), Error>) -> usize {
    let fault = Fault::new(NEVER, EIO, false, false);
    watched(&mut home(), &fault, work).unwrap();
    fault.seen()
}

#[test]
fn a_removal_that_is_killed_anywhere_is_all_or_nothing() {
    let changes = changes_of(remove);
    assert!(changes >= 8, "{changes}");
    let mut completed = 0;
    for first in 0..changes {
        // The recovery is killed before each of its changes as well.
        for second in 0.. {
            let what = format!("killed before change {first}, then before {second} of the recovery");
            let mut fixture = home();
            watched(&mut fixture, &Fault::new(first, EIO, true, false), remove).unwrap_err();
            let left = interrupted(&fixture.env).unwrap();
            let again = Fault::new(second, EIO, true, false);
            let whole = watched(&mut fixture, &again, recover).is_ok();
            if !whole {
                watched(&mut fixture, &Fault::new(NEVER, EIO, false, false), recover).unwrap();
            }
            assert!(interrupted(&fixture.env).unwrap().is_none(), "{what}");
            match left {
                Some(left) => {
                    assert_eq!((ids(&fixture), left.running), (vec![3, 4], false), "{what}");
                    assert_eq!(left.work.to_string(), "a removal of 2 generations");
                    completed += 1;
                }
                None => {
                    // Before the journal or after it: as if the command had not been given, or had ended.
                    let all = ids(&fixture);
                    assert!(all == [1, 2, 3, 4] || all == [3, 4], "{what}: {all:?}");
                }
            }
            assert_eq!(fixture.env.profile.current_id().unwrap(), Some(3), "{what}");
            if whole {
                break;
            }
        }
    }
    assert!(completed >= 10, "{completed}");
}

#[test]
fn a_removal_in_which_any_change_fails_can_be_asked_for_again() {
    for errno in [EIO, 13, 28, 30] {
        for at in 0..changes_of(remove) {
            let what = format!("change {at} fails with {errno}");
            let mut fixture = home();
            match watched(&mut fixture, &Fault::new(at, errno, false, false), remove) {
                Err(Error::Io { source, .. }) => assert_eq!(source.raw_os_error(), Some(errno), "{what}"),
                other => panic!("{what}: {other:?}"),
            }
            let session = Session::open(&fixture.env, || true).unwrap();
            recover(&session).unwrap();
            let left: Vec<u64> = ids(&fixture).into_iter().filter(|id| *id < 3).collect();
            session.remove_generations(&left).unwrap();
            assert_eq!(ids(&fixture), [3, 4], "{what}");
            assert!(interrupted(&fixture.env).unwrap().is_none(), "{what}");
        }
    }
}

#[test]
fn a_removal_is_completed_only_of_what_it_was_about() {
    let mut fixture = home();
    // Killed when the journal was there and nothing else.
    let mut at = 0;
    loop {
        watched(&mut fixture, &Fault::new(at, EIO, true, false), remove).unwrap_err();
        if let Some(left) = interrupted(&fixture.env).unwrap() {
            let Unfinished::RemoveGenerations { generations } = left.work else { panic!("{:?}", left.work) };
            assert_eq!(generations.iter().map(|side| side.id).collect::<Vec<_>>(), [1, 2]);
            break;
        }
        at += 1;
    }
    // Another program has made the one current and given the other number to something else.
    let profile = fixture.env.profile.clone();
    fs::remove_file(profile.path()).unwrap();
    symlink("hm-1-link", profile.path()).unwrap();
    fs::remove_file(profile.link(2)).unwrap();
    symlink("/elsewhere", profile.link(2)).unwrap();
    let session = Session::open(&fixture.env, || true).unwrap();
    assert!(matches!(session.remove_generations(&[4]), Err(Error::RecoveryPending { .. })));
    let Some(Recovery::GenerationsRemoved { .. }) = session.recover().unwrap() else { panic!("recovered") };
    assert_eq!(ids(&fixture), [1, 2, 3, 4]);
    assert!(session.recover().unwrap().is_none());
}

#[test]
fn a_collection_that_is_killed_anywhere_is_handed_back() {
    let changes = changes_of(collect);
    let mut handed = 0;
    for at in 0..changes {
        let mut fixture = home();
        watched(&mut fixture, &Fault::new(at, EIO, true, false), collect).unwrap_err();
        let left = interrupted(&fixture.env).unwrap();
        let session = Session::open(&fixture.env, || true).unwrap();
        match session.recover().unwrap() {
            None => assert_eq!(left, None),
            Some(Recovery::Collecting(collection)) => {
                assert_eq!(left.unwrap().work, Unfinished::CollectGarbage { store: STORE.into() });
                assert_eq!(collection.store(), Path::new(STORE));
                handed += 1;
                drop(collection);
                // Handed back until it is finished.
                let Some(Recovery::Collecting(again)) = session.recover().unwrap() else { panic!("{at}") };
                assert!(matches!(
                    session.prepare(Target::Id(3), &fast()),
                    Err(Error::RecoveryPending { .. })
                ));
                again.finish().unwrap();
            }
            Some(other) => panic!("{at}: {other:?}"),
        }
        assert!(session.recover().unwrap().is_none(), "{at}");
        assert_eq!(ids(&fixture), [1, 2, 3, 4]);
    }
    assert!(handed >= 2, "{handed} of {changes}");
}

#[test]
fn a_collection_in_which_any_change_fails() {
    for at in 0..changes_of(collect) {
        let mut fixture = home();
        let error = watched(&mut fixture, &Fault::new(at, EIO, false, false), collect).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{at}: {error}");
        watched(&mut fixture, &Fault::new(NEVER, EIO, false, false), collect).unwrap();
        assert!(interrupted(&fixture.env).unwrap().is_none(), "{at}");
    }
}
