"""Run random command lines, drawn from the declarations of all commands.

Each command line must exit with a code from docs/reference/exit-codes.md and at most a one-line error. A command line
must not leave any processes or temporary files behind.

All command lines run in this process, so thousands of them take little time. In this process, extras and compilers
appear to be missing, and commands report this. `python -m tests.robustness.command_lines 20000` runs many command lines
and prints all failures.
"""

import contextlib
import io
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import get_args, get_type_hints

import hypothesis.strategies as st
import typer
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.support.paths import ROOT, TINY
from ticktalk import cli
from ticktalk.cli import app
from ticktalk.system import last_words

ALLOWED = {0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 130}
THEIRS = {".ses"}  # ONNX Runtime leaves one such file in TMPDIR
SLOW = 60.0  # seconds after which a command is considered hung; far more than any command takes on a busy machine
STOPPED = 1.0  # seconds after which `virtual` is interrupted, because it does not exit by itself
# Modules of extras, each of which takes seconds to import or, as a compiler, to run.
HEAVY = (
    "keras", "tensorflow", "jax", "torch", "faster_whisper", "onnx", "ray", "matplotlib", "soxr",
    "tflite_micro", "tflite_runtime", "ai_edge_litert", "librosa", "soundfile", "esptool", "ziglang",
)  # fmt: skip
FRONT = typer.main.get_command(app)
COMMANDS = {name: FRONT.get_command(None, name) for name in cli.COMMANDS}
# Types of each parameter, by command and parameter name.
KINDS = {
    command: {name: set(get_args(kind)) or {kind} for name, kind in get_type_hints(cli.function(command)).items()}
    for command in cli.COMMANDS
}

exits: Counter[int] = Counter()  # the exit codes of all command lines that have run so far

WORDS = st.sampled_from(
    ["", "-", "--", ".", "..", "/", "Hello.", "é", "日本語", "🙂", "\udce9", "\n", "\x1b[31m", "-1", "nan", "x" * 300,
     "*/", '"', "'; true #", "%s", "{}", "a,b", ",", "1.2.3", "999.999.999999", "0", "1e400", "true", "[", "$HOME", "~"]
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([2**31, 2**32, 2**40, 2**63, 2**64, -(2**63), 10**30, 4000, 9600, 115200]),
    st.floats(),
    st.sampled_from([0.5, 2.0, 0.49999, 2.0001, 1e-300, 1e300]),
).map(str)
# Plausible values by option name, so that commands get past their first checks.
MEANT = {
    "board": ["qemu-m4", "qemu-m33", "qemu-m55", "stm32u5a9j-dk", "bangle-js2", "pinetime", "nowhere", "good.toml",
              "bad.toml"],
    "voice": ["heart", "joe", str(TINY), "folder", "nowhere", "vo\udcefce"],
    "model": ["model.tflite", "mod\udce9l.tflite", "empty", "good.toml"],
    "teacher": ["piper", "espeak-ng", "flite", "openai", "elevenlabs", "folder:folder", "card.toml", "x:y"],
    "release": ["1.2.3", "0.0.0", "255.255.65535", "256.0.0", "1.2", "999.999.99999999999", "1.2.3\n", "١.٢.٣"],
    "faults": ["drop@1000", "cut@70000", "drop@", "@", "drop@99999999999999999999", "flip@-1"],
    "port": ["/dev/null", "/dev/ptmx", "fifo", "empty", "socket://127.0.0.1:1", "loop://", "spy://x", "/dev/nowhere", "hwgrep://x"],
    "compiler": ["gcc", "clang", "both", "tcc"],
    "against": ["bakenn", "tflm", "bakenn,tflm", ",", "nobody"],
    "others": ["teacher", "espeak-ng", "flite", "teacher,flite", "nobody"],
    "cluster": ["nowhere:1", "local"],
    "runtime": ["own", "tflm", "nobody"],
    "size": ["full", "nano", "1", "3"],
    "text": ["Hello.", "-", "7:30", ""],
}  # fmt: skip
PATHS = [
    "new", "new.wav", "deep/er/new.wav", "folder", "folder/in", "empty", "link", "dangling", "loop",
    "/dev/null", "/dev/full", "/dev/zero",
    "/proc/self/mem", "/proc/version", "/", ".", "", "\udce9.wav", "é.wav", "x" * 300, "good.toml",
    "card.toml", "model.tflite", "read-only", "git", str(TINY), "a\nb", "-",
]  # fmt: skip


@contextlib.contextmanager
def place():
    """Yield a fresh folder that contains `work`, with files of many kinds, and an empty `tmp` for TMPDIR."""
    with tempfile.TemporaryDirectory(prefix="lines-") as name:
        here = Path(name)
        (here / "tmp").mkdir()
        work = here / "work"
        (work / "folder").mkdir(parents=True)
        (work / "git" / ".git").mkdir(parents=True)
        (work / "git" / "report.json").write_text("{}")
        (work / "empty").touch()
        (work / "link").symlink_to("linked")
        (work / "dangling").symlink_to("no/where")
        (work / "loop").symlink_to("loop")
        (work / "read-only").touch(0o444)
        (work / "good.toml").write_text((ROOT / "boards" / "catalogue" / "qemu-m4.toml").read_text())
        (work / "bad.toml").write_text("a = " + "[" * 5000)
        (work / "card.toml").write_text('engine = "flite"\nvoice = "slt"\n')
        shutil.copy(TINY / "frame.tflite", work / "model.tflite")
        shutil.copy(TINY / "frame.tflite", work / "mod\udce9l.tflite")
        shutil.copytree(TINY, work / "vo\udcefce")
        os.mkfifo(work / "fifo")
        yield here


@st.composite
def lines(draw) -> list[str]:
    """Draw the arguments of one command line."""
    name = draw(st.sampled_from([*sorted(COMMANDS), "simulate", "export", "flash", "keys"]))
    if draw(st.integers(0, 40)) == 0:
        name = draw(WORDS)
    line = [name]
    if name not in COMMANDS:
        return line + draw(st.lists(WORDS, max_size=2))
    for parameter in COMMANDS[name].params:
        if draw(st.integers(0, 9)) < (8 if parameter.required else 3):
            line += draw(_words_of(parameter, KINDS[name].get(parameter.name, set())))
    if draw(st.integers(0, 15)) == 0:
        line.insert(draw(st.integers(1, len(line))), draw(st.one_of(WORDS, st.just("--nonsense"), st.just("--help"))))
    return line


def _words_of(parameter, kinds: set[type]) -> st.SearchStrategy[list[str]]:
    """Return possible values for an option or argument of these types."""
    values = st.one_of(
        *([st.sampled_from(MEANT[parameter.name])] * 3 if parameter.name in MEANT else []),
        *([NUMBERS] * 4 if kinds & {int, float} else []),
        *([st.sampled_from(PATHS)] * 4 if Path in kinds else []),
        WORDS,
    )
    if parameter.param_type_name == "argument":
        return values.map(lambda value: [value])
    option = parameter.opts[0]
    if getattr(parameter, "is_flag", False):
        return st.just([option])
    return values.map(lambda value: [option, value] if value != "\n" else [f"{option}={value}"])


class _Capture(io.TextIOWrapper):
    """A UTF-8 standard stream that escapes what it cannot encode, as `entry.streams` configures it."""

    def __init__(self, content: bytes = b""):
        super().__init__(io.BytesIO(content), "utf-8", errors="backslashreplace", write_through=True)

    @property
    def text(self) -> str:
        return self.buffer.getvalue().decode(errors="replace")


def waiting() -> float:
    """Return the time, in seconds, that this thread was ready to run but had no processor."""
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def run(line: list[str], here: Path) -> tuple[int, str, str, float]:
    """Run a command line in `here`. Return (exit code, output, errors, seconds).

    `seconds` excludes the time that the thread waited for the processor.
    """
    before = os.environ.copy(), os.getcwd(), (sys.stdin, sys.stdout, sys.stderr), tempfile.tempdir
    os.environ.update(HOME=str(here / "home"), TMPDIR=str(here / "tmp"), PATH=str(here / "bin"))
    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", last_words.TRACEBACK):
        os.environ.pop(variable, None)
    tempfile.tempdir = None
    os.chdir(here / "work")
    blocked = {name: sys.modules.get(name) for name in HEAVY}
    sys.modules.update(dict.fromkeys(HEAVY))

    started, kept, code = time.monotonic(), waiting(), 0
    limit = STOPPED if line[0] == "virtual" else SLOW + 1

    def own_seconds() -> float:
        return time.monotonic() - started - (waiting() - kept)

    def interrupt(number, frame):
        if (left := limit - own_seconds()) > 0:
            signal.setitimer(signal.ITIMER_REAL, left + 0.01)
        else:
            raise KeyboardInterrupt

    signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, limit)
    sys.stdin, sys.stdout, sys.stderr = _Capture(b"Hello.\n"), _Capture(), _Capture()
    try:
        app(line, prog_name="ticktalk")
    except SystemExit as end:
        code = end.code or 0
    except KeyboardInterrupt:  # interrupted outside the code in which ticktalk.entry catches interruptions
        code = 130
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        out, err = sys.stdout.text, sys.stderr.text
        sys.stdin, sys.stdout, sys.stderr = before[2]
        os.chdir(before[1])
        os.environ.clear()
        os.environ.update(before[0])
        tempfile.tempdir = before[3]
        for name, module in blocked.items():
            if module is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = module
    return code, out, err, own_seconds()


def children() -> list[str]:
    """Return the IDs of running processes that this process has started."""
    found = []
    for task in os.listdir("/proc/self/task"):
        with contextlib.suppress(OSError):
            found += Path(f"/proc/self/task/{task}/children").read_text().split()
    return found


def fault(line: list[str]) -> str | None:
    """Return the rule that a command line violates, or None."""
    known = set(children())
    with place() as here:
        try:
            code, out, err, seconds = run(line, here)
            exits[code] += 1
        except BaseException as error:
            return f"raised {type(error).__name__}: {error}"
        if code not in ALLOWED and not (code == 1 and line[0] == "verify"):
            return f"exit code {code}: {err.strip()[-300:]}"
        if "Traceback" in err or "Traceback" in out:
            return f"traceback: {err[-300:]}"
        if code and code != 130 and err.count("error: ") != 1 and "Error: " not in err and "Usage: " not in out + err:
            return f"exit code {code} without one line of error: {err[-300:]!r}"
        if seconds > SLOW:
            return f"took {seconds:.1f} s"
        if left := set(os.listdir(here / "tmp")) - THEIRS:
            return f"left in TMPDIR: {left}"
        if left := [str(path) for path in (here / "work").rglob(".ticktalk-*")]:
            return f"left: {left}"
        if left := set(children()) - known:
            return f"left children: {left}"
        if not (here / "work" / "git" / ".git").is_dir() or not os.path.islink(here / "work" / "link"):
            return "a user's file is missing"
    return None


def many(count: int, number: int) -> Counter:
    """Run `count` command lines drawn with the seed `number`. Return the number of failed and passed command lines."""
    failures, done, codes = {}, [0], Counter()

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(lines())
    def each(line):
        done[0] += 1
        why = fault(line)
        codes["failed" if why else "fine"] += 1
        if why and why[:60] not in failures:
            failures[why[:60]] = line
            print(f"{line!r}: {why}", flush=True)
        if done[0] % 500 == 0:
            print(f"{done[0]} command lines, {dict(codes)}", flush=True)

    resource.setrlimit(
        resource.RLIMIT_AS, (8 << 30, -1)
    )  # a command that needs more memory fails instead of exhausting the machine
    each()
    print(f"{done[0]} command lines, {dict(codes)}; by exit code {dict(sorted(exits.items()))}", flush=True)
    return codes


if __name__ == "__main__":
    sys.exit(bool(many(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**9))["failed"]))
