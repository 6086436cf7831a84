"""Find, open, read and write serial ports. Every error message names the port."""

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
    errno.ENOENT: "no such port; check the cable",
    errno.ENXIO: "no device on this port; check the cable",
    errno.EIO: "no device on this port; check the cable",
    errno.EACCES: "permission denied; on Debian, run 'sudo usermod -aG dialout $USER' and log in again",
    errno.EPERM: "permission denied; on Debian, run 'sudo usermod -aG dialout $USER' and log in again",
    errno.EBUSY: "the port is busy; close the program that is using it",
    errno.EAGAIN: "the port is busy; close the program that is using it",
    errno.ENOTTY: "not a serial port; run 'ticktalk ports' to list the ports",
    errno.EISDIR: "not a serial port; run 'ticktalk ports' to list the ports",
    errno.EINVAL: "not a serial port; run 'ticktalk ports' to list the ports",
}


class UsbPort(Protocol):
    """A serial port as pyserial lists it. Unknown numbers and names are None."""

    device: str
    description: str
    vid: int | None
    pid: int | None
    serial_number: str | None
    location: str | None


def list_ports() -> list[tuple[str, str]]:
    """Return (path, description) for every connected USB serial port, sorted by path."""
    return [(port.device, port.description) for port in _usb_ports()]


def find_port(board: Board | None = None) -> str:
    """Return the path of the only matching USB serial port.

    If the board file lists USB IDs, only ports with those IDs match. If several ports match, the one last
    used for this board is chosen. Raises `PortError` if no port matches, or if several ports still match. The message
    then lists these ports.
    """
    found = _usb_ports()
    if board and board.usb:
        found = [port for port in found if f"{port.vid:04x}:{port.pid:04x}" in board.usb]
    if not found:
        named = f" with USB ID {' or '.join(board.usb)}" if board and board.usb else ""
        raise PortError(f"no serial port{named} found; connect the watch, or specify --port")
    if board and len(found) > 1:
        last = load(_memory()).get(board.name)
        found = [port for port in found if last and _identity(port) == last] or found
    if len(found) > 1:
        raise PortError(
            "found several serial ports; choose one with --port: "
            + ", ".join(f"{port.device} ({port.description})" for port in found)
        )
    return found[0].device


def require_port(path: str) -> None:
    """Raise `PortError` if there is no such port. Unlike opening it, this does not reset a board."""
    if not os.path.exists(path):
        raise PortError(f"{path}: {_WHY[errno.ENOENT]}")


def remember(board: Board, path: str) -> None:
    """Save `path` as this board's port, which `find_port` will prefer next time."""
    identity = next((_identity(port) for port in _usb_ports() if port.device == path), None)
    if identity:
        store(_memory(), load(_memory()) | {board.name: identity})


def device_name(path: str) -> str:
    """Return a name that stays the same when the device is reconnected.

    The name is the device's USB identity, or the port's path if the device has no USB identity.
    """
    return next((_identity(port) for port in _usb_ports() if port.device == path), None) or path


def latency_ms(path: str) -> int | None:
    """Return the value of the USB adapter's latency timer in milliseconds, or None if the adapter has no such timer.

    Values above 1 delay every response. FTDI adapters default to 16.
    """
    try:
        return int(Path("/sys/class/tty", Path(path).resolve().name, "device", "latency_timer").read_text())
    except (OSError, ValueError):
        return None


def _usb_ports() -> list[UsbPort]:
    from serial.tools.list_ports import comports

    found: list[UsbPort]
    try:
        found = comports()
    except (OSError, TypeError, ValueError):  # a device disappeared while pyserial was listing it
        found = []
    return sorted((port for port in found if port.vid is not None), key=lambda port: port.device)


def _identity(port: UsbPort) -> str | None:
    """Return a string that identifies the device and its interface.

    Returns None for a device without a serial number, because such a device cannot be distinguished from others of the
    same type.
    """
    if not port.serial_number or port.pid is None:
        return None
    return ":".join([f"{port.vid:04x}:{port.pid:04x}:{port.serial_number}", *(port.location or "").split(":")[1:]])


def _memory() -> Path:
    return state_folder() / "ports.json"


def open_port(path: str, baud: int) -> Line:
    """Open a `serial.Serial` with exclusive access, and discard any bytes in its input buffer.

    Raises `PortError` if this fails.
    """
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
    """Raise `UnpluggedError` if an operation on the port fails inside the `with` block."""
    try:
        yield
    except (OSError, termios.error) as error:
        raise UnpluggedError(
            f"{port.port}: the port disappeared ({error}); reconnect the cable and run the command again"
        ) from None


def set_baud(port: Line, baud: int) -> None:
    """Change the baud rate, starting with the next byte.

    Raises `PortError` if the port does not support the rate, and `UnpluggedError` if the port has
    disappeared.
    """
    with _plugged_in(port):
        try:
            port.baudrate = baud
        except ValueError as error:
            raise PortError(f"{port.port}: does not support {baud} baud ({error}); choose another --baud") from None


def set_parity(port: Line, parity: str) -> None:
    """Set the parity to "N", "E" or "O".

    Has no effect on a pseudo-terminal, which does not support parity. Raises `UnpluggedError` if the port has
    disappeared.
    """
    if not (port.is_open and is_pseudo(port)):
        with _plugged_in(port):
            port.parity = parity


def is_pseudo(port: Line) -> bool:
    """Return whether an open port is a pseudo-terminal, which has neither parity nor control lines.

    Raises `UnpluggedError` if the port has disappeared.
    """
    with _plugged_in(port):
        return os.ttyname(port.fileno()).startswith("/dev/pts/")


@contextmanager
def lent(port: Line) -> Iterator[None]:
    """Close the port during the `with` block, so that another program can open it.

    The port is reopened at the end of the block. Because a chip with native USB disappears when it resets,
    this waits up to REAPPEAR seconds. Raises `UnpluggedError` if the port is not back by then.
    """
    name = device_name(port.port)
    port.close()
    try:
        yield
    finally:
        open_again(port, name, REAPPEAR)


def open_again(port: Line, name: str, seconds: float) -> None:
    """Reopen a port once its device is back, even if the path has changed.

    `name` is the return value of `device_name`. If `name` is a USB identity, no other device is opened, even at the old
    path. Raises `UnpluggedError` if the device is not back within `seconds`.
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
    """Return the device's current path, or `name` if that is a path. Raises `FileNotFoundError` if the device is
    unplugged."""
    if name.startswith("/"):
        return name
    path = next((usb.device for usb in _usb_ports() if _identity(usb) == name), None)
    if path is None:
        raise FileNotFoundError(errno.ENOENT, "unplugged")
    return path


def receive(port: Connection, seconds: float, limit: int = 1 << 16) -> bytes:
    """Return the first 1 to `limit` bytes that arrive within `seconds`, or b"" if none do.

    Like `send`, this function bypasses pyserial, whose overhead exceeds the transmission time at boot loader baud
    rates. Raises `UnpluggedError` if the port disappears, and `OverdueError` if the deadline has passed.
    """
    seconds = in_time(port, seconds)
    try:
        if not select.select([port.fileno()], [], [], max(0.0, seconds))[0]:
            return b""
        data, reason = os.read(port.fileno(), limit), "unplugged"
    except OSError as error:
        data, reason = b"", error.strerror or "unplugged"
    if not data:
        raise UnpluggedError(
            f"{port.port}: the port disappeared ({reason}); reconnect the cable and run the command again"
        )
    return data


def send(port: Connection, data: bytes) -> None:
    """Write all of `data`.

    Raises `UnpluggedError` if the port disappears, `OverdueError` if the deadline has passed, and
    `DeviceError` if the port accepts no bytes for WRITE_TIMEOUT seconds.
    """
    try:
        while data := data[_written(port.fileno(), data) :]:
            if not select.select([], [port.fileno()], [], in_time(port, WRITE_TIMEOUT))[1]:
                in_time(port, 0.0)
                raise DeviceError(
                    f"{port.port}: cannot write: the port accepted no bytes for {WRITE_TIMEOUT:g} s; unplug and "
                    "reconnect the cable, then run the command again"
                )
    except OSError as error:
        raise UnpluggedError(f"{port.port}: cannot write ({error.strerror or error}); check the cable") from None


def _written(descriptor: int, data: bytes) -> int:
    """Write the bytes that the port accepts immediately, and return their number."""
    try:
        return os.write(descriptor, data)
    except BlockingIOError:
        return 0


def _why(error: Exception) -> str | None:
    """Return advice on a system error, which may be wrapped in another error, or None if there is no advice."""
    numbers = (error.errno, _inner_errno(error)) if isinstance(error, OSError) else ()
    return next((_WHY[number] for number in numbers if number in _WHY), None)


def _inner_errno(error: BaseException | None) -> int | None:
    """Return the error number of `error` or of one of its causes, because pyserial wraps some system errors."""
    while error is not None:
        for argument in error.args:
            if isinstance(argument, int):
                return argument
            if isinstance(argument, OSError):
                return argument.errno
        error = error.__context__
    return None
