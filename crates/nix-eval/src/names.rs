//! The names that the evaluator itself looks for, interned once.

use nix_syntax::symbol::{Symbol, Symbols};

macro_rules! names {
    ($($field:ident = $text:literal,)*) => {
        /// Interned names.
        #[allow(missing_docs, reason = "each is the name it holds")]
        #[derive(Clone, Copy, Debug)]
        pub struct Names { $(pub $field: Symbol,)* }

        impl Names {
            /// Interns all of them.
            pub fn new(symbols: &Symbols<'_>) -> Self {
                Names { $($field: symbols.intern($text.as_bytes()),)* }
            }
        }
    };
}

names! {
    body = "body",
    functor = "__functor",
    to_string = "__toString",
    out_path = "outPath",
    drv_path = "drvPath",
    r#type = "type",
    name = "name",
    value = "value",
    prefix = "prefix",
    path = "path",
    success = "success",
    right = "right",
    wrong = "wrong",
    key = "key",
    start_set = "startSet",
    operator = "operator",
    file = "file",
    line = "line",
    column = "column",
    version = "version",
    all_outputs = "allOutputs",
    outputs = "outputs",
    all = "all",
    out = "out",
    args = "args",
    builder = "builder",
    system = "system",
    structured_attrs = "__structuredAttrs",
    ignore_nulls = "__ignoreNulls",
    content_addressed = "__contentAddressed",
    impure = "__impure",
    json = "__json",
    output_hash = "outputHash",
    output_hash_algo = "outputHashAlgo",
    output_hash_mode = "outputHashMode",
    output_name = "outputName",
    recursive = "recursive",
    filter = "filter",
    sha256 = "sha256",
    overrides = "__overrides",
    hash = "hash",
    hash_algo = "hashAlgo",
    to_hash_format = "toHashFormat",
    tree = "tree",
    contents = "contents",
    source = "source",
    executable = "executable",
    target = "target",
    entries = "entries",
    dirs = "dirs",
    url = "url",
}
