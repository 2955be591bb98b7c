//! The journal: what a run has set out to do, told so that the next one can complete or undo it.
//!
//! It is on the disk before the first change and goes after the last. Its form is number 2: it says what kind of work
//! it is about. Form 1 knew switches only, and is read as that.
//!
//! Each kind says by itself how it is recovered. A new kind is a variant of [`Work`] with what that takes, an arm in
//! `Session::recover`, and one of [`Unfinished`](crate::Unfinished).

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::manifest::version_of;
use crate::plan::LinkPlan;

/// The newest form of the journal that is understood.
const VERSION: u64 = 2;

/// What a run under way has set out to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Journal<'a> {
    version: u64,
    /// Part of the temporary names of this run.
    pub(crate) token: String,
    pub(crate) home: PathBuf,
    /// The profile link.
    pub(crate) profile: PathBuf,
    pub(crate) work: Work<'a>,
}

/// A kind of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Work<'a> {
    /// From one generation to another. Committed by the profile link.
    Switch(Cow<'a, Switch>),
    /// The home is given back. Committed when the profile link is gone.
    Leave(Cow<'a, Leave>),
    /// Numbered links of the profile go. Always completed.
    RemoveGenerations(Removal),
    /// The caller's store is collected. Always done again, by the caller.
    CollectGarbage(Garbage),
}

/// A switch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Switch {
    pub(crate) old: Option<Side>,
    pub(crate) new: Side,
    /// The numbered link of the new generation is made by this run.
    pub(crate) makes_link: bool,
    /// The generation of home-manager that it takes over from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) takes_over: Option<PathBuf>,
    /// The units that the caller stops for a moment after the commit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) stops: Vec<String>,
    pub(crate) plan: LinkPlan,
}

/// The end of `hm` in a home.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Leave {
    /// The generation that was current.
    pub(crate) old: Option<Side>,
    /// The generation of home-manager that gets the home back.
    pub(crate) back_to: Option<PathBuf>,
    /// The store that the caller removes.
    pub(crate) store: Option<PathBuf>,
    pub(crate) plan: LinkPlan,
}

/// A removal of generations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Removal {
    /// Those that go. A number that leads elsewhere when it is looked at is another generation and stays.
    pub(crate) generations: Vec<Side>,
}

/// A collection of garbage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Garbage {
    /// The directory of the store, as the caller named it.
    pub(crate) store: PathBuf,
}

/// A generation by its number and what the number leads to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Its number in the profile.
    pub id: u64,
    /// Its store path.
    pub path: PathBuf,
}

/// Form 1, which is always a switch.
#[derive(Deserialize)]
struct First {
    token: String,
    home: PathBuf,
    profile: PathBuf,
    #[serde(flatten)]
    switch: Switch,
}

impl<'a> Journal<'a> {
    pub(crate) fn new(token: String, home: PathBuf, profile: PathBuf, work: Work<'a>) -> Self {
        Self { version: VERSION, token, home, profile, work }
    }

    /// Reads the text of a journal of any form up to this one's; `path` names it in errors.
    pub(crate) fn parse(text: &[u8], path: &Path) -> Result<Self, Error> {
        let malformed = |source| Error::Malformed { path: path.to_owned(), source };
        match version_of(text, VERSION, path)? {
            0 | 1 => {
                let First { token, home, profile, switch } =
                    serde_json::from_slice(text).map_err(malformed)?;
                Ok(Self::new(token, home, profile, Work::Switch(Cow::Owned(switch))))
            }
            _ => serde_json::from_slice(text).map_err(malformed),
        }
    }
}

/// The name in the profile's folder under which the run `token` makes the new profile link.
pub(crate) fn profile_temporary(token: &str) -> String {
    format!(".hm-{token}-profile")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(id: u64) -> Side {
        Side { id, path: format!("/s/{id}").into() }
    }

    fn works() -> [Work<'static>; 3] {
        let plan = LinkPlan { home_files: "/s/files".to_owned(), ..LinkPlan::default() };
        [
            Work::Switch(Cow::Owned(Switch {
                old: Some(side(1)),
                new: side(2),
                makes_link: true,
                takes_over: None,
                stops: Vec::new(),
                plan,
            })),
            Work::RemoveGenerations(Removal { generations: vec![side(1), side(3)] }),
            Work::CollectGarbage(Garbage { store: "/s".into() }),
        ]
    }

    #[test]
    fn every_kind_is_read_as_it_was_written() {
        let texts: Vec<String> = works()
            .into_iter()
            .map(|work| {
                let journal = Journal::new("t".to_owned(), "/h".into(), "/p/hm".into(), work);
                let text = serde_json::to_string(&journal).unwrap();
                assert_eq!(Journal::parse(text.as_bytes(), Path::new("j")).unwrap(), journal);
                text
            })
            .collect();
        insta::assert_snapshot!(texts.join("\n"), @r#"
        {"version":2,"token":"t","home":"/h","profile":"/p/hm","work":{"switch":{"old":{"id":1,"path":"/s/1"},"new":{"id":2,"path":"/s/2"},"makesLink":true,"plan":{"homeFiles":"/s/files","steps":[],"unchanged":0}}}}
        {"version":2,"token":"t","home":"/h","profile":"/p/hm","work":{"remove-generations":{"generations":[{"id":1,"path":"/s/1"},{"id":3,"path":"/s/3"}]}}}
        {"version":2,"token":"t","home":"/h","profile":"/p/hm","work":{"collect-garbage":{"store":"/s"}}}
        "#);
    }

    #[test]
    fn the_first_form_is_a_switch() {
        let text = r#"{"version":1,"token":"t","home":"/h","profile":"/p/hm","old":{"id":1,"path":"/s/1"},
            "new":{"id":2,"path":"/s/2"},"makesLink":true,
            "plan":{"homeFiles":"/s/files","steps":[{"step":"make-dir","path":"d"}],"unchanged":0}}"#;
        let Work::Switch(switch) = Journal::parse(text.as_bytes(), Path::new("j")).unwrap().work else {
            panic!("not a switch")
        };
        let Switch { old, new, makes_link, plan, .. } = switch.into_owned();
        assert_eq!((old, new, makes_link), (Some(side(1)), side(2), true));
        assert_eq!(plan.steps.len(), 1);
    }

    #[test]
    fn unreadable_journals() {
        let check = |text: &str, expected: &str| {
            let error = Journal::parse(text.as_bytes(), Path::new("/j")).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        };
        check(r#"{"version":3,"work":"anything"}"#, "/j has format 3, this hm understands at most 2");
        check(r#"{"version":2}"#, "/j is damaged: missing field `token`");
        check(
            r#"{"version":2,"token":"t","home":"/h","profile":"/p","work":{"fly":{}}}"#,
            "unknown variant `fly`",
        );
        check("", "/j is damaged");
    }
}
