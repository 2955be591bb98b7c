//! From a `home.nix` to a generation in a store.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix_eval::host::{Host, MessageLevel};
use nix_eval::{Eval, EvalResult, Value};
use nix_flake::Fetcher;
use nix_store::Store;
use nix_syntax::arena::Arena;
use nix_syntax::source::{Origin, Pos};

use crate::diagnostics::{self, Style};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::evaluation_cache::{EvaluationCache, Key, Recording, Transcript};
use crate::host::Machine;
use crate::nix_settings::NixSettings;
use crate::{evaluation, fetching, nixlib, primops};

/// Which modules a configuration is evaluated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Modules {
    /// Those that hm brings along.
    Nixlib,
    /// Home Manager's own, from `<home-manager>`.
    HomeManager,
}

/// Which packages a configuration is evaluated with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Packages {
    /// The programs of the machine.
    Host,
    /// Nixpkgs, from `<nixpkgs>`.
    Nixpkgs,
}

/// What to build.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The configuration.
    pub(crate) file: PathBuf,
    /// The modules, if the caller chose.
    pub(crate) modules: Option<Modules>,
    /// The packages, if the caller chose.
    pub(crate) pkgs: Option<Packages>,
    /// Look for host programs in the caller's `$PATH` as well.
    pub(crate) search_path_from_caller: bool,
    /// How errors are shown.
    pub(crate) style: Style,
    /// Whether the outcome of the same evaluation may be taken from the cache.
    pub(crate) eval_cache: bool,
}

/// A generation that was built.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    /// Its store path.
    pub(crate) generation: PathBuf,
    /// What the configuration warns of.
    pub(crate) warnings: Vec<String>,
    /// How long setting up and parsing the configuration took.
    pub(crate) parse: Duration,
    /// How long evaluating took, the making of store objects included.
    pub(crate) evaluate: Duration,
}

/// The configuration file: the given one, or the first one there is in the customary places.
///
/// # Errors
/// When there is none.
pub(crate) fn find(environment: &Environment, given: Option<&Path>) -> Result<PathBuf, CommandError> {
    let named = given
        .map(|path| (path, "-f"))
        .or(environment.config_file.as_deref().map(|path| (path, "$HM_CONFIG")));
    if let Some((path, by)) = named {
        let path = environment.absolute(path);
        return if path.exists() {
            Ok(path)
        } else {
            Err(CommandError::user(format!(
                "there is no configuration at {} (given by {by})",
                path.display()
            )))
        };
    }
    let places =
        [environment.config_home.join("hm/home.nix"), environment.config_home.join("home-manager/home.nix")];
    places.iter().find(|path| path.exists()).cloned().ok_or_else(|| {
        let [first, second] = &places;
        CommandError::user(format!(
            "there is no configuration at {} or {}",
            first.display(),
            second.display()
        ))
        .hint("`hm init` writes a first one; -f FILE and $HM_CONFIG name another place")
    })
}

/// Evaluates a configuration; the objects of its generation are added to `store`.
///
/// # Errors
/// What is wrong with the configuration, as a report.
pub(crate) fn build(
    environment: &Environment,
    request: &Request,
    store: &dyn Store,
) -> Result<Built, CommandError> {
    let start = Instant::now();
    let given = NixSettings::read(environment)?;
    let transcript = Transcript::default();
    let warn = |text: &str| transcript.message(MessageLevel::Notice, text);
    let message = |level: MessageLevel, text: &str| transcript.message(level, text);
    let fetcher = Fetcher::new(store, fetching::config(environment, &given)?, &warn);
    let machine = Machine::new(store, &fetcher, &message);
    let settings = evaluation::settings(environment, &given, &[])?;
    let key = key(environment, request, &given, &settings, &machine);
    let Some(cache) = key.and_then(|key| EvaluationCache::new(environment, &key)) else {
        return build_anew(environment, request, &machine, settings);
    };
    if let Some(outcome) = cache.find(&machine) {
        let mut texts = Vec::new();
        outcome.replay(|text| {
            texts.push(text.to_vec());
            Ok(())
        })?;
        let mut texts = texts.into_iter();
        let generation = nix_eval::strings::path_of(&texts.next().unwrap_or_default());
        let warnings = texts.map(|text| String::from_utf8_lossy(&text).into_owned()).collect();
        return Ok(Built { generation, warnings, parse: Duration::ZERO, evaluate: start.elapsed() });
    }
    let recording = Recording::new(&machine);
    let result = build_anew(environment, request, &recording, settings);
    match &result {
        Ok(built) => {
            transcript.result_unwritten(nix_eval::strings::bytes_of(&built.generation));
            built.warnings.iter().for_each(|warning| transcript.result_unwritten(warning.as_bytes()));
            cache.keep(recording, &transcript, None);
        }
        Err(error) if error.rendered => cache.keep(recording, &transcript, Some(error)),
        // Any other error is of the surroundings, and need not come again.
        Err(_) => {}
    }
    result
}

/// Under which key the outcome is kept, if it is.
fn key(
    environment: &Environment,
    request: &Request,
    given: &NixSettings,
    settings: &nix_eval::Settings,
    machine: &Machine<'_>,
) -> Option<Key> {
    if !request.eval_cache || given.flag("eval-cache") == Some(false) {
        return None;
    }
    let Environment { home, user, config_home, data_home, state_home, cache_home, path, directory, .. } =
        environment;
    let mut key = Key::new()?;
    key.add("request", request);
    key.add("homes", (home, user, config_home, data_home, state_home, cache_home));
    key.add("directories", (directory, request.search_path_from_caller.then_some(path)));
    key.add("given", given);
    key.add("settings", settings);
    key.add("store", machine.store_dir().as_str());
    Some(key)
}

fn build_anew(
    environment: &Environment,
    request: &Request,
    host: &dyn Host,
    settings: nix_eval::Settings,
) -> Result<Built, CommandError> {
    let start = Instant::now();
    let arena = Arena::new();
    let eval = Eval::new(&arena, host, settings);
    let resolves = |name: &str| eval.find_file(&search_entries(&eval), name.as_bytes(), Pos::NONE).is_ok();
    let modules = request.modules.unwrap_or(if resolves("home-manager") && resolves("nixpkgs") {
        Modules::HomeManager
    } else {
        Modules::Nixlib
    });
    let packages = request.pkgs.unwrap_or(if modules == Modules::HomeManager || resolves("nixpkgs") {
        Packages::Nixpkgs
    } else {
        Packages::Host
    });
    let configuration = |eval: &Eval<'_>| -> EvalResult<()> {
        let text = eval.host.read_file(&request.file).unwrap_or_default();
        let directory = request.file.parent().unwrap_or(Path::new("/"));
        let origin = Origin::File(nix_eval::strings::bytes_of(&request.file).to_vec());
        eval.load(origin, &text, directory, &[]).map(|_| ())
    };
    if let Err(error) = std::fs::metadata(&request.file) {
        return Err(CommandError::user(format!("cannot read {}: {error}", request.file.display())));
    }
    // A configuration that does not even parse is told apart before anything else is looked at.
    configuration(&eval).map_err(|error| diagnostics::command_error(&eval, &error, request.style))?;
    let parse = start.elapsed();
    let start = Instant::now();
    let (generation, warnings) = match modules {
        Modules::Nixlib => evaluate(&eval, environment, request, packages),
        Modules::HomeManager => evaluate_home_manager(&eval, environment, request),
    }
    .map_err(|error| diagnostics::command_error(&eval, &error, request.style))?;
    Ok(Built { generation, warnings, parse, evaluate: start.elapsed() })
}

fn search_entries(eval: &Eval<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let path = &eval.settings.search_path;
    path.iter().map(|(prefix, path)| (prefix.clone().into_bytes(), path.clone().into_bytes())).collect()
}

fn found<'a>(eval: &Eval<'a>, name: &str) -> EvalResult<Value<'a>> {
    eval.find_file(&search_entries(eval), name.as_bytes(), Pos::NONE)
}

fn import<'a>(eval: &Eval<'a>, path: Value<'a>) -> EvalResult<Value<'a>> {
    let (path, _) = eval.coerce_to_path(path, Pos::NONE)?;
    eval.import(&path, Pos::NONE)
}

/// The attribute of a set that the program's own files give.
fn attribute<'a>(eval: &Eval<'a>, set: Value<'a>, name: &str) -> EvalResult<Value<'a>> {
    let attrs = eval.expect_attrs(set, Pos::NONE)?;
    match attrs.get(eval.symbols.intern(name.as_bytes())) {
        Some(slot) => eval.force_slot(slot),
        None => Err(nix_eval::EvalError::other(format!("the attribute '{name}' is missing"), Pos::NONE)),
    }
}

fn path_value<'a>(eval: &Eval<'a>, path: &Path) -> Value<'a> {
    eval.path(nix_eval::strings::bytes_of(path))
}

fn string_value<'a>(eval: &Eval<'a>, path: &Path) -> Value<'a> {
    eval.string(nix_eval::strings::bytes_of(path))
}

/// What nixlib's entry point gives.
fn library<'a>(eval: &Eval<'a>) -> EvalResult<Value<'a>> {
    let entry = eval.import(&nixlib::path("default.nix"), Pos::NONE)?;
    let arguments = eval.attrs(&[
        ("primops", primops::primops(eval)),
        ("system", eval.string(eval.settings.system.as_bytes())),
    ]);
    eval.call(entry, &[arguments], Pos::NONE)
}

fn evaluate<'a>(
    eval: &Eval<'a>,
    environment: &Environment,
    request: &Request,
    packages: Packages,
) -> EvalResult<(PathBuf, Vec<String>)> {
    let library = library(eval)?;
    let eval_home = attribute(eval, library, "evalHome")?;
    let mut fields = vec![
        ("configuration", path_value(eval, &request.file)),
        ("username", eval.string(environment.user.as_bytes())),
        ("homeDirectory", string_value(eval, &environment.home)),
    ];
    let bases = [
        ("xdgConfigHome", &environment.config_home, ".config"),
        ("xdgDataHome", &environment.data_home, ".local/share"),
        ("xdgStateHome", &environment.state_home, ".local/state"),
        ("xdgCacheHome", &environment.cache_home, ".cache"),
    ];
    for (name, path, default) in bases {
        if *path != environment.home.join(default) {
            fields.push((name, string_value(eval, path)));
        }
    }
    if request.search_path_from_caller {
        let directories: Vec<Value<'a>> =
            environment.path.iter().map(|path| string_value(eval, path)).collect();
        fields.push(("hostSearchPath", eval.list(&directories)));
    }
    if packages == Packages::Nixpkgs {
        let nixpkgs = import(eval, found(eval, "nixpkgs")?)?;
        let pkgs = eval.call(nixpkgs, &[eval.attrs(&[])], Pos::NONE)?;
        fields.push(("pkgs", pkgs));
    }
    let home = eval.call(eval_home, &[eval.attrs(&fields)], Pos::NONE)?;
    let warnings = strings(eval, attribute(eval, home, "warnings")?)?;
    let generation = attribute(eval, home, "activationPackage")?;
    let generation = eval.coerce_to_path(generation, Pos::NONE)?.0;
    Ok((generation, warnings))
}

/// With Home Manager's modules the generation is a derivation, which the store has to build.
fn evaluate_home_manager(
    eval: &Eval<'_>,
    environment: &Environment,
    request: &Request,
) -> EvalResult<(PathBuf, Vec<String>)> {
    let modules = import(eval, found(eval, "home-manager/modules")?)?;
    let nixpkgs = import(eval, found(eval, "nixpkgs")?)?;
    let pkgs = eval.call(nixpkgs, &[eval.attrs(&[])], Pos::NONE)?;
    let defaults = eval.attrs(&[(
        "home",
        eval.attrs(&[
            ("username", low_priority(eval, eval.string(environment.user.as_bytes()))),
            ("homeDirectory", low_priority(eval, string_value(eval, &environment.home))),
        ]),
    )]);
    let module = attribute(eval, library(eval)?, "homeManagerModule")?;
    let configuration =
        eval.attrs(&[("imports", eval.list(&[path_value(eval, &request.file), defaults, module]))]);
    let home =
        eval.call(modules, &[eval.attrs(&[("configuration", configuration), ("pkgs", pkgs)])], Pos::NONE)?;
    let package = attribute(eval, home, "activationPackage")?;
    let drv_path = attribute(eval, package, "drvPath")?;
    let drv_path = eval.coerce_to_path(drv_path, Pos::NONE)?.0;
    let derivation = eval
        .host
        .store_dir()
        .parse(nix_eval::strings::bytes_of(&drv_path))
        .map_err(|error| nix_eval::EvalError::other(error.to_string(), Pos::NONE))?;
    eval.host.realise(&derivation, "out").map_err(|error| {
        nix_eval::EvalError::other(
            format!("cannot build {}: {error}; --modules nixlib needs no builder", drv_path.display()),
            Pos::NONE,
        )
    })?;
    Ok((eval.coerce_to_path(package, Pos::NONE)?.0, Vec::new()))
}

/// A definition that any other one overrides, in the module system's own form.
fn low_priority<'a>(eval: &Eval<'a>, content: Value<'a>) -> Value<'a> {
    eval.attrs(&[("_type", eval.string(b"override")), ("priority", Value::int(1200)), ("content", content)])
}

fn strings<'a>(eval: &Eval<'a>, list: Value<'a>) -> EvalResult<Vec<String>> {
    let mut texts = Vec::new();
    for slot in eval.expect_list(list, Pos::NONE)?.slice() {
        let text = eval.expect_string(Value::reference(slot), Pos::NONE)?;
        texts.push(String::from_utf8_lossy(text.bytes()).into_owned());
    }
    Ok(texts)
}
