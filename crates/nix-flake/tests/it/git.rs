//! Git repositories: commits, branches, clones, checkouts and submodules.

use nix_formats::InputValue;

use crate::world::{World, failure, has_program, run, text};

/// A repository `r` with two commits on `main`, one more on `other`, two tags, and rules for archives; `b.git` is its bare
/// clone.
const REPOSITORY: &str = r#"
git init -q -b main r; cd r
mkdir d ign; echo 1 > a; printf '#!' > d/run; chmod +x d/run; ln -s ../a d/link; echo i > ign/i; echo '$Format:%H$' > v
printf 'ign/ export-ignore\nv export-subst\na eol=crlf\n' > .gitattributes
git add .; git commit -qm one; git tag v1; git tag -a -m t v2
echo 2 >> a; git commit -qam two
git checkout -q -b other; echo 3 >> a; git commit -qam three; git checkout -q main
cd ..; git clone -q --bare r b.git
"#;

const ATTRIBUTES: &str = ".gitattributes=ign/ export-ignore\nv export-subst\na eol=crlf";

fn world() -> Option<World> {
    if !has_program("git") {
        return None;
    }
    let world = World::new();
    run(&world.path(""), REPOSITORY);
    Some(world)
}

type Attr = (&'static str, InputValue);

/// Fetches from the repository at `place` and says what the file `a` is, and how many commits there are.
#[track_caller]
fn check(world: &World, place: &str, more: &[Attr], expected: &str) {
    let mut attrs = vec![("type", text("git")), ("url", text(world.path(place).display().to_string()))];
    attrs.extend_from_slice(more);
    let found = match world.tree(&attrs) {
        Ok(found) => {
            let a = found.files.split(" d/").next().unwrap_or_default();
            let a = a.rsplit("a=").next().unwrap_or_default().replace(['\r'], "").replace('\n', ",");
            format!("{a} {}", found.rev_count.map_or_else(|| "-".to_owned(), |count| count.to_string()))
        }
        Err(error) => error.0.replace(&world.path("").display().to_string(), "$T/"),
    };
    assert_eq!(found, expected, "{place} {more:?}");
}

#[test]
fn commits() {
    let Some(world) = world() else { return };
    let rev = |name: &str| text(run(&world.path("r"), &format!("git rev-parse {name}^{{commit}}")));
    let (one, three) = (rev("v1"), rev("other"));
    let on = |value: bool| InputValue::Bool(value);
    for place in ["r", "b.git"] {
        check(&world, place, &[], "1,2 2");
        check(&world, place, &[("ref", text("main"))], "1,2 2");
        check(&world, place, &[("ref", text("other"))], "1,2,3 3");
        check(&world, place, &[("ref", text("refs/tags/v1"))], "1 1");
        check(&world, place, &[("ref", text("refs/tags/v2"))], "1 1");
        check(&world, place, &[("rev", one.clone())], "1 1");
        check(&world, place, &[("rev", three.clone()), ("shallow", on(true))], "1,2,3 -");
        check(&world, place, &[("rev", three.clone()), ("allRefs", on(true))], "1,2,3 3");
        check(&world, place, &[("rev", one.clone()), ("revCount", InputValue::Int(1))], "1 1");
    }
    check(&world, "r", &[("ref", text("v1"))], "1 1");
    check(
        &world,
        "r",
        &[("ref", text("nope"))],
        "resolving Git reference 'nope': revspec 'nope' not found (libgit2 error code = 4)",
    );
    let absent = "1111111111111111111111111111111111111111";
    check(
        &world,
        "r",
        &[("rev", text(absent))],
        &format!(
            "getting Git object '{absent}': object not found - no match for id ({absent}) (libgit2 error code = 9)"
        ),
    );
    check(
        &world,
        "b.git",
        &[("ref", text("nope"))],
        "Failed to fetch git repository 'file://$T/b.git':\nfatal: couldn't find remote ref refs/heads/nope",
    );
    check(&world, "nope", &[], "Git repository \"$T/nope\" does not exist.");
    check(&world, "r", &[("ref", text("a..b"))], "invalid Git branch/tag name 'a..b'");
    check(
        &world,
        "r",
        &[("ref", text("main")), ("owner", text("x"))],
        "input attribute 'owner' not supported by scheme 'git'",
    );
    check(
        &world,
        "r",
        &[("submodules", on(true)), ("exportIgnore", on(true))],
        "exportIgnore and submodules are not supported together yet",
    );
    check(&world, "r", &[("lfs", on(true))], "fetching the files of Git LFS is not supported");
    let found = failure(world.tree(&[
        ("type", text("git")),
        ("url", text(world.path("r").display().to_string())),
        ("rev", one.clone()),
        ("lastModified", InputValue::Int(5)),
    ]));
    assert!(found.starts_with("'lastModified' attribute mismatch in input 'git+file://"), "{found}");
    assert!(found.ends_with("', expected 5, got 1000000000"), "{found}");
    let shallow = format!("git clone -q --depth 1 file://{} sh", world.path("r").display());
    run(&world.path(""), &shallow);
    check(
        &world,
        "sh",
        &[("ref", text("main"))],
        "'$T/sh' is a shallow Git repository, but shallow repositories are only allowed when `shallow = true;` is specified",
    );
}

#[test]
fn contents_are_as_they_were_committed() {
    let Some(world) = world() else { return };
    let all = format!("{ATTRIBUTES} a=1\n2 d/link->../a d/run*=#! ign/i=i v=$Format:%H$");
    for (place, bare) in [("r", false), ("b.git", true)] {
        let place = text(world.path(place).display().to_string());
        let attrs = |ignore| {
            [
                ("type", text("git")),
                ("url", place.clone()),
                ("ref", text("main")),
                ("exportIgnore", InputValue::Bool(ignore)),
            ]
        };
        // Nix 2.34 heeds rules for directories, such as `ign/`, only where it sees the directory.
        let expected = if bare { all.clone() } else { all.replace(" ign/i=i", "") };
        assert_eq!(world.tree(&attrs(false)).unwrap().files, all);
        assert_eq!(world.tree(&attrs(true)).unwrap().files, expected);
    }
}

#[test]
fn clones_are_asked_for_again_when_they_are_old() {
    let Some(world) = world() else { return };
    let commit =
        "git -C r checkout -q main; echo 4 >> r/a; git -C r commit -qam four; git -C r push -q ../b.git main";
    check(&world, "b.git", &[], "1,2 2");
    run(&world.path(""), commit);
    check(&world, "b.git", &[], "1,2 2");
    let world = world.ttl(0);
    check(&world, "b.git", &[], "1,2,4 3");
    std::fs::rename(world.path("b.git"), world.path("away")).unwrap();
    std::fs::create_dir(world.path("b.git")).unwrap();
    check(
        &world,
        "b.git",
        &[("ref", text("main"))],
        "Failed to fetch git repository 'file://$T/b.git':\nfatal: '$T/b.git' does not appear to be a git repository\n\
         fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.",
    );
    check(&world, "b.git", &[], "1,2,4 3");
    assert_eq!(world.warnings().len(), 2);
}

#[test]
fn checkouts() {
    let Some(world) = world() else { return };
    let url = format!("git+file://{}", world.path("r").display());
    let found = world.url(&url).unwrap();
    assert_eq!(found.files, format!("{ATTRIBUTES} a=1\r\n2 d/link->../a d/run*=#! ign/i=i v=$Format:%H$"));
    assert_eq!((found.attr("ref").as_str(), found.rev_count), ("refs/heads/main", Some(2)));
    run(
        &world.path("r"),
        "echo 9 > a; echo n > new; git add -N new; echo u > untracked; rm d/run; git rm -q --cached v",
    );
    let found = world.url(&url).unwrap();
    assert_eq!(found.files, format!("{ATTRIBUTES} a=9 d/link->../a ign/i=i new=n"));
    assert_eq!((found.attr("rev").as_str(), found.attr("dirtyRev").ends_with("-dirty")), ("-", true));
    assert_eq!(found.attr("dirtyShortRev").len(), 13);
    assert_eq!(world.warnings(), [format!("Git tree '{}' is dirty", world.path("r").display())]);
    run(&world.path(""), "git init -q empty");
    let found = world.url(&format!("git+file://{}", world.path("empty").display())).unwrap();
    assert_eq!((found.files.as_str(), found.rev_count), ("/", Some(0)));
    assert_eq!(found.attr("rev"), "0".repeat(40));
}

#[test]
fn submodules() {
    let Some(world) = world() else { return };
    let add = "git init -q -b main sub; cd sub; echo s > s; git add .; git commit -qm s; cd ../r; \
        git submodule --quiet add ../sub mods/sub; git commit -qm sub";
    run(&world.path(""), add);
    let place = world.path("r").display().to_string();
    let with = |more: &str| world.url(&format!("git+file://{place}?{more}")).unwrap().files;
    assert!(with("submodules=1").contains("mods/sub/.gitattributes").eq(&false));
    assert!(with("submodules=1").ends_with("mods/sub/s=s v=$Format:%H$"));
    assert!(with("ref=main&submodules=1").ends_with("mods/sub/s=s v=$Format:%H$"));
    assert!(!with("submodules=0").contains("mods/sub/"));
    assert!(with("ref=main").ends_with("mods/sub/ v=$Format:%H$"), "{}", with("ref=main"));
    run(&world.path("r"), "echo t > mods/sub/s");
    assert!(with("submodules=1").ends_with("mods/sub/s=t v=$Format:%H$"));
    assert!(!world.warnings().is_empty());
}
