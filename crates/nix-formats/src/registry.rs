//! Registries: which input a name such as `nixpkgs` stands for.
//!
//! The files are read by whoever looks names up here. What is in them is pure data: pairs of inputs, of which the first is
//! replaced by the second.

use serde_json::Value as Json;

use crate::Error;
use crate::error::{BadInput, BadLockFile};
use crate::flake_ref::{apply_overrides, check_input, is_direct, revision, shown};
use crate::input::{InputAttrs, InputValue, attrs_from_json, maybe_string};

/// A replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What is replaced.
    pub from: InputAttrs,
    /// By what.
    pub to: InputAttrs,
    /// The directory of the flake in it.
    pub dir: Option<String>,
    /// Whether a branch or revision that was asked for makes it another input.
    pub exact: bool,
}

/// The entries of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registry {
    /// In the order in which they are looked at.
    pub entries: Vec<Entry>,
}

/// All registries, the first of which counts most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registries {
    /// What was said on the command line.
    pub flags: Registry,
    /// The user's.
    pub user: Registry,
    /// The machine's.
    pub system: Registry,
    /// The one for everybody; `None` where it has to be downloaded first.
    pub global: Option<Registry>,
}

/// Which registries are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// None: only what says where it is to be had.
    Nothing,
    /// Those that are the same for everybody, and what was said on the command line: for the inputs of flakes.
    Shared,
    /// All of them.
    All,
}

/// How often a name may stand for another one.
const MAX_STEPS: usize = 100;

impl Registry {
    /// The registry in `text`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str, path: &str) -> Result<Registry, Error> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| BadLockFile::Json { path: path.to_owned(), reason: error.to_string() })?;
        let version = json.get("version").and_then(Json::as_i64).unwrap_or(0);
        if version != 2 {
            return Err(BadLockFile::RegistryVersion { path: path.to_owned(), version }.into());
        }
        let flakes =
            json.get("flakes").and_then(Json::as_array).ok_or(BadLockFile::MissingInRegistry("flakes"))?;
        Ok(Registry { entries: flakes.iter().map(entry).collect::<Result<_, _>>()? })
    }
}

fn entry(json: &Json) -> Result<Entry, Error> {
    let side = |name| {
        json.get(name)
            .ok_or(BadLockFile::MissingInRegistry(name))
            .and_then(attrs_from_json)
            .map_err(Error::from)
    };
    let mut to = side("to")?;
    let dir = to.remove("dir").as_ref().and_then(InputValue::as_str).map(str::to_owned);
    let exact = json.get("exact").and_then(Json::as_bool).unwrap_or(false);
    Ok(Entry { from: check_input(side("from")?)?, to: check_input(to)?, dir, exact })
}

impl Registries {
    /// What `input` stands for, and the directory of the flake in it where the registry says so. `downloaded` is the global
    /// registry if it is not among these.
    ///
    /// # Errors
    /// When nothing is known under that name. [`BadInput::GlobalRegistry`] asks for the global registry.
    pub fn lookup(
        &self,
        input: &InputAttrs,
        scope: Scope,
        downloaded: Option<&Registry>,
    ) -> Result<(InputAttrs, Option<String>), Error> {
        let (mut input, mut dir) = (input.clone(), None);
        if scope == Scope::Nothing {
            return Ok((input, dir));
        }
        let global = self.global.as_ref().or(downloaded);
        let local = [&self.user, &self.system];
        let local = local.into_iter().filter(|_| scope == Scope::All);
        let registries: Vec<&Registry> = std::iter::once(&self.flags).chain(local).chain(global).collect();
        let entries = || registries.iter().flat_map(|registry| &registry.entries);
        for _ in 0..MAX_STEPS {
            let Some(entry) = entries().find(|entry| entry.applies_to(&input)) else {
                return match (is_direct(&input), global) {
                    (true, _) => Ok((input, dir)),
                    (false, None) => Err(BadInput::GlobalRegistry(shown(&input)).into()),
                    (false, Some(_)) => Err(BadInput::NotInRegistries(shown(&input)).into()),
                };
            };
            input = entry.replace(&input)?;
            dir.clone_from(&entry.dir);
        }
        Err(BadInput::RegistryCycle(shown(&input)).into())
    }
}

impl Entry {
    fn applies_to(&self, input: &InputAttrs) -> bool {
        if self.from == *input {
            return true;
        }
        let mut general = input.clone();
        general.remove("ref");
        general.remove("rev");
        !self.exact && self.from == general
    }

    fn replace(&self, input: &InputAttrs) -> Result<InputAttrs, Error> {
        if self.exact {
            return Ok(self.to.clone());
        }
        let free = |name: &str| !self.from.contains_key(name);
        let reference = maybe_string(input, "ref")?.filter(|_| free("ref"));
        let revision = revision(input)?.filter(|_| free("rev")).map(|revision| revision.to_base16());
        apply_overrides(&self.to, reference, revision.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flake_ref::{FlakeRef, Reading};

    const USER: &str = r#"{"version": 2, "flakes": [
        {"from": {"type": "indirect", "id": "a"}, "to": {"type": "github", "owner": "o", "repo": "r", "dir": "d"}},
        {"from": {"type": "indirect", "id": "b"}, "to": {"type": "indirect", "id": "a"}},
        {"from": {"type": "indirect", "id": "c"}, "to": {"type": "indirect", "id": "c"}},
        {"from": {"type": "indirect", "id": "e"}, "to": {"type": "path", "path": "/e"}, "exact": true},
        {"from": {"type": "indirect", "id": "f"}, "to": {"type": "path", "path": "/f"}}]}"#;
    const GLOBAL: &str = r#"{"version": 2, "flakes": [
        {"from": {"type": "indirect", "id": "a"}, "to": {"type": "path", "path": "/global"}},
        {"from": {"type": "indirect", "id": "g"}, "to": {"type": "indirect", "id": "a"}}]}"#;

    #[track_caller]
    fn check(text: &str, global: bool, scope: Scope, expected: &str) {
        let registries = Registries {
            user: Registry::parse(USER, "test").unwrap(),
            global: global.then(Registry::default),
            ..Registries::default()
        };
        let input = FlakeRef::parse(text, Reading::FLAKE).unwrap().input;
        let found = match registries.lookup(&input, scope, None) {
            Ok((input, dir)) => format!("{} {}", shown(&input), dir.unwrap_or_default()),
            Err(error) => format!("! {error}"),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn names_stand_for_inputs() {
        let all = Scope::All;
        check("a", true, all, "github:o/r d");
        check("b/x", true, all, "github:o/r/x d");
        check("e", true, all, "path:/e ");
        check("path:/x", true, all, "path:/x ");
        check("e/x", true, all, "! cannot find flake 'flake:e/x' in the flake registries");
        check("f/x", true, all, "! don't know how to set branch/tag name of input 'path:/f' to 'x'");
        check("z", true, all, "! cannot find flake 'flake:z' in the flake registries");
        let rev = "f173c99092391bfeec05b3185b7583d9a40f9a01";
        check(&format!("a/{rev}"), true, all, &format!("github:o/r/{rev} d"));
        let both = format!(
            "! cannot apply both a commit hash ({rev}) and a branch/tag name ('x') to input 'github:o/r'"
        );
        check(&format!("a/x/{rev}"), true, all, &both);
        check("c", true, all, "! cycle detected in flake registry for 'flake:c'");
    }

    #[test]
    fn inputs_are_not_looked_up_in_the_user_s() {
        check("a", true, Scope::Shared, "! cannot find flake 'flake:a' in the flake registries");
        check("a", true, Scope::Nothing, "flake:a ");
    }

    #[test]
    fn the_global_one_may_have_to_be_downloaded() {
        let expected = "! cannot find flake 'flake:z' in the flake registries of this machine, and nobody downloads the \
            global one";
        check("z", false, Scope::All, expected);
        check("a", false, Scope::All, "github:o/r d");
        let registries = Registries { user: Registry::parse(USER, "test").unwrap(), ..Registries::default() };
        let global = Registry::parse(GLOBAL, "test").unwrap();
        for (scope, expected) in [(Scope::All, "github:o/r"), (Scope::Shared, "path:/global")] {
            let input = FlakeRef::parse("g", Reading::FLAKE).unwrap().input;
            let (found, _) = registries.lookup(&input, scope, Some(&global)).unwrap();
            assert_eq!(shown(&found), expected);
        }
    }

    #[test]
    fn files_that_are_no_registries() {
        for (text, expected) in [
            ("{", "Could not parse 'f': EOF while parsing an object at line 1 column 1"),
            (r#"{"version": 1}"#, "flake registry 'f' has unsupported version 1"),
            (r#"{"version": 2}"#, "attribute 'flakes' missing in registry"),
            (r#"{"version": 2, "flakes": [{}]}"#, "attribute 'to' missing in registry"),
        ] {
            assert_eq!(Registry::parse(text, "f").unwrap_err().to_string(), expected, "{text}");
        }
    }
}
