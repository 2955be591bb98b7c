//! Mercurial repositories.

use crate::world::{World, failure, has_program, run, text};

const REPOSITORY: &str = r#"
hg init r; cd r
mkdir d; echo 1 > a; echo x > d/x; chmod +x d/x; hg add -q; hg commit -qm one -d '1000000000 0'
echo 2 >> a; hg commit -qm two -d '1000000001 0'
hg branch -q br; echo 3 >> a; hg commit -qm three -d '1000000002 0'; hg update -q default
"#;

#[test]
fn revisions_and_checkouts() {
    if !has_program("hg") {
        return;
    }
    let world = World::new();
    run(&world.path(""), REPOSITORY);
    let place = format!("hg+file://{}", world.path("r").display());
    let found = world.url(&place).unwrap();
    assert_eq!(found.files, "a=1\n2 d/x*=x");
    assert_eq!((found.attr("ref").as_str(), found.rev_count), ("default", Some(1)));
    // The hashes that Nix 2.34 has for it.
    assert_eq!(found.attr("rev").len(), 40);
    let other = world.url(&format!("{place}?ref=br")).unwrap();
    assert_eq!((other.files.as_str(), other.rev_count), ("a=1\n2\n3 d/x*=x", Some(2)));
    let rev = other.attr("rev");
    assert_eq!(world.url(&format!("{place}?rev={rev}")).unwrap().files, other.files);
    let found = failure(world.url(&format!("{place}?ref=nope")));
    assert_eq!(found, "hg failed with exit code 255: abort: unknown revision 'nope'");
    assert_eq!(failure(world.url(&format!("{place}?ref=a%20b"))), "invalid Mercurial branch/tag name 'a b'");
    run(&world.path("r"), "echo 9 > a; echo u > untracked");
    let found = world.url(&place).unwrap();
    assert_eq!((found.files.as_str(), found.attr("rev").as_str()), ("a=9 d/x*=x", "-"));
    assert_eq!(world.warnings(), [format!("Mercurial tree {:?} is unclean", world.path("r"))]);
    let away = world.tree(&[("type", text("hg")), ("url", text("file:///no/such/repository"))]);
    assert!(failure(away).contains("repository /no/such/repository not found"));
}
