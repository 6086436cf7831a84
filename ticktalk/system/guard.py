"""Run as a program: `guard.py LINE COMMAND...` runs a command, and ends it with all that it started when the pipe
LINE is closed or this process is asked to end. Its exit status is the command's.

The command leads a group of its own, in which its children are too, unless they make groups of their own as Ninja's
do; Ninja passes on what ends it."""

import os
import select
import signal
import sys
import time

GRACE = 1.0  # seconds between asking and killing


def main(line: int, command: list[str]) -> int:
    """The command's exit status, negative signals as 128 + number."""
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
        os.setpgid(child, child)  # here too: the group is there, whichever of the two is first
    except OSError:  # it already runs the command
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
    """Ask the group to end, so that compilers remove what they have begun; kill what is left of it."""
    for number, seconds in ((signal.SIGTERM, GRACE), (signal.SIGKILL, GRACE)):
        until = time.monotonic() + seconds
        try:
            os.killpg(group, number)
            while time.monotonic() < until:
                _reap(group)
                os.killpg(group, 0)
                time.sleep(0.01)
        except ProcessLookupError:  # nobody is left
            break
    sys.exit(128 + signal.SIGTERM)


def _reap(child: int) -> None:
    try:
        os.waitpid(child, os.WNOHANG)
    except ChildProcessError:
        pass


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
