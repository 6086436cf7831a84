"""Finds serial ports, opens them exclusively, reads with a deadline. Every failure is one line that names the port."""

import errno
import os
import select
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from ticktalk.boards.board import Board
from ticktalk.boards.deadline import in_time
from ticktalk.boards.errors import DeviceError, PortError, UnpluggedError
from ticktalk.boards.journal import load, store
from ticktalk.boards.line import Connection, Line
from ticktalk.system.home import state_folder

WRITE_TIMEOUT = 10.0  # seconds
REAPPEAR = 3.0  # seconds

_WHY = {
    errno.ENOENT: "there is no such port; check the cable",
    errno.ENXIO: "there is no device on this port; check the cable",
    errno.EIO: "there is no device on this port; check the cable",
    errno.EACCES: "no permission; on Debian: sudo usermod -aG dialout $USER, then log in again",
    errno.EPERM: "no permission; on Debian: sudo usermod -aG dialout $USER, then log in again",
    errno.EBUSY: "busy: another program has it open; close that program",
    errno.EAGAIN: "busy: another program has it open; close that program",
    errno.ENOTTY: "not a serial port; choose one of 'ticktalk ports'",
    errno.EISDIR: "not a serial port; choose one of 'ticktalk ports'",
    errno.EINVAL: "not a serial port; choose one of 'ticktalk ports'",
}


class UsbPort(Protocol):
    """A serial port as pyserial lists it. Numbers and names are None if the system does not know them."""

    device: str
    description: str
    vid: int | None
    pid: int | None
    serial_number: str | None
    location: str | None


def list_ports() -> list[tuple[str, str]]:
    """(path, description) of every connected USB serial port, sorted by path."""
    return [(port.device, port.description) for port in _usb_ports()]


def find_port(board: Board | None = None) -> str:
    """Find the only USB serial port that can be meant. Raises PortError if there is none, or lists them if
    there are several; it never guesses.

    If there are several, only those count whose USB number the board file names, and of these the port that
    belonged to this board last time.
    """
    found = _usb_ports()
    if board and board.usb:
        found = [port for port in found if f"{port.vid:04x}:{port.pid:04x}" in board.usb]
    if not found:
        named = f" with USB number {' or '.join(board.usb)}" if board and board.usb else ""
        raise PortError(f"no serial port{named} found; connect the watch, or give --port")
    if board and len(found) > 1:
        last = load(_memory()).get(board.name)
        found = [port for port in found if last and _identity(port) == last] or found
    if len(found) > 1:
        raise PortError(
            "several serial ports; choose one with --port: "
            + ", ".join(f"{port.device} ({port.description})" for port in found)
        )
    return found[0].device


def remember(board: Board, path: str) -> None:
    """Remember that the port at `path` is this board's, to choose it among several next time."""
    identity = next((_identity(port) for port in _usb_ports() if port.device == path), None)
    if identity:
        store(_memory(), load(_memory()) | {board.name: identity})


def device_name(path: str) -> str:
    """A name that stays the same when a device is plugged in again: its USB numbers, or else the port's path."""
    return next((_identity(port) for port in _usb_ports() if port.device == path), None) or path


def latency_ms(path: str) -> int | None:
    """The USB adapter's latency timer in ms; None if there is none. Values above 1 slow every answer down
    (FTDI's default: 16)."""
    try:
        return int(Path("/sys/class/tty", Path(path).resolve().name, "device", "latency_timer").read_text())
    except (OSError, ValueError):
        return None


def _usb_ports() -> list[UsbPort]:
    from serial.tools.list_ports import comports

    found: list[UsbPort]
    try:
        found = comports()
    except (OSError, TypeError, ValueError):  # pyserial raises these if a device disappears meanwhile
        found = []
    return sorted((port for port in found if port.vid is not None), key=lambda port: port.device)


def _identity(port: UsbPort) -> str | None:
    """Identifies this very device and interface. None without a serial number, because two devices of a kind
    could not be told apart."""
    if not port.serial_number or port.pid is None:
        return None
    return ":".join([f"{port.vid:04x}:{port.pid:04x}:{port.serial_number}", *(port.location or "").split(":")[1:]])


def _memory() -> Path:
    return state_folder() / "ports.json"


def open_port(path: str, baud: int) -> Line:
    """Open a `serial.Serial` exclusively, and discard old bytes. Raises PortError with the reason."""
    import serial

    try:
        opened = serial.Serial(path, baud, exclusive=True)
        opened.reset_input_buffer()
        line: Line = opened
        return line
    except serial.SerialException as error:
        reason = _why(error) or str(error)
    except OSError as error:
        reason = _why(error) or error.strerror or str(error)
    except ValueError as error:
        reason = str(error)
    raise PortError(f"{path}: {reason}")


@contextmanager
def _plugged_in(port: Line) -> Iterator[None]:
    """Within this `with` block, a failing port means that it is gone: raises UnpluggedError."""
    try:
        yield
    except (OSError, termios.error) as error:
        raise UnpluggedError(f"{port.port}: the port is gone ({error}); plug it in and run again") from None


def set_baud(port: Line, baud: int) -> None:
    """Change the speed from the next byte on. Raises UnpluggedError, and PortError if the port does not
    support the speed."""
    with _plugged_in(port):
        try:
            port.baudrate = baud
        except ValueError as error:
            raise PortError(f"{port.port}: cannot run at {baud} baud ({error}); choose another --baud") from None


def set_parity(port: Line, parity: str) -> None:
    """Set parity "N", "E" or "O". A pseudo-terminal carries bytes, not bits, and refuses parity, so it is
    left alone.

    Raises UnpluggedError.
    """
    if not (port.is_open and is_pseudo(port)):
        with _plugged_in(port):
            port.parity = parity


def is_pseudo(port: Line) -> bool:
    """Whether an open port is a pseudo-terminal, which has neither parity bits nor control lines. Raises
    UnpluggedError."""
    with _plugged_in(port):
        return os.ttyname(port.fileno()).startswith("/dev/pts/")


@contextmanager
def lent(port: Line) -> Iterator[None]:
    """Another program may open the port during the `with` block. Raises UnpluggedError if it is gone
    afterwards.

    A chip with its own USB disappears and comes back when it resets; it has REAPPEAR seconds.
    """
    name = device_name(port.port)
    port.close()
    try:
        yield
    finally:
        open_again(port, name, REAPPEAR)


def open_again(port: Line, name: str, seconds: float) -> None:
    """Reopen a port once its device is back, even at another path. `name`: as returned by device_name.

    If `name` is more than a path, another device at the old path is not opened. Raises UnpluggedError if the
    device is not back within `seconds`.
    """
    port.close()
    deadline = time.monotonic() + in_time(port, seconds)
    while not port.is_open:
        try:
            port.port = _where(name)
            port.open()
        except (OSError, termios.error) as error:
            if time.monotonic() > deadline:
                raise UnpluggedError(f"{port.port}: {_why(error) or error}") from None
            time.sleep(0.1)


def _where(name: str) -> str:
    """The path where the device is now, or `name` itself if there is no other. Raises FileNotFoundError."""
    if name.startswith("/"):
        return name
    path = next((usb.device for usb in _usb_ports() if _identity(usb) == name), None)
    if path is None:
        raise FileNotFoundError(errno.ENOENT, "unplugged")
    return path


def receive(port: Connection, seconds: float, limit: int = 1 << 16) -> bytes:
    """Return the first 1 to `limit` bytes that arrive within `seconds`; b"" if none do. Raises UnpluggedError
    and OverdueError (deadline.py).

    Like `send`, this bypasses pyserial: at boot loader speeds, its bookkeeping takes longer than the bytes.
    """
    seconds = in_time(port, seconds)
    try:
        if not select.select([port.fileno()], [], [], max(0.0, seconds))[0]:
            return b""
        data, reason = os.read(port.fileno(), limit), "unplugged"
    except OSError as error:
        data, reason = b"", error.strerror or "unplugged"
    if not data:
        raise UnpluggedError(f"{port.port}: the port is gone ({reason}); plug it in and run again")
    return data


def send(port: Connection, data: bytes) -> None:
    """Write all of `data`. Raises UnpluggedError, OverdueError (deadline.py), and DeviceError if the line
    accepts nothing for WRITE_TIMEOUT."""
    try:
        while data := data[_written(port.fileno(), data) :]:
            if not select.select([], [port.fileno()], [], in_time(port, WRITE_TIMEOUT))[1]:
                in_time(port, 0.0)
                raise DeviceError(
                    f"{port.port}: cannot write: it accepted no bytes for {WRITE_TIMEOUT:g} s; plug it in again and "
                    f"run again"
                )
    except OSError as error:
        raise UnpluggedError(f"{port.port}: cannot write ({error.strerror or error}); check the cable") from None


def _written(descriptor: int, data: bytes) -> int:
    """Write what the line accepts now; return the number of bytes."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0


def _why(error: Exception) -> str | None:
    """What the user can do about a system error, if known: by its number, or by that of the error it hides."""
    numbers = (error.errno, _inner_errno(error)) if isinstance(error, OSError) else ()
    return next((_WHY[number] for number in numbers if number in _WHY), None)


def _inner_errno(error: BaseException | None) -> int | None:
    """pyserial wraps some system errors, so also look at the cause."""
    while error is not None:
        for argument in error.args:
            if isinstance(argument, int):
                return argument
            if isinstance(argument, OSError):
                return argument.errno
        error = error.__context__
    return None
