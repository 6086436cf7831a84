"""`flash` ends in bounded time even if a device never finishes.

The bound depends only on the image's size, the line's speed and documented constants. The tests cover every registered
protocol, including future ones, and the console.
"""

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
GRACE = 1.0  # limit in seconds, instead of ten minutes, after the device has turned hostile
TOOLS = 8.0  # limit for external programs, in seconds; esptool alone takes a second to start
UNTIL_IT_TURNS = 60.0  # limit in seconds for a machine busy with other tests
SLACK = 12.0  # margin in seconds for a machine busy with other tests
HONEST = 6_000  # bytes from the host before the device becomes hostile
FLOOD = 1 << 21  # bytes of an endless response, sent again for every further request
SILENCE = 0.9  # delay before a response in seconds, shorter than any client's timeout


def repeats(answer: bytes, turn: int) -> bytes:
    """Repeat the correct response forever."""
    return (answer or b"\x79") * (FLOOD // len(answer or b"x"))


def never_ends(answer: bytes, turn: int) -> bytes:
    """Start a response that never ends."""
    return answer[:6] + b"A" * FLOOD


def dawdles(answer: bytes, turn: int) -> bytes:
    """Send the correct response late."""
    time.sleep(SILENCE)
    return answer


def crawls(answer: bytes, turn: int) -> bytes:
    """On each call, send another byte of the correct response."""
    return answer[: turn % (len(answer) + 1)]


class Turning:
    """A device that behaves correctly for HONEST bytes, and then becomes hostile."""

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
    """A silent device. The stand-in for a vendor's program does not use the serial port."""

    def feed(self, data: bytes) -> bytes:
        return b""

    def power_on(self) -> bytes:
        return b""


def board_of(protocol: str) -> Board:
    """Return a board that uses this protocol, at 115200 baud."""
    if protocol == CONSOLE:
        return replace(load_board("qemu-m4"), name="small", slot_size=0x4_0000)
    board = next(board for board in all_boards() if board.protocol == protocol)
    return replace(board, baud=115200, loader_bauds=())


def image_for(board: Board) -> bytes:
    """Return an image of about 100 kB for this board."""
    match PROTOCOLS[board.protocol].image:
        case "esp-idf":
            return application()
        case "bytes":
            return struct.pack("<II", board.ram.end, board.slot_address + 9) + bytes(range(256)) * 400
    return make_image(voiced(board, voice=bytes(range(256)) * 400), board)


class Clock:
    """Shortens the deadlines, and measures the time since this object was created."""

    def __init__(self, monkeypatch, tool: bool):
        self._monkeypatch, self._began, self._shortens = monkeypatch, time.monotonic(), not tool
        monkeypatch.setattr(deadline, "FACTOR", 0.1)
        monkeypatch.setattr(deadline, "GRACE", TOOLS if tool else UNTIL_IT_TURNS)

    def turned(self) -> None:
        """Shorten the remaining time to GRACE seconds. External programs keep their initial timeout."""
        if self._shortens:
            self._monkeypatch.setattr(deadline, "GRACE", time.monotonic() - self._began + GRACE)

    def over(self, size: int) -> bool:
        """Return whether an update of `size` bytes should already have ended."""
        return time.monotonic() - self._began > deadline.GRACE + deadline.FACTOR * size * 10 / 115200 + SLACK


def ends_in_time(board: Board, file, path: str, clock: Clock) -> BoardsError:
    """Flash the image and return the error.

    Checks that flashing fails in time, with a one-line error that begins with the port.
    """
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
@pytest.mark.parametrize("protocol", [name for name, each in PROTOCOLS.items() if not each.simulated and each.tool])
def test_a_vendors_program_without_end_is_given_up_in_time(tmp_path, file_of, monkeypatch, protocol, ending):
    """If a protocol has no simulated device, the vendor's program misbehaves instead."""
    tool = tmp_path / "bin" / PROTOCOLS[protocol].tool
    tool.parent.mkdir()
    tool.write_text(f"#!{sys.executable}\nimport sys, time\nwhile 'write_flash' in sys.argv:\n    {ending}\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
    board = board_of(protocol)
    with SimulatedDevice(Nobody()) as device:
        ends_in_time(board, file_of(image_for(board)), device.path, Clock(monkeypatch, tool=True))
