"""Boot loaders and tools that send arbitrary responses: each client succeeds or ends with a one-line error that begins
with the port.
"""

import time

import cbor2
import pytest
from hypothesis import strategies as st

from tests.support.hostile_line import (
    IMAGE,
    LARGE,
    M4,
    MOST_READS,
    Line,
    garbage,
    gets_through_or_says_why,
    line,
    now,
    ports_are_lines,
    update_of,
)
from ticktalk.boards import deadline
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import BoardsError, OverdueError
from ticktalk.boards.images.regions import Region
from ticktalk.boards.protocols.ambiq import frames as ambiq_frames
from ticktalk.boards.protocols.ambiq.client import AmbiqClient
from ticktalk.boards.protocols.ambiq.loader import AmbiqLoader
from ticktalk.boards.protocols.smp import frames as smp_frames
from ticktalk.boards.protocols.smp.client import SmpClient
from ticktalk.boards.protocols.smp.loader import SmpLoader
from ticktalk.boards.protocols.stm32.client import Stm32Client
from ticktalk.boards.protocols.stm32.loader import Stm32Loader
from ticktalk.boards.protocols.vendor_tool import run_tool


@pytest.fixture(scope="module", autouse=True)
def lines():
    with ports_are_lines():
        yield


STM, A510 = load_board("stm32u5a9j-dk"), load_board("apollo510-evb")

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
    assert now() < deadline.GRACE + deadline.FACTOR * len(LARGE) * 10 / Line.baudrate + 20


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
