//! Stock Nix agrees: on the paths, the database, the contents.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_formats::derivation::{Output, placeholder};
use nix_formats::{Derivation, Error, Recipe, StoreDir, WrittenDerivation, nar};
use nix_store::{ReadOnlyStore, Store};
use rusqlite::Connection;

use crate::support::{Fixture, add_samples, nix_store, refs, sample_tree};

#[test]
fn stock_verifies_and_queries() {
    let fixture = Fixture::new();
    if nix_store().is_none() {
        return;
    }
    let store = fixture.open();
    let [text, tree] = add_samples(&store);
    store.commit().unwrap();
    fixture.assert_verified();

    let full = |path| store.store_dir().join(path);
    assert_eq!(fixture.lines(&["--query", "--references", &full(&tree)]), [full(&text)]);
    assert_eq!(fixture.lines(&["--query", "--referrers", &full(&text)]), [full(&tree)]);
    assert_eq!(fixture.lines(&["--query", "--requisites", &full(&tree)]).len(), 2);
    let (hash, size) = nar::nar_hash(&sample_tree(&store, &text)).unwrap();
    let lines = fixture.lines(&["--query", "--hash", &full(&tree)]);
    assert_eq!(lines, [hash.prefixed(nix_formats::HashFormat::Nix32)]);
    assert_eq!(fixture.lines(&["--query", "--size", &full(&tree)]), [size.to_string()]);

    let mut archive = Vec::new();
    nar::write(&sample_tree(&store, &text), &mut archive).unwrap();
    assert_eq!(fixture.nix("nix-store", ["--dump", &full(&tree)]).stdout, archive);
}

#[test]
fn stock_computes_the_same_paths() {
    let fixture = Fixture::new();
    if nix_store().is_none() {
        return;
    }
    let store = fixture.open();
    let [text, tree] = add_samples(&store);
    store.commit().unwrap();

    let source = store.path_of(&tree);
    let imagined = ReadOnlyStore::new(store.store_dir().clone());
    let added = store.add_path_from_fs("copy", &source, None).unwrap();
    assert_eq!(imagined.add_path_from_fs("copy", &source, None).unwrap(), added);
    let copy = fixture.path().join("copy");
    let status = std::process::Command::new("cp").arg("-a").arg(&source).arg(&copy).status().unwrap();
    assert!(status.success());
    let copy = copy.to_str().unwrap();
    let expected = [store.store_dir().join(&added)];
    assert_eq!(fixture.lines(&["--add", copy]), expected);
    assert_eq!(fixture.lines(&["--recursive", "--add-fixed", "sha256", copy]), expected);

    let text_file = fixture.path().join("flat.txt");
    std::fs::write(&text_file, "flat\n").unwrap();
    let flat = store.add_flat("flat.txt", b"flat\n").unwrap();
    assert_eq!(imagined.add_flat("flat.txt", b"flat\n").unwrap(), flat);
    store.commit().unwrap();
    fixture.assert_verified();
    let expected = [store.store_dir().join(&flat)];
    assert_eq!(fixture.lines(&["--add-fixed", "sha256", text_file.to_str().unwrap()]), expected);

    let expression = r#"
        let greeting = builtins.toFile "greeting" "hello\n";
        in greeting + "\n" + builtins.toFile "second" "see ${greeting}"
    "#;
    let output = fixture.nix("nix-instantiate", ["--eval", "--expr", expression]);
    let contents = format!("see {}", store.store_dir().join(&text));
    let second = store.add_text("second", contents.as_bytes(), &refs([&text])).unwrap();
    let full = |path| store.store_dir().join(path);
    let expected = format!("\"{}\\n{}\"\n", full(&text), full(&second));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn stock_reads_derivations() {
    let fixture = Fixture::new();
    if nix_store().is_none() {
        return;
    }
    let store = fixture.open();
    let [text, _] = add_samples(&store);
    let derivation = Derivation {
        name: "made".to_owned(),
        outputs: BTreeMap::from([("out".to_owned(), Output::Deferred)]),
        input_drvs: BTreeMap::new(),
        dynamic_inputs: BTreeMap::new(),
        input_srcs: refs([&text]),
        platform: b"x86_64-linux".to_vec(),
        builder: b"/bin/sh".to_vec(),
        args: Vec::new(),
        env: BTreeMap::from([
            (b"name".to_vec(), b"made".to_vec()),
            (b"p".to_vec(), placeholder("out").into()),
        ]),
    };
    let derivation =
        WrittenDerivation::new::<Error>(Recipe::from(&derivation), store.store_dir(), |_| unreachable!())
            .unwrap();
    let path = store.add_derivation(&derivation).unwrap();
    assert_eq!(path, derivation.path(store.store_dir()).unwrap());
    store.commit().unwrap();
    fixture.assert_verified();

    let [("out", Some(output))] = derivation.outputs() else { panic!() };
    let full = |path| store.store_dir().join(path);
    assert_eq!(fixture.lines(&["--query", "--outputs", &full(&path)]), [full(output)]);
    assert_eq!(fixture.lines(&["--query", "--references", &full(&path)]), [full(&text)]);
    assert_eq!(fixture.lines(&["--query", "--binding", "name", &full(&path)]), ["made"]);
}

#[test]
fn stock_can_write_between() {
    let fixture = Fixture::new();
    if nix_store().is_none() {
        return;
    }
    let store = fixture.open();
    let file = fixture.path().join("file");
    std::fs::write(&file, "from stock\n").unwrap();
    let [added] = fixture.lines(&["--add", file.to_str().unwrap()]).try_into().unwrap();
    let path = store.store_dir().parse(&added).unwrap();
    assert!(store.is_valid(&path).unwrap());
    assert_eq!(store.add_path_from_fs("file", &file, None).unwrap(), path);
    assert_eq!(store.pending(), 0, "it is there already");
    add_samples(&store);
    store.commit().unwrap();
    fixture.assert_verified();
    assert_eq!(store.verify().unwrap(), []);
}

/// Tables with their columns, and indices and triggers by name. Later versions of Nix drop an index that is
/// redundant, and note that they did.
fn schema(database: &Path) -> BTreeSet<String> {
    let connection = Connection::open(database).unwrap();
    let mut names = connection.prepare("select type, name from sqlite_master where sql is not null").unwrap();
    let names = names.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let mut schema = BTreeSet::new();
    for (kind, name) in names.map(|row: rusqlite::Result<(String, String)>| row.unwrap()) {
        schema.insert(format!("{kind} {name}"));
        let columns =
            format!("select name, lower(type), \"notnull\", dflt_value, pk from pragma_table_info('{name}')");
        let mut columns = connection.prepare(&columns).unwrap();
        let columns = columns.query_map([], |row| {
            let (column, kind): (String, String) = (row.get(0)?, row.get(1)?);
            let (not_null, default, key): (i64, Option<String>, i64) =
                (row.get(2)?, row.get(3)?, row.get(4)?);
            Ok(format!("{name}.{column} {kind} {not_null} {default:?} {key}"))
        });
        schema.extend(columns.unwrap().map(Result::unwrap));
    }
    schema.retain(|line| !line.contains("SchemaMigrations") && !line.contains("IndexReferrer"));
    schema
}

#[test]
fn the_database_has_the_schema_of_stock() {
    let (own, stock) = (Fixture::new(), Fixture::new());
    if nix_store().is_none() {
        return;
    }
    let store = own.open();
    store.add_text("x", b"", &BTreeSet::new()).unwrap();
    store.commit().unwrap();
    std::fs::create_dir_all(stock.root().join("store")).unwrap();
    stock.lines(&["--init"]);
    let state = |fixture: &Fixture| fixture.root().join("var/nix/db");
    assert_eq!(schema(&state(&own).join("db.sqlite")), schema(&state(&stock).join("db.sqlite")));
    let version = |fixture| std::fs::read_to_string(state(fixture).join("schema")).unwrap();
    assert_eq!(version(&own), version(&stock));
}

#[test]
fn a_store_that_stock_made_is_taken() {
    let fixture = Fixture::new();
    if nix_store().is_none() {
        return;
    }
    std::fs::create_dir_all(fixture.root().join("store")).unwrap();
    fixture.lines(&["--init"]);
    let store = fixture.open();
    add_samples(&store);
    store.commit().unwrap();
    fixture.assert_verified();
}

#[test]
fn imagined_paths_are_those_of_the_real_store() {
    let fixture = Fixture::new();
    let store = fixture.open();
    let imagined = ReadOnlyStore::new(store.store_dir().clone());
    let samples = add_samples(&store);
    assert_eq!(add_samples(&imagined), samples);
    assert_eq!(imagined.closure(&refs([&samples[1]])).unwrap(), refs(&samples));
    assert_eq!(store.closure(&refs([&samples[1]])).unwrap(), refs(&samples));
    // Recorded from stock Nix: `builtins.toFile "t.txt" "hello"` in /nix/store.
    let nix = ReadOnlyStore::new(StoreDir::default());
    let path = nix.add_text("t.txt", b"hello", &BTreeSet::new()).unwrap();
    assert_eq!(path.hash_part(), "9p0nl625gm5mli8h2xfsgma0zz31g9yc");
}
