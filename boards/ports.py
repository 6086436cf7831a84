"""Serial ports: found, opened for one user alone, read with a deadline. Every failure is one line naming the port."""

import errno
import time

from .errors import DeviceError, PortError

POLL = 0.05          # seconds a single read waits

_WHY = {
    errno.ENOENT: "there is no such port; is the cable in?",
    errno.ENXIO: "there is no device behind this port; is the cable in?",
    errno.EIO: "there is no device behind this port; is the cable in?",
    errno.EACCES: "no permission; on Debian: sudo usermod -aG dialout $USER, then log in again",
    errno.EPERM: "no permission; on Debian: sudo usermod -aG dialout $USER, then log in again",
    errno.EBUSY: "busy: another program has it open; close that one",
    errno.EAGAIN: "busy: another program has it open; close that one",
    errno.ENOTTY: "this is not a serial port",
    errno.EISDIR: "this is not a serial port",
    errno.EINVAL: "this is not a serial port",
}


def list_ports() -> list[tuple[str, str]]:
    """(path, description) of every USB serial port that is plugged in, sorted by path."""
    from serial.tools.list_ports import comports
    return sorted((p.device, p.description) for p in comports() if p.vid is not None)


def find_port() -> str:
    """The only USB serial port there is. Raises PortError for none, and for several: those are listed, never guessed."""
    found = list_ports()
    if not found:
        raise PortError("no serial port found; plug the watch in, or name one with --port")
    if len(found) > 1:
        raise PortError("several serial ports, choose one with --port: "
                        + ", ".join(f"{path} ({text})" for path, text in found))
    return found[0][0]


def open_port(path: str, baud: int):
    """An exclusively opened `serial.Serial`, empty of old bytes. Raises PortError with the reason."""
    import serial
    try:
        port = serial.Serial(path, baud, timeout=POLL, write_timeout=10, exclusive=True)
        port.reset_input_buffer()
        return port
    except serial.SerialException as error:
        reason = _WHY.get(error.errno) or _WHY.get(_inner_errno(error)) or str(error)
    except OSError as error:
        reason = _WHY.get(error.errno) or error.strerror
    except ValueError as error:
        reason = str(error)
    raise PortError(f"{path}: {reason}")


def receive(port, seconds: float) -> bytes:
    """What arrives first within `seconds`, at least one byte; b"" when nothing does. Raises DeviceError if unplugged."""
    deadline = time.monotonic() + seconds
    try:
        while True:
            data = port.read(max(1, port.in_waiting))
            if data or time.monotonic() >= deadline:
                return data
    except OSError as error:
        raise DeviceError(f"{port.port}: the port is gone ({error.strerror or 'unplugged'}); plug it in and run again") from None


def send(port, data: bytes) -> None:
    """Write all of `data`. Raises DeviceError if unplugged or stuck."""
    try:
        port.write(data)
    except OSError as error:             # pyserial's errors are OSErrors, the write timeout too
        raise DeviceError(f"{port.port}: cannot write ({error.strerror or error}); is the cable in?") from None


def _inner_errno(error) -> int | None:
    """pyserial hides some system errors inside the message's cause."""
    while error is not None:
        for argument in error.args:
            if isinstance(argument, int):
                return argument
            if isinstance(argument, OSError):
                return argument.errno
        error = error.__context__
    return None
