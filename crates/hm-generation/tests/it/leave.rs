//! Moving in where home-manager was, and giving a home back.

use std::fs;

use hm_generation::{Options, Session, Target, preview, preview_leave};

use crate::fixture::{Fixture, fast};

fn kept() -> Options {
    Options { backup: Some("bak".to_owned()), ..fast() }
}

/// Everything of `hm`'s own.
fn traces(fixture: &Fixture) -> Vec<String> {
    let list = |dir: &std::path::Path| match fs::read_dir(dir) {
        Ok(entries) => entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect(),
        Err(_) => Vec::new(),
    };
    let profiles = list(fixture.env.profile.dir()).into_iter().filter(|name| name.starts_with("hm"));
    profiles.chain(list(&fixture.env.state_dir)).collect()
}

#[test]
fn a_home_is_as_it_was_afterwards() {
    let fixture = Fixture::new();
    fixture.foreign("moved text\nl -> /nowhere\nfull/file text\nsame content\nmine text\n.profile mine\nd/");
    let before = fixture.tree();
    for files in [
        "moved l full same=content .profile&&x .zprofile&&y d/a e/f/g copy*",
        "moved=2 l full same=content a",
    ] {
        fixture.switch_to(Target::Path(&fixture.generation(files)), &kept()).unwrap();
    }
    let report = fixture.leave().unwrap();
    assert_eq!(fixture.tree(), before);
    assert_eq!((report.restored.len(), report.removed.len()), (3, 1));
    assert_eq!(traces(&fixture), Vec::<String>::new());
    assert!(fixture.leave().is_ok() && !fixture.env.state_dir.exists());
}

#[test]
fn what_the_user_did_since_stays() {
    let fixture = Fixture::new();
    fixture.foreign("a text\nb text");
    fixture.switch_to(Target::Path(&fixture.generation("a b copy=1* c")), &kept()).unwrap();
    fs::remove_file(fixture.home("a")).unwrap();
    fs::write(fixture.home("a"), "new").unwrap();
    fs::remove_file(fixture.home("b.bak")).unwrap();
    fs::write(fixture.home("copy"), "edited").unwrap();
    fs::remove_file(fixture.home("c")).unwrap();
    fixture.leave().unwrap();
    assert_eq!(fixture.tree(), "a: new\na.bak: text\ncopy: edited");
}

#[test]
fn an_adopted_file_comes_back_with_what_it_held() {
    let fixture = Fixture::new();
    fixture.foreign("a content\nb content\nc content");
    fixture.switch(&fixture.generation("a=content b=content c=content")).unwrap();
    fixture.switch(&fixture.generation("a=other b=content")).unwrap();
    fixture.leave().unwrap();
    // What was taken out of the configuration went with that.
    assert_eq!(fixture.tree(), "a: content\nb: content");
}

#[test]
fn moving_in_takes_over_what_home_manager_linked() {
    let fixture = Fixture::new();
    fixture.home_manager("a b .config/systemd/user/x.service gone/deep", false);
    fixture.foreign("mine text");
    let home_manager = fixture.tree();
    let generation = fixture.generation("a=2 b/c new .config/systemd/user/x.service");
    let seen = preview(&fixture.env, Target::Path(&generation), &fast()).unwrap();
    let taken_over = seen.taken_over.as_ref().unwrap();
    assert_eq!(taken_over.manifest.units.keys().collect::<Vec<_>>(), ["x.service"]);
    let report = fixture.switch(&generation).unwrap();
    assert_eq!(report.removed.iter().map(|path| path.as_str()).collect::<Vec<_>>(), ["b", "gone/deep"]);
    assert!(report.old.is_none());
    assert_eq!(
        fixture.tree(),
        ".config/\n.config/systemd/\n.config/systemd/user/\n.config/systemd/user/x.service -> \
         g2/.config/systemd/user/x.service\na -> g2/a\nb/\nb/c -> g2/b/c\ngone/\nmine: text\nnew -> g2/new"
    );
    // The second switch comes from the first, and the end gives everything back.
    fixture.switch(&fixture.generation("a=3 .config/systemd/user/x.service")).unwrap();
    let leaving = preview_leave(&fixture.env).unwrap().unwrap();
    assert!(leaving.back_to.is_some());
    fixture.leave().unwrap();
    assert_eq!(fixture.tree(), home_manager);
    assert!(fixture.env.profile.dir().join("home-manager").exists());
    assert_eq!(traces(&fixture), Vec::<String>::new());
}

#[test]
fn the_links_of_a_failed_activation_are_taken_over_too() {
    let fixture = Fixture::new();
    // The profile is set before the links are made, the root after.
    fixture.home_manager("a orphan", true);
    fixture.home_manager("a=2 b", false);
    fixture.switch(&fixture.generation("c")).unwrap();
    assert_eq!(fixture.tree(), "c -> g3/c");
}

#[test]
fn a_generation_of_hm_is_none_of_home_managers() {
    let fixture = Fixture::new();
    let generation = fixture.generation("a");
    fs::create_dir_all(fixture.env.profile.dir()).unwrap();
    std::os::unix::fs::symlink(&generation, &fixture.env.home_manager[0]).unwrap();
    let seen = preview(&fixture.env, Target::Path(&fixture.generation("b")), &fast()).unwrap();
    assert!(seen.taken_over.is_none());
}

#[test]
fn whoever_waited_for_a_lock_that_is_gone_takes_the_new_one() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation("a")).unwrap();
    let generation = fixture.generation("b");
    std::thread::scope(|scope| {
        let session = Session::open(&fixture.env, || true).unwrap();
        let left = session.prepare_leave().unwrap().unwrap().apply(None).unwrap();
        let (started, waits) = std::sync::mpsc::channel();
        let waiting = scope.spawn({
            let (fixture, generation) = (&fixture, &generation);
            move || {
                let session = Session::open(&fixture.env, || {
                    started.send(()).unwrap();
                    true
                })
                .unwrap();
                let pending = session.prepare(Target::Path(generation), &fast()).unwrap();
                pending.apply(&mut |_| Ok(())).unwrap().finish().unwrap();
                assert!(Session::open(&fixture.env, || false).is_err(), "the lock is held");
            }
        });
        waits.recv().unwrap();
        left.finish().unwrap();
        drop(session);
        waiting.join().unwrap();
    });
    assert_eq!(fixture.tree(), "b -> g2/b");
}

#[test]
fn a_link_under_the_name_of_a_backup_is_no_backup() {
    let fixture = Fixture::new();
    fixture.foreign("a text");
    fixture.switch_to(Target::Path(&fixture.generation("a")), &kept()).unwrap();
    fs::rename(fixture.home("a.bak"), fixture.home("elsewhere")).unwrap();
    fixture.switch(&fixture.generation("a a.bak")).unwrap();
    fixture.leave().unwrap();
    assert_eq!(fixture.tree(), "elsewhere: text");
}

#[test]
fn lines_that_were_moved_away_with_a_file_do_not_come_back_with_it() {
    let fixture = Fixture::new();
    fixture.foreign("p mine\nd text");
    fixture.switch(&fixture.generation("p&one")).unwrap();
    fixture.switch_to(Target::Path(&fixture.generation("p=whole d")), &kept()).unwrap();
    assert_eq!(fixture.tree(), "d -> g2/d\nd.bak: text\np -> g2/p\np.bak: {one|}mine");
    fixture.switch(&fixture.generation("p=whole d/x")).unwrap();
    let report = fixture.leave().unwrap();
    assert_eq!(report.restored.len(), 1);
    assert_eq!(fixture.tree(), "d.bak: text\np: mine");
}
