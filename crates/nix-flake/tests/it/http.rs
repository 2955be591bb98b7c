//! What a server is asked, and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix_eval::host::Fetcher as _;

use crate::server::{Answer, Server};
use crate::world::{World, failure, text};

const ARCHIVE: &[u8] = include_bytes!("data/tree.tar.gz");

/// A server whose files have tags.
fn tagged() -> Server {
    Server::start(|path, headers| {
        if headers.iter().any(|header| header == "if-none-match: \"1\"") {
            return Answer::status("304 Not Modified");
        }
        let answer = match path {
            "/a.tar.gz" => Answer::body(ARCHIVE),
            "/file" => Answer::body("hello"),
            "/moved" => Answer::status("302 Found").header("Location", "/file"),
            _ => return Answer::status("404 Not Found"),
        };
        answer.header("ETag", "\"1\"")
    })
}

#[test]
fn fresh_answers_are_not_asked_for_again() {
    let (world, server) = (World::new(), tagged());
    for _ in 0..2 {
        assert!(world.file(&server.url("/a.tar.gz"), true, None).unwrap().contains("file=hello"));
        assert_eq!(world.file(&server.url("/moved"), false, None).unwrap(), "=hello");
        assert_eq!(world.file(&server.url("/file"), false, None).unwrap(), "=hello");
    }
    let asked = ["GET /a.tar.gz -> 200 OK", "GET /moved -> 302 Found", "GET /file -> 200 OK"];
    assert_eq!(server.requests(), asked);
}

#[test]
fn old_answers_are_asked_for_by_their_tags() {
    let (world, server) = (World::new().ttl(0), tagged());
    for _ in 0..2 {
        assert!(world.file(&server.url("/a.tar.gz"), true, None).unwrap().contains("file=hello"));
        assert_eq!(world.file(&server.url("/file"), false, None).unwrap(), "=hello");
    }
    let asked = [
        "GET /a.tar.gz -> 200 OK",
        "GET /file -> 200 OK",
        "GET /a.tar.gz -> 304 Not Modified",
        "GET /file -> 304 Not Modified",
    ];
    assert_eq!(server.requests(), asked);
}

#[test]
fn what_is_known_by_its_hash_is_asked_for_once() {
    let (world, server) = (World::new().ttl(0), tagged());
    let hash = "sha256-LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=";
    for _ in 0..2 {
        assert_eq!(world.file(&server.url("/file"), false, Some(hash)).unwrap(), "=hello");
    }
    assert_eq!(server.requests(), ["GET /file -> 200 OK"]);
    assert_eq!(world.file("http://127.0.0.1:1/elsewhere", false, Some(hash)).unwrap(), "=hello");
}

#[test]
fn trouble_is_told_or_waited_for() {
    let (world, server) = (World::new(), tagged());
    let url = server.url("/nope");
    assert_eq!(failure(world.file(&url, false, None)), format!("unable to download '{url}': HTTP error 404"));
    let failed = AtomicBool::new(false);
    let passing = Server::start(move |_, _| match failed.swap(true, Ordering::Relaxed) {
        false => Answer::status("503 Service Unavailable"),
        true => Answer::body("at last"),
    });
    assert_eq!(world.file(&passing.url("/x"), false, None).unwrap(), "=at last");
    assert_eq!(passing.requests(), ["GET /x -> 503 Service Unavailable", "GET /x -> 200 OK"]);
}

#[test]
fn an_old_answer_is_better_than_none() {
    let world = World::new().ttl(0);
    let down = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&down);
    let server = Server::start(move |_, _| match switch.load(Ordering::Relaxed) {
        false => Answer::body("old"),
        true => Answer::status("404 Not Found"),
    });
    let url = server.url("/x");
    assert_eq!(world.file(&url, false, None).unwrap(), "=old");
    down.store(true, Ordering::Relaxed);
    assert_eq!(world.file(&url, false, None).unwrap(), "=old");
    let warned = format!("unable to download '{url}': HTTP error 404; using cached version");
    assert_eq!(world.warnings(), [warned]);
}

#[test]
fn a_server_may_name_what_never_changes() {
    let world = World::new();
    let rev = "f173c99092391bfeec05b3185b7583d9a40f9a01";
    let server = Server::start(move |_, headers| {
        let host =
            headers.iter().find_map(|header| header.strip_prefix("host: ")).unwrap_or_default().to_owned();
        let link = format!("<http://{host}/locked.tar.gz?rev={rev}&revCount=7>; rel=\"immutable\"");
        Answer::body(ARCHIVE).header("Link", link)
    });
    let found =
        world.tree(&[("type", text("tarball")), ("url", text(server.url("/latest.tar.gz")))]).unwrap();
    assert_eq!(found.attr("url"), server.url("/locked.tar.gz"));
    assert_eq!(found.attr("rev"), rev);
    assert_eq!(found.rev_count, Some(7));
    assert_eq!(found.attr("lastModified"), "1000000007");
}

#[test]
fn users_in_urls_are_sent_as_such() {
    let world = World::new();
    let server = Server::start(|_, headers| {
        match headers.iter().any(|header| header == "authorization: basic dtpw".to_lowercase().as_str()) {
            true => Answer::body("secret"),
            false => Answer::status("401 Unauthorized"),
        }
    });
    let with_user = server.url("/x").replace("http://", "http://u:p@");
    assert_eq!(world.file(&with_user, false, None).unwrap(), "=secret");
    let url = server.url("/x");
    assert_eq!(failure(world.file(&url, false, None)), format!("unable to download '{url}': HTTP error 401"));
}

#[test]
fn the_registry_of_flakes_is_downloaded_like_a_file() {
    let server = Server::start(|path, _| match path {
        "/good" => Answer::body(
            r#"{"version": 2, "flakes": [
            {"from": {"type": "indirect", "id": "a"}, "to": {"type": "path", "path": "/a"}}]}"#,
        ),
        _ => Answer::body(r#"{"version": 1}"#),
    });
    let entries =
        |world: &World| world.with(|fetcher| fetcher.global_registry()).map(|found| found.entries.len());
    assert_eq!(entries(&World::new()), Ok(0));
    let world = World::new().registry(server.url("/good"));
    assert_eq!((entries(&world), entries(&world)), (Ok(1), Ok(1)));
    assert_eq!(server.requests(), ["GET /good -> 200 OK"]);
    let url = server.url("/bad");
    let world = World::new().registry(url.clone());
    assert_eq!(entries(&world), Ok(0));
    let why = format!("cannot read flake registry '{url}': flake registry '{url}' has unsupported version 1");
    assert_eq!(world.warnings(), [why]);
    let world = World::new().registry("file:///no/such/registry".to_owned());
    assert!(failure(entries(&world)).starts_with("unable to download 'file:///no/such/registry'"));
}
