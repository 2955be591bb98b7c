//! Hashes.

use nix_formats::hash::{Hash, HashAlgo, HashFormat};
use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::error::{EvalError, EvalResult};
use crate::eval::Eval;
use crate::features::Feature;
use crate::value::Value;

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("hashString", 2, 3, |eval, args, pos| {
            let [algo, text] = args else { return Err(arity(pos)) };
            let algo = algorithm(eval, *algo, pos)?;
            let text = eval.expect_string(*text, pos)?;
            Ok(eval.string(algo.digest(text.bytes()).to_base16().as_bytes()))
        }),
        def("hashFile", 2, 3, |eval, args, pos| {
            let [algo, path] = args else { return Err(arity(pos)) };
            let algo = algorithm(eval, *algo, pos)?;
            let path = eval.realised_path(*path, pos)?;
            let bytes =
                eval.read_file(&path).map_err(|error| eval.file_error("opening file", &path, &error, pos))?;
            Ok(eval.string(algo.digest(bytes).to_base16().as_bytes()))
        }),
        def("convertHash", 1, 1, convert_hash),
    ]
}

fn algorithm<'a>(eval: &Eval<'a>, value: Value<'a>, pos: Pos) -> EvalResult<HashAlgo> {
    let name = eval.expect_plain_string(value, pos)?;
    let known = HashAlgo::parse(name).map_err(|_| {
        let name = String::from_utf8_lossy(name);
        let message =
            format!("unknown hash algorithm '{name}', expect 'blake3', 'md5', 'sha1', 'sha256', or 'sha512'");
        EvalError::other(message, pos)
    })?;
    eval.check_algorithm(known, pos)?;
    Ok(known)
}

impl Eval<'_> {
    /// An error when `algo` is an experimental one that is not on.
    pub(crate) fn check_algorithm(&self, algo: HashAlgo, pos: Pos) -> EvalResult<()> {
        if algo == HashAlgo::Blake3 { self.require(Feature::Blake3Hashes, pos) } else { Ok(()) }
    }
}

fn convert_hash<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(arity(pos)) };
    let attrs = eval.expect_attrs(*arg, pos)?;
    let required = |name| match attrs.get(name) {
        Some(slot) => eval.expect_plain_string(Value::reference(slot), pos),
        None => Err(eval.missing_attribute(attrs, name, pos)),
    };
    let text = required(eval.names.hash)?;
    let algo = match attrs.get(eval.names.hash_algo) {
        Some(slot) => Some(algorithm(eval, Value::reference(slot), pos)?),
        None => None,
    };
    let format = required(eval.names.to_hash_format)?;
    let format = match format {
        b"base16" => HashFormat::Base16,
        b"nix32" | b"base32" => HashFormat::Nix32,
        b"base64" => HashFormat::Base64,
        b"sri" => HashFormat::Sri,
        other => {
            let shown = String::from_utf8_lossy(other);
            let expected = "expect 'base16', 'base32', 'base64', or 'sri'";
            return Err(EvalError::other(format!("unknown hash format '{shown}', {expected}"), pos));
        }
    };
    let hash = Hash::parse(text, algo).map_err(|error| EvalError::other(error.to_string(), pos))?;
    eval.check_algorithm(hash.algo(), pos)?;
    let shown = if format == HashFormat::Sri { hash.to_sri() } else { hash.digits(format) };
    Ok(eval.string(shown.as_bytes()))
}
