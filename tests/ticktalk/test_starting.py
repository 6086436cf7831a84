"""Commands start and exit properly in any environment.

The tests cover closed streams, narrow encodings, missing home folders, and signals at any moment.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.paths import ROOT, TINY

NO_HOME = (
    "import os, pwd\nos.environ.pop('HOME', None)\n"
    "def nobody(number): raise KeyError('getpwuid(): uid not found')\n"
    "pwd.getpwuid = nobody\nfrom ticktalk.entry import main\nmain()"
)


def ticktalk(*arguments, shell: str = '"$@"', code: str | None = None, **environment) -> subprocess.CompletedProcess:
    """Run the command through the shell script `shell`, which may redirect or close streams."""
    start = ["-c", code] if code else ["-m", "ticktalk"]
    return subprocess.run(
        ["sh", "-c", shell, "sh", sys.executable, *start, *arguments],
        capture_output=True,
        timeout=120,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )


def simulate(out, *more, **how) -> subprocess.CompletedProcess:
    """Speak a few phonemes with the tiny voice. Converting text would take longer than everything else."""
    return ticktalk("simulate", "helo", "--phonemes", "--voice", TINY, "--out", out, *more, **how)


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed(tmp_path, closed):
    done = simulate(tmp_path / "out.wav", shell=f'"$@" {closed}')
    assert done.returncode == 0 and b"Traceback" not in done.stderr
    assert (tmp_path / "out.wav").read_bytes()[:4] == b"RIFF"
    bad = ticktalk("simulate", "Hello.", "--voice", "nobody", "-o", tmp_path / "no.wav", shell=f'"$@" {closed}')
    assert bad.returncode == 3 and b"Traceback" not in bad.stderr


def test_a_full_standard_output_is_an_error_and_a_reader_that_left_is_none():
    full = ticktalk("voices", shell='"$@" >/dev/full')
    assert full.returncode == 2 and full.stderr.startswith(b"error: ") and full.stderr.count(b"\n") == 1
    left = ticktalk("boards", "--json", shell='{ "$@"; echo $? >&2; } | true')
    assert b"Traceback" not in left.stderr and left.stderr.split()[-1] in (b"0", b"141"), left.stderr


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("ascii", "é.wav".encode()),
        ("ascii", b"\xe9.wav"),
        pytest.param("utf-8", b"\xe9.wav", marks=pytest.mark.long),
        ("utf-8", b"a\nb.wav"),
    ],
)
def test_file_names_in_any_bytes_and_output_in_any_encoding(tmp_path, encoding, name):
    path = os.fsencode(tmp_path) + b"/" + name
    for json in ([], ["--json"]):
        done = simulate(path, *json, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
        assert done.returncode == 0 and not done.stderr and os.path.exists(path), done.stderr
    missing = ticktalk("simulate", "Hello.", "--voice", path + b"/no", "-o", "x", PYTHONIOENCODING=encoding)
    assert missing.returncode == 3 and b"Traceback" not in missing.stderr


def test_a_model_whose_name_is_not_text_is_exported(tmp_path):
    model = os.fsencode(tmp_path) + b"/caf\xe9.tflite"
    with open(model, "wb") as file:
        file.write((TINY / "frame.tflite").read_bytes())
    done = ticktalk("export", "--model", model, "--board", "qemu-m4", "--out", tmp_path / "project")
    assert done.returncode == 0, done.stderr
    assert "caf\ufffd" in (tmp_path / "project" / "report.json").read_text(encoding="utf-8").encode().decode(
        "unicode_escape"
    )


def test_a_user_without_a_home(tmp_path):
    """With `docker run -u 12345`, the user has no entry in the password file and no HOME."""
    without = {"XDG_CACHE_HOME": "", "XDG_STATE_HOME": "", "XDG_CONFIG_HOME": "", "TMPDIR": str(tmp_path)}
    for line, code in ((["voices"], 0), (["keys"], 6), (["keys", "--new"], 6), (["ports"], 0), (["teachers"], 0)):
        done = ticktalk(*line, code=NO_HOME, **without)
        assert done.returncode == code and b"Traceback" not in done.stderr, done.stderr
    out = tmp_path / "out.wav"
    assert simulate(out, code=NO_HOME, **without).returncode == 0 and out.exists()


def test_a_folder_of_somebody_elses_is_no_home(tmp_path, monkeypatch):
    from ticktalk.system import home

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(home, "_home", lambda: None)
    monkeypatch.setattr(home.tempfile, "tempdir", str(tmp_path))
    assert home.cache_folder().is_relative_to(tmp_path)
    folder = tmp_path / f"ticktalk-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    with pytest.raises(PermissionError, match="belongs to another user"):
        home.cache_folder()


def started(*arguments, tmp_path) -> subprocess.Popen:
    """Start a command that receives Ctrl-C, in its own process and with its own temporary folder."""
    (tmp_path / "tmp").mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "ticktalk", *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp"), "XDG_CACHE_HOME": str(tmp_path)},
    )


def catches(running: subprocess.Popen) -> bool:
    """Return whether the process catches all three signals.

    Installing their handlers is the first thing that every ticktalk command does.
    """
    status = Path(f"/proc/{running.pid}/status").read_text()
    caught = int(status.split("SigCgt:")[1].split()[0], 16)
    return all(caught >> (number - 1) & 1 for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))


def ready(running: subprocess.Popen) -> None:
    """Wait until the process catches these signals."""
    while not catches(running):
        time.sleep(0.0005)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_at_any_moment_ends_in_one_line(tmp_path, number):
    """The signals arrive after the handlers have been installed."""
    draw = random.Random(number)
    for turn in range(4):
        running = started(
            "simulate", "Hello. " * 300, "--voice", TINY, "--out", tmp_path / "out.wav", tmp_path=tmp_path
        )
        ready(running)
        time.sleep(1.5 * draw.random())
        running.send_signal(number)
        _, err = running.communicate(timeout=60)
        # If the signal interrupts the import of a module, Python terminates itself with that signal.
        assert running.returncode in (128 + number, -number), (turn, running.returncode, err)
        assert err == b"error: interrupted\n", (turn, err)
        assert not list((tmp_path / "tmp").iterdir()) and not list(tmp_path.glob(".ticktalk-*"))


def test_an_interruption_that_a_c_module_prints_shows_no_traceback(tmp_path):
    """As NumPy's import_array does: the module prints the error, and then raises another one."""
    script = (
        "import sys\n"
        "from ticktalk.system import signals\n"
        "signals.install()\n"
        "for error in (KeyboardInterrupt, signals.Ended, ValueError('told')):\n"
        "    try:\n"
        "        raise error\n"
        "    except BaseException:\n"
        "        sys.excepthook(*sys.exc_info())\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert done.returncode == 0 and done.stderr.count("Traceback") == 1 and done.stderr.endswith("ValueError: told\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_the_first_imports_shows_no_traceback_of_ours(tmp_path, number):
    """Before ticktalk's first statement runs, the interpreter handles signals itself.

    After that, the command prints a one-line error.
    """
    for delay in range(5, 65, 5):
        running = started("boards", tmp_path=tmp_path)
        time.sleep(delay / 1000)
        ours = catches(running)
        running.send_signal(number)
        _, err = running.communicate(timeout=60)
        if ours:
            assert running.returncode in (0, 128 + number, -number), (delay, running.returncode, err)
            assert err in (b"", b"error: interrupted\n"), (delay, err)
        else:
            assert number == signal.SIGINT or b"Traceback" not in err, (delay, err)


def test_the_first_statement_takes_no_import_that_is_not_built_in():
    """Check which modules a command imports before it is able to handle signals."""
    code = (
        "import sys; before = set(sys.modules); import ticktalk, _signal; "
        "print(*sorted(set(sys.modules) - before - {'ticktalk', '_signal'}))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_children_of_tests_have_default_signals_under_nohup(tmp_path):
    line = 'trap "" INT HUP; exec "$@"'
    probe = "import signal; print(signal.getsignal(2) == signal.default_int_handler, signal.getsignal(1).name)"
    (tmp_path / "test_probe.py").write_text(
        f"import subprocess, sys\ndef test_probe():\n    done = subprocess.run([sys.executable, '-c', {probe!r}], "
        "capture_output=True, text=True)\n    assert done.stdout.split() == ['True', 'SIG_DFL'], done.stdout\n"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TICKTALK_"))}
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-n0", str(tmp_path / "test_probe.py")]
    done = subprocess.run(
        ["sh", "-c", line, "sh", *pytest_], cwd=ROOT, capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_one_that_ignores_hangups_goes_on(tmp_path):
    """The command ignores hangups, as it would under nohup."""
    done = simulate(tmp_path / "out.wav", shell='trap "" HUP; ("$@") & sleep 0.6; kill -HUP $!; wait $!')
    assert done.returncode == 0 and (tmp_path / "out.wav").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_virtual_watch_takes_its_emulator_with_it(tmp_path, number):
    pytest.importorskip("serial")
    running = started("virtual", "--board", "zswatch", "--flash", tmp_path / "flash", tmp_path=tmp_path)
    running.stdout.readline()
    running.send_signal(number)
    running.communicate(timeout=20)
    assert running.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    if number != signal.SIGKILL:
        assert not list((tmp_path / "tmp").iterdir())
