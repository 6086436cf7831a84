"""Child processes that never outlive their parent, however it exits.

On Linux, `setpriv --pdeathsig` makes the kernel kill the child when its parent dies. An intermediate shell checks
whether the parent has already exited. For a program that starts other programs (cmake, make), this covers only the
first process. Such a program runs in its own process group under guard.py, which stops the whole group as soon as a
pipe from this process is closed, for any reason. Without setpriv (macOS), every child gets a guard.

The kernel kills the child when the thread that started it exits. Start a child in the thread that waits for it.
"""

import atexit
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from ticktalk.system.verbosity import tell_command

PIPE = subprocess.PIPE
_GUARD = Path(__file__).with_name("guard.py")
_SAME_PARENT = '[ "$PPID" = "$0" ] || exit 137; exec "$@"'
_ENDING = 5.0  # seconds for a guard to stop its group


class Child(subprocess.Popen[Any]):
    """A Popen whose process dies with its parent.

    If `tree` is set, its descendants die too, and `end` stops all of them.
    """

    def __init__(self, command: Sequence[str | os.PathLike[str]], *, tree: bool = False, **options: Any):
        words = [os.fspath(word) for word in command]
        found = shutil.which(words[0], path=(options.get("env") or os.environ).get("PATH"))
        if found is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), words[0])
        tell_command(words)
        words[0] = found
        self._line: int | None = None
        setpriv = shutil.which("setpriv")
        if setpriv and not tree:
            super().__init__(
                [setpriv, "--pdeathsig", "KILL", "sh", "-c", _SAME_PARENT, str(os.getpid()), *words], **options
            )
            return
        theirs, self._line = os.pipe()
        try:
            super().__init__(
                [sys.executable, "-I", "-S", str(_GUARD), str(theirs), *words],
                **options | {"pass_fds": (*options.get("pass_fds", ()), theirs), "start_new_session": True},
            )
        except BaseException:
            os.close(self._line)
            raise
        finally:
            os.close(theirs)

    def end(self) -> None:
        """Stop the child and, with `tree`, all of its descendants before returning. May be called more than once."""
        if self._line is None:
            if self.poll() is None:
                self.kill()
        else:
            self._let_go()
        try:
            self.wait(_ENDING)
        except subprocess.TimeoutExpired:
            self.kill()
            self.wait()

    def _let_go(self) -> None:
        if self._line is not None and self._line >= 0:
            os.close(self._line)
            self._line = -1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.end()
        super().__exit__(kind, error, trace)
        self._let_go()


def run(
    command: Sequence[str | os.PathLike[str]],
    *,
    tree: bool = False,
    input: bytes | str | None = None,
    timeout: float | None = None,
    check: bool = False,
    **options: Any,
) -> subprocess.CompletedProcess[Any]:
    """Run a command like subprocess.run, with its output captured. The command's standard input is `input`, or empty if
    that is None.

    Raises subprocess.TimeoutExpired after `timeout` seconds, once the child has exited. Any other exception in this
    call also stops the child.
    """
    stdin = subprocess.DEVNULL if input is None else subprocess.PIPE
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    with Child(command, tree=tree, stdin=stdin, **options) as child:
        out, err = child.communicate(input, timeout)
    done = subprocess.CompletedProcess(list(command), child.returncode, out, err)
    if check:
        done.check_returncode()
    return done


def _leave(number: int, frame: FrameType | None) -> None:
    """Exit immediately, after removing temporary folders. The executor would attribute an exception to its task."""
    atexit._run_exitfuncs()
    os._exit(128 + number)


def follow_parent() -> None:
    """Initialise a `multiprocessing` worker so that it exits together with its parent process.

    Because workers hold both ends of their task pipe open, they would otherwise wait forever.
    """
    from multiprocessing import connection, parent_process

    for number in (signal.SIGINT, signal.SIGHUP):  # the parent also receives these signals, and stops its workers
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    parent = parent_process()
    if parent is None:  # not a worker process
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os._exit(128 + signal.SIGKILL)

    threading.Thread(target=watch, daemon=True, name="watches its parent").start()
