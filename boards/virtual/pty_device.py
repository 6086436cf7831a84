"""A simulated device on a pseudo-terminal, with a model of the line's baud rate, faults and power cuts.

The far side is any object that implements `FarSide`. If the device raises `PowerCut`, it is powered on again. Like a
name in /dev/serial/by-id, `path` stays the same when the cable is unplugged and reconnected.
"""

import os
import pty
import select
import socket
import tempfile
import termios
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ticktalk.boards.virtual.faults import Fault, Faults, PowerCut
from ticktalk.boards.virtual.nor_flash import VirtualFlash

CHUNK = 4096
LOOK = 0.005  # seconds after a response during which a paced device polls for the next request
SPIN = 0.0008  # seconds to busy-wait before the end of a paced transmission, because sleeping overshoots

_SPEEDS = {getattr(termios, name): int(name[1:]) for name in dir(termios) if name[0] == "B" and name[1:].isdigit()}


class FarSide(Protocol):
    """The device at the far end of the line."""

    def feed(self, data: bytes) -> bytes:
        """Process bytes from the host, and return the response. May raise `PowerCut`."""

    def power_on(self) -> bytes:
        """Start the device, and return what it sends at start-up. May raise `PowerCut`."""


class SimulatedDevice:
    """A context manager that runs a device on a pseudo-terminal.

    `bits` is the number of bits per byte. Transmission takes as long as the host's current baud rate implies,
    or no time if `bits` is 0. If the host's baud rate exceeds `max_baud`, bytes arrive corrupted.
    `turnaround` is the delay between request and response in seconds. `busy(erased, programmed)` returns how many
    seconds it takes to erase and program these numbers of bytes in `flashes`.
    """

    def __init__(
        self,
        far: FarSide,
        faults: Faults | None = None,
        *,
        bits: int = 0,
        max_baud: int = 0,
        turnaround: float = 0,
        flashes: tuple[VirtualFlash, ...] = (),
        busy: Callable[[int, int], float] = lambda erased, programmed: 0,
    ):
        self._far, self._faults, self._bits, self._max_baud, self._turnaround = (
            far,
            faults or Faults(),
            bits,
            max_baud,
            turnaround,
        )
        self._flashes, self._busy = flashes, busy
        self._folder = tempfile.TemporaryDirectory(prefix="ticktalk-")
        self.path = str(Path(self._folder.name, "port"))
        self.failure: BaseException | None = None
        self._wake, self._bell = socket.socketpair()
        self._thread = threading.Thread(target=self._run, name="simulated device", daemon=True)
        self._clock = 0.0  # the time at which the line becomes free
        self._worked = (0, 0)

    def __enter__(self) -> "SimulatedDevice":
        self._plug()
        self._power_on()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bell.close()
        self._thread.join()
        self._unplug()
        self._wake.close()
        self._folder.cleanup()

    def wait(self) -> None:
        """Wait until the program is interrupted. If the device fails, raise its error."""
        while self._thread.is_alive():
            self._thread.join(0.2)
        if self.failure:
            raise self.failure

    def _plug(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)  # allows the device to be stopped while the host is not reading
        part = Path(self.path + ".part")
        part.symlink_to(os.ttyname(self._slave))
        part.replace(self.path)

    def _unplug(self) -> None:
        Path(self.path).unlink(missing_ok=True)
        os.close(self._slave)
        os.close(self._master)

    def _run(self) -> None:
        try:
            while self._wake not in (ready := self._awaited()):
                if ready:
                    self._arrives(self._faults.line(os.read(self._master, CHUNK)))
        except BaseException as error:  # `wait` raises it
            self.failure = error

    def _awaited(self) -> list[socket.socket | int]:
        """Return the file descriptors that are readable, of the line and of the wake-up socket.

        After a response, a paced device polls for a while, as a ROM does. Otherwise, the wake-up time would be
        attributed to the client.
        """
        looking = self._bits and time.monotonic() - self._clock < LOOK
        sources: list[socket.socket | int] = [self._master, self._wake]
        return select.select(sources, [], [], 0 if looking else None)[0]

    def _arrives(self, pieces: list[bytes | Fault]) -> None:
        self._clock = max(self._clock, time.monotonic())
        for piece in pieces:
            if isinstance(piece, bytes):
                self._pass(len(piece))
                self._answer(self._garbled(piece))
            elif not self._happens(piece):
                return  # later bytes in transit are lost

    def _answer(self, data: bytes) -> None:
        try:
            answer = self._far.feed(data)
        except PowerCut:
            self._power_on()
            return
        worked = sum(f.erased for f in self._flashes), sum(f.programmed for f in self._flashes)
        self._clock += self._busy(worked[0] - self._worked[0], worked[1] - self._worked[1])
        self._worked = worked
        self._clock += self._turnaround if answer else 0
        self._say(answer)

    def _say(self, answer: bytes) -> None:
        for piece in self._faults.line(answer, back=True):
            if isinstance(piece, bytes):  # always true, because faults in this direction only lose or change bytes
                self._pass(len(piece))
                self._send(piece)

    def _send(self, data: bytes) -> None:
        while data:
            if self._wake in select.select([self._wake], [self._master], [])[0]:
                return
            try:
                data = data[os.write(self._master, data) :]
            except BlockingIOError:  # `select` may report a pseudo-terminal as writable even though it is not
                pass

    def _happens(self, fault: Fault) -> bool:
        """Apply a fault, and return whether later bytes in transit still arrive."""
        match fault.kind:
            case "delay" | "stall":
                select.select([self._wake], [], [], fault.amount / 1000)
                return True
            case "unplug":
                self._unplug()
                select.select([self._wake], [], [], fault.amount / 1000)
                self._plug()
            case "cut":
                self._power_on()
        return False

    def _power_on(self) -> None:
        while True:
            try:
                self._say(self._far.power_on())
                return
            except PowerCut:
                pass

    def _baud(self) -> int:
        return _SPEEDS.get(termios.tcgetattr(self._master)[4], 0)

    def _garbled(self, data: bytes) -> bytes:
        """Return `data` as the device receives it. Above the maximum baud rate, the data is corrupted."""
        return bytes(b & 0x55 | 0xA0 for b in data) if self._max_baud and self._baud() > self._max_baud else data

    def _pass(self, size: int) -> None:
        """Wait for the transmission time of `size` bytes."""
        if not self._bits:
            return
        self._clock += size * self._bits / (self._baud() or 115200)
        left = self._clock - time.monotonic()
        if left > SPIN:
            select.select([self._wake], [], [], left - SPIN)
        while time.monotonic() < self._clock:
            pass
