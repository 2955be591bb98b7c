//! What the pieces of an evaluation take by themselves: reading a text, and each of the things that programs do most.
//!
//!     cargo bench -p nix-eval --bench pieces
//!
//! Most pieces run in a fold over numbers; `loop` is that fold with nothing in it, to be subtracted. Each round has an
//! evaluation of its own, made before the clock runs. Whole programs beside Nix: `benches/compare`.

#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark")]

use std::collections::BTreeSet;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use nix_eval::host::{FileType, Host, HostError, MessageLevel};
use nix_eval::regex::Regex;
use nix_eval::{Eval, Settings, Value, View};
use nix_formats::nar::Tree;
use nix_formats::{StoreDir, StorePath, WrittenDerivation};
use nix_syntax::arena::Arena;
use nix_syntax::parser::{ParseOptions, parse};
use nix_syntax::source::{Origin, Pos};
use nix_syntax::symbol::Symbols;

/// How often the fold does what is measured.
const TIMES: u32 = 10_000;

/// What is done for each number `x` of the fold; `a` is the number that came before.
const STEPS: &[(&str, &str, &str)] = &[
    ("loop", "", "x"),
    ("arithmetic", "", "x + a * 2 - x"),
    ("force", "", "let late = x + 1; in if late == 0 then 0 else late"),
    ("call", "one = y: y;", "one x"),
    ("call with three arguments", "three = p: q: r: q;", "three a x 1"),
    ("call with a set", "named = { p, q ? 1, ... }: q;", "named { p = x; }"),
    ("call of a builtin", "", "builtins.bitAnd x 255"),
    ("partial application", "add = p: q: p + q;", "let more = add x; in more 1"),
    ("set", "", "{ p = x; q = a; r = 1; }.q"),
    ("set that sees itself", "", "rec { p = x; q = p; r = q; }.r"),
    ("select", "set = { p = 1; q.r.s = 2; };", "set.q.r.s"),
    (
        "select from changing shapes",
        "sets = [ { p = 1; } { q = 1; p = 2; } { p = 3; z = 1; } { a = 1; b = 2; p = 4; } ];",
        "(builtins.elemAt sets (builtins.bitAnd x 3)).p",
    ),
    ("select with a default", "set = { p = 1; };", "set.q or x"),
    (
        "select by a computed name",
        "set = { p1 = 1; p2 = 2; p3 = 3; p0 = 0; };",
        "set.${\"p\" + toString (builtins.bitAnd x 3)}",
    ),
    ("with", "set = { p = 1; q = 2; };", "with set; q"),
    ("update", "set = { p = 1; q = 2; r = 3; };", "(set // { q = x; }).q"),
    (
        "update of 100 attributes",
        "large = builtins.listToAttrs (builtins.genList (i: { name = \"n${toString i}\"; value = i; }) 100);",
        "(large // { n50 = x; }).n50",
    ),
    ("interpolation", "", "builtins.stringLength \"one ${toString x} two\""),
    ("list", "", "builtins.length ([ x a ] ++ [ 1 ])"),
    ("caught failure", "", "if (builtins.tryEval (throw \"no\")).success then a else x"),
];

/// Programs that do one thing to many at once: what comes before the clock runs, and what is timed.
const WHOLES: &[(&str, &str, &str)] = &[
    (
        "sort",
        "builtins.genList (i: builtins.bitXor (i * 7919) 5555) 10000",
        "builtins.length (builtins.sort (p: q: p < q) given)",
    ),
    (
        "sort by a builtin",
        "builtins.genList (i: builtins.bitXor (i * 7919) 5555) 10000",
        "builtins.length (builtins.sort builtins.lessThan given)",
    ),
    (
        "map and filter",
        "builtins.genList (i: i) 10000",
        "builtins.length (builtins.filter (i: i > 5) (map (i: i + 1) given))",
    ),
    ("concatMap", "builtins.genList (i: i) 10000", "builtins.length (builtins.concatMap (i: [ i i ]) given)"),
    (
        "listToAttrs",
        "builtins.genList (i: { name = \"n${toString i}\"; value = i; }) 10000",
        "builtins.length (builtins.attrNames (builtins.listToAttrs given))",
    ),
    (
        "merge of two sets",
        "builtins.listToAttrs (builtins.genList (i: { name = \"n${toString i}\"; value = i; }) 10000)",
        "builtins.length (builtins.attrNames (given // builtins.mapAttrs (_: i: i) given))",
    ),
    (
        "concatStringsSep",
        "builtins.genList toString 10000",
        "builtins.stringLength (builtins.concatStringsSep \" \" given)",
    ),
    (
        "split",
        "builtins.concatStringsSep \" \" (builtins.genList toString 10000)",
        "builtins.length (builtins.split \"[ ]\" given)",
    ),
];

/// A document of which each kind of JSON value is a part, as a program.
const DOCUMENT: &str =
    "builtins.genList (i: { id = i; name = \"entry \\\"${toString i}\\\"\"; ratio = i / 7.0;
    tags = [ \"a\" \"b\" ]; nested = { on = true; none = null; }; }) 1000";

/// A world in which there is nothing: no piece asks for any of it.
struct Nowhere(StoreDir);

fn nothing<T>() -> Result<T, HostError> {
    Err(HostError("there is nothing".to_owned()))
}

impl Host for Nowhere {
    fn store_dir(&self) -> &StoreDir {
        &self.0
    }
    fn read_file(&self, _: &Path) -> Result<Vec<u8>, HostError> {
        nothing()
    }
    fn read_dir(&self, _: &Path) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        nothing()
    }
    fn file_type(&self, _: &Path) -> Result<Option<FileType>, HostError> {
        nothing()
    }
    fn is_executable(&self, _: &Path) -> Result<bool, HostError> {
        nothing()
    }
    fn read_link(&self, _: &Path) -> Result<PathBuf, HostError> {
        nothing()
    }
    fn environment(&self, _: &str) -> Option<Vec<u8>> {
        None
    }
    fn current_time(&self) -> i64 {
        0
    }
    fn add_text(&self, _: &str, _: &[u8], _: &BTreeSet<StorePath>) -> Result<StorePath, HostError> {
        nothing()
    }
    fn add_tree(&self, _: &str, _: &Tree, _: &BTreeSet<StorePath>) -> Result<StorePath, HostError> {
        nothing()
    }
    fn add_flat(&self, _: &str, _: &[u8]) -> Result<StorePath, HostError> {
        nothing()
    }
    fn add_derivation(&self, _: &WrittenDerivation<'_>) -> Result<StorePath, HostError> {
        nothing()
    }
    fn is_valid_path(&self, _: &StorePath) -> Result<bool, HostError> {
        nothing()
    }
    fn references(&self, _: &StorePath) -> Result<BTreeSet<StorePath>, HostError> {
        nothing()
    }
    fn realise(&self, _: &StorePath, _: &str) -> Result<(), HostError> {
        nothing()
    }
    fn message(&self, _: MessageLevel, _: &str) {}
}

/// Runs `body` with an evaluation of its own, and returns what it measured. The main thread has 8 MiB of stack.
fn with_eval(body: impl FnOnce(&Eval<'_>) -> Duration) -> Duration {
    let arena = Arena::new();
    let host = Nowhere(StoreDir::default());
    body(&Eval::new(&arena, &host, Settings { stack_size: 6 << 20, ..Settings::default() }))
}

fn value<'a>(eval: &Eval<'a>, text: &str) -> Value<'a> {
    eval.eval_text(Origin::String, text.as_bytes(), Path::new("/")).unwrap()
}

/// Times a call of the function `function` with the value of `given`, all of which is there before.
fn bench_call(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, given: &str, function: &str) {
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| {
            let round = |_| {
                with_eval(|eval| {
                    let given = eval.force_deep(value(eval, given)).unwrap();
                    let function = value(eval, function);
                    let start = Instant::now();
                    black_box(eval.call(function, &[given], Pos::NONE).unwrap());
                    start.elapsed()
                })
            };
            (0..rounds).map(round).sum()
        });
    });
}

fn evaluating(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("step");
    group.throughput(Throughput::Elements(TIMES.into()));
    for (name, before, step) in STEPS {
        let function = format!("let {before} in builtins.foldl' (a: x: {step}) 0");
        bench_call(&mut group, name, &format!("builtins.genList (i: i) {TIMES}"), &function);
    }
    group.finish();

    let mut group = criterion.benchmark_group("10,000 at once");
    group.throughput(Throughput::Elements(10_000));
    for (name, given, what) in WHOLES {
        bench_call(&mut group, name, given, &format!("given: {what}"));
    }
    group.finish();
}

fn json(criterion: &mut Criterion) {
    let text = json_text();
    let mut group = criterion.benchmark_group("JSON");
    group.throughput(Throughput::Bytes(text.len() as u64));
    bench_call(&mut group, "written", DOCUMENT, "builtins.toJSON");
    bench_call(&mut group, "read", &format!("builtins.toJSON ({DOCUMENT})"), "builtins.fromJSON");
    group.finish();
}

fn json_text() -> Vec<u8> {
    let arena = Arena::new();
    let host = Nowhere(StoreDir::default());
    let eval = Eval::new(&arena, &host, Settings { stack_size: 6 << 20, ..Settings::default() });
    match value(&eval, &format!("builtins.toJSON ({DOCUMENT})")).view() {
        View::Str(text) => text.bytes().to_vec(),
        _ => Vec::new(),
    }
}

fn regexes(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("regex");
    let pattern = br"([a-z]+)-([0-9]+)\.([0-9]+)(-rc([0-9]+))?";
    group.bench_function("compiled", |bencher| bencher.iter(|| Regex::new(black_box(pattern)).unwrap()));
    let regex = Regex::new(pattern).unwrap();
    let matching = |bencher: &mut criterion::Bencher<'_>, text: &[u8]| {
        bencher.iter(|| regex.full_match(black_box(text)).unwrap());
    };
    group.bench_function("matched", |bencher| matching(bencher, b"package-123.45-rc6"));
    group.bench_function("not matched", |bencher| matching(bencher, b"package-123.45-rc6.tar.gz"));
    let words = "some words and 12 numbers, ".repeat(1000);
    group.throughput(Throughput::Bytes(words.len() as u64));
    let space = Regex::new(b"[ ,]+").unwrap();
    group.bench_function("all found", |bencher| {
        bencher.iter(|| space.matches(black_box(words.as_bytes())).count());
    });
    group.finish();
}

/// Real code: the files of nixlib's lib, none of which another one's text is needed for.
fn files() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../nixlib/lib");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "nix"));
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn parse_all(texts: &[Vec<u8>], trees: &mut bumpalo::Bump, symbols: &Symbols<'_>) {
    for text in texts {
        black_box(parse(trees, symbols, text, &ParseOptions::default()).unwrap());
        trees.reset();
    }
}

fn reading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("text");
    let size = |texts: &[Vec<u8>]| Throughput::Bytes(texts.iter().map(|text| text.len() as u64).sum());

    // A flat list makes one node for each token.
    let tokens = format!("[ {} ]", "name 12 \"text\" ./path (a) # a comment\n /* another */ ".repeat(2000));
    for (name, texts) in [("lexed, hardly parsed", vec![tokens.into_bytes()]), ("parsed", files())] {
        group.throughput(size(&texts));
        group.bench_function(name, |bencher| {
            let (mut trees, names) = (bumpalo::Bump::new(), Arena::new());
            let symbols = Symbols::new(&names);
            bencher.iter(|| parse_all(&texts, &mut trees, &symbols));
        });
    }

    let texts = files();
    group.throughput(size(&texts));
    group.bench_function("parsed and lowered", |bencher| {
        bencher.iter_custom(|rounds| {
            let round = |_| {
                with_eval(|eval| {
                    let start = Instant::now();
                    for text in &texts {
                        black_box(eval.load(Origin::String, text, Path::new("/"), &[]).unwrap());
                    }
                    start.elapsed()
                })
            };
            (0..rounds).map(round).sum()
        });
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    targets = evaluating, json, regexes, reading
}
criterion_main!(benches);
