//! The form of values that people read: indented and evaluated as far as asked for in a session, short and as it is in
//! messages.

use nix_syntax::show::literal;
use nix_syntax::source::Pos;
use nix_syntax::symbol::Symbol;
use rustc_hash::FxHashSet;

use crate::attrs::Attrs;
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::print::{atom, settled};
use crate::strings::Coercion;
use crate::value::{List, Slot, Value, View};

/// What is written before and behind the parts of a value, such as a terminal's colours.
#[derive(Clone, Copy, Debug, Default)]
pub struct Palette {
    /// Before numbers, booleans and null.
    pub atom: &'static str,
    /// Before strings.
    pub text: &'static str,
    /// Before paths and derivations.
    pub path: &'static str,
    /// Before functions.
    pub function: &'static str,
    /// Before what stands for a value, such as `«repeated»`.
    pub remark: &'static str,
    /// Before errors.
    pub error: &'static str,
    /// Behind each of them.
    pub end: &'static str,
}

/// How a value is shown.
#[derive(Clone, Copy, Debug)]
pub struct ShowOptions {
    /// Evaluate what is shown. Then a derivation is shown by its path, an error inside of a value in its place, and a set
    /// or list that comes again as such.
    pub force: bool,
    /// How many levels of sets and lists are shown.
    pub depth: usize,
    /// How many items of one of them are shown.
    pub items: usize,
    /// How far each level is indented; zero is all in one line.
    pub indent: usize,
    /// What stands for what is not shown.
    pub ellipsis: &'static str,
    /// Marks.
    pub palette: Palette,
}

impl ShowOptions {
    /// The form of a session: evaluated, indented, `depth` levels of it.
    pub fn session(depth: usize, palette: Palette) -> Self {
        ShowOptions { force: true, depth, items: usize::MAX, indent: 2, ellipsis: "...", palette }
    }

    const MESSAGE: ShowOptions = ShowOptions {
        force: false,
        depth: 3,
        items: 10,
        indent: 0,
        ellipsis: "…",
        palette: Palette { atom: "", text: "", path: "", function: "", remark: "", error: "", end: "" },
    };
}

/// How many characters a message shows of a value.
const MAX_SHOWN: usize = 400;

impl<'a> Eval<'a> {
    /// A value as messages show it: short, and without evaluating anything.
    pub fn show_for_error(&self, value: Value<'a>) -> String {
        let mut printer = Printer::new(self, ShowOptions::MESSAGE);
        printer.limit = MAX_SHOWN * 4;
        // Nothing is evaluated, so the only error is a value that nests too deeply, which the depth rules out.
        _ = printer.value(value, 0);
        let text = String::from_utf8_lossy(&printer.out).into_owned();
        match text.char_indices().nth(MAX_SHOWN) {
            Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
            None => text,
        }
    }

    /// A value as `options` want it.
    ///
    /// # Errors
    /// That of evaluating the value itself, and running out of stack or an interrupt anywhere in it.
    pub fn show(&self, value: Value<'a>, options: ShowOptions) -> EvalResult<Vec<u8>> {
        let mut printer = Printer::new(self, options);
        printer.value(value, 0)?;
        Ok(printer.out)
    }
}

struct Printer<'e, 'a> {
    eval: &'e Eval<'a>,
    options: ShowOptions,
    seen: FxHashSet<usize>,
    /// Nothing more is written behind this many bytes.
    limit: usize,
    out: Vec<u8>,
}

impl<'e, 'a> Printer<'e, 'a> {
    fn new(eval: &'e Eval<'a>, options: ShowOptions) -> Self {
        Printer { eval, options, seen: FxHashSet::default(), limit: usize::MAX, out: Vec::new() }
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn marked(&mut self, mark: &str, text: &str) {
        self.text(mark);
        self.text(text);
        self.text(self.options.palette.end);
    }

    fn value(&mut self, value: Value<'a>, depth: usize) -> EvalResult<()> {
        if self.out.len() > self.limit {
            return Ok(());
        }
        self.eval.check_stack()?;
        if depth > self.eval.settings.max_call_depth as usize {
            let message = "stack overflow; max-call-depth exceeded";
            return Err(EvalError::new(ErrorKind::StackOverflow, message, Pos::NONE));
        }
        if !self.options.force {
            return self.settled(settled(value), depth);
        }
        let before = self.out.len();
        match self.eval.attempt(|eval| eval.force(value)).and_then(|value| self.settled(value, depth)) {
            Err(error)
                if depth > 0 && !matches!(error.kind, ErrorKind::StackOverflow | ErrorKind::Interrupted) =>
            {
                self.out.truncate(before);
                self.marked(self.options.palette.error, &format!("«error: {}»", error.message));
                Ok(())
            }
            other => other,
        }
    }

    fn settled(&mut self, value: Value<'a>, depth: usize) -> EvalResult<()> {
        let palette = self.options.palette;
        match value.view() {
            View::Null | View::Bool(_) | View::Int(_) | View::Float(_) => {
                self.marked(palette.atom, &atom(value));
            }
            View::Str(text) => {
                self.text(palette.text);
                literal(text.bytes(), &mut self.out);
                self.text(palette.end);
            }
            View::Path(path) => {
                self.text(palette.path);
                self.out.extend_from_slice(path.bytes());
                self.text(palette.end);
            }
            View::List(list) => return self.list(list, depth),
            View::Attrs(attrs) => return self.attrs(attrs, depth),
            View::Lambda(_, id, _) => {
                let pos = self.eval.lambdas.get(id).map_or(Pos::NONE, |lambda| lambda.pos);
                self.lambda(value, pos);
            }
            View::Builtin(_, builtin) => {
                self.marked(palette.function, &format!("«primop {}»", builtin.name));
            }
            View::Partial(_, partial) => match partial.func.view() {
                View::Builtin(_, builtin) => {
                    let text = format!("«partially applied primop {}»", builtin.name);
                    self.marked(palette.function, &text);
                }
                func => {
                    let pos = self.eval.function_position(value);
                    self.lambda(func.value(), pos);
                }
            },
            View::Ref(_) | View::Suspended(..) | View::Call(..) => match self.eval.shown_time(value)? {
                Some(time) => self.marked(palette.atom, &atom(time)),
                None => self.marked(palette.remark, "«thunk»"),
            },
            View::Blackhole => self.marked(palette.error, "«potential infinite recursion»"),
        }
        Ok(())
    }

    fn lambda(&mut self, function: Value<'a>, pos: Pos) {
        let name = self.eval.function_name_of(function).map(|name| name + " ").unwrap_or_default();
        let place = self.eval.describe_pos(pos);
        self.marked(self.options.palette.function, &format!("«lambda {name}@ {place}»"));
    }

    /// Whether a set or list was shown before. Without evaluating, the depth keeps cycles short.
    fn is_repeated(&mut self, address: usize, is_empty: bool) -> bool {
        let repeated = self.options.force && !is_empty && !self.seen.insert(address);
        if repeated {
            self.marked(self.options.palette.remark, "«repeated»");
        }
        repeated
    }

    fn is_hidden(&self, depth: usize, is_empty: bool) -> bool {
        // Nix's session does not look inside of what it hides.
        depth >= self.options.depth && (self.options.force || !is_empty)
    }

    fn list(&mut self, list: List<'a>, depth: usize) -> EvalResult<()> {
        // The outermost list is a copy in Nix, so it is not the one that a cycle comes back to.
        if depth > 0 && self.is_repeated(list.address(), list.is_empty()) {
            return Ok(());
        }
        if self.is_hidden(depth, list.is_empty()) {
            self.text(&format!("[ {} ]", self.options.ellipsis));
            return Ok(());
        }
        self.text("[");
        let items = list.slice();
        let wrap = self.wraps(items.iter());
        for (index, slot) in items.iter().enumerate() {
            self.gap(wrap, depth + 1);
            if index >= self.options.items {
                self.text(&format!("«{} more items»", items.len() - index));
                break;
            }
            self.value(Value::reference(slot), depth + 1)?;
        }
        self.gap(wrap, depth);
        self.text("]");
        Ok(())
    }

    fn attrs(&mut self, attrs: &'a Attrs<'a>, depth: usize) -> EvalResult<()> {
        if self.is_repeated(std::ptr::from_ref(attrs).addr(), attrs.is_empty()) {
            return Ok(());
        }
        if self.options.force && self.eval.is_derivation(attrs)? {
            return self.derivation(attrs);
        }
        if self.is_hidden(depth, attrs.is_empty()) {
            self.text(&format!("{{ {} }}", self.options.ellipsis));
            return Ok(());
        }
        self.text("{");
        let sorted: Vec<(Symbol, Pos, &'a Slot<'a>)> =
            attrs.alphabetical(&self.eval.shapes, &self.eval.symbols).collect();
        let wrap = self.wraps(sorted.iter().map(|(_, _, slot)| *slot));
        for (index, (name, _, slot)) in sorted.iter().enumerate() {
            self.gap(wrap, depth + 1);
            if index >= self.options.items {
                self.text(&format!("«{} more attributes»", sorted.len() - index));
                break;
            }
            self.eval.print_name(*name, &mut self.out);
            self.text(" = ");
            self.value(Value::reference(slot), depth + 1)?;
            self.text(";");
        }
        self.gap(wrap, depth);
        self.text("}");
        Ok(())
    }

    fn derivation(&mut self, attrs: &'a Attrs<'a>) -> EvalResult<()> {
        let mut text = "«derivation".to_owned();
        if let Some((slot, pos)) = attrs.get_with_pos(self.eval.names.drv_path) {
            let path = self.eval.coerce(Value::reference(slot), pos, Coercion::PLAIN).and_then(|path| {
                let path = String::from_utf8_lossy(path.bytes()).into_owned();
                match self.eval.host.store_dir().parse(&path) {
                    Ok(_) => Ok(path),
                    Err(_) => {
                        let message = format!("path '{path}' is not in the Nix store");
                        Err(EvalError::other(message, pos))
                    }
                }
            });
            let path = path.with_frame(|| "while evaluating the drvPath of a derivation".to_owned(), pos)?;
            text.push(' ');
            text.push_str(&path);
        }
        text.push('»');
        self.marked(self.options.palette.path, &text);
        Ok(())
    }

    /// Whether each item gets a line: if there are several, or the only one is a set or list itself.
    fn wraps(&self, mut items: impl ExactSizeIterator<Item = &'a Slot<'a>>) -> bool {
        if self.options.indent == 0 {
            return false;
        }
        match (items.len(), items.next()) {
            (0, _) | (_, None) => false,
            (1, Some(slot)) if self.options.force => {
                let item = self.eval.attempt(|eval| eval.force_slot(slot)).map(Value::view);
                matches!(item, Ok(View::Attrs(_) | View::List(_)))
            }
            _ => true,
        }
    }

    fn gap(&mut self, wrap: bool, depth: usize) {
        if wrap {
            self.out.push(b'\n');
            self.out.extend(std::iter::repeat_n(b' ', self.options.indent * depth));
        } else {
            self.out.push(b' ');
        }
    }
}
