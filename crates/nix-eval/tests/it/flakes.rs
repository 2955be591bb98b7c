//! Flakes whose inputs lie elsewhere: in other directories, in lock files, in registries, in the search path. What was
//! expected here is what Nix 2.34 makes of the same files.

use std::path::Path;

use nix_eval::Settings;
use nix_eval::features::{Feature, Features};
use nix_formats::Registry;

use crate::host::{STACK, evaluate_here, on_large_stack};

/// `text` with the folder and the hashes of store objects replaced.
fn neutral(text: &str, folder: &str) -> String {
    let mut pieces = text.split("/nix/store/");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str("$STORE");
        out.push_str(piece.get(32..).unwrap_or_default());
    }
    out.replace(folder, "$DIR")
}

/// Evaluates `expr` where `files` lie in `$DIR`; messages follow the value.
fn run(files: &[(&str, &str)], expr: &str, change: impl Fn(&mut Settings, &str) + Sync) -> String {
    let folder = tempfile::tempdir().unwrap();
    let folder_text = folder.path().to_str().unwrap().to_owned();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.replace("$DIR", &folder_text)).unwrap();
    }
    let features = Features::default().with(Feature::Flakes);
    let mut settings = Settings { stack_size: STACK, features, ..Settings::default() };
    change(&mut settings, &folder_text);
    let expr = expr.replace("$DIR", &folder_text);
    let outcome = on_large_stack(|| evaluate_here(&expr, Path::new("/"), &settings));
    let value = outcome.value.unwrap_or_else(|error| format!("! {}", error.message));
    let shown = outcome.messages.iter().fold(value, |shown, message| format!("{shown}\n{message}"));
    neutral(&shown, &folder_text)
}

#[track_caller]
fn check(files: &[(&str, &str)], expr: &str, expected: &str) {
    assert_eq!(run(files, expr, |_, _| {}), expected, "{expr}");
}

const LEAF: (&str, &str) = ("leaf/flake.nix", "{ outputs = { self }: { v = 1; }; }");
const SUB: (&str, &str) = ("leaf/sub/flake.nix", r#"{ outputs = { self }: { v = "sub"; }; }"#);
const PLAIN: (&str, &str) = ("plain/file", "hi");
const MID: (&str, &str) = (
    "mid/flake.nix",
    r#"{ inputs.leaf.url = "path:$DIR/leaf"; inputs.other.url = "path:$DIR/leaf?dir=sub";
         outputs = { self, leaf, other }: { v = leaf.v + 1; o = other.v; }; }"#,
);

#[test]
fn inputs_come_from_everywhere() {
    let top = r#"{
        description = "top";
        inputs = {
          mid.url = "path:$DIR/mid";
          mid2 = { url = "path:$DIR/mid"; inputs.leaf.follows = "sub"; };
          leaf = { type = "path"; path = "$DIR/leaf"; };
          sub = { type = "path"; path = "$DIR/leaf"; dir = "sub"; };
          plain = { url = "path:$DIR/plain"; flake = false; };
          alias.follows = "mid/leaf";
        };
        outputs = { self, ... }@inputs: {
          names = builtins.attrNames inputs;
          values = [ inputs.mid.v inputs.mid.o inputs.alias.v inputs.sub.v ];
          follows = inputs.mid2.inputs.leaf.v;
          plain = builtins.attrNames inputs.plain;
          text = builtins.readFile "${inputs.plain}/file";
          own = self.outPath;
        };
      }"#;
    let files = [LEAF, SUB, PLAIN, MID, ("top/flake.nix", top)];
    let warning = "Notice: not writing modified lock file of flake 'path:$DIR/top'";
    let expected = r#"{ follows = "sub"; names = [ "alias" "leaf" "mid" "mid2" "plain" "self" "sub" ]; own = "$STORE-source"; plain = [ "lastModified" "lastModifiedDate" "narHash" "outPath" "sourceInfo" ]; text = "hi"; values = [ 2 "sub" 1 "sub" ]; }"#;
    check(&files, r#"(builtins.getFlake "path:$DIR/top").outputs"#, &format!("{expected}\n{warning}"));
    check(
        &files,
        r#"(builtins.getFlake "$DIR/top?dir=.").v or 0"#,
        "0\nNotice: not writing modified lock file of flake 'path:$DIR/top?dir=.'",
    );
}

#[test]
fn a_whole_lock_file_is_used_as_it_is() {
    let top = r#"{ inputs.leaf.url = "path:$DIR/leaf"; inputs.lazy.url = "path:$DIR/none";
        outputs = { self, leaf, lazy }: { inherit (leaf) v lastModified; }; }"#;
    let lock = r#"{ "nodes": {
        "leaf": { "locked": { "lastModified": 5, "narHash": "$HASH", "path": "$DIR/leaf", "type": "path" },
                  "original": { "path": "$DIR/leaf", "type": "path" } },
        "lazy": { "locked": { "lastModified": 5, "narHash": "$HASH", "path": "$DIR/none", "type": "path" },
                  "original": { "path": "$DIR/none", "type": "path" } },
        "root": { "inputs": { "leaf": "leaf", "lazy": "lazy" } } }, "root": "root", "version": 7 }"#;
    let hash = "sha256-v9tvIdfm14BQz4GLRPnfXvZCnVYLRJwkQdGLxZqyCJ8=";
    let found = run(&[LEAF], r#"(builtins.getFlake "path:$DIR/leaf").narHash"#, |_, _| {});
    let found = found.trim_matches('"').to_owned();
    let locked = lock.replace("$HASH", &found);
    let files = [LEAF, ("top/flake.nix", top), ("top/flake.lock", &locked)];
    // An input that nobody looks at is not fetched.
    check(&files, r#"(builtins.getFlake "path:$DIR/top").outputs"#, "{ lastModified = 5; v = 1; }");
    let wrong = lock.replace("$HASH", hash);
    let files = [LEAF, ("top/flake.nix", top), ("top/flake.lock", &wrong)];
    let outcome = run(&files, r#"(builtins.getFlake "path:$DIR/top").v"#, |_, _| {});
    assert!(outcome.starts_with("! NAR hash mismatch in input 'path:$DIR/leaf?"), "{outcome}");
}

#[test]
fn an_input_that_changed_is_locked_anew() {
    let top =
        r#"{ inputs.leaf.url = "path:$DIR/leaf?dir=sub"; outputs = { self, leaf }: { inherit (leaf) v; }; }"#;
    let lock = r#"{ "nodes": {
        "leaf": { "locked": { "narHash": "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "path": "$DIR/leaf",
                              "type": "path" },
                  "original": { "path": "$DIR/leaf", "type": "path" } },
        "root": { "inputs": { "leaf": "leaf" } } }, "root": "root", "version": 7 }"#;
    let files = [LEAF, SUB, ("top/flake.nix", top), ("top/flake.lock", lock)];
    let warning = "Notice: not writing modified lock file of flake 'path:$DIR/top'";
    check(&files, r#"(builtins.getFlake "path:$DIR/top").v"#, &format!("\"sub\"\n{warning}"));
}

#[test]
fn circles_end() {
    let a = ("a/flake.nix", r#"{ inputs.b.url = "path:$DIR/b"; outputs = _: { }; }"#);
    let b = ("b/flake.nix", r#"{ inputs.a.url = "path:$DIR/a"; outputs = _: { }; }"#);
    check(&[a, b], r#"builtins.getFlake "path:$DIR/a""#, "! found circular import of flake 'path:$DIR/b'");
}

#[test]
fn names_are_looked_up_in_registries() {
    let user = |settings: &mut Settings, folder: &str| {
        let text = format!(
            r#"{{"version": 2, "flakes": [{{"from": {{"type": "indirect", "id": "l"}},
                "to": {{"type": "path", "path": "{folder}/leaf", "dir": "sub"}}}}]}}"#
        );
        settings.registries.user = Registry::parse(&text, "registry.json").unwrap();
    };
    let top = ("top/flake.nix", "{ outputs = { self, l }: { inherit (l) v; }; }");
    let files = [LEAF, SUB, top];
    assert_eq!(run(&files, r#"(builtins.getFlake "l").v"#, user), r#""sub""#);
    assert_eq!(run(&files, r#"(builtins.getFlake "l").outPath"#, user), r#""$STORE-source/sub""#);
    // The inputs of flakes are the same for everybody.
    assert_eq!(
        run(&files, r#"(builtins.getFlake "path:$DIR/top").v"#, user),
        "! cannot find flake 'flake:l' in the flake registries"
    );
    let nobody = |settings: &mut Settings, folder: &str| {
        user(settings, folder);
        settings.pure = true;
    };
    let outcome = run(&files, r#"builtins.getFlake "l""#, nobody);
    assert!(
        outcome.starts_with("! cannot call 'getFlake' on unlocked flake reference 'l', at "),
        "{outcome}"
    );
}

#[test]
fn pure_evaluations_take_what_is_locked() {
    let pure = |settings: &mut Settings, _: &str| settings.pure = true;
    let hash = run(&[LEAF], r#"(builtins.getFlake "path:$DIR/leaf").narHash"#, |_, _| {});
    let hash = hash.trim_matches('"');
    let locked = format!(r#"(builtins.getFlake "path:$DIR/leaf?narHash={hash}").v"#);
    assert_eq!(run(&[LEAF], &locked, pure), "1");
    let top = [("top/flake.nix", r#"{ inputs.a.url = "path:/none"; outputs = { self, a }: { }; }"#)];
    let hash = "sha256-FtzSUE4nXa4/jdLviYTSoJPpgzxzQawUip6rH4uYVY0=";
    let locked = format!(r#"builtins.getFlake "path:$DIR/top?narHash={hash}""#);
    assert_eq!(run(&top, &locked, pure), "! cannot update unlocked flake input 'a' in pure mode");
}

#[test]
fn flakes_stand_in_the_search_path() {
    let path = |settings: &mut Settings, folder: &str| {
        settings.search_path = vec![("l".to_owned(), format!("flake:path:{folder}/leaf"))];
    };
    assert_eq!(run(&[LEAF], "(import <l/flake.nix>).outputs { self = 1; }", path), "{ v = 1; }");
    assert_eq!(run(&[LEAF], "<l>", path), "$STORE-source");
    let off = |settings: &mut Settings, folder: &str| {
        path(settings, folder);
        settings.features = Features::default();
    };
    let outcome = run(&[LEAF], "<l>", off);
    assert!(outcome.starts_with("! experimental Nix feature 'flakes' is disabled"), "{outcome}");
}

#[test]
fn some_inputs_need_a_feature() {
    let with = |features: Features| move |settings: &mut Settings, _: &str| settings.features = features;
    let disabled = |name: &str| {
        format!(
            "! experimental Nix feature '{name}' is disabled; add '--extra-experimental-features {name}' to enable it"
        )
    };
    let fetch_tree = Features::default().with(Feature::FetchTree);
    for attrs in [
        r#"type = "path"; path = "/x";"#,
        r#"type = "github"; owner = "a"; repo = "b";"#,
        r#"type = "gitlab"; owner = "a"; repo = "b";"#,
        r#"type = "sourcehut"; owner = "~a"; repo = "b";"#,
        r#"type = "indirect"; id = "a";"#,
    ] {
        let expr = format!("builtins.fetchTree {{ {attrs} }}");
        assert_eq!(run(&[], &expr, with(fetch_tree)), disabled("flakes"), "{attrs}");
    }
    for attrs in [r#"publicKey = "a";"#, "verifyCommit = false;", "publicKeys = [ ];"] {
        let expr = format!(r#"builtins.fetchGit {{ url = "file:///x"; {attrs} }}"#);
        assert_eq!(run(&[], &expr, with(fetch_tree)), disabled("verified-fetches"), "{attrs}");
    }
    let signed = fetch_tree.with(Feature::VerifiedFetches);
    let expr = r#"builtins.fetchGit { url = "file:///x"; publicKeys = [ { key = "a"; } ]; }"#;
    assert_eq!(run(&[], expr, with(signed)), "! Git repository \"/x\" does not exist.");
}
