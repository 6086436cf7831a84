"""Guard program: `guard.py LINE COMMAND...` runs a command and returns its exit status.

The guard stops the command and all of its descendants when the pipe LINE is closed, or when the guard itself is
terminated. The command leads its own process group. Its children belong to the group unless they create their own
groups, like Ninja's children, to which Ninja forwards signals.
"""

import os
import select
import signal
import sys
import time

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
GRACE = 1.0  # seconds between SIGTERM and SIGKILL


def main(line: int, command: list[str]) -> int:
    """Run the command and return its exit status, or 128 + n if signal n terminated it."""
    os.set_inheritable(line, False)
    bell, ring = os.pipe()
    os.set_blocking(ring, False)
    asked = []
    signal.set_wakeup_fd(ring)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    child = os.fork()
    if not child:
        os.setpgid(0, 0)
        for number in (signal.SIGCHLD, signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE, signal.SIGXFSZ):
            signal.signal(number, signal.SIG_DFL)
        try:
            os.execvp(command[0], command)
        finally:
            os._exit(127)
    try:
        os.setpgid(child, child)  # the child does the same, because either process may run first
    except OSError:  # the child is already running the command
        pass
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        ready = select.select([line, bell], [], [])[0]
        if bell in ready:
            os.read(bell, 64)
        if line in ready or asked:
            _end(child)


def _end(group: int) -> None:
    """Terminate the group, so that compilers can remove unfinished files, then kill all processes that remain."""
    _adopt()
    for number, seconds in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
        until = time.monotonic() + seconds
        try:
            os.killpg(group, number)
            while time.monotonic() < until:
                _reap()
                os.killpg(group, 0)
                time.sleep(0.01)
        except ProcessLookupError:  # no process remains
            break
    sys.exit(128 + signal.SIGTERM)


def _adopt() -> None:
    """On Linux, become the parent of orphaned descendants. A container's init process may not reap them, and zombies
    count as members of the group."""
    import ctypes  # only here, because it takes longer to load than the rest of the guard

    try:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (AttributeError, OSError):  # another system
        pass


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
