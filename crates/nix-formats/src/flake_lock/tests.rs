//! What `nix flake lock` writes is read and written again.

use super::*;

/// Written by `nix flake lock` for a flake with inputs that have inputs, that follow others, that are no flakes and that lie
/// inside of the flake.
const LOCKED: &str = r#"{
  "nodes": {
    "deep": {
      "locked": {
        "path": "./deep",
        "type": "path"
      },
      "original": {
        "path": "./deep",
        "type": "path"
      },
      "parent": [
        "rel"
      ]
    },
    "leaf": {
      "locked": {
        "lastModified": 1795631098,
        "narHash": "sha256-9QpCjZD3saqpdJBuKfBSMvGiyzK5hTO11LH4HqOqe2k=",
        "path": "/flakes/leaf",
        "type": "path"
      },
      "original": {
        "path": "/flakes/leaf",
        "type": "path"
      }
    },
    "leaf_2": {
      "locked": {
        "lastModified": 1795631098,
        "narHash": "sha256-9QpCjZD3saqpdJBuKfBSMvGiyzK5hTO11LH4HqOqe2k=",
        "path": "/flakes/leaf",
        "type": "path"
      },
      "original": {
        "path": "/flakes/leaf",
        "type": "path"
      }
    },
    "mid": {
      "inputs": {
        "leaf": "leaf_2",
        "other": "other"
      },
      "locked": {
        "lastModified": 1795631098,
        "narHash": "sha256-VohKTSL97pd+uhb8YwOByNMknJx/lIHnbNKqxRiNre0=",
        "path": "/flakes/mid",
        "type": "path"
      },
      "original": {
        "path": "/flakes/mid",
        "type": "path"
      }
    },
    "mid2": {
      "inputs": {
        "leaf": [
          "leaf"
        ],
        "other": "other_2"
      },
      "locked": {
        "lastModified": 1795631098,
        "narHash": "sha256-VohKTSL97pd+uhb8YwOByNMknJx/lIHnbNKqxRiNre0=",
        "path": "/flakes/mid",
        "type": "path"
      },
      "original": {
        "path": "/flakes/mid",
        "type": "path"
      }
    },
    "other": {
      "locked": {
        "dir": "sub",
        "lastModified": 1795631098,
        "narHash": "sha256-9QpCjZD3saqpdJBuKfBSMvGiyzK5hTO11LH4HqOqe2k=",
        "path": "/flakes/leaf",
        "type": "path"
      },
      "original": {
        "dir": "sub",
        "path": "/flakes/leaf",
        "type": "path"
      }
    },
    "other_2": {
      "locked": {
        "dir": "sub",
        "lastModified": 1795631098,
        "narHash": "sha256-9QpCjZD3saqpdJBuKfBSMvGiyzK5hTO11LH4HqOqe2k=",
        "path": "/flakes/leaf",
        "type": "path"
      },
      "original": {
        "dir": "sub",
        "path": "/flakes/leaf",
        "type": "path"
      }
    },
    "plain": {
      "flake": false,
      "locked": {
        "lastModified": 1795631098,
        "narHash": "sha256-bD3v16teE2SpiEBqTsuswHMnFoaIgaGhaiIcr6Nrsk4=",
        "path": "/flakes/plain",
        "type": "path"
      },
      "original": {
        "path": "/flakes/plain",
        "type": "path"
      }
    },
    "rel": {
      "inputs": {
        "deep": "deep",
        "leaf": [
          "rel"
        ]
      },
      "locked": {
        "path": "./rel",
        "type": "path"
      },
      "original": {
        "path": "./rel",
        "type": "path"
      },
      "parent": []
    },
    "root": {
      "inputs": {
        "alias": [
          "mid",
          "leaf"
        ],
        "leaf": "leaf",
        "mid": "mid",
        "mid2": "mid2",
        "plain": "plain",
        "rel": "rel"
      }
    }
  },
  "root": "root",
  "version": 7
}
"#;

/// The only input of a root, as version 7 has it.
fn one(node: &str) -> String {
    format!(
        r#"{{"nodes": {{"a": {node}, "root": {{"inputs": {{"a": "a"}}}}}}, "root": "root", "version": 7}}"#
    )
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let found =
        match LockFile::parse(text, "flake.lock").and_then(|(file, _)| Ok(file.check().map(|()| file)?)) {
            Ok(file) => file.to_text(),
            Err(error) => format!("! {error}"),
        };
    assert_eq!(found, expected);
}

#[test]
fn what_nix_writes_is_written_again() {
    check(LOCKED, LOCKED);
    let empty = "{\n  \"nodes\": {\n    \"root\": {}\n  },\n  \"root\": \"root\",\n  \"version\": 7\n}\n";
    check(empty, empty);
    assert_eq!(LockFile::default().to_text(), empty);
}

#[test]
fn inputs_are_found_by_their_paths() {
    let (file, warnings) = LockFile::parse(LOCKED, "flake.lock").unwrap();
    assert!(warnings.is_empty());
    let keys = file.keys();
    let find = |path: &str| {
        let found = file.find(&parse_input_path(path).unwrap()).unwrap();
        found.and_then(|id| keys.get(&id)).map_or("-", String::as_str)
    };
    assert_eq!(
        ["", "mid", "mid/leaf", "alias", "mid2/leaf", "rel/leaf", "rel/deep", "mid/none"].map(find),
        ["root", "mid", "leaf_2", "leaf_2", "leaf", "rel", "deep", "-"],
    );
    assert_eq!(file.inputs().len(), 12);
}

#[test]
fn old_versions_are_read() {
    let old = r#"{"version": 5, "root": "root", "nodes": {"root": {"inputs": {"a": "x", "b": "x"}}, "x": {
        "info": {"narHash": "sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "lastModified": 3},
        "locked": {"type": "tarball", "url": "https://h/x"}, "original": {"type": "indirect", "id": "x"}}}}"#;
    let (file, _) = LockFile::parse(old, "flake.lock").unwrap();
    let text = file.to_text();
    let found = file.find(&["b".to_owned()]).unwrap().and_then(|id| file.lock(id)).unwrap();
    let url = "https://h/x?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D";
    assert_eq!(found.locked.to_url().unwrap(), url);
    // A node that two inputs share stays one, under the first input's name.
    assert!(text.contains(r#""b": "a""#) && text.contains(r#""lastModified": 3"#), "{text}");
}

#[test]
fn what_is_wrong_is_told() {
    let unlocked =
        r#"{"locked": {"type": "path", "path": "/x"}, "original": {"type": "path", "path": "/x"}}"#;
    for (text, expected) in [
        (r#"{"version": 4}"#.to_owned(), "lock file 'flake.lock' has unsupported version 4"),
        (
            one(unlocked),
            "Lock file contains unlocked input '{\"path\":\"/x\",\"type\":\"path\"}'. Use '--allow-dirty-locks' to accept \
             this lock file.",
        ),
        (one("{}"), "attribute 'locked' missing in lock file"),
        (
            r#"{"version": 7, "root": "r", "nodes": {"r": {"inputs": {"a": "b"}}}}"#.to_owned(),
            "lock file references missing node 'b'",
        ),
        (
            r#"{"version": 7, "root": "r", "nodes": {"r": {"inputs": {"a": "r"}}}}"#.to_owned(),
            "lock file contains cycle to root node",
        ),
        (
            r#"{"version": 7, "root": "r", "nodes": {"r": {"inputs": {"a": ["b"], "b": ["a"]}}}}"#.to_owned(),
            "follow cycle detected: [b -> a -> b]",
        ),
        (
            r#"{"version": 7, "root": "r", "nodes": {"r": {"inputs": {"a": ["b", "c"]}}}}"#.to_owned(),
            "input 'a' follows a non-existent input 'b/c'",
        ),
        (
            one(r#"{"locked": {"type": "path", "path": []}, "original": {}}"#),
            "unsupported input attribute type in lock file",
        ),
    ] {
        check(&text, &format!("! {expected}"));
    }
    assert!(
        LockFile::parse("{", "flake.lock")
            .unwrap_err()
            .to_string()
            .starts_with("Could not parse 'flake.lock': ")
    );
    assert_eq!(
        parse_input_path("a/1").unwrap_err().to_string(),
        "invalid flake input attribute path element '1'"
    );
}

#[test]
fn long_rows_of_follows_end() {
    let input = |number: usize| format!(r#""a{number}": ["a{}"]"#, number + 1);
    let inputs: Vec<String> = (0..5000).map(input).collect();
    let text = format!(
        r#"{{"version": 7, "root": "r", "nodes": {{"r": {{"inputs": {{{}}}}}}}}}"#,
        inputs.join(", ")
    );
    check(&text, "! too many inputs follow each other on the way to 'a1001'");
}
