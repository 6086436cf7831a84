"""The boot loader in an STM32's ROM over a serial port, the host's side: ST's application note AN3155.

Eight bits, even parity. Every request and every part of one is answered with ACK or NACK. There is no frame that could
be looked for when a byte was lost: `resync` makes the ROM complete whatever it waits for, with bytes that no command
takes."""

import struct
import time
from functools import reduce
from operator import xor

from ticktalk.boards.errors import DeviceError, UnpluggedError
from ticktalk.boards.ports import receive, send, set_parity
from ticktalk.boards.protocols import PROTOCOLS

ACK, NACK, WAKE, FILLER = 0x79, 0x1F, 0x7F, 0xFF
GET, GET_VERSION, GET_ID, READ, GO, WRITE, ERASE = 0x00, 0x01, 0x02, 0x11, 0x21, 0x31, 0x44
PARITY = PROTOCOLS["stm32"].parity
BLOCK = 256  # bytes of memory a request reads or writes
LONGEST = BLOCK + 2  # bytes a frame may still lack

TIMEOUT = 1.0  # seconds for an answer, the time on the wire not counted
ERASE_TIMEOUT = 5.0  # for a page
QUIET = 0.02  # seconds without a byte after which a line is called quiet
NOISE = 1.0  # seconds of bytes after which it is not waited for any longer
TRIES = 4  # of what may be repeated


class LineError(DeviceError):
    """NACK, silence or noise instead of an answer: may be tried again."""


class Stm32Client:
    """Talks to the ROM behind an open port (ports.open_port). Addresses are the chip's."""

    def __init__(self, port):
        set_parity(port, PARITY)
        self._port = port
        self.resent = 0  # requests that had to be sent again
        self.wire = 0  # bytes sent, as they go over the line

    def wake(self, timeout: float) -> bool:
        """Whether the ROM is there: it measures our speed on its first byte, and refuses the second one later on.

        One that was left in the middle of a frame answers neither, until it has got the rest.
        """
        for stuck in (False, True):
            if stuck:
                self._send(bytes([FILLER]) * LONGEST)
            for _attempt in range(2):
                self._drain()
                self._send(bytes([WAKE]))
                answer = self._take(1, timeout, missing_ok=True)
                if answer:
                    return answer[0] in (ACK, NACK)
        return False

    def commands(self) -> tuple[int, bytes]:
        """(protocol version, codes of the commands it has)."""

        def ask():
            self._command(GET)
            count = self._take(1)[0] + 1
            answer = self._take(count)
            self._acknowledged("list of commands")
            return answer[0], answer[1:]

        return self._repeated("list of commands", ask)

    def chip_id(self) -> int:
        """ST's number of the chip's family."""

        def ask():
            self._command(GET_ID)
            count = self._take(1)[0] + 1
            answer = self._take(count)
            self._acknowledged("chip number")
            return int.from_bytes(answer, "big")

        return self._repeated("chip number", ask)

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes of memory, at most BLOCK."""

        def ask():
            self._command(READ)
            self._address(address)
            self._send(bytes([size - 1, size - 1 ^ 0xFF]))
            self._acknowledged(f"reading {address:#x}")
            return self._take(size)

        return self._repeated(f"reading {address:#x}", ask)

    def write(self, address: int, data: bytes) -> None:
        """Program up to BLOCK bytes of erased flash. Raises LineError, and then nobody knows whether it was done.

        The ROM has no room for what comes before its ACK; what follows is only made ready meanwhile.
        """
        self._send(bytes([WRITE, WRITE ^ 0xFF]))
        place, body = _checked(struct.pack(">I", address)), _checked(bytes([len(data) - 1]) + data)
        self._acknowledged(f"command {WRITE:#04x}")
        self._send(place)
        self._acknowledged(f"address {address:#x}")
        self._send(body)
        self._acknowledged(f"writing {address:#x}")

    def erase(self, page: int) -> None:
        """Erase one page, by its number. One at a time: its frame is too short to become another one by losing a
        byte."""

        def ask():
            self._command(ERASE)
            self._send(_checked(struct.pack(">HH", 0, page)))
            self._acknowledged(f"erasing page {page}", ERASE_TIMEOUT)

        self._repeated(f"erasing page {page}", ask)

    def go(self, address: int) -> None:
        """Start what has its vector table there. Whether the answer is lost does not matter: it speaks or it does
        not."""
        for _attempt in range(TRIES):
            try:
                self._command(GO)
                self._address(address)
            except LineError:
                try:
                    self.resync()
                    continue
                except UnpluggedError:
                    raise
                except DeviceError:
                    pass  # gone, as it was told to
            break
        set_parity(self._port, "N")

    def resync(self) -> None:
        """Both sides between two requests again. Raises DeviceError when the ROM is not there any more."""
        self.resent += 1
        for _attempt in range(TRIES):
            # None of these bytes is a command, a page or a checksum that fits.
            self._send(bytes([FILLER]) * LONGEST)
            self._drain()
            for _single in range(4):
                self._send(bytes([FILLER]))
                if self._take(1, 5 * QUIET, missing_ok=True) == bytes([NACK]):
                    self._drain()
                    return
            if self.wake(5 * QUIET):  # it has started anew
                return
        raise DeviceError(
            f"{self._port.port}: the boot loader has stopped answering; reset the watch into it and run again"
        )

    def _repeated(self, what: str, ask):
        for _attempt in range(TRIES):
            try:
                return ask()
            except LineError as error:
                failure = error
                self.resync()
        raise DeviceError(f"{failure}, {TRIES} times")

    def _command(self, code: int) -> None:
        self._send(bytes([code, code ^ 0xFF]))
        self._acknowledged(f"command {code:#04x}")

    def _address(self, address: int) -> None:
        self._send(_checked(struct.pack(">I", address)))
        self._acknowledged(f"address {address:#x}")

    def _send(self, data: bytes) -> None:
        self.wire += len(data)
        send(self._port, data)

    def _acknowledged(self, what: str, timeout: float | None = None) -> None:
        answer = self._take(1, timeout)[0]
        if answer != ACK:
            kind = "refuses" if answer == NACK else f"answers {answer:#04x} to"
            raise LineError(f"{self._port.port}: the boot loader {kind} {what}")

    def _take(self, size: int, timeout: float | None = None, missing_ok: bool = False) -> bytes:
        """The next `size` bytes."""
        deadline = time.monotonic() + (timeout or TIMEOUT) + size * 11 / self._port.baudrate
        taken = b""
        while len(taken) < size:
            left = deadline - time.monotonic()
            if left <= 0:
                if missing_ok:
                    return b""
                raise LineError(f"{self._port.port}: no answer from the boot loader")
            taken += receive(self._port, left, size - len(taken))  # and nothing of what the application says next
        return taken

    def _drain(self) -> None:
        """Forget what comes until the line is quiet, or will not be."""
        deadline = time.monotonic() + NOISE
        while receive(self._port, QUIET) and time.monotonic() < deadline:
            pass


def _checked(body: bytes) -> bytes:
    """With the XOR of all of it behind."""
    return body + bytes([reduce(xor, body)])
