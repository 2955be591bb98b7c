//! `toXML`.

use nix_syntax::program::LambdaId;
use nix_syntax::source::Pos;
use rustc_hash::FxHashSet;

use super::{Def, arity, def};
use crate::context::ContextBuilder;
use crate::error::EvalResult;
use crate::eval::Eval;
use crate::print::atom;
use crate::value::{Value, View};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![def("toXML", 1, 0, |eval, args, pos| {
        let [value] = args else { return Err(arity(pos)) };
        let mut context = ContextBuilder::default();
        let text = eval.to_xml(*value, true, false, &mut context, pos)?;
        Ok(eval.string_with_context(text.as_bytes(), context.finish(&eval.contexts)))
    })]
}

impl<'a> Eval<'a> {
    /// A value in Nix's XML form. With `strict`, all of it is evaluated; with `positions`, attributes tell where they
    /// were defined.
    ///
    /// # Errors
    /// What evaluation runs into.
    pub fn to_xml(
        &self,
        value: Value<'a>,
        strict: bool,
        positions: bool,
        context: &mut ContextBuilder,
        pos: Pos,
    ) -> EvalResult<String> {
        let mut writer = Writer {
            eval: self,
            strict,
            positions,
            context,
            seen: FxHashSet::default(),
            out: "<?xml version='1.0' encoding='utf-8'?>\n<expr>\n".to_owned(),
            pos,
        };
        writer.value(value, 1)?;
        let mut out = writer.out;
        out.push_str("</expr>\n");
        Ok(out)
    }
}

struct Writer<'w, 'a> {
    eval: &'w Eval<'a>,
    strict: bool,
    positions: bool,
    context: &'w mut ContextBuilder,
    seen: FxHashSet<String>,
    out: String,
    pos: Pos,
}

fn escaped(text: &[u8]) -> String {
    let mut out = String::new();
    for c in String::from_utf8_lossy(text).chars() {
        match c {
            '"' => out.push_str("&quot;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' => out.push_str("&#xA;"),
            c => out.push(c),
        }
    }
    out
}

impl<'a> Writer<'_, 'a> {
    fn line(&mut self, depth: usize, text: &str) {
        self.out.push_str(&"  ".repeat(depth));
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn place(&self, pos: Pos) -> String {
        match self.eval.sources.locate(pos) {
            Some(found) if self.positions => format!(
                " column=\"{}\" line=\"{}\" path=\"{}\"",
                found.column,
                found.line,
                escaped(found.origin.display().as_bytes())
            ),
            _ => String::new(),
        }
    }

    fn value(&mut self, value: Value<'a>, depth: usize) -> EvalResult<()> {
        self.eval.enter_call(self.pos)?;
        let result = self.value_inside(value, depth);
        self.eval.leave_call();
        result
    }

    fn value_inside(&mut self, value: Value<'a>, depth: usize) -> EvalResult<()> {
        let value = match value.view() {
            View::Ref(slot) if !self.strict => slot.get(),
            _ => value,
        };
        let value = if self.strict { self.eval.force(value)? } else { value };
        match value.view() {
            View::Null => self.line(depth, "<null />"),
            View::Bool(value) => self.line(depth, &format!("<bool value=\"{value}\" />")),
            View::Int(value) => self.line(depth, &format!("<int value=\"{value}\" />")),
            View::Float(value) => {
                self.line(depth, &format!("<float value=\"{}\" />", nix_syntax::float::general_float(value)));
            }
            View::Str(text) => {
                self.context.add(&self.eval.contexts, text.context());
                self.line(depth, &format!("<string value=\"{}\" />", escaped(text.bytes())));
            }
            View::Path(path) => self.line(depth, &format!("<path value=\"{}\" />", escaped(path.bytes()))),
            View::List(list) => {
                self.line(depth, "<list>");
                for slot in list.slice() {
                    self.value(Value::reference(slot), depth + 1)?;
                }
                self.line(depth, "</list>");
            }
            View::Attrs(attrs) => {
                let kind = match attrs.get(self.eval.names.r#type) {
                    Some(slot) if self.strict => self.eval.force_slot(slot)?,
                    Some(slot) => slot.get(),
                    None => Value::NULL,
                };
                if !matches!(kind.view(), View::Str(text) if text.bytes() == b"derivation") {
                    self.line(depth, "<attrs>");
                    self.attributes(attrs, depth + 1)?;
                    self.line(depth, "</attrs>");
                    return Ok(());
                }
                let field = |name| -> EvalResult<Option<String>> {
                    let Some(slot) = attrs.get(name) else { return Ok(None) };
                    let value = if self.strict { self.eval.force_slot(slot)? } else { slot.get() };
                    Ok(match value.view() {
                        View::Str(text) => Some(escaped(text.bytes())),
                        _ => None,
                    })
                };
                let drv_path = field(self.eval.names.drv_path)?;
                let out_path = field(self.eval.names.out_path)?;
                let mut tag = "<derivation".to_owned();
                if let Some(path) = &drv_path {
                    tag.push_str(&format!(" drvPath=\"{path}\""));
                }
                if let Some(path) = &out_path {
                    tag.push_str(&format!(" outPath=\"{path}\""));
                }
                tag.push('>');
                self.line(depth, &tag);
                match drv_path {
                    Some(path) if !path.is_empty() && self.seen.insert(path.clone()) => {
                        self.attributes(attrs, depth + 1)?
                    }
                    _ => self.line(depth + 1, "<repeated />"),
                }
                self.line(depth, "</derivation>");
            }
            View::Lambda(_, id, _) => self.function(id, 0, depth),
            // To Nix, a function with some of its arguments is the function that is left.
            View::Partial(_, partial) => match partial.func.view() {
                View::Lambda(_, id, _) => self.function(id, partial.args.len(), depth),
                _ => self.line(depth, "<unevaluated />"),
            },
            View::Builtin(..) => self.line(depth, "<unevaluated />"),
            View::Ref(_) | View::Suspended(..) | View::Call(..) | View::Blackhole => {
                match self.eval.shown_time(value)? {
                    Some(time) => self.line(depth, &format!("<int value=\"{}\" />", atom(time))),
                    None => self.line(depth, "<unevaluated />"),
                }
            }
        }
        Ok(())
    }

    /// A function of the program that was given some of its arguments.
    fn function(&mut self, id: LambdaId, given: usize, depth: usize) {
        let eval = self.eval;
        let Some(lambda) = eval.lambdas.get(id) else { return };
        let place = self.place(lambda.pos);
        self.line(depth, &format!("<function{place}>"));
        if let Some(name) = lambda.params.get(given) {
            self.line(depth + 1, &format!("<varpat name=\"{}\" />", escaped(eval.symbols.name(*name))));
        } else if let Some(formals) = &lambda.formals {
            let mut tag = "<attrspat".to_owned();
            if formals.ellipsis {
                tag.push_str(" ellipsis=\"1\"");
            }
            if let Some((name, _)) = formals.at {
                tag.push_str(&format!(" name=\"{}\"", escaped(eval.symbols.name(name))));
            }
            tag.push('>');
            self.line(depth + 1, &tag);
            let mut names: Vec<&[u8]> =
                formals.formals.iter().map(|formal| eval.symbols.name(formal.name)).collect();
            names.sort_unstable();
            for name in names {
                self.line(depth + 2, &format!("<attr name=\"{}\" />", escaped(name)));
            }
            self.line(depth + 1, "</attrspat>");
        }
        self.line(depth, "</function>");
    }

    fn attributes(&mut self, attrs: &'a crate::attrs::Attrs<'a>, depth: usize) -> EvalResult<()> {
        let eval = self.eval;
        for (name, pos, slot) in attrs.alphabetical(&eval.shapes, &eval.symbols) {
            let place = self.place(pos);
            self.line(depth, &format!("<attr{place} name=\"{}\">", escaped(eval.symbols.name(name))));
            self.value(Value::reference(slot), depth + 1).map_err(|error| {
                error.frame(format!("while evaluating the attribute '{}'", eval.name(name)), self.pos)
            })?;
            self.line(depth, "</attr>");
        }
        Ok(())
    }
}
