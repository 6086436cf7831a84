"""The host side of SMP over a serial port, for MCUboot's serial recovery.

There is at most one request in flight, and a request without a response is retried. Retrying is safe even for uploads,
because each response contains the offset that the device expects next, and the client continues from there.
"""

import time
from collections.abc import Callable, Sequence

from ticktalk.boards.errors import DeviceError, UnpluggedError
from ticktalk.boards.line import Line
from ticktalk.boards.noise import noise_of
from ticktalk.boards.ports import receive, send
from ticktalk.boards.protocols.smp.frames import (
    COPY,
    ECHO,
    GRAIN,
    HEADER,
    IMAGE,
    OS,
    OURS,
    OVERHEAD,
    PARAMETERS,
    PRIMARY,
    RANGE_HASH,
    READ,
    RESET,
    STATE,
    UPLOAD,
    WRITE,
    Decoder,
    Header,
    encode,
    encoded_size,
)

TIMEOUT = 1.0  # seconds to wait for a response, in addition to the transmission time
ERASE_TIMEOUT = 15.0  # seconds to wait after the first chunk, for which the device erases its slot
TRIES = 5  # per request
BUFFER = 512  # bytes: MCUboot's default, for devices that do not report a size
LARGEST = 1 << 15  # maximum packet size in bytes; the length field has 16 bits
ALIGN = 32  # bytes; chunks are multiples of the widest flash word, so that no word is split
STALLS = 5  # chunks without progress before an upload fails

PASSING = (1, 2, 4, 10)  # error codes that may be temporary
REFUSALS = 3  # tries for a request that fails with one of these codes
COPY_BYTES = 1 << 16  # maximum bytes to copy per request, within ERASE_TIMEOUT
UPLOAD_REQUEST = "upload", IMAGE, UPLOAD
COPY_REQUEST = "copy", OURS, COPY

RC = {
    1: "unknown error",
    2: "out of memory",
    3: "invalid value",
    4: "timeout",
    5: "no such entry",
    6: "bad state",
    7: "message too long",
    8: "not supported",
    9: "corrupted",
    10: "busy",
    11: "access denied",
}


class Silent(DeviceError):
    """The device does not respond."""


class SmpClient:
    """A client of the boot loader on an open port (`ports.open_port`)."""

    def __init__(self, port: Line):
        self._port = port
        self._sequence = 0
        self._decoder = Decoder(dropped=noise_of(port).skip)
        self.resent = 0  # requests sent again
        self.wire = 0  # bytes sent

    def echo(self, text: str) -> str:
        """Return the device's response to an echo request with `text`."""
        return self._checked("echo", WRITE, OS, ECHO, {"d": text}).get("r", "")

    def parameters(self, *, timeout: float | None = None, tries: int | None = None) -> dict:
        """Return {"buf_size", "buf_count"}, with defaults if the boot loader does not support the command."""
        answer = self.request("parameters", READ, OS, PARAMETERS, {}, timeout=timeout, tries=tries)
        if answer.get("rc") in PASSING:
            answer = self.request("parameters", READ, OS, PARAMETERS, {}, timeout=timeout, tries=tries)
        size, count = answer.get("buf_size"), answer.get("buf_count")
        if not isinstance(size, int) or size < 64:
            size, count = BUFFER, 1
        return {"buf_size": min(size, LARGEST), "buf_count": count}

    def images(self, *, timeout: float = ERASE_TIMEOUT, tries: int = 2) -> list[dict]:
        """Return the images that the device considers valid: "slot", "version" and optionally "hash" (bytes)."""
        images = self._checked("image state", READ, IMAGE, STATE, {}, timeout=timeout, tries=tries).get("images")
        if not isinstance(images, list) or not all(
            isinstance(i, dict) and isinstance(i.get("hash", b""), bytes) for i in images
        ):
            raise DeviceError(f"{self._port.port}: the boot loader's image state is invalid; check that it is MCUboot")
        return images

    def reset(self) -> None:
        """Reset the device into the uploaded image.

        A lost response is not an error, because the device may have reset already.
        """
        try:
            self._checked("reset", WRITE, OS, RESET, {}, tries=2)
        except (Silent, UnpluggedError):  # a chip with native USB disappears when it resets
            pass
        self._decoder.end()

    def confirm(self, hash: bytes) -> None:
        """Mark the image with this hash, in the secondary slot, for permanent installation at the next boot."""
        self._checked(
            "installing the image", WRITE, IMAGE, STATE, {"hash": hash, "confirm": True}, timeout=ERASE_TIMEOUT
        )

    def range_hash(self, slot: int, offset: int, size: int) -> bytes | None:
        """Return the SHA-256 of a range of a slot (0: primary, 1: secondary).

        The range consists of whole blocks of GRAIN bytes. Returns None if the boot loader does not have this
        extension.
        """
        answer = self.request(
            "a hash", READ, OURS, RANGE_HASH, {"slot": slot, "off": offset, "len": size}, timeout=ERASE_TIMEOUT
        )
        return answer.get("sha")

    def upload(
        self,
        image: bytes,
        progress: Callable[[int, int], None] = lambda done, total: None,
        buffer: int | None = None,
        *,
        slot: int = PRIMARY,
        start: int = 0,
        copies: Sequence[range] = (),
    ) -> None:
        """Send `image` to a slot, from `start` if the device still expects that offset.

        `progress(done, total)` is called with the number of bytes that the device has received. `copies` contains the
        ranges, in whole blocks of GRAIN bytes, that the device copies from its primary slot.
        """
        buffer = buffer or self.parameters()["buf_size"]
        offset, best, stalls = start, 0, 0
        while offset < len(image):
            held = next((part for part in copies if offset in part and offset), None)
            if held and offset % GRAIN == 0:
                request = COPY_REQUEST, {"off": offset, "len": min(held.stop - offset, COPY_BYTES)}
            else:
                # If an earlier run stopped in the middle of a block, send the rest of the block.
                ahead = [offset - offset % GRAIN + GRAIN] if held else []
                ahead += [part.start for part in copies if part.start > offset]
                end = min(ahead, default=len(image))
                request = UPLOAD_REQUEST, chunk(image, offset, buffer, slot, end)
            (what, group, command), body = request
            slow = offset == 0 or what == COPY_REQUEST[0]
            answer = self._checked(
                f"{what} at {offset}", WRITE, group, command, body, timeout=ERASE_TIMEOUT if slow else TIMEOUT
            )
            taken = answer.get("off")
            if not isinstance(taken, int) or not 0 <= taken <= len(image):
                raise DeviceError(
                    f"{self._port.port}: the boot loader expects offset "
                    f"{taken if isinstance(taken, int) and abs(taken) < 1 << 64 else 'unknown'} of {len(image)} "
                    f"bytes; check that it is MCUboot"
                )
            stalls = 0 if taken > best else stalls + (taken <= offset)
            if stalls > STALLS:
                raise DeviceError(
                    f"{self._port.port}: the upload is stuck at byte {best} of {len(image)}; "
                    "reset the watch into its boot loader and run the command again"
                )
            offset, best = taken, max(best, taken)
            progress(offset, len(image))

    def request(
        self,
        what: str,
        op: int,
        group: int,
        command: int,
        body: dict,
        *,
        timeout: float | None = None,
        tries: int | None = None,
    ) -> dict:
        """Send a request until a response arrives, and return its CBOR map.

        Raises `DeviceError` after `tries` timeouts. The message contains `what`.
        """
        import cbor2

        timeout, tries = timeout or TIMEOUT, tries or TRIES
        data = cbor2.dumps(body)
        self._sequence = (self._sequence + 1) & 0xFF
        header = Header(op, 1, len(data), group, self._sequence, command)
        lines = encode(header.pack() + data)
        wait = timeout + 10 * len(lines) / self._port.baudrate
        for attempt in range(tries):
            # The newline ends an incomplete line, such as noise or another program's output.
            send(self._port, b"\n" + lines if attempt else lines)
            self.resent += attempt > 0
            self.wire += len(lines)
            answer = self._wait(header, wait)
            if answer is not None:
                return answer
        raise Silent(
            f"{self._port.port}: no response to {what} after {tries} tries; check that the watch is in its boot loader"
        )

    def _wait(self, asked: Header, seconds: float) -> dict | None:
        import cbor2

        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for packet in self._decoder.feed(receive(self._port, left)):
                got = Header.unpack(packet)
                if (got.op, got.group, got.sequence, got.command) != (
                    asked.op + 1,
                    asked.group,
                    asked.sequence,
                    asked.command,
                ):
                    continue  # a late response to an earlier request
                try:
                    answer = cbor2.loads(packet[HEADER.size :])
                except Exception:  # not noise, because the CRC is correct
                    answer = None
                if not isinstance(answer, dict):
                    raise DeviceError(
                        f"{self._port.port}: the boot loader's response is not CBOR; check that it is MCUboot"
                    )
                return answer
        return None

    def _checked(
        self,
        what: str,
        op: int,
        group: int,
        command: int,
        body: dict,
        *,
        timeout: float | None = None,
        tries: int | None = None,
    ) -> dict:
        """Like `request`, but raise `DeviceError` if the response is an error of SMP version 1 or 2.

        If the error may be temporary, the request is retried first.
        """
        for _attempt in range(REFUSALS):
            answer = self.request(what, op, group, command, body, timeout=timeout, tries=tries)
            code = answer.get("rc", 0)
            if isinstance(answer.get("err"), dict):
                code = answer["err"].get("rc", 1)
            if not isinstance(code, int):
                raise DeviceError(
                    f"{self._port.port}: the boot loader's response to {what} is invalid; check that it is MCUboot"
                )
            if code not in PASSING:
                break
        if code:
            raise DeviceError(f"{self._port.port}: the boot loader refused {what}: {RC.get(code, 'unknown error')}")
        return answer


def chunk(image: bytes, offset: int, buffer: int, slot: int = PRIMARY, end: int | None = None) -> dict:
    """Return the upload request for `offset`, with data up to offset `end` at most.

    The data is limited by the device's receive buffer of `buffer` bytes.
    """
    import cbor2

    body = {"off": offset, "data": b""}
    if offset == 0:
        body |= {"image": slot, "len": len(image)}
    room = buffer - OVERHEAD - HEADER.size - len(cbor2.dumps(body)) - 2  # CBOR lengths may grow by 2 bytes
    if room < 1:
        raise DeviceError(f"the boot loader's buffer of {buffer} bytes is too small for an upload")
    if room >= ALIGN:
        room -= room % ALIGN
    body["data"] = image[offset : min(offset + room, len(image) if end is None else end)]
    return body


def upload_cost(size: int, buffer: int = 1024) -> tuple[int, int]:
    """Return (bytes sent to the device, round trips) for an upload of `size` bytes."""
    step = len(chunk(bytes(buffer), 1, buffer)["data"])
    trips = -(-size // step)
    return trips * encoded_size(step + OVERHEAD + HEADER.size + 18), trips
