//! Lock files that are computed, against those that `nix flake lock` 2.34 writes for the same flakes. Hashes depend on where
//! the flakes lie, and are left out.

use std::path::Path;
use std::process::Command;

use nix_eval::Settings;
use nix_eval::features::{Feature, Features};

use crate::host::{STACK, evaluate_here, lock_here, on_large_stack};

/// Inputs of inputs, some followed from further up, some from the flake itself, one flake with a lock file of its own.
const FILES: [(&str, &str); 8] = [
    ("leaf/flake.nix", "{ outputs = { self }: { v = 1; }; }"),
    ("leaf/sub/flake.nix", r#"{ outputs = { self }: { v = "sub"; }; }"#),
    ("plain/file", "hi"),
    (
        "mid/flake.nix",
        r#"{ inputs.leaf.url = "path:$DIR/leaf"; inputs.other.url = "path:$DIR/leaf?dir=sub"; inputs.same.follows = "leaf"; outputs = { self, leaf, other, same }: { }; }"#,
    ),
    (
        "old/flake.nix",
        r#"{ inputs.mid.url = "path:$DIR/mid"; inputs.mid.inputs.other.follows = "mid/leaf"; outputs = { self, mid }: { }; }"#,
    ),
    (
        "top/rel/flake.nix",
        r#"{ inputs.up.follows = ""; inputs.deep.url = "path:./deep"; outputs = { self, ... }: { }; }"#,
    ),
    ("top/rel/deep/flake.nix", "{ outputs = _: { }; }"),
    (
        "top/flake.nix",
        r#"{
  inputs = {
    mid.url = "path:$DIR/mid";
    mid2 = { url = "path:$DIR/mid"; inputs.leaf.follows = "leaf"; inputs.other.url = "path:$DIR/leaf"; };
    leaf = { type = "path"; path = "$DIR/leaf"; };
    plain = { url = "path:$DIR/plain?dir=x"; flake = false; };
    rel.url = "path:./rel";
    old.url = "path:$DIR/old";
    old.inputs.mid.inputs.leaf.follows = "mid2/leaf";
    alias.follows = "old/mid/other";
  };
  outputs = { self, rel, ... }: { };
}"#,
    ),
];

const OLD: &str = r#"{
  "nodes": {
    "leaf": {
      "locked": {
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/leaf",
        "type": "path"
      },
      "original": {
        "path": "$DIR/leaf",
        "type": "path"
      }
    },
    "mid": {
      "inputs": {
        "leaf": "leaf",
        "other": [
          "mid",
          "leaf"
        ],
        "same": [
          "mid",
          "leaf"
        ]
      },
      "locked": {
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/mid",
        "type": "path"
      },
      "original": {
        "path": "$DIR/mid",
        "type": "path"
      }
    },
    "root": {
      "inputs": {
        "mid": "mid"
      }
    }
  },
  "root": "root",
  "version": 7
}
"#;

const TOP: &str = r#"{
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
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/leaf",
        "type": "path"
      },
      "original": {
        "path": "$DIR/leaf",
        "type": "path"
      }
    },
    "leaf_2": {
      "locked": {
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/leaf",
        "type": "path"
      },
      "original": {
        "path": "$DIR/leaf",
        "type": "path"
      }
    },
    "mid": {
      "inputs": {
        "leaf": "leaf_2",
        "other": "other",
        "same": [
          "mid",
          "leaf"
        ]
      },
      "locked": {
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/mid",
        "type": "path"
      },
      "original": {
        "path": "$DIR/mid",
        "type": "path"
      }
    },
    "mid2": {
      "inputs": {
        "leaf": [
          "leaf"
        ],
        "other": "other_2",
        "same": [
          "mid2",
          "leaf"
        ]
      },
      "locked": {
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/mid",
        "type": "path"
      },
      "original": {
        "path": "$DIR/mid",
        "type": "path"
      }
    },
    "mid_2": {
      "inputs": {
        "leaf": [
          "mid2",
          "leaf"
        ],
        "other": [
          "old",
          "mid",
          "leaf"
        ],
        "same": [
          "old",
          "mid",
          "leaf"
        ]
      },
      "locked": {
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/mid",
        "type": "path"
      },
      "original": {
        "path": "$DIR/mid",
        "type": "path"
      }
    },
    "old": {
      "inputs": {
        "mid": "mid_2"
      },
      "locked": {
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/old",
        "type": "path"
      },
      "original": {
        "path": "$DIR/old",
        "type": "path"
      }
    },
    "other": {
      "locked": {
        "dir": "sub",
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/leaf",
        "type": "path"
      },
      "original": {
        "dir": "sub",
        "path": "$DIR/leaf",
        "type": "path"
      }
    },
    "other_2": {
      "locked": {
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/leaf",
        "type": "path"
      },
      "original": {
        "path": "$DIR/leaf",
        "type": "path"
      }
    },
    "plain": {
      "flake": false,
      "locked": {
        "dir": "x",
        "lastModified": 1700000000,
        "narHash": "$HASH",
        "path": "$DIR/plain",
        "type": "path"
      },
      "original": {
        "dir": "x",
        "path": "$DIR/plain",
        "type": "path"
      }
    },
    "rel": {
      "inputs": {
        "deep": "deep",
        "up": [
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
          "old",
          "mid",
          "other"
        ],
        "leaf": "leaf",
        "mid": "mid",
        "mid2": "mid2",
        "old": "old",
        "plain": "plain",
        "rel": "rel"
      }
    }
  },
  "root": "root",
  "version": 7
}
"#;

/// `text` with the folder and the hashes replaced.
fn neutral(text: &str, folder: &str) -> String {
    let mut pieces = text.split("\"sha256-");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        out.push_str("\"$HASH");
        out.push_str(piece.find('"').and_then(|end| piece.get(end..)).unwrap_or_default());
    }
    out.replace(folder, "$DIR")
}

fn lock(folder: &Path, name: &str) -> String {
    let features = Features::default().with(Feature::Flakes);
    let settings = Settings { stack_size: STACK, features, ..Settings::default() };
    let reference = format!("path:{}/{name}", folder.display());
    on_large_stack(|| lock_here(&reference, &settings)).unwrap()
}

#[test]
fn lock_files_are_those_of_nix() {
    let folder = tempfile::tempdir().unwrap();
    let shown = folder.path().to_str().unwrap();
    for (path, text) in FILES {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.replace("$DIR", shown)).unwrap();
    }
    let old = lock(folder.path(), "old");
    assert_eq!(neutral(&old, shown), OLD);
    std::fs::write(folder.path().join("old/flake.lock"), old).unwrap();
    let top = lock(folder.path(), "top");
    assert_eq!(neutral(&top, shown), TOP);
    // What is locked stays as it is.
    std::fs::write(folder.path().join("top/flake.lock"), &top).unwrap();
    assert_eq!(lock(folder.path(), "top"), top);
}

/// As `nix flake lock` has it, and programs see it.
#[test]
fn revisions_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let shown = folder.path().to_str().unwrap();
    let script =
        "git init -q -b main r; cd r; echo '{ outputs = { self }: { tree = self.sourceInfo; }; }' > flake.nix
        git add .; git commit -qm 1; git commit -qm 2 --allow-empty";
    let mut shell = Command::new("sh");
    shell.args(["-euc", script]).current_dir(folder.path()).env("HOME", folder.path());
    for (name, value) in [("NAME", "a"), ("EMAIL", "a@b"), ("DATE", "1000000000 +0000")] {
        shell.env(format!("GIT_AUTHOR_{name}"), value).env(format!("GIT_COMMITTER_{name}"), value);
    }
    let made = shell.env("GIT_CONFIG_NOSYSTEM", "1").output();
    if !made.is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: git does not work here");
        assert!(std::env::var("HM_TESTS_REQUIRE_ALL").as_deref() != Ok("1"), "no test may be skipped");
        return;
    }
    let top = format!("{{ inputs.r.url = \"git+file://{shown}/r\"; outputs = {{ self, r }}: r.tree; }}");
    std::fs::create_dir(folder.path().join("top")).unwrap();
    std::fs::write(folder.path().join("top/flake.nix"), top).unwrap();
    let text = lock(folder.path(), "top");
    let lines: Vec<&str> = text.lines().map(str::trim).skip_while(|line| *line != "\"locked\": {").collect();
    assert_eq!(lines[1], "\"lastModified\": 1000000000,");
    assert_eq!(lines[3], "\"ref\": \"refs/heads/main\",");
    assert_eq!(&lines[5..7], ["\"revCount\": 2,", "\"type\": \"git\","]);
    let features = Features::default().with(Feature::Flakes);
    let settings = Settings { stack_size: STACK, features, ..Settings::default() };
    let count = |flake: &str| {
        let expr = format!("(builtins.getFlake \"{flake}\").revCount");
        let outcome = on_large_stack(|| evaluate_here(&expr, Path::new("/"), &settings));
        outcome.value.unwrap_or_else(|error| error.message.clone())
    };
    assert_eq!(count(&format!("git+file://{shown}/r")), "2");
    assert_eq!(count(&format!("path:{shown}/top")), "2");
    std::fs::write(folder.path().join("top/flake.lock"), text).unwrap();
    assert_eq!(count(&format!("path:{shown}/top")), "2");
}
