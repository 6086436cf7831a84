"""The host side of the boot loader in an STM32's ROM (ST's application note AN3155).

The line has 8 data bits and even parity. The ROM responds to every part of a request with an ACK or a NACK. There is no
framing that would allow resynchronising after a lost byte. Instead, until the ROM responds, `resync` sends bytes that
no command accepts. If noise precedes a response, the response is the last part received before the line goes quiet,
because the ROM then waits for the host.
"""

import struct
import time
from collections.abc import Callable
from functools import reduce
from operator import xor
from typing import TypeVar

from ticktalk.boards.errors import DeviceError, UnpluggedError
from ticktalk.boards.line import Line
from ticktalk.boards.noise import noise_of
from ticktalk.boards.ports import receive, send, set_parity
from ticktalk.boards.protocols import PROTOCOLS

ACK, NACK = b"\x79", b"\x1f"
WAKE, FILLER = 0x7F, 0xFF
GET, GET_VERSION, GET_ID, READ, GO, WRITE, ERASE = 0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44
PARITY = PROTOCOLS["stm32"].parity
BLOCK = 256  # bytes of memory per request
LONGEST = BLOCK + 2  # maximum bytes that may be missing from a frame

TIMEOUT = 1.0  # seconds to wait for a response, in addition to the transmission time
ERASE_TIMEOUT = 5.0  # seconds to wait for a response while a page is being erased
QUIET = 0.02  # seconds without a byte after which the line is considered quiet
NOISE = 1.0  # seconds of continuous noise after which to stop waiting for quiet
TRIES = 4  # per request, if it may be repeated

Answer = TypeVar("Answer")


class LineError(DeviceError):
    """Raised if a request is followed by a NACK, silence or noise. The request may be retried."""


class Stm32Client:
    """A client of the ROM on an open port (`ports.open_port`). Addresses are in the chip's address space."""

    def __init__(self, port: Line):
        set_parity(port, PARITY)
        self._port, self._noise = port, noise_of(port)
        self.resent = 0  # requests sent again
        self.wire = 0  # bytes sent

    def wake(self, timeout: float) -> bool:
        """Return whether the ROM responds within `timeout` seconds.

        The ROM derives the baud rate from the first WAKE byte, which it acknowledges. The ROM responds with NACK to
        later WAKE bytes. If the ROM is waiting for the rest of a frame, this function first sends enough bytes to
        complete the frame.
        """
        for stuck in (False, True):
            if stuck:
                self._send(bytes([FILLER]) * LONGEST)
            for _attempt in range(2):
                self._drain()
                self._send(bytes([WAKE]))
                if answer := self._burst(timeout):
                    return answer[-1:] in (ACK, NACK)
        return False

    def commands(self) -> tuple[int, bytes]:
        """Return (protocol version, codes of the supported commands)."""

        def ask() -> tuple[int, bytes]:
            answer = self._command(GET, None)
            return answer[1], answer[2:-1]

        return self._repeated("list of commands", ask)

    def chip_id(self) -> int:
        """Return ST's number for the chip family."""

        def ask() -> int:
            answer = self._command(GET_ID, None)
            return int.from_bytes(answer[1:-1], "big")

        return self._repeated("chip number", ask)

    def read(self, address: int, size: int) -> bytes:
        """Return `size` bytes of memory, at most BLOCK."""

        def ask() -> bytes:
            self._command(READ)
            self._address(address)
            self._send(bytes([size - 1, size - 1 ^ 0xFF]))
            return self._answer(f"reading {address:#x}", size)

        return self._repeated(f"reading {address:#x}", ask)

    def write(self, address: int, data: bytes) -> None:
        """Program up to BLOCK bytes of erased flash. If this raises `LineError`, the flash contents are unknown.

        The ROM does not buffer bytes before its ACK, so each part of the request is sent only after the
        previous ACK.
        """
        self._send(bytes([WRITE, WRITE ^ 0xFF]))
        place, body = _checked(struct.pack(">I", address)), _checked(bytes([len(data) - 1]) + data)
        self._answer(f"command {WRITE:#04x}")
        self._send(place)
        self._answer(f"address {address:#x}")
        self._send(body)
        self._answer(f"writing {address:#x}")

    def erase(self, page: int) -> None:
        """Erase one page by its number.

        The request for a single page is so short that losing a byte cannot turn it into a different valid
        request.
        """

        def ask() -> None:
            self._command(ERASE)
            self._send(_checked(struct.pack(">HH", 0, page)))
            self._answer(f"erasing page {page}", timeout=ERASE_TIMEOUT)

        self._repeated(f"erasing page {page}", ask)

    def go(self, address: int) -> None:
        """Start the image whose vector table is at `address`.

        A lost response is not an error, because the caller checks whether the image responds.
        """
        for _attempt in range(TRIES):
            try:
                self._command(GO)
                self._address(address, last=True)
            except LineError:
                try:
                    self.resync()
                    continue
                except UnpluggedError:
                    raise
                except DeviceError:
                    pass  # the ROM has exited
            break
        set_parity(self._port, "N")

    def resync(self) -> None:
        """Synchronise with the ROM at a request boundary. Raises `DeviceError` if it does not respond."""
        self.resent += 1
        for _attempt in range(TRIES):
            # FILLER is not valid as a command, page number or checksum.
            self._send(bytes([FILLER]) * LONGEST)
            self._drain()
            for _single in range(4):
                self._send(bytes([FILLER]))
                if self._burst(5 * QUIET)[-1:] == NACK:
                    self._drain()
                    return
            if self.wake(5 * QUIET):  # the ROM has restarted
                return
        raise DeviceError(
            f"{self._port.port}: the boot loader has stopped responding; "
            "reset the watch into its boot loader and run the command again"
        )

    def _repeated(self, what: str, ask: Callable[[], Answer]) -> Answer:
        for _attempt in range(TRIES):
            try:
                return ask()
            except LineError as error:
                failure = error
                self.resync()
        raise DeviceError(f"{failure}, {TRIES} times")

    def _command(self, code: int, size: int | None = 0) -> bytes:
        self._send(bytes([code, code ^ 0xFF]))
        return self._answer(f"command {code:#04x}", size)

    def _address(self, address: int, last: bool = False) -> None:
        self._send(_checked(struct.pack(">I", address)))
        self._answer(f"address {address:#x}", last=last)

    def _send(self, data: bytes) -> None:
        self.wire += len(data)
        send(self._port, data)

    def _answer(self, what: str, size: int | None = 0, timeout: float | None = None, last: bool = False) -> bytes:
        """Receive an ACK, and return the `size` bytes that follow it, or a list if `size` is None.

        If `last` is true, no further bytes are read, because the ROM may exit and another program may send data
        immediately. Raises `LineError`.
        """
        deadline = time.monotonic() + (timeout or TIMEOUT) + (size or 0) * 11 / self._port.baudrate
        heard, missing = b"", 1
        while missing > 0 and (left := deadline - time.monotonic()) > 0:
            heard += receive(self._port, left, missing)
            missing = _missing(heard, size)
        behind = b"" if last or missing else receive(self._port, 0.0)
        if missing or behind:
            heard = self._end_of(heard + behind, size, deadline)
        if heard[:1] == ACK:
            return heard[1:]
        said = "the boot loader refused " + what if heard else "no response from the boot loader"
        raise LineError(f"{self._port.port}: {said}")

    def _end_of(self, heard: bytes, size: int | None, deadline: float) -> bytes:
        """Wait until the line is quiet, then return the response that follows any noise, or b"" at the `deadline`."""
        while True:
            while time.monotonic() < deadline and (more := receive(self._port, QUIET)):
                heard += more
            for at in range(max(0, len(heard) - LONGEST), len(heard)):
                if _missing(heard[at:], size) == 0:
                    self._skip(heard[:at])
                    return heard[at:]
            if (left := deadline - time.monotonic()) <= 0:
                self._skip(heard)
                return b""
            heard += receive(self._port, left)

    def _burst(self, timeout: float) -> bytes:
        """Return the first bytes that arrive within `timeout` seconds.

        If the first byte is not a response, all bytes until the line is quiet are returned.
        """
        heard = receive(self._port, timeout, 1)
        behind = receive(self._port, 0.0) if heard else b""
        if behind or (heard and heard not in (ACK, NACK)):
            heard += behind + self._drained()
            self._skip(heard[:-1])
        return heard

    def _drain(self) -> None:
        """Discard bytes until the line is quiet, or for at most NOISE seconds."""
        if noise := self._drained().strip(ACK + NACK):
            self._noise.skip(noise)

    def _skip(self, heard: bytes) -> None:
        """Count bytes before a response as noise, unless they are the late response to a request that was repeated."""
        if heard not in (b"", ACK, NACK):
            self._noise.skip(heard)

    def _drained(self) -> bytes:
        deadline, drained = time.monotonic() + NOISE, b""
        while (data := receive(self._port, QUIET)) and time.monotonic() < deadline:
            drained += data
        return drained


def _missing(answer: bytes, size: int | None) -> int:
    """Return how many bytes are missing from `answer`, which is an ACK with `size` bytes, or a NACK.

    The result is 0 if the response is complete, and negative if it cannot be valid. If `size` is None, a list follows
    the ACK: its length minus one, its bytes, and another ACK.
    """
    if answer[:1] == NACK:
        return 1 - len(answer)
    if answer[:1] not in (ACK, b""):
        return -1
    if size is None:
        if len(answer) < 2:
            return 1
        size = answer[1] + 3
        if len(answer) == 1 + size and answer[-1:] != ACK:
            return -1
    return 1 + size - len(answer)


def _checked(body: bytes) -> bytes:
    """Return `body` followed by the XOR of its bytes."""
    return body + bytes([reduce(xor, body)])
