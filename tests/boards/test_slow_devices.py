"""Devices that never come to an end: whatever they answer, `flash` ends when the image's bytes, the line's speed and
the stated constants say, over every protocol of the registry (a new one is tried as soon as it is listed) and over the
console."""

import os
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.esp_application import application
from tests.support.watch_console import compiled_watch
from tests.support.watch_firmware import voiced
from ticktalk.boards import deadline
from ticktalk.boards.board import Board, all_boards, load_board
from ticktalk.boards.errors import BoardsError, OverdueError
from ticktalk.boards.flash import flash
from ticktalk.boards.images.mcuboot import make_image
from ticktalk.boards.protocols import PROTOCOLS
from ticktalk.boards.virtual.bootloader_watch import watch_of
from ticktalk.boards.virtual.pty_device import SimulatedDevice

pytestmark = pytest.mark.usefixtures("home")
CONSOLE = "console"
GRACE = 1.0  # seconds, in place of ten minutes, from the moment the device turns
TOOLS = 8.0  # instead, from the start, where programs run: esptool takes a second to say a word
UNTIL_IT_TURNS = 60.0  # seconds, of a machine that is busy with other tests
SLACK = 12.0  # seconds, likewise
HONEST = 6_000  # bytes from the host until the device turns
FLOOD = 1 << 21  # bytes of an answer without end; the next request gets as many again
SILENCE = 0.9  # seconds before an answer: less than any client waits


def repeats(answer: bytes, turn: int) -> bytes:
    """The right answer, for ever."""
    return (answer or b"\x79") * (FLOOD // len(answer or b"x"))


def never_ends(answer: bytes, turn: int) -> bytes:
    """An answer that has begun."""
    return answer[:6] + b"A" * FLOOD


def dawdles(answer: bytes, turn: int) -> bytes:
    """The right answer, late."""
    time.sleep(SILENCE)
    return answer


def crawls(answer: bytes, turn: int) -> bytes:
    """Each time a byte more of the right answer."""
    return answer[: turn % (len(answer) + 1)]


class Turning:
    """A far side that is honest for HONEST bytes."""

    def __init__(self, watch, becomes: Callable[[bytes, int], bytes], turned: Callable[[], None]):
        self._watch, self._becomes, self._turned = watch, becomes, turned
        self._heard = self.turns = 0

    def power_on(self) -> bytes:
        return self._watch.power_on()

    def feed(self, data: bytes) -> bytes:
        self._heard += len(data)
        answer = self._watch.feed(data)
        if self._heard < HONEST:
            return answer
        if not self.turns:
            self._turned()
        self.turns += 1
        return self._becomes(answer, self.turns)


class Nobody:
    """A line over which a stand-in for a vendor's program does not talk."""

    def feed(self, data: bytes) -> bytes:
        return b""

    def power_on(self) -> bytes:
        return b""


def board_of(protocol: str) -> Board:
    """A board that is flashed with it, at 115200 baud."""
    if protocol == CONSOLE:
        return replace(load_board("qemu-m4"), name="small", slot_size=0x4_0000)
    board = next(board for board in all_boards() if board.protocol == protocol)
    return replace(board, baud=115200, loader_bauds=())


def image_for(board: Board) -> bytes:
    """One of about 100 kB."""
    match PROTOCOLS[board.protocol].image:
        case "esp-idf":
            return application()
        case "bytes":
            return struct.pack("<II", board.ram.end, board.slot_address + 9) + bytes(range(256)) * 400
    return make_image(voiced(board, voice=bytes(range(256)) * 400), board)


class Clock:
    """The deadline's, made short."""

    def __init__(self, monkeypatch, tool: bool):
        self._monkeypatch, self._began, self._shortens = monkeypatch, time.monotonic(), not tool
        monkeypatch.setattr(deadline, "FACTOR", 0.1)
        monkeypatch.setattr(deadline, "GRACE", TOOLS if tool else UNTIL_IT_TURNS)

    def turned(self) -> None:
        """GRACE seconds are left, but for a program's, whose time was told to it when it was started."""
        if self._shortens:
            self._monkeypatch.setattr(deadline, "GRACE", time.monotonic() - self._began + GRACE)

    def over(self, size: int) -> bool:
        """Whether an update of so many bytes should have ended."""
        return time.monotonic() - self._began > deadline.GRACE + deadline.FACTOR * size * 10 / 115200 + SLACK


def ends_in_time(board: Board, file, path: str, clock: Clock) -> BoardsError:
    """Its error, of one line that begins with the port."""
    with pytest.raises(BoardsError, match=f"^{path}: ") as caught:
        flash(file, board, path)
    assert not clock.over(file.stat().st_size)
    assert "\n" not in str(caught.value) and caught.value.exit_code in (8, 9)
    return caught.value


@pytest.mark.parametrize("becomes", [repeats, never_ends, dawdles, crawls])
@pytest.mark.parametrize("protocol", [*(name for name, each in PROTOCOLS.items() if each.simulated), CONSOLE])
def test_a_device_without_end_is_given_up_in_time(tmp_path, file_of, monkeypatch, protocol, becomes):
    board = board_of(protocol)
    tool = bool(PROTOCOLS[board.protocol].tool)
    if protocol == CONSOLE:
        watch = compiled_watch(board, tmp_path, None)
        old = make_image(voiced(board, "old"), board)
        watch.loader.primary.program(0, old + b"\xff" * (-len(old) % watch.flash.word))
    else:
        watch = watch_of(protocol)(board, tmp_path, None, None)
    clock = Clock(monkeypatch, tool)
    far = Turning(watch, becomes, clock.turned)
    try:
        with SimulatedDevice(far) as device:
            error = ends_in_time(board, file_of(image_for(board)), device.path, clock)
        assert not device.failure, repr(device.failure)
        assert far.turns or tool, error
        if becomes is dawdles:
            assert isinstance(error, OverdueError), error
    finally:
        getattr(watch, "stop", lambda: None)()
        watch.flash.close()


@pytest.mark.parametrize("ending", ["print('x' * 60, flush=True)", "time.sleep(0.3)", "print('.', end='', flush=True)"])
@pytest.mark.parametrize("protocol", [name for name, each in PROTOCOLS.items() if not each.simulated])
def test_a_vendors_program_without_end_is_given_up_in_time(tmp_path, file_of, monkeypatch, protocol, ending):
    """Where nothing simulates the device, its program is the evil one."""
    tool = tmp_path / "bin" / PROTOCOLS[protocol].tool
    tool.parent.mkdir()
    tool.write_text(f"#!{sys.executable}\nimport sys, time\nwhile 'write_flash' in sys.argv:\n    {ending}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    board = board_of(protocol)
    with SimulatedDevice(Nobody()) as device:
        ends_in_time(board, file_of(image_for(board)), device.path, Clock(monkeypatch, tool=True))
