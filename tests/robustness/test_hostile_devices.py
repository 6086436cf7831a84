"""Devices that send arbitrary responses: each client succeeds or ends with a one-line error that begins with the port.

The serial line is a list of responses. The clock of the line advances only while a client waits, so no test takes real
time.
"""

import random
import struct
import time
from functools import partial
from types import SimpleNamespace

import cbor2
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
from ticktalk.boards.console import frames as console_frames
from ticktalk.boards.console import updater as console_loader
from ticktalk.boards.console.client import Console
from ticktalk.boards.console.updater import ConsoleLoader
from ticktalk.boards.errors import BoardsError, DeviceError, OverdueError
from ticktalk.boards.flash.identifying import check_banner
from ticktalk.boards.images.mcuboot import make_image, read_image
from ticktalk.boards.images.regions import Region, regions
from ticktalk.boards.protocols.ambiq import client as ambiq_serial
from ticktalk.boards.protocols.ambiq import frames as ambiq_frames
from ticktalk.boards.protocols.ambiq.client import AmbiqClient
from ticktalk.boards.protocols.ambiq.loader import AmbiqLoader
from ticktalk.boards.protocols.loader import Update
from ticktalk.boards.protocols.smp import client as smp_serial
from ticktalk.boards.protocols.smp import frames as smp_frames
from ticktalk.boards.protocols.smp.client import SmpClient
from ticktalk.boards.protocols.smp.loader import SmpLoader
from ticktalk.boards.protocols.stm32 import client as stm32_serial
from ticktalk.boards.protocols.stm32.client import Stm32Client
from ticktalk.boards.protocols.stm32.loader import Stm32Loader
from ticktalk.boards.protocols.vendor_tool import run_tool

M4, STM, A510 = load_board("qemu-m4"), load_board("stm32u5a9j-dk"), load_board("apollo510-evb")
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


@pytest.fixture(scope="module", autouse=True)
def lines():
    """Make every client treat its port as a `Line`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(deadline, "time", SimpleNamespace(monotonic=lambda: _now()))
        for module in (line_noise, smp_serial, stm32_serial, ambiq_serial):
            patch.setattr(module, "receive", lambda line, *arguments: line.receive(line, *arguments))
        for module in (console, console_loader, smp_serial, stm32_serial, ambiq_serial):
            patch.setattr(module, "send", lambda line, data: line.send(line, data))
            patch.setattr(module, "time", SimpleNamespace(monotonic=lambda: _now()))
        patch.setattr("ticktalk.boards.protocols.smp.loader.send", lambda line, data: line.send(line, data))
        yield


_current = [Line()]


def _now() -> float:
    return _current[0].monotonic()


def line(*arguments, **options) -> Line:
    """Return a new Line. All clients use its clock."""
    _current[0] = Line(*arguments, **options)
    return _current[0]


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


numbers = st.one_of(
    st.integers(-5, 70_000),
    st.sampled_from([1 << 31, 1 << 63, -(1 << 63), 1 << 200]),
    st.floats(),
    st.booleans(),
    st.none(),
)
anything = st.recursive(
    st.one_of(numbers, st.binary(max_size=33), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=5,
)
an_image = st.dictionaries(
    st.sampled_from(["slot", "hash", "version", "pending"]), st.one_of(st.integers(0, 2), anything), max_size=4
)
maps = st.dictionaries(
    st.sampled_from(["rc", "off", "images", "buf_size", "buf_count", "r", "sha", "err", "hash"]),
    st.one_of(st.integers(0, 20), anything, st.lists(an_image, max_size=3), st.just({"rc": []}), st.just({"rc": 3})),
    max_size=4,
)
bodies = st.one_of(
    maps.map(cbor2.dumps),
    anything.map(cbor2.dumps),
    garbage,
    st.sampled_from(
        [
            b"\x9b" + b"\xff" * 8,
            b"\x5b" + b"\x7f" * 8,
            b"\x81" * 5000,
            b"\xc5\x82\x1b" + b"\x7f" * 8 + b"\x01",
            b"\xbf",
            b"\xd8\x23\x62((",
        ]
    ),
)


@st.composite
def smp_answers(draw):
    """Draw a list of functions that respond to a request.

    Each response has a random body and is sometimes damaged. Noise may precede the response. The response to an invalid
    request is only noise.
    """
    answers = []
    for _ in range(draw(st.integers(0, 8))):
        body, flip, noise = (
            draw(bodies),
            draw(st.one_of(st.none(), st.integers(0, 60))),
            draw(st.one_of(st.just(b""), garbage)),
        )

        def answer(sent: bytes, body=body, flip=flip, noise=noise) -> bytes:
            asked = smp_frames.Decoder().feed(sent)
            if not asked:
                return noise
            head = smp_frames.Header.unpack(asked[0])
            packet = bytearray(
                smp_frames.Header(head.op + 1, 1, len(body), head.group, head.sequence, head.command).pack() + body
            )
            if flip is not None and flip < len(packet):
                packet[flip] ^= 1
            return noise + smp_frames.encode(bytes(packet))

        answers.append(answer)
    return answers


def update_of() -> Update:
    """Return an update that sends the whole image."""
    return Update(IMAGE, read_image(IMAGE), regions(IMAGE, M4.page_size))


SMP = {
    "probe": lambda p: SmpLoader(p, M4).probe(),
    "runs": lambda p: SmpLoader(p, M4).runs(update_of()),
    "keeps": lambda p: SmpLoader(p, M4).keeps(update_of(), Region("voice", 4096, 8192, bytes(32)), True),
    "verify": lambda p: SmpLoader(p, M4).verify(update_of()),
    "upload": lambda p: SmpClient(p).upload(IMAGE),
    "start": lambda p: SmpLoader(p, M4).start(update_of()),
    "echo": lambda p: SmpClient(p).echo("hi"),
}


@pytest.mark.parametrize("call", SMP)
def test_smp_answers(call):
    gets_through_or_says_why(SMP[call], smp_answers())


rom_answers = st.lists(
    st.one_of(
        st.sampled_from([b"\x79", b"\x1f", b"\x79\x79", b"\x79" * 300, b""]),
        garbage,
        st.binary(max_size=300).map(lambda rest: b"\x79" + rest),
    ),
    max_size=40,
)
ROM = {
    "probe": lambda p: Stm32Loader(p, STM).probe(),
    "commands": lambda p: Stm32Client(p).commands(),
    "chip": lambda p: Stm32Client(p).chip_id(),
    "read": lambda p: Stm32Client(p).read(0x0800_0000, 256),
    "write": lambda p: Stm32Client(p).write(0x0800_0000, bytes(256)),
    "erase": lambda p: Stm32Client(p).erase(3),
    "go": lambda p: Stm32Client(p).go(0x0800_0000),
    "resync": lambda p: Stm32Client(p).resync(),
}


@pytest.mark.parametrize("call", ROM)
def test_rom_answers(call):
    gets_through_or_says_why(ROM[call], rom_answers, b"\x79")


messages = st.one_of(
    st.builds(
        ambiq_frames.encode,
        st.just(ambiq_frames.ACK),
        st.builds(ambiq_frames.ANSWER.pack, st.integers(0, 9), st.integers(0, 20), st.integers(0, 9000)),
    ),
    st.builds(
        ambiq_frames.encode,
        st.just(ambiq_frames.STATUS),
        st.one_of(st.binary(max_size=30), st.binary(min_size=128, max_size=140)),
    ),
    st.builds(ambiq_frames.encode, st.integers(0, 12), garbage),
    garbage,
)
AMBIQ = {
    "hello": lambda p: AmbiqClient(p).hello(0.2),
    "put": lambda p: AmbiqClient(p).put(0x41_0000, bytes(20_000)),
    "reset": lambda p: AmbiqClient(p).reset(),
    "probe": lambda p: AmbiqLoader(p, A510).probe(),
}


@pytest.mark.parametrize("call", AMBIQ)
def test_ambiq_answers(call):
    gets_through_or_says_why(
        AMBIQ[call],
        st.lists(st.lists(messages, max_size=3).map(b"".join), max_size=30),
        ambiq_frames.encode(ambiq_frames.ACK, bytes(12)),
    )


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
    assert _now() < 2 * console_loader.PATIENCE
    assert ConsoleLoader(line((), chatter), M4).probe() is None and _now() < 3


LARGE = hand_made(M4, body=body_of(M4) + random.Random(1).randbytes(20_000))


def test_a_boot_loader_that_takes_a_byte_at_a_time_is_given_up():
    def answer(sent: bytes) -> bytes:
        request = smp_frames.Decoder().feed(sent)[0]
        head, asked = smp_frames.Header.unpack(request), cbor2.loads(request[smp_frames.HEADER.size :])
        body = cbor2.dumps({"rc": 0, "off": asked["off"] + 1})
        answered = smp_frames.Header(head.op + 1, 1, len(body), head.group, head.sequence, head.command)
        return smp_frames.encode(answered.pack() + body)

    far = line([answer] * MOST_READS)
    with (
        pytest.raises(OverdueError, match="^/dev/far: the update has not finished after 39 minutes"),
        deadline.limited(far, len(LARGE)),
    ):
        SmpClient(far).upload(LARGE, buffer=1024)
    assert _now() < deadline.GRACE + deadline.FACTOR * len(LARGE) * 10 / Line.baudrate + 20


class Crawling(Line):
    """The watch starts an update, and then acknowledges one byte at a time forever."""

    def receive(self, *arguments) -> bytes:
        if not self._answers and not self._waiting:
            self._place = getattr(self, "_place", 0) + 1
            self._waiting = console_frames.encode(console_frames.UPDATE_AT, struct.pack("<II", self._place, 0))
        return super().receive(*arguments)


def test_a_firmware_that_takes_a_byte_at_a_time_is_given_up():
    begun = console_frames.encode(console_frames.UPDATE_STATE, bytes(80))
    far = _current[0] = Crawling([begun, begun, begun])
    update = Update(LARGE, read_image(LARGE), regions(LARGE, M4.page_size))
    with (
        pytest.raises(OverdueError, match="^/dev/far: the update has not finished after 39 minutes"),
        deadline.limited(far, len(LARGE)),
    ):
        ConsoleLoader(far, M4).bring(update, lambda done, total: None, lambda line: None)


@pytest.mark.parametrize(
    "command, words",
    [
        (["yes"], "(yes produces endless output|the update has not finished)"),
        (["sh", "-c", "yes | tr -d '\\n'"], "sh produces endless output"),
        (["sh", "-c", "while :; do echo a; sleep 0.01; done"], "the update has not finished"),
        (["sleep", "600"], "the update has not finished"),
    ],
    ids=["that talks", "that talks in one line", "that talks slowly", "that is silent"],
)
def test_a_vendors_tool_without_end_is_ended(monkeypatch, command, words):
    monkeypatch.setattr(deadline, "time", time)
    monkeypatch.setattr(deadline, "GRACE", 0.3)
    began = time.monotonic()
    far = Line()
    with pytest.raises(BoardsError, match=f"^/dev/far: {words}"), deadline.limited(far, 0):
        run_tool(command, lambda text: None, far)
    assert time.monotonic() - began < 60
