"""Reads the records and runs a command like nix-instantiate on their expressions."""

import concurrent.futures
import os
import re
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
REFERENCES = ("2.34", "2.8")
# One process evaluates this many expressions that are expected to succeed.
BATCH = 40
# Seconds after which a process counts as hung.
TIMEOUT = 60
PARALLEL = os.cpu_count() or 1


@dataclass(frozen=True)
class Outcome:
    """A printed value, or the first line of an error."""

    failed: bool
    text: str

    def __str__(self):
        return f"{'!' if self.failed else '='} {self.text}"


@dataclass
class Record:
    """An expression and what the references make of it. `label` is a shorter name for it."""

    expr: str
    line: int
    label: str = ""
    # Whether evaluating it needs a store that can be written to.
    writes: bool = False
    # The experimental features that are on.
    features: str = ""
    outcomes: dict = field(default_factory=dict)

    def expected(self, reference):
        return self.outcomes.get(reference, self.outcomes.get(REFERENCES[0]))


class Values:
    """A file of `values/`: comments, and blocks of an expression and its outcomes."""

    def __init__(self, path):
        self.path = path
        # Text that is kept as it is, and records, in the order of the file.
        self.items = []
        record = None
        features = ""
        writes = False
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if line.startswith(">>"):
                record = Record(line[3:], number, writes=writes, features=features)
                self.items.append(record)
            elif line.startswith("..") and record:
                record.expr += "\n" + line[3:]
            elif (match := re.match(r"([=!])(\S*) ?(.*)", line)) and record:
                kind, reference, text = match.groups()
                record.outcomes[reference or REFERENCES[0]] = Outcome(kind == "!", text)
            else:
                writes = writes or line == "@writes"
                if line.startswith("@features "):
                    features = line.removeprefix("@features ")
                self.items.append(line)

    def records(self):
        return [item for item in self.items if isinstance(item, Record)]

    def write(self):
        lines = []
        for item in self.items:
            if not isinstance(item, Record):
                lines.append(item)
                continue
            first, *rest = item.expr.split("\n")
            lines.append(">> " + first)
            lines.extend(".. " + line for line in rest)
            lines.extend(marked(item.outcomes))
        self.path.write_text("\n".join(lines) + "\n")


class Derivations:
    """A file of `drv/`: an attribute set of derivations, with its records beside it."""

    def __init__(self, path):
        self.path = path
        self.records_path = path.with_suffix(".txt")
        self._records = []
        if self.records_path.exists():
            for number, line in enumerate(self.records_path.read_text().splitlines(), 1):
                if line.startswith("- "):
                    self._records.append(self.record(line[2:], number))
                elif match := re.match(r"([=!])(\S*) (.*)", line):
                    kind, reference, text = match.groups()
                    outcome = Outcome(kind == "!", text)
                    self._records[-1].outcomes[reference or REFERENCES[0]] = outcome

    def record(self, name, line=0):
        show = f"import ./drv/lib/show.nix (import ./drv/{self.path.name}).{name}"
        return Record(show, line, name, writes=self.path.stem == "writable")

    def records(self):
        return self._records

    def relist(self, names):
        self._records = [self.record(name) for name in names]

    def write(self):
        lines = []
        for record in self._records:
            lines.append("- " + record.label)
            lines.extend(marked(record.outcomes))
        self.records_path.write_text("\n".join(lines) + "\n")


def marked(outcomes):
    """The lines for the outcomes; only the first reference's, where the others agree with it."""
    first = outcomes.get(REFERENCES[0])
    lines = [str(first).rstrip(" ")] if first else []
    for reference in REFERENCES[1:]:
        other = outcomes.get(reference)
        if other and other != first:
            lines.append(f"{'!' if other.failed else '='}{reference} {other.text}")
    return lines


def values():
    return [Values(path) for path in sorted((HERE / "values").glob("*.txt"))]


def derivations():
    return [Derivations(path) for path in sorted((HERE / "drv").glob("*.nix"))]


def environment(features=""):
    """A fixed environment: some expressions look at it."""
    kept = {name: os.environ[name] for name in ("PATH", "TMPDIR", "NIX_REMOTE") if name in os.environ}
    return kept | {
        "CONFORMANCE": "set",
        "HOME": "/home/conformance",
        "LC_ALL": "C.UTF-8",
        "NIX_PATH": f"fixture={HERE}/files",
        # No name of a flake is known.
        "NIX_CONFIG": f"experimental-features = {features}\n" + ("flake-registry =" if features else ""),
    }


def invoke(command, expressions, writes=False, features=""):
    """Exit status, output and error output of the command on some expressions."""
    arguments = [*command, "--eval", "--strict", "-E", *map(argument, expressions)]
    if not writes:
        return finish(arguments, environment(features))
    with tempfile.TemporaryDirectory(prefix="conformance-") as root:
        # A command with a store below the home directory writes there.
        store = {"NIX_REMOTE": f"local?root={root}", "HOME": f"{root}/home"}
        status, out, err = finish([*arguments, "--read-write-mode"], environment(features) | store)
        # Messages say where the files of the store really are.
        return status, out, err.replace(f"{root}/nix/store", "/nix/store")


def finish(arguments, env):
    try:
        done = subprocess.run(
            arguments, capture_output=True, cwd=HERE, env=env, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return -1, "", "error: did not finish"

    def decode(raw):
        return raw.decode("utf-8", "backslashreplace").replace(str(HERE), "$HERE")

    return done.returncode, decode(done.stdout), plain(decode(done.stderr))


def plain(text):
    """Text without terminal colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def argument(expr):
    """The expression such that it cannot be taken for an option."""
    return f" {expr}" if expr.startswith("-") else expr


def single(command, record):
    """The outcome of one expression, and for a failure the whole error output."""
    status, out, err = invoke(command, [record.expr], record.writes, record.features)
    if status == 0:
        return Outcome(False, out.rstrip("\n")), err
    return Outcome(True, error_key(err)), err


def error_key(err):
    """The first line of the error itself, without the value that newer versions add to it."""
    messages = re.findall(r"^ *error: *(\S.*)$", err, re.MULTILINE)
    if not messages:
        return err.strip().split("\n")[-1]
    key = neutral(messages[-1].strip())
    key = re.sub(r"^(.*(?:but found|cannot coerce|not a function but) [^:]*): .*$", r"\1", key)
    key = re.sub(r"; values .*$", "", key)
    return key[:120].strip()


# What a message says in the words of a library that Nix uses, or of things that only Nix knows, and what is kept of it.
NEUTRAL = (
    (r"\[json\.exception\.\w+\.\d+\].*", "failed to parse JSON"),
    (r"while parsing TOML: \[error\].*", "while parsing TOML"),
    (r"path '[0-9a-z]{32}-[^']*' is not a valid store path: ", ""),
    (r"read of \d+ bytes: ", ""),
    (r"lastModified=\d+", "lastModified"),
)


def neutral(text):
    """A message without what another implementation cannot say."""
    for pattern, kept in NEUTRAL:
        text = re.sub(pattern, kept, text)
    return text


def evaluate(command, records, reference=REFERENCES[0]):
    """The outcomes of all records, in order, as `single` gives them.

    Expressions that are expected to succeed share processes; where one of them does not succeed or prints
    something unexpected, its batch is evaluated again one by one.
    """

    def batch(part):
        if len(part) > 1:
            expressions = [record.expr for record in part]
            status, out, err = invoke(command, expressions, part[0].writes, part[0].features)
            lines = out.splitlines()
            if status == 0 and len(lines) == len(part):
                return [(Outcome(False, line), "") for line in lines]
            # One half at a time, so that one failure costs few processes.
            half = len(part) // 2
            return batch(part[:half]) + batch(part[half:])
        return [single(command, record) for record in part]

    def likely(record):
        outcome = record.expected(reference)
        return outcome is None or not outcome.failed

    parts = [[record] for record in records if not likely(record)]
    needs = dict.fromkeys((record.writes, record.features) for record in records)
    for need in needs:
        good = [record for record in records if likely(record) and (record.writes, record.features) == need]
        parts += [good[start : start + BATCH] for start in range(0, len(good), BATCH)]
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        results = list(pool.map(batch, parts))
    found = {}
    for part, result in zip(parts, results):
        for record, outcome in zip(part, result):
            found[id(record)] = outcome
    return [found[id(record)] for record in records]
