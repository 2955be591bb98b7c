//! Several writers at once.

use std::sync::atomic::{AtomicUsize, Ordering};

use hm_generation::{Error, Session, Target};

use crate::fixture::{Fixture, fast};

/// The parts of a fixture that several threads can use.
fn env_of(fixture: &Fixture) -> hm_generation::HomeEnv {
    fixture.env.clone()
}

#[test]
fn twenty_switches_between_two_configurations() {
    let fixture = Fixture::new();
    let names = |text: &str| (0..40).map(|n| format!("d{}/f{n}={text} ", n % 7)).collect::<String>();
    let configurations = [
        fixture.generation(&format!("{} only/one", names("1"))),
        fixture.generation(&format!("{} two", names("2"))),
    ];
    let env = env_of(&fixture);
    std::thread::scope(|scope| {
        for number in 0..20 {
            let (env, target) = (&env, &configurations[number % 2]);
            scope.spawn(move || {
                let session = Session::open(env, || true).unwrap();
                assert!(session.recover().unwrap().is_none());
                let pending = session.prepare(Target::Path(target), &fast()).unwrap();
                pending.apply(&mut |_| Ok(())).unwrap().finish().unwrap();
            });
        }
    });
    let current = fixture.env.profile.current().unwrap().unwrap();
    let number = 1 + configurations.iter().position(|path| *path == current.target).unwrap();
    let tree = fixture.tree();
    let links: Vec<&str> = tree.lines().filter(|line| line.contains(" -> ")).collect();
    assert_eq!(links.len(), 41);
    assert!(links.iter().all(|line| line.contains(&format!(" -> g{number}/"))), "{tree}");
    assert!(!tree.contains(".hm-"), "no temporary name is left: {tree}");
}

#[test]
fn waiting_is_announced_once_and_can_be_refused() {
    let fixture = Fixture::new();
    let env = env_of(&fixture);
    let first = Session::open(&env, || panic!("nobody else is there")).unwrap();
    assert!(matches!(Session::open(&env, || false), Err(Error::Locked { .. })));
    let announced = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            Session::open(&env, || {
                announced.fetch_add(1, Ordering::SeqCst);
                true
            })
            .map(drop)
        });
        while announced.load(Ordering::SeqCst) == 0 {
            std::thread::yield_now();
        }
        drop(first);
        second.join().unwrap().unwrap();
    });
    assert_eq!(announced.load(Ordering::SeqCst), 1);
}
