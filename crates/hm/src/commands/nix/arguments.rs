//! The options of `nix-instantiate`.

/// Evaluate Nix programs without changing anything
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum NixCommand {
    /// Evaluate expressions and print their values (`nix-instantiate --eval`)
    Eval(NixArguments),
    /// Make store derivations of expressions and print their paths (`nix-instantiate`)
    Instantiate(NixArguments),
    /// Parse expressions and print them (`nix-instantiate --parse`)
    Parse(NixArguments),
    /// Evaluate line after line, with variables in between (`nix repl`)
    Repl(ReplArguments),
}

/// What every evaluation can be told.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct EvaluationArguments {
    /// Pass an expression as an argument
    #[arg(long, num_args = 2, allow_hyphen_values = true, value_names = ["NAME", "EXPR"])]
    pub(crate) arg: Vec<String>,
    /// Pass a string as an argument
    #[arg(long, num_args = 2, allow_hyphen_values = true, value_names = ["NAME", "TEXT"])]
    pub(crate) argstr: Vec<String>,
    /// Add an entry to the search path
    #[arg(short = 'I', long = "include", value_name = "[NAME=]PATH")]
    pub(crate) include: Vec<String>,
    /// The store directory that paths are computed for
    #[arg(long, value_name = "DIR")]
    pub(crate) store_dir: Option<String>,
    /// Show every step that led to an error
    #[arg(long)]
    pub(crate) show_trace: bool,
    /// Set one of Nix's settings; a setting is a flag of its own as well, such as --restrict-eval
    #[arg(long, num_args = 2, allow_hyphen_values = true, value_names = ["NAME", "VALUE"])]
    pub(crate) option: Vec<String>,
}

/// What a session begins with.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ReplArguments {
    /// Files or `<search/path>` names whose attributes become variables; expressions with --expr
    pub(crate) files: Vec<String>,
    /// Take the arguments as expressions
    #[arg(short = 'E', long = "expr")]
    pub(crate) expression: bool,
    /// Write to the store, so that derivations can be built
    #[arg(long)]
    pub(crate) read_write_mode: bool,
    #[command(flatten)]
    pub(crate) shared: EvaluationArguments,
}

/// What to read and how to print it.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct NixArguments {
    /// Files, `<search/path>` names or `-` for standard input; expressions with --expr
    pub(crate) files: Vec<String>,
    /// Take the arguments as expressions
    #[arg(short = 'E', long = "expr")]
    pub(crate) expression: bool,
    /// Print the value instead of instantiating
    #[arg(long, alias = "eval-only")]
    pub(crate) eval: bool,
    /// Print the parsed expression
    #[arg(long, conflicts_with = "eval")]
    pub(crate) parse: bool,
    /// Evaluate every part of the value
    #[arg(long)]
    pub(crate) strict: bool,
    /// Print the value as JSON
    #[arg(long, conflicts_with_all = ["xml", "raw"])]
    pub(crate) json: bool,
    /// Print the value as XML
    #[arg(long, conflicts_with = "raw")]
    pub(crate) xml: bool,
    /// Leave places out of XML
    #[arg(long)]
    pub(crate) no_location: bool,
    /// Print a string as it is
    #[arg(long)]
    pub(crate) raw: bool,
    /// Select an attribute, such as `a.b.0`
    #[arg(short = 'A', long = "attr", value_name = "PATH")]
    pub(crate) attr: Vec<String>,
    /// Print the path of each name in the search path
    #[arg(long)]
    pub(crate) find_file: bool,
    /// Compute store paths and write nothing
    #[arg(long)]
    pub(crate) readonly_mode: bool,
    /// Evaluate anew also when nothing has changed since the last time, and keep nothing of it
    #[arg(long)]
    pub(crate) no_eval_cache: bool,
    /// Write to the store even when only evaluating
    #[arg(long, conflicts_with = "readonly_mode")]
    pub(crate) read_write_mode: bool,
    #[command(flatten)]
    pub(crate) shared: EvaluationArguments,
}
