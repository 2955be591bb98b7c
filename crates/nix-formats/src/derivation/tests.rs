//! Against derivations that stock Nix 2.34 wrote to `/nix/store` (`testdata`, by the base names it gave
//! them).

use super::*;

const STOCK: &[(&str, &[u8])] = &[
    (
        "54f9gsq8yyz2my2z41bjw5q8bzb399fa-def.drv",
        include_bytes!("testdata/54f9gsq8yyz2my2z41bjw5q8bzb399fa-def.drv"),
    ),
    (
        "8mh0zwgmh4a2ha45fl832rwvw3ilb16g-fl.drv",
        include_bytes!("testdata/8mh0zwgmh4a2ha45fl832rwvw3ilb16g-fl.drv"),
    ),
    (
        "fpaa82kqidc0d5bkhzm232spgxz39rv4-top.drv",
        include_bytes!("testdata/fpaa82kqidc0d5bkhzm232spgxz39rv4-top.drv"),
    ),
    (
        "m6k973s5q3g2aqpjr10xcqdq42r3j5g2-g.tar.drv",
        include_bytes!("testdata/m6k973s5q3g2aqpjr10xcqdq42r3j5g2-g.tar.drv"),
    ),
    (
        "mfa5kfz5xhvgi5gjnc8yjm7bp0qpmyrp-a.drv",
        include_bytes!("testdata/mfa5kfz5xhvgi5gjnc8yjm7bp0qpmyrp-a.drv"),
    ),
    (
        "p9mn64272ljjaf6vpchxgcmirc0zais4-f.tar.drv",
        include_bytes!("testdata/p9mn64272ljjaf6vpchxgcmirc0zais4-f.tar.drv"),
    ),
    (
        "ysbhlmvvap9nxcarpfn3fv9647jkljk5-h.tar.drv",
        include_bytes!("testdata/ysbhlmvvap9nxcarpfn3fv9647jkljk5-h.tar.drv"),
    ),
];

fn stock() -> BTreeMap<StorePath, Derivation> {
    let parse = |(base_name, text): &(&str, &[u8])| {
        let path = StorePath::from_base_name(base_name).unwrap();
        let name = path.name().strip_suffix(".drv").unwrap();
        let derivation = Derivation::from_aterm(&StoreDir::default(), name, text).unwrap();
        (path, derivation)
    };
    STOCK.iter().map(parse).collect()
}

fn lookup(all: &BTreeMap<StorePath, Derivation>, path: &StorePath) -> Result<HashModulo, Error> {
    all[path].hash_modulo(&StoreDir::default(), |path| lookup(all, path))
}

#[test]
fn text_and_path_round_trip() {
    let dir = StoreDir::default();
    for (base_name, text) in STOCK {
        let path = StorePath::from_base_name(base_name).unwrap();
        let derivation = &stock()[&path];
        assert_eq!(
            derivation.to_aterm(&dir).unwrap().escape_ascii().to_string(),
            text.escape_ascii().to_string()
        );
        assert_eq!(derivation.path(&dir).unwrap(), path);
    }
}

#[test]
fn output_paths() {
    let all = stock();
    for (path, expected) in &all {
        let mut derivation = expected.clone();
        for (name, output) in &mut derivation.outputs {
            if let Output::InputAddressed(_) = output {
                *output = Output::Deferred;
            }
            derivation.env.remove(name.as_bytes());
        }
        let dir = StoreDir::default();
        let recipe = Recipe::from(&derivation);
        let written = WrittenDerivation::new(recipe, &dir, |path| lookup(&all, path)).unwrap();
        let paths = |(name, output): (&String, &Output)| output.path(&dir, &expected.name, name).unwrap();
        assert!(
            written.outputs().iter().map(|(_, path)| path.clone()).eq(expected.outputs.iter().map(paths))
        );
        assert_eq!(written.aterm(), expected.to_aterm(&dir).unwrap());
        assert_eq!(written.path(&dir).unwrap(), *path);
        assert_eq!(*written.modulo(), lookup(&all, path).unwrap());
        assert!(written.references().iter().eq(&expected.references()));
    }
}

#[test]
fn placeholders() {
    let all = stock();
    let floating = all.keys().find(|path| path.name() == "fl.drv").unwrap();
    let deferred = all.values().find(|derivation| derivation.name == "def").unwrap();
    assert_eq!(deferred.env[b"x".as_slice()], downstream_placeholder(floating, "bin").into_bytes());
    assert_eq!(deferred.env[b"p".as_slice()], placeholder("out").into_bytes());
    assert_eq!(lookup(&all, floating).unwrap(), HashModulo::Deferred);
}

#[track_caller]
fn reject(text: &str, expected: &str) {
    let error = Derivation::from_aterm(&StoreDir::default(), "x", text.as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), expected);
}

#[test]
fn rejects() {
    reject("", "bad derivation at byte 0: expected 'Derive('");
    reject(
        "DrvWithVersion(\"xp-other\",",
        "bad derivation at byte 0: this version of the format is not known",
    );
    reject("Derive([],[],[],\"s\",\"b\",[],[])x", "bad derivation at byte 30: there is text after its end");
    reject("Derive([],[],[],\"s\\", "bad derivation at byte 17: a string is not terminated");
    reject("Derive([],[],[],\"s", "bad derivation at byte 17: a string is not terminated");
    reject("Derive([(\"out\",\"\",\"\"", "bad derivation at byte 20: expected ','");
    reject(
        "Derive([(\"out\",\"/x\",\"\",\"\")]",
        "'/x' is not a valid store path: it is not in the store directory",
    );
    reject(
        "Derive([(\"out\",\"/nix/store/9p0nl625gm5mli8h2xfsgma0zz31g9yc-x\",\"md5\",\"d41d8cd98f00b204e9800998ecf8427e\")]",
        "bad derivation at byte 103: the path of the output 'out' does not follow from its hash",
    );
}

/// What Nix 2.34 writes for a derivation that needs the output of an output, with `/nix/store` for its store's directory.
const DYNAMIC: &[u8] = include_bytes!("testdata/dynamic.drv");

#[test]
fn dynamic_inputs() {
    let dir = StoreDir::default();
    let derivation = Derivation::from_aterm(&dir, "dyn2", DYNAMIC).unwrap();
    assert_eq!(derivation.to_aterm(&dir).unwrap(), DYNAMIC);
    let (path, outputs) = derivation.dynamic_inputs.first_key_value().unwrap();
    assert_eq!(path.name(), "t.drv.drv");
    assert_eq!(outputs["out"].dynamic["out"].outputs, BTreeSet::from(["dev".to_owned()]));
    assert!(derivation.references().contains(path));
    let plain = |_: &StorePath| Ok::<_, Error>(HashModulo::Deferred);
    assert_eq!(derivation.hash_modulo(&dir, plain).unwrap(), HashModulo::Deferred);
}

#[test]
fn no_part_of_a_derivation_is_one() {
    let (_, text) = STOCK.iter().max_by_key(|(_, text)| text.len()).unwrap();
    for len in 0..text.len() {
        let parsed = Derivation::from_aterm(&StoreDir::default(), "x", &text[..len]);
        assert!(parsed.is_err(), "{len}");
    }
}

#[track_caller]
fn mixed(outputs: &[(&str, Output)], expected: Result<bool, &str>) {
    let derivation = Derivation {
        name: "x".to_owned(),
        outputs: outputs.iter().map(|(name, output)| ((*name).to_owned(), output.clone())).collect(),
        input_drvs: BTreeMap::new(),
        dynamic_inputs: BTreeMap::new(),
        input_srcs: BTreeSet::new(),
        platform: Vec::new(),
        builder: Vec::new(),
        args: Vec::new(),
        env: BTreeMap::new(),
    };
    let found = derivation.is_fixed_output().map_err(|error| error.to_string());
    assert_eq!(found, expected.map_err(|reason| format!("derivation 'x': {reason}")));
}

#[test]
fn kinds_of_output() {
    let fixed = fixed_output(true, HashAlgo::Sha256.digest(""));
    let floating = |algo| Output::Floating { method: ContentAddressMethod::Text, algo };
    mixed(&[], Err("it must have at least one output"));
    mixed(&[("out", fixed.clone())], Ok(true));
    mixed(&[("dev", fixed.clone())], Err("the single fixed output must be named 'out'"));
    mixed(&[("dev", fixed.clone()), ("out", fixed.clone())], Err("only one fixed output is allowed"));
    mixed(&[("dev", Output::Deferred), ("out", fixed)], Err("kinds of output cannot be mixed"));
    mixed(&[("dev", Output::Deferred), ("out", Output::Deferred)], Ok(false));
    mixed(
        &[("a", floating(HashAlgo::Sha256)), ("b", floating(HashAlgo::Sha1))],
        Err("all floating outputs must use the same hash algorithm"),
    );
}
