"""Devices that never finish: `flash` ends in a time that depends only on the image's size, the line's speed and the
documented constants, over every protocol of the registry (new ones are included automatically) and over the console."""

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
GRACE = 1.0  # seconds instead of ten minutes, counted from the moment the device turns hostile
TOOLS = 8.0  # the same for external programs, counted from the start: esptool takes a second to start
UNTIL_IT_TURNS = 60.0  # seconds, on a machine busy with other tests
SLACK = 12.0  # seconds, likewise
HONEST = 6_000  # bytes from the host until the device turns hostile
FLOOD = 1 << 21  # bytes of an endless answer; each further request gets as many again
SILENCE = 0.9  # seconds before an answer: less than any client waits


def repeats(answer: bytes, turn: int) -> bytes:
    """Repeat the right answer for ever."""
    return (answer or b"\x79") * (FLOOD // len(answer or b"x"))


def never_ends(answer: bytes, turn: int) -> bytes:
    """Begin an answer and never end it."""
    return answer[:6] + b"A" * FLOOD


def dawdles(answer: bytes, turn: int) -> bytes:
    """Send the right answer late."""
    time.sleep(SILENCE)
    return answer


def crawls(answer: bytes, turn: int) -> bytes:
    """Send one more byte of the right answer each time."""
    return answer[: turn % (len(answer) + 1)]


class Turning:
    """A device that behaves for HONEST bytes, then turns hostile."""

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
    """A line that the stand-in for a vendor's program does not use."""

    def feed(self, data: bytes) -> bytes:
        return b""

    def power_on(self) -> bytes:
        return b""


def board_of(protocol: str) -> Board:
    """Return a board that is flashed over this protocol at 115200 baud."""
    if protocol == CONSOLE:
        return replace(load_board("qemu-m4"), name="small", slot_size=0x4_0000)
    board = next(board for board in all_boards() if board.protocol == protocol)
    return replace(board, baud=115200, loader_bauds=())


def image_for(board: Board) -> bytes:
    """Return an image of about 100 kB."""
    match PROTOCOLS[board.protocol].image:
        case "esp-idf":
            return application()
        case "bytes":
            return struct.pack("<II", board.ram.end, board.slot_address + 9) + bytes(range(256)) * 400
    return make_image(voiced(board, voice=bytes(range(256)) * 400), board)


class Clock:
    """The clock of deadlines, shortened."""

    def __init__(self, monkeypatch, tool: bool):
        self._monkeypatch, self._began, self._shortens = monkeypatch, time.monotonic(), not tool
        monkeypatch.setattr(deadline, "FACTOR", 0.1)
        monkeypatch.setattr(deadline, "GRACE", TOOLS if tool else UNTIL_IT_TURNS)

    def turned(self) -> None:
        """Leave GRACE seconds. External programs keep the time-out that they were started with."""
        if self._shortens:
            self._monkeypatch.setattr(deadline, "GRACE", time.monotonic() - self._began + GRACE)

    def over(self, size: int) -> bool:
        """Whether an update of this many bytes should have ended."""
        return time.monotonic() - self._began > deadline.GRACE + deadline.FACTOR * size * 10 / 115200 + SLACK


def ends_in_time(board: Board, file, path: str, clock: Clock) -> BoardsError:
    """Return its error, one line that begins with the port."""
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
    """If the device is not simulated, its program misbehaves instead."""
    tool = tmp_path / "bin" / PROTOCOLS[protocol].tool
    tool.parent.mkdir()
    tool.write_text(f"#!{sys.executable}\nimport sys, time\nwhile 'write_flash' in sys.argv:\n    {ending}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    board = board_of(protocol)
    with SimulatedDevice(Nobody()) as device:
        ends_in_time(board, file_of(image_for(board)), device.path, Clock(monkeypatch, tool=True))
