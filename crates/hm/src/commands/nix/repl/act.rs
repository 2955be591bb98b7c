//! What commands do with the one value that they are given: show its documentation, open its source, build it.

use std::path::{Path, PathBuf};
use std::process::Command;

use nix_eval::attrs::Attrs;
use nix_eval::builtins::{Documentation, documentation};
use nix_eval::session::FunctionDoc;
use nix_eval::strings::{Coercion, path_of};
use nix_eval::{EvalResult, Value, View};
use nix_syntax::program::Expr;
use nix_syntax::source::{Origin, Pos};

use super::super::Failure;
use super::session::{Acted, Session};
use crate::error::CommandError;

fn refuse(message: impl Into<String>) -> Failure {
    Failure::Command(CommandError::user(message))
}

impl<'a> Session<'_, 'a> {
    /// Shows the documentation of the function that `expr` gives, or of the attribute that it selects.
    pub(super) fn document(
        &mut self,
        text: &[u8],
        expr: &'a Expr<'a, Value<'a>>,
        out: &mut Vec<u8>,
    ) -> Acted {
        let eval = self.eval();
        let frame = self.scope.frame(eval);
        let selected = eval.attempt(|eval| eval.selected_definition(expr, frame))?;
        let value = self.value(expr)?;
        let shown = match eval.attempt(|eval| eval.function_doc(value))? {
            Some(FunctionDoc::Builtin(found)) => show_builtin(&found),
            Some(FunctionDoc::Lambda { name, pos, text }) => {
                let place = eval.describe_pos(pos);
                let title = match name {
                    Some(name) => format!("Function `{name}`\n  … defined at {place}\n"),
                    None => format!("Function defined at {place}\n"),
                };
                title + &text.map(|text| format!("\n{text}\n")).unwrap_or_default()
            }
            None => match (self.documented_name(text), selected) {
                (Some(found), _) => show_builtin(&found),
                (None, Some((name, pos))) => {
                    let text = eval.definition_doc(pos);
                    let text = text.unwrap_or_else(|| "No documentation found.".to_owned());
                    let (name, place) = (eval.name(name), eval.describe_pos(pos));
                    format!("Attribute `{name}`\n  … defined at {place}\n\n{text}\n")
                }
                (None, None) => return Err(refuse("value does not have documentation")),
            },
        };
        out.extend_from_slice(shown.as_bytes());
        Ok(())
    }

    /// The documentation of a member of `builtins` that is no function and is asked for by its name.
    fn documented_name(&self, text: &[u8]) -> Option<Documentation> {
        let text = std::str::from_utf8(text).ok()?;
        let hidden = |name: &str| self.scope.has(self.eval().symbols.intern(name.as_bytes()));
        let name = match text.strip_prefix("builtins.") {
            Some(name) if !hidden("builtins") => name,
            None if !hidden(text) && matches!(text, "builtins" | "true" | "false" | "null") => text,
            _ => return None,
        };
        documentation(name)
    }

    /// Opens the source of a value in the editor, then loads everything again.
    pub(super) fn edit(&mut self, value: Value<'a>) -> Acted {
        let (path, line) = self.source(value)?;
        let environment = self.given.environment;
        let editor = environment.editor.as_deref().unwrap_or("cat");
        let mut words = editor.split_whitespace();
        let Some(program) = words.next() else { return Err(refuse("EDITOR names no program")) };
        let mut command = Command::new(program);
        command.args(words);
        // These are known to take a line.
        if line > 0 && ["emacs", "nano", "vim", "kak"].iter().any(|known| editor.contains(known)) {
            command.arg(format!("+{line}"));
        }
        let copy = if path.exists() { None } else { Some(self.copy(&path)?) };
        command.arg(copy.as_ref().map_or(path.as_path(), |(_, copy)| copy));
        let status = command.status().map_err(|error| refuse(format!("cannot run '{program}': {error}")))?;
        if !status.success() {
            return Err(refuse(format!("'{program}' failed: {status}")));
        }
        if copy.is_none() {
            self.reload();
        }
        Ok(())
    }

    /// A file that exists only inside of hm, copied to where an editor finds it while the directory lives.
    fn copy(&self, path: &Path) -> Acted<(tempfile::TempDir, PathBuf)> {
        let text = self.eval().host.read_file(path);
        let text = text.map_err(|error| refuse(format!("cannot read {}: {error}", path.display())))?;
        let write = || {
            let dir = tempfile::Builder::new().prefix("hm-edit-").tempdir()?;
            let copy = dir.path().join(path.file_name().unwrap_or("file.nix".as_ref()));
            std::fs::write(&copy, text)?;
            Ok((dir, copy))
        };
        write().map_err(|error: std::io::Error| Failure::Command(error.into()))
    }

    /// The file and the line, zero for none, where a value comes from.
    fn source(&self, value: Value<'a>) -> Acted<(PathBuf, u32)> {
        let eval = self.eval();
        match value.view() {
            View::Path(_) | View::Str(_) => {
                Ok((eval.attempt(|eval| eval.coerce_to_path(value, Pos::NONE))?.0, 0))
            }
            View::Attrs(attrs) => self.package_source(attrs),
            other => {
                let pos = eval.function_position(other.value());
                match eval.sources.locate(pos) {
                    Some(found) => match found.origin {
                        Origin::File(path) => Ok((path_of(&path), found.line)),
                        _ => {
                            let place = eval.describe_pos(pos);
                            Err(refuse(format!("'{place}' cannot be shown in an editor")))
                        }
                    },
                    None => {
                        let what = other.value().type_with_article();
                        Err(refuse(format!("{what} has no source that could be edited")))
                    }
                }
            }
        }
    }

    /// Where a package says that it is from, as `meta.position`: a file, a colon and a line.
    fn package_source(&self, attrs: &'a Attrs<'a>) -> Acted<(PathBuf, u32)> {
        let position = self.eval().attempt(|eval| {
            let Some(meta) = attrs.get(eval.symbols.intern(b"meta")) else { return Ok(None) };
            let meta = eval.expect_attrs(eval.force_slot(meta)?, Pos::NONE)?;
            let Some(slot) = meta.get(eval.symbols.intern(b"position")) else { return Ok(None) };
            let text = eval.expect_string(Value::reference(slot), Pos::NONE)?;
            Ok(Some(String::from_utf8_lossy(text.bytes()).into_owned()))
        })?;
        let Some(position) = position else {
            return Err(refuse("the set has no 'meta.position' that would say where it is from"));
        };
        match position.rsplit_once(':').map(|(path, line)| (path, line.parse())) {
            Some((path, Ok(line))) => Ok((PathBuf::from(path), line)),
            _ => Err(refuse(format!("cannot read the position '{position}'"))),
        }
    }

    /// Builds all outputs of a derivation and says where they are.
    pub(super) fn build(&mut self, value: Value<'a>, out: &mut Vec<u8>) -> Acted {
        let eval = self.eval();
        let View::Attrs(attrs) = value.view() else { return Err(no_derivation()) };
        if !eval.attempt(|eval| eval.is_derivation(attrs))? {
            return Err(no_derivation());
        }
        let Some(slot) = attrs.get(eval.names.drv_path) else {
            return Err(refuse("the derivation has no attribute 'drvPath'"));
        };
        let path = eval.attempt(|eval| eval.coerce(Value::reference(slot), Pos::NONE, Coercion::PLAIN))?;
        let derivation = eval.host.store_dir().parse(path.bytes()).map_err(CommandError::from)?;
        let outputs = eval.attempt(|eval| outputs(eval, attrs))?;
        self.given.store.commit().map_err(CommandError::from)?;
        for (output, _) in &outputs {
            eval.host.realise(&derivation, output).map_err(|error| {
                let shown = eval.host.store_dir().join(&derivation);
                refuse(format!("building output '{output}' of '{shown}': {error}"))
            })?;
        }
        out.extend_from_slice(b"\nThis derivation produced the following outputs:\n");
        for (output, path) in outputs {
            out.extend_from_slice(format!("  {output} -> {path}\n").as_bytes());
        }
        Ok(())
    }
}

fn no_derivation() -> Failure {
    refuse("expression does not evaluate to a derivation, so it cannot be built")
}

/// The outputs of a derivation and their paths.
fn outputs<'a>(eval: &nix_eval::Eval<'a>, attrs: &'a Attrs<'a>) -> EvalResult<Vec<(String, String)>> {
    let text = |value| -> EvalResult<String> {
        let text = eval.coerce(value, Pos::NONE, Coercion::PLAIN)?;
        Ok(String::from_utf8_lossy(text.bytes()).into_owned())
    };
    let mut names = Vec::new();
    match attrs.get(eval.symbols.intern(b"outputs")) {
        Some(slot) => {
            for name in eval.expect_list(eval.force_slot(slot)?, Pos::NONE)?.slice() {
                names.push(text(Value::reference(name))?);
            }
        }
        None => names.push("out".to_owned()),
    }
    let mut found = Vec::new();
    for name in names {
        let output = match attrs.get(eval.symbols.intern(name.as_bytes())) {
            Some(slot) => eval.expect_attrs(eval.force_slot(slot)?, Pos::NONE)?,
            None => attrs,
        };
        let path = match output.get(eval.names.out_path) {
            Some(slot) => text(Value::reference(slot))?,
            None => String::new(),
        };
        found.push((name, path));
    }
    Ok(found)
}

fn show_builtin(found: &Documentation) -> String {
    let synopsis = if found.arguments.is_empty() {
        String::new()
    } else {
        format!("Synopsis: builtins.{} {}\n\n", found.name, found.arguments.join(" "))
    };
    format!("{synopsis}{}\n", found.text)
}
