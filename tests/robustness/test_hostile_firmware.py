"""Firmware that sends arbitrary responses: the clients of the console succeed or end with a one-line error that begins
with the port.
"""

import struct
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.hostile import EXAMPLES, refuses_or_works
from tests.support.hostile_line import (
    IMAGE,
    LARGE,
    M4,
    Line,
    garbage,
    gets_through_or_says_why,
    line,
    now,
    ports_are_lines,
    timed_by,
    update_of,
)
from ticktalk.boards import deadline
from ticktalk.boards.console import client as console
from ticktalk.boards.console import frames as console_frames
from ticktalk.boards.console import updater as console_loader
from ticktalk.boards.console.client import Console
from ticktalk.boards.console.updater import ConsoleLoader
from ticktalk.boards.errors import BoardsError, DeviceError, OverdueError
from ticktalk.boards.flash.identifying import check_banner
from ticktalk.boards.images.mcuboot import read_image
from ticktalk.boards.images.regions import regions
from ticktalk.boards.protocols.loader import Update


@pytest.fixture(scope="module", autouse=True)
def lines():
    with ports_are_lines():
        yield


KINDS = st.sampled_from([*range(0x81, 0x8C), 0x90, 0x91, 0xFF, 0x01])
texts = st.lists(
    st.sampled_from(
        [
            "product=ticktalk",
            "board=qemu-m4",
            "board=\x1b[31m",
            "=",
            "a==b",
            "limit=9e9",
            "build=" + "f" * 64,
            "\u2028x=1",
            "instructions=12",
            "stack_bytes=-1",
            "arena_bytes=" + "9" * 300,
            "x=1\x00\x07",
        ]
    )
).map("\n".join)
payloads = st.one_of(
    garbage,
    texts.map(lambda text: text.encode()[:1024]),
    st.binary(min_size=990, max_size=1024),
    st.just(bytes(17)),
    st.just(bytes(4)),
)
console_answers = st.lists(
    st.one_of(garbage, st.lists(st.builds(console_frames.encode, KINDS, payloads), max_size=5).map(b"".join)),
    max_size=6,
)
CONSOLE = {
    "hello": lambda c: c.hello(),
    "banner": lambda c: c.wait_banner(),
    "speak": lambda c: c.speak([0, 5, 0], trace=True),
    "run": lambda c: c.run(trace=True),
    "write": lambda c: c.write(bytes(1500)),
    "read": lambda c: c.read(1500),
    "stats": lambda c: c.stats(),
    "dump": lambda c: c.dump(0, 1),
    "boot": lambda c: c.boot(),
}


@pytest.mark.parametrize("call", CONSOLE)
def test_console_answers(call):
    @EXAMPLES
    @given(console_answers, garbage)
    def check(answers, chatter):
        for noise in (b"", chatter):
            far = line(answers, noise)
            got = refuses_or_works(lambda far=far: CONSOLE[call](Console(far)), DeviceError, "/dev/far: ")
            if call in ("hello", "banner") and got is not None:
                refuses_or_works(
                    partial(check_banner, got, M4, {"build": "0" * 64}, "/dev/far"), BoardsError, "/dev/far: "
                )

    check()


@pytest.mark.parametrize(
    "frame",
    [
        console_frames.encode(console_frames.PCM, bytes(4)),
        console_frames.encode(console_frames.TRACE, bytes(15 * 60)),
        console_frames.encode(console_frames.TRACE),
        console_frames.encode(console_frames.DUMP, struct.pack("<BHII", 0, 0, 0, 0)),
    ],
)
def test_an_utterance_without_end(frame, monkeypatch):
    """The client stops with an error before the response fills the memory."""
    monkeypatch.setattr(console, "MOST_BYTES", 1 << 17)
    with pytest.raises(DeviceError, match="^/dev/far: .* violates the protocol: the response to SPEAK is too long"):
        Console(line(chatter=frame)).speak([0, 1, 0])


states = st.builds(
    lambda running, size, target, stream, taken, written: struct.pack(
        "<32sI32sIII", running, size, target, stream, taken, written
    ),
    st.sampled_from([bytes(32), bytes(range(32))]),
    st.integers(0, 1 << 21),
    st.sampled_from([bytes(32), read_image(IMAGE).hash]),
    st.integers(0, (1 << 32) - 1),
    st.integers(0, 1 << 21),
    st.integers(0, 1 << 21),
)
places = st.builds(struct.Struct("<II").pack, st.integers(0, 20_000), st.integers(0, 20_000))
update_answers = st.one_of(
    garbage,
    st.builds(console_frames.encode, st.just(console_frames.UPDATE_STATE), st.one_of(states, garbage)),
    st.builds(console_frames.encode, st.just(console_frames.UPDATE_AT), st.one_of(places, garbage)),
    st.builds(
        console_frames.encode,
        st.sampled_from([console_frames.OK, console_frames.ERROR, console_frames.BANNER]),
        st.one_of(garbage, st.binary(min_size=1, max_size=1)),
    ),
)
UPDATER = {
    "probe": lambda p: ConsoleLoader(p, M4).probe(),
    "restart": lambda p: ConsoleLoader(p, M4).restart(),
    "bring": lambda p: ConsoleLoader(p, M4).bring(update_of(), lambda done, total: None, lambda line: None),
}


@pytest.mark.parametrize("call", UPDATER)
def test_answers_to_an_update(call):
    gets_through_or_says_why(
        UPDATER[call],
        st.lists(st.lists(update_answers, max_size=3).map(b"".join), max_size=12),
        console_frames.encode(console_frames.UPDATE_AT, bytes(8)),
    )


@pytest.mark.parametrize("places", [(bytes(8),), (b"\0\0\0\0\1\0\0\0", bytes(8))])
def test_a_watch_that_is_at_work_for_ever(places):
    begun = console_frames.encode(console_frames.UPDATE_STATE, bytes(80))
    chatter = b"".join(console_frames.encode(console_frames.UPDATE_AT, place) for place in places)
    with pytest.raises(
        DeviceError,
        match="^/dev/far: the (update is stuck at byte 0 of|watch is at byte 0 instead of 0, and has written 0)",
    ):
        ConsoleLoader(line([begun, begun, begun], chatter), M4).bring(
            update_of(), lambda done, total: None, lambda line: None
        )
    with pytest.raises(DeviceError, match="^/dev/far: no response to UPDATE after 5 tries"):
        ConsoleLoader(line((), chatter), M4).bring(update_of(), lambda done, total: None, lambda line: None)
    assert now() < 2 * console_loader.PATIENCE
    assert ConsoleLoader(line((), chatter), M4).probe() is None and now() < 3


class Crawling(Line):
    """The watch starts an update, and then acknowledges one byte at a time forever."""

    def receive(self, *arguments) -> bytes:
        if not self._answers and not self._waiting:
            self._place = getattr(self, "_place", 0) + 1
            self._waiting = console_frames.encode(console_frames.UPDATE_AT, struct.pack("<II", self._place, 0))
        return super().receive(*arguments)


def test_a_firmware_that_takes_a_byte_at_a_time_is_given_up():
    begun = console_frames.encode(console_frames.UPDATE_STATE, bytes(80))
    far = timed_by(Crawling([begun, begun, begun]))
    update = Update(LARGE, read_image(LARGE), regions(LARGE, M4.page_size))
    with (
        pytest.raises(OverdueError, match="^/dev/far: the update has not finished after 39 minutes"),
        deadline.limited(far, len(LARGE)),
    ):
        ConsoleLoader(far, M4).bring(update, lambda done, total: None, lambda line: None)
