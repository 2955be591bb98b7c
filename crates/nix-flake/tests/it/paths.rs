//! Files and directories of the machine, and inputs that cannot be fetched.

use std::fs;

use crate::world::{World, failure, text};

#[test]
fn everything_at_a_path() {
    let world = World::new();
    fs::create_dir_all(world.path("p/.git")).unwrap();
    fs::write(world.path("p/.git/x"), "y").unwrap();
    std::os::unix::fs::symlink("x", world.path("p/l")).unwrap();
    let place = world.path("p").display().to_string();
    let found = world.tree(&[("type", text("path")), ("path", text(&place))]).unwrap();
    assert_eq!(found.files, ".git/x=y l->x");
    assert_ne!(found.attr("lastModified"), "-");
    let found = world.url(&format!("path:{place}?lastModified=5&revCount=6")).unwrap();
    assert_eq!((found.attr("lastModified").as_str(), found.rev_count), ("5", Some(6)));
    for (url, expected) in [
        ("path:relative", "cannot fetch input 'path:relative' because it uses a relative path"),
        ("path:/no/such/path", "path '/no/such/path' does not exist"),
        ("flake:nixpkgs", "indirect input 'flake:nixpkgs' cannot be fetched directly"),
    ] {
        assert_eq!(failure(world.url(url)), expected, "{url}");
    }
}
