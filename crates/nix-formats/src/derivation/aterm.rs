//! The textual form of derivations: printing and parsing ATerms.

use std::collections::{BTreeMap, BTreeSet};

use super::modulo::HashModuloInputs;
use super::{Derivation, DynamicInput, DynamicOutputs, Output, Recipe};
use crate::content_address::{ContentAddress, ContentAddressMethod};
use crate::error::{Error, printable};
use crate::hash::Hash;
use crate::scan::plain_prefix;
use crate::store_path::{StoreDir, StorePath};

/// How a derivation begins that has dynamic inputs.
const DYNAMIC: &[u8] = b"DrvWithVersion(\"xp-dyn-drv\",";

/// How deep dynamic inputs may nest.
const MAX_DYNAMIC: usize = 100;

pub(super) fn print(recipe: &Recipe<'_>, dir: &StoreDir) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(2048);
    print_outputs(&mut out, recipe, dir, Some(&recipe.paths(dir)?));
    print_inputs(&mut out, recipe, dir);
    print_behind_inputs(&mut out, recipe, dir, &[], &mut Vec::new());
    Ok(out)
}

pub(super) fn print_modulo(
    recipe: &Recipe<'_>,
    dir: &StoreDir,
    inputs: &HashModuloInputs<'_>,
) -> Result<Vec<u8>, Error> {
    let mut out = Vec::with_capacity(2048);
    print_outputs(&mut out, recipe, dir, Some(&recipe.paths(dir)?));
    print_modulo_inputs(&mut out, inputs);
    print_behind_inputs(&mut out, recipe, dir, &[], &mut Vec::new());
    Ok(out)
}

/// The beginning, up to the comma behind the outputs. Without their `paths`, what is said of them is left empty.
pub(super) fn print_outputs(
    out: &mut Vec<u8>,
    recipe: &Recipe<'_>,
    dir: &StoreDir,
    paths: Option<&[Option<StorePath>]>,
) {
    out.extend_from_slice(if recipe.dynamic_inputs.is_empty() { b"Derive([" } else { DYNAMIC });
    if !recipe.dynamic_inputs.is_empty() {
        out.push(b'[');
    }
    for (index, (name, output)) in recipe.outputs.iter().enumerate() {
        out.extend_from_slice(if index > 0 { b",(" } else { b"(" });
        plain(out, name);
        match paths {
            Some(paths) => output_fields(out, dir, output, paths.get(index).and_then(Option::as_ref)),
            None => out.extend_from_slice(br#","","","")"#),
        }
    }
    out.extend_from_slice(b"],");
}

/// The input derivations by their paths, with the comma behind them.
pub(super) fn print_inputs(out: &mut Vec<u8>, recipe: &Recipe<'_>, dir: &StoreDir) {
    if recipe.dynamic_inputs.is_empty() {
        list(out, recipe.input_drvs.chunk_by(|one, other| one.0 == other.0), |out, same| {
            if let Some((path, _)) = same.first() {
                input(out, dir, path, same.iter().map(|(_, output)| *output), None);
            }
        });
    } else {
        let plain = recipe.input_drvs.iter().map(|(path, _)| *path);
        let paths: BTreeSet<&StorePath> = plain.chain(recipe.dynamic_inputs.keys()).collect();
        list(out, paths, |out, path| {
            let same = recipe.input_drvs.iter().filter(|(other, _)| *other == path);
            input(out, dir, path, same.map(|(_, output)| *output), recipe.dynamic_inputs.get(path));
        });
    }
    out.push(b',');
}

/// The input derivations by their hashes, with the comma behind them.
pub(super) fn print_modulo_inputs(out: &mut Vec<u8>, inputs: &HashModuloInputs<'_>) {
    list(out, inputs.chunk_by(|one, other| one.0 == other.0), |out, same| {
        out.push(b'(');
        if let Some((hash, _)) = same.first() {
            out.push(b'"');
            hash.push_base16(out);
            out.push(b'"');
        }
        out.push(b',');
        list(out, same, |out, (_, output)| plain(out, output));
        out.push(b')');
    });
    out.push(b',');
}

/// What stands behind the input derivations. The variables named after `outputs` are left empty, whatever they were:
/// `holes` is where their values belong.
pub(super) fn print_behind_inputs(
    out: &mut Vec<u8>,
    recipe: &Recipe<'_>,
    dir: &StoreDir,
    outputs: &[(&str, Output)],
    holes: &mut Vec<usize>,
) {
    list(out, &recipe.input_srcs, |out, path| quoted_path(out, dir, path));
    out.push(b',');
    quoted_plain(out, &recipe.platform);
    out.push(b',');
    escaped(out, &recipe.builder);
    out.push(b',');
    list(out, &recipe.args, |out, arg| escaped(out, arg));
    out.extend_from_slice(b",[");
    let begin = out.len();
    let mut variable = |out: &mut Vec<u8>, name: &[u8], value: Option<&[u8]>| {
        out.extend_from_slice(if out.len() == begin { b"(" } else { b",(" });
        escaped(out, name);
        out.push(b',');
        match value {
            Some(value) => escaped(out, value),
            None => {
                out.extend_from_slice(b"\"\"");
                holes.push(out.len() - 1);
            }
        }
        out.push(b')');
    };
    let mut outputs = outputs.iter().map(|(name, _)| name.as_bytes()).peekable();
    for (name, value) in &recipe.env {
        while let Some(output) = outputs.next_if(|output| output < name) {
            variable(out, output, None);
        }
        let value = if outputs.next_if_eq(name).is_some() { None } else { Some(&**value) };
        variable(out, name, value);
    }
    outputs.for_each(|output| variable(out, output, None));
    out.extend_from_slice(b"])");
}

/// One input with its wanted outputs, and what is wanted of those that are derivations themselves.
fn input<'o>(
    out: &mut Vec<u8>,
    dir: &StoreDir,
    path: &StorePath,
    outputs: impl Iterator<Item = &'o str>,
    dynamic: Option<&DynamicOutputs>,
) {
    out.push(b'(');
    quoted_path(out, dir, path);
    out.push(b',');
    input_outputs(out, outputs, dynamic);
    out.push(b')');
}

fn input_outputs<'o>(
    out: &mut Vec<u8>,
    outputs: impl Iterator<Item = &'o str>,
    dynamic: Option<&DynamicOutputs>,
) {
    let Some(dynamic) = dynamic.filter(|dynamic| !dynamic.is_empty()) else {
        return list(out, outputs, plain);
    };
    out.push(b'(');
    list(out, outputs, plain);
    out.push(b',');
    list(out, dynamic, |out, (name, node)| {
        out.push(b'(');
        plain(out, name);
        out.push(b',');
        let outputs: &mut dyn Iterator<Item = &str> = &mut node.outputs.iter().map(String::as_str);
        input_outputs(out, outputs, Some(&node.dynamic));
        out.push(b')');
    });
    out.push(b')');
}

/// Path, method with algorithm, and hash, each empty where it does not apply, up to the end of the output.
fn output_fields(out: &mut Vec<u8>, dir: &StoreDir, output: &Output, path: Option<&StorePath>) {
    out.extend_from_slice(b",\"");
    if let Some(path) = path {
        dir.push_path(out, path);
    }
    out.extend_from_slice(b"\",\"");
    let how = match output {
        Output::Fixed(ContentAddress { method, hash }) => Some((method, hash.algo())),
        Output::Floating { method, algo } | Output::Impure { method, algo } => Some((method, *algo)),
        Output::InputAddressed(_) | Output::Deferred => None,
    };
    if let Some((method, algo)) = how {
        out.extend_from_slice(method.prefix().as_bytes());
        out.extend_from_slice(algo.name().as_bytes());
    }
    out.extend_from_slice(b"\",\"");
    match output {
        Output::Fixed(ContentAddress { hash, .. }) => hash.push_base16(out),
        Output::Impure { .. } => out.extend_from_slice(b"impure"),
        Output::InputAddressed(_) | Output::Floating { .. } | Output::Deferred => {}
    }
    out.extend_from_slice(b"\")");
}

fn list<T>(out: &mut Vec<u8>, items: impl IntoIterator<Item = T>, mut item: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (index, value) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        item(out, value);
    }
    out.push(b']');
}

fn quoted_path(out: &mut Vec<u8>, dir: &StoreDir, path: &StorePath) {
    out.push(b'"');
    dir.push_path(out, path);
    out.push(b'"');
}

fn plain(out: &mut Vec<u8>, text: &str) {
    quoted_plain(out, text.as_bytes());
}

fn quoted_plain(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text);
    out.push(b'"');
}

fn escaped(out: &mut Vec<u8>, text: &[u8]) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    let special =
        |byte| (byte == b'"') | (byte == b'\\') | (byte == b'\n') | (byte == b'\r') | (byte == b'\t');
    let mut rest = text;
    loop {
        let (plain, marked) = rest.split_at(plain_prefix(rest, special));
        out.extend_from_slice(plain);
        let Some((byte, behind)) = marked.split_first() else { break };
        out.push(b'\\');
        out.push(match byte {
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            byte => *byte,
        });
        rest = behind;
    }
    out.push(b'"');
}

pub(super) fn parse(dir: &StoreDir, name: &str, text: &[u8]) -> Result<Derivation, Error> {
    let mut parser = Parser { text, at: 0 };
    let may_be_dynamic = text.starts_with(DYNAMIC);
    if may_be_dynamic {
        parser.at = DYNAMIC.len();
    } else if text.starts_with(b"DrvWithVersion(") {
        return Err(parser.bad("this version of the format is not known"));
    } else {
        parser.expect("Derive(")?;
    }
    let outputs = parser.entries(|parser| {
        let output_name = parser.text()?;
        parser.expect(",")?;
        let output = parser.output(dir, name, &output_name)?;
        Ok((output_name, output))
    })?;
    parser.expect(",")?;
    let mut dynamic_inputs = BTreeMap::new();
    let input_drvs = parser.entries(|parser| {
        let path = dir.parse(parser.string()?)?;
        parser.expect(",")?;
        let node = parser.input_node(may_be_dynamic, MAX_DYNAMIC)?;
        if node.outputs.is_empty() && node.dynamic.is_empty() {
            return Err(parser.bad(format!("the input derivation '{path}' names no outputs")));
        }
        if !node.dynamic.is_empty() {
            dynamic_inputs.insert(path.clone(), node.dynamic);
        }
        Ok((path, node.outputs))
    })?;
    let input_drvs = input_drvs.into_iter().filter(|(_, outputs)| !outputs.is_empty()).collect();
    parser.expect(",")?;
    let input_srcs = parser.list(|parser| dir.parse(parser.string()?))?;
    parser.expect(",")?;
    let platform = parser.string()?;
    parser.expect(",")?;
    let builder = parser.string()?;
    parser.expect(",")?;
    let args = parser.list(Parser::string)?;
    parser.expect(",")?;
    let env = parser.entries(|parser| {
        let name = parser.string()?;
        parser.expect(",")?;
        Ok((name, parser.string()?))
    })?;
    parser.expect(")")?;
    if parser.at != text.len() {
        return Err(parser.bad("there is text after its end"));
    }
    let name = name.to_owned();
    Ok(Derivation { name, outputs, input_drvs, dynamic_inputs, input_srcs, platform, builder, args, env })
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    fn bad(&self, reason: impl Into<String>) -> Error {
        Error::BadDerivation { offset: self.at, reason: reason.into() }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn expect(&mut self, expected: &str) -> Result<(), Error> {
        if !self.rest().starts_with(expected.as_bytes()) {
            return Err(self.bad(format!("expected '{expected}'")));
        }
        self.at += expected.len();
        Ok(())
    }

    fn string(&mut self) -> Result<Vec<u8>, Error> {
        self.expect("\"")?;
        let mut string = Vec::new();
        loop {
            let rest = self.rest();
            let plain = rest.iter().position(|&byte| byte == b'"' || byte == b'\\');
            let Some((before, from)) = plain.and_then(|at| rest.split_at_checked(at)) else {
                return Err(self.bad("a string is not terminated"));
            };
            string.extend_from_slice(before);
            match *from {
                [b'\\', escaped, ..] => {
                    string.push(match escaped {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        other => other,
                    });
                    self.at += before.len() + 2;
                }
                [b'"', ..] => {
                    self.at += before.len() + 1;
                    return Ok(string);
                }
                _ => return Err(self.bad("a string is not terminated")),
            }
        }
    }

    fn text(&mut self) -> Result<String, Error> {
        let start = self.at;
        String::from_utf8(self.string()?).map_err(|error| Error::BadDerivation {
            offset: start,
            reason: format!("'{}' is not UTF-8", printable(error.as_bytes())),
        })
    }

    fn list<T, C: FromIterator<T>>(
        &mut self,
        mut item: impl FnMut(&mut Self) -> Result<T, Error>,
    ) -> Result<C, Error> {
        self.expect("[")?;
        let mut first = true;
        let items = std::iter::from_fn(|| {
            if self.rest().starts_with(b"]") {
                self.at += 1;
                return None;
            }
            let separator = if std::mem::take(&mut first) { Ok(()) } else { self.expect(",") };
            Some(separator.and_then(|()| item(self)))
        });
        items.collect()
    }

    fn entries<K: Ord, V>(
        &mut self,
        mut entry: impl FnMut(&mut Self) -> Result<(K, V), Error>,
    ) -> Result<BTreeMap<K, V>, Error> {
        self.list(|parser| {
            parser.expect("(")?;
            let entry = entry(parser)?;
            parser.expect(")")?;
            Ok(entry)
        })
    }

    /// The outputs of an input: a list, or in the dynamic form also a pair of a list and what is wanted of outputs
    /// that are derivations themselves, `depth` levels of them at most.
    fn input_node(&mut self, may_be_dynamic: bool, depth: usize) -> Result<DynamicInput, Error> {
        if !may_be_dynamic || !self.rest().starts_with(b"(") {
            return Ok(DynamicInput { outputs: self.list(Parser::text)?, dynamic: BTreeMap::new() });
        }
        let Some(depth) = depth.checked_sub(1) else {
            return Err(self.bad("its dynamic inputs nest too deeply"));
        };
        self.expect("(")?;
        let outputs = self.list(Parser::text)?;
        self.expect(",")?;
        let dynamic = self.entries(|parser| {
            let name = parser.text()?;
            parser.expect(",")?;
            Ok((name, parser.input_node(true, depth)?))
        })?;
        self.expect(")")?;
        Ok(DynamicInput { outputs, dynamic })
    }

    fn output(&mut self, dir: &StoreDir, derivation: &str, name: &str) -> Result<Output, Error> {
        let path = self.string()?;
        self.expect(",")?;
        let method = self.text()?;
        self.expect(",")?;
        let hash = self.text()?;
        if method.is_empty() {
            let known = (!path.is_empty()).then(|| dir.parse(path)).transpose()?;
            return Ok(known.map_or(Output::Deferred, Output::InputAddressed));
        }
        let (method, algo) = ContentAddressMethod::parse_with_algo(&method)?;
        if hash.is_empty() || hash == "impure" {
            if !path.is_empty() {
                return Err(self.bad(format!("the output '{name}' cannot have a path before it is built")));
            }
            return Ok(if hash.is_empty() {
                Output::Floating { method, algo }
            } else {
                Output::Impure { method, algo }
            });
        }
        let output = Output::Fixed(ContentAddress { method, hash: Hash::parse_digits(&hash, algo)? });
        let stated: StorePath = dir.parse(path)?;
        if output.path(dir, derivation, name)?.as_ref() != Some(&stated) {
            return Err(self.bad(format!("the path of the output '{name}' does not follow from its hash")));
        }
        Ok(output)
    }
}
