"""A serial line to a device that sends arbitrary responses.

The line is a list of responses. Its clock advances only while a client waits, so no test takes real time.
"""

import random
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hand_made import body_of, hand_made
from tests.support.hostile import EXAMPLES, refuses_or_works
from tests.support.watch_firmware import firmware
from ticktalk.boards import deadline
from ticktalk.boards import noise as line_noise
from ticktalk.boards.board import load_board
from ticktalk.boards.console import client as console
from ticktalk.boards.console import updater as console_loader
from ticktalk.boards.errors import BoardsError
from ticktalk.boards.images.mcuboot import make_image, read_image
from ticktalk.boards.images.regions import regions
from ticktalk.boards.protocols.ambiq import client as ambiq_serial
from ticktalk.boards.protocols.loader import Update
from ticktalk.boards.protocols.smp import client as smp_serial
from ticktalk.boards.protocols.stm32 import client as stm32_serial

M4 = load_board("qemu-m4")
IMAGE = make_image(firmware(M4), M4)
MOST_READS = 50_000  # number of reads after which a call counts as endless
LONGEST = 3000.0  # seconds on the line's clock after which a call counts as endless


class Line:
    """An open port whose device responds to each write with the next of `answers`.

    After the last response, the device is silent or repeats `chatter` forever. A response is bytes, or a function from
    the written bytes to the response.
    """

    port, baudrate, is_open = "/dev/far", 1200, False

    def __init__(self, answers=(), chatter: bytes = b""):
        self._answers, self._chatter = list(answers), chatter * (64 // len(chatter) + 1) if chatter else b""
        self._waiting, self._now, self._reads = b"", 0.0, 0

    def send(self, _, data: bytes) -> None:
        answer = self._answers.pop(0) if self._answers else b""
        self._waiting += answer(data) if callable(answer) else answer

    def receive(self, _, seconds: float, limit: int = 1 << 16) -> bytes:
        seconds = deadline.in_time(self, seconds)  # as in ports.receive
        self._reads += 1
        assert self._reads < MOST_READS and self._now < LONGEST, "the call does not end"
        waiting = self._waiting or self._chatter
        data, rest = waiting[:limit], waiting[limit:]
        if self._waiting:
            self._waiting = rest
        self._now += len(data) * 10 / self.baudrate if data else seconds
        return data

    def monotonic(self) -> float:
        return self._now


_current = [Line()]  # the line whose clock all clients use


def now() -> float:
    """Return the seconds on the clock of the current line."""
    return _current[0].monotonic()


def timed_by(far: Line) -> Line:
    """Return this line, after making all clients use its clock."""
    _current[0] = far
    return far


def line(*arguments, **options) -> Line:
    """Return a new Line. All clients use its clock."""
    return timed_by(Line(*arguments, **options))


@contextmanager
def ports_are_lines():
    """Make every client treat its port as a `Line`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "time", SimpleNamespace(monotonic=now))
        for module in (line_noise, smp_serial, stm32_serial, ambiq_serial):
            patch.setattr(module, "receive", lambda line, *arguments: line.receive(line, *arguments))
        for module in (console, console_loader, smp_serial, stm32_serial, ambiq_serial):
            patch.setattr(module, "send", lambda line, data: line.send(line, data))
            patch.setattr(module, "time", SimpleNamespace(monotonic=now))
        patch.setattr("ticktalk.boards.protocols.smp.loader.send", lambda line, data: line.send(line, data))
        yield


garbage = st.binary(max_size=40)


def gets_through_or_says_why(use, answers, *noises: bytes) -> None:
    """Check that `use` either succeeds or raises a one-line error, whatever the responses are.

    The responses are followed by silence, by random noise, or by endless repetitions of one of `noises`.
    """

    @EXAMPLES
    @given(answers, garbage)
    def check(answers, chatter):
        for noise in (b"", chatter, *noises):
            far = line(answers, noise)
            refuses_or_works(partial(use, far), BoardsError, "/dev/far: ")

    check()


def update_of() -> Update:
    """Return an update that sends the whole image."""
    return Update(IMAGE, read_image(IMAGE), regions(IMAGE, M4.page_size))


LARGE = hand_made(M4, body=body_of(M4) + random.Random(1).randbytes(20_000))
