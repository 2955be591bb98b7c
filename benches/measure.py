"""What the scripts here have in common: both evaluators in the same surroundings, and what a run of each takes."""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

# Evaluating and nothing else. Without any `--arg` a function would be printed instead of called, so there is one that
# no program asks for.
VALUE = ["--eval", "--strict", "--readonly-mode", "--arg", "called", "true"]
DERIVATION = ["--readonly-mode"]


# A process counts as its own what this one had when it began as a copy of it; a real copy has less than a shared whole.
subprocess._USE_VFORK = False


class Failed(Exception):
    """An evaluation that ended in an error, or two that do not say the same."""


class Run(NamedTuple):
    """One process from its start to its end: seconds, and bytes at most."""

    wall: float
    processor: float
    memory: float
    output: bytes


class Taken(NamedTuple):
    """What the runs of one program took."""

    time: float
    memory: float


class Evaluator:
    """A program called like nix-instantiate, with a state directory of its own."""

    def __init__(self, name, program, folder):
        self.name = name
        self.folder = folder / name
        self.folder.mkdir()
        # hm answers to the name; a Nix has it.
        self.program = self.folder / "nix-instantiate"
        self.program.symlink_to(program)

    def run(self, arguments, search_path="", kept=None):
        """Runs the program in a home where nothing was ever run, or in one that is `kept` from run to run."""
        home = kept or self.folder / "home"
        home.mkdir(exist_ok=kept is not None)
        environment = {
            "HOME": str(home),
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "NIX_PATH": search_path,
            "NIX_STATE_DIR": str(self.folder / "state"),
            "NIX_CONF_DIR": "/nonexistent",
            "NIX_STORE_DIR": "/nix/store",
        }
        for allowed in ("UNFREE", "BROKEN", "INSECURE", "UNSUPPORTED_SYSTEM"):
            environment[f"NIXPKGS_ALLOW_{allowed}"] = "1"
        command = [str(self.program), *arguments]
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            start = time.perf_counter()
            # Waiting for it by hand tells what this very process took.
            child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
            _, status, used = os.wait4(child.pid, 0)
            wall = time.perf_counter() - start
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            err.seek(0)
            output, said = out.read(), err.read().decode(errors="replace")
        if kept is None:
            shutil.rmtree(home)
        if child.returncode != 0:
            lines = [line for line in said.splitlines() if "error" in line] or said.splitlines()[-1:]
            raise Failed(f"{self.name} fails ({child.returncode}): {' '.join(lines)[:160]}")
        return Run(wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, output)


class Comparison:
    """Both evaluators, or hm alone, on the same programs."""

    def __init__(self, folder, options, least=False):
        """With `least`, the least of the runs is taken instead of the median: what others do on a machine only adds."""
        self.options = options
        self.take, self.taken = (min, "least") if least else (statistics.median, "medians")
        hm = Path(os.environ.get("HM", ROOT / "target/release/hm")).absolute()
        if not hm.exists():
            sys.exit(f"{hm} does not exist: run `cargo build --release`, or set HM")
        self.hm = Evaluator("hm", hm, folder)
        reference = given("NIX_INSTANTIATE")
        self.nix = reference and Evaluator("Nix", reference, folder)
        self.evaluators = [each for each in (self.nix, self.hm) if each]
        # Below this nothing can be told: a process counts what it was before it became another program.
        self.floor = 1.02 * min(each.run(["--version"]).memory for each in self.evaluators)

    def measure(self, arguments, search_path="", again=False):
        """What each takes, by name; after a run of each that must give the same, in turn, as often as asked for.

        With `again`, hm keeps its home, and so what it knows from the run that is not counted.
        """
        with tempfile.TemporaryDirectory(dir=self.hm.folder) as folder:
            homes = {self.hm.name: Path(folder)} if again else {}
            # A home without a directory for caches is left without one.
            (Path(folder) / ".cache").mkdir()
            return self.measure_in(homes, arguments, search_path)

    def measure_in(self, homes, arguments, search_path):
        outputs = [each.run(arguments, search_path, homes.get(each.name)).output for each in self.evaluators]
        if len(set(outputs)) != 1:
            raise Failed("the results differ")
        found = {each.name: [] for each in self.evaluators}
        for index in range(self.options.runs):
            for each in self.evaluators if index % 2 == 0 else reversed(self.evaluators):
                run = each.run(arguments, search_path, homes.get(each.name))
                if run.output != outputs[0]:
                    raise Failed(f"{each.name} says something else each time")
                found[each.name].append(run)
        return {name: self.summary(runs) for name, runs in found.items()}

    def summary(self, runs):
        times = [run.processor if self.options.cpu else run.wall for run in runs]
        return Taken(self.take(times), self.take(run.memory for run in runs))

    def introduction(self):
        versions = [
            each.run(["--version"]).output.decode().strip().rpartition(" ")[2] for each in self.evaluators
        ]
        names = " and ".join(
            f"{each.name} {version}" if each is self.nix else each.name
            for each, version in zip(self.evaluators, versions)
        )
        what = "processor time" if self.options.cpu else "wall clock"
        load = ", ".join(f"{number:.1f}" for number in os.getloadavg())
        return f"{names}: {what} of whole processes, {self.taken} of {self.options.runs}, load {load} at the start.\n"


def given(variable):
    """The folder or program that a variable names, if it does."""
    value = os.environ.get(variable)
    return Path(value).absolute() if value else None


def arguments_of(parser):
    """The options that the scripts share, and the lines that are asked for."""
    parser.add_argument("-n", dest="runs", type=int, default=5, metavar="RUNS", help="of each evaluator (default: 5)")
    parser.add_argument("--cpu", action="store_true", help="compare processor time: steadier on a busy machine")
    parser.add_argument("--list", action="store_true", help="print the names of the lines")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these lines")
    return parser.parse_args()


def chosen(lines, options, key):
    """The lines that are asked for; ends the program where there is no such line, or a list is asked for."""
    known = [key(line) for line in lines]
    if options.list:
        print("\n".join(known))
        sys.exit(0)
    if options.runs < 1:
        sys.exit("at least one run is needed")
    for name in options.names:
        if name not in known:
            sys.exit(f"there is no line '{name}'; there are: {' '.join(known)}")
    return [line for line in lines if not options.names or key(line) in options.names]


def row(*cells):
    print("| " + " | ".join(cells) + " |", flush=True)


def seconds(time):
    return f"{time:.3f} s" if time < 1 else f"{time:.2f} s"
