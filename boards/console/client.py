"""A client for the firmware's console (docs/reference/console.md)."""

import struct
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn

from ticktalk.boards.console import frames
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.line import Connection
from ticktalk.boards.noise import messages, noise_of
from ticktalk.boards.ports import send

TIMEOUT = 5.0  # seconds to wait for a short response, even from an emulator on a busy machine
SILENCE = 60.0  # maximum seconds between frames while the watch computes
PIECE = 1000  # bytes of a tensor or of text per frame
MOST_BYTES = 1 << 26  # maximum size of a response to SPEAK, TEXT or RUN: more than half an hour of sound
MOST_PER_BYTE = 1 << 16  # additional bytes of the response per byte of text after the first frame

_NAMES = {
    frames.HELLO: "HELLO",
    frames.SPEAK: "SPEAK",
    frames.RUN: "RUN",
    frames.WRITE: "WRITE",
    frames.READ: "READ",
    frames.ASK_STATS: "STATS",
    frames.ASK_DUMP: "DUMP",
    frames.BOOT: "BOOT",
    frames.PROSODY: "PROSODY",
    frames.TEXT: "TEXT",
    frames.STOP: "STOP",
}
REFUSALS = {
    1: "unknown request",
    2: "wrong length",
    3: "bad argument",
    4: "busy",
    5: "not supported by this firmware",
    6: "a flash operation failed",
    7: "the image failed verification",
}
REMEDIES = {(frames.PROSODY, 2): "; earlier firmware has no expression, speakers or whisper: flash the voice again"}
CRASHED = 8  # sent by a real chip's fault handler
_DONE = struct.Struct("<BIIQ")
_TRACE = struct.Struct("<BHIII")
_DUMP = struct.Struct("<BHII")
_TEXT_HEAD = struct.Struct("<BI")  # flags, and the seed or the offset
# Types of frames in responses to SPEAK and RUN, and in responses to TEXT.
_COMPUTED = (frames.PCM, frames.TRACE, frames.DUMP, frames.DONE)
_READ = (*_COMPUTED, frames.UTTERANCE, frames.TEXT_WANTED)


@dataclass(frozen=True)
class TracedTensor:
    """A tensor written by an operator, with its size in bytes and its CRC-32.

    `graph` is 0 for a voice's phoneme graph or a model's only graph, and 1 for a voice's frame graph.
    """

    graph: int
    tensor: int
    invocation: int
    size: int
    crc: int


@dataclass
class Result:
    """The result of SPEAK, TEXT or RUN.

    `pcm` contains int16 samples in little-endian byte order. `instructions` is 0 if the board cannot count
    instructions. `dumps` maps (graph, tensor, invocation) to the tensor's bytes. `utterances` lists (ids, seed) for
    each utterance of the text that the watch has spoken.
    """

    pcm: bytes = b""
    instructions: int = 0
    seconds: float = 0.0  # measured on the host
    traces: list[TracedTensor] = field(default_factory=list)
    dumps: dict[tuple[int, int, int], bytes] = field(default_factory=dict)
    utterances: list[tuple[list[int], int]] = field(default_factory=list)


class Console:
    """Sends requests to the firmware over an open port (`ports.open_port`).

    All methods raise `DeviceError` if the firmware does not respond, refuses the request or violates the protocol. The
    message contains the request's name.
    """

    def __init__(self, port: Connection):
        self._port = port
        self._decoder = frames.Decoder(noise_of(port).skip)
        self._frames: list[tuple[int, bytes]] = []

    def hello(self, timeout: float = TIMEOUT) -> dict[str, str]:
        """Request the firmware's banner, and return its key-value pairs."""
        self._ask(frames.HELLO)
        return self.wait_banner(timeout, asked=frames.HELLO)

    def wait_banner(self, timeout: float = TIMEOUT, asked: int | None = None) -> dict[str, str]:
        """Wait for the banner that the firmware sends when it starts, and return its key-value pairs."""
        payload = self._await("the firmware's banner", (frames.BANNER,), timeout, asked)[1]
        return _pairs(payload)

    def speak(
        self,
        ids: list[int],
        *,
        seed: int = 1,
        trace: bool = False,
        silence: float = SILENCE,
        on_pcm: Callable[[bytes], None] = lambda pcm: None,
    ) -> Result:
        """Speak the phonemes `ids`, which include the boundary symbols at both ends.

        `on_pcm` is called with each block of samples as it arrives.
        """
        if len(ids) > frames.LIMIT - 5 or not all(0 <= i <= 255 for i in ids):
            raise DeviceError(
                f"{len(ids)} phonemes do not fit into one SPEAK (at most {frames.LIMIT - 5}, ids 0 to 255); "
                "use a shorter text"
            )
        return self._compute(frames.SPEAK, struct.pack("<BI", trace, seed) + bytes(ids), silence, on_pcm)

    def speak_text(
        self,
        text: bytes,
        *,
        seed: int = 1,
        silence: float = SILENCE,
        on_pcm: Callable[[bytes], None] = lambda pcm: None,
        on_utterance: Callable[[int], None] = lambda number: None,
        piece: int = PIECE,
    ) -> Result:
        """Make the watch speak a UTF-8 text of any length, using the language pack in its firmware.

        The watch requests the text in parts of up to `piece` bytes. Utterances get consecutive seeds, starting with
        `seed`. `on_utterance` is called with the number of each utterance, counted from 1, when the utterance begins.
        """
        parts = [text[at : at + piece] for at in range(0, len(text), piece)] or [b""]
        first = _TEXT_HEAD.pack(len(parts) > 1, seed) + parts[0]
        return self._compute(frames.TEXT, first, silence, on_pcm, parts[1:], on_utterance)

    def stop(self) -> None:
        """Stop the speech that an interrupted `speak` or `speak_text` has started."""
        send(self._port, frames.encode(frames.STOP))
        self._await("OK for STOP", (frames.OK,), TIMEOUT, frames.STOP)

    def prosody(
        self,
        rate: int = 256,
        pitch: int = 0,
        volume: int = 256,
        expression: int = 256,
        speaker: int = 0,
        whisper: int = 0,
    ) -> None:
        """Set the prosody for all later `speak` calls (docs/reference/prosody.md).

        `pitch` is in semitones, `speaker` a number, `whisper` 0 or 1, the rest in units of 1/256. Trailing defaults are
        not sent, because earlier firmware does not know whisper, speakers or the expression.
        """
        try:
            payload = struct.pack("<HbHHBB", rate, pitch, volume, expression, speaker, whisper)
        except struct.error:
            raise DeviceError(
                f"PROSODY cannot hold rate {rate}, pitch {pitch}, volume {volume}, expression {expression}, "
                f"speaker {speaker}, whisper {whisper}; see docs/reference/prosody.md"
            ) from None
        size = 9 if whisper else 8 if speaker else 7 if expression != 256 else 5
        self._ask(frames.PROSODY, payload[:size])
        self._await("OK for PROSODY", (frames.OK,), TIMEOUT, frames.PROSODY)

    def run(self, *, trace: bool = False, silence: float = SILENCE) -> Result:
        """Run the model in the firmware once, on the inputs set with `write`."""
        return self._compute(frames.RUN, bytes([trace]), silence, lambda pcm: None)

    def write(self, data: bytes, input: int = 0) -> None:
        """Write `data` to the start of an input tensor."""
        for at in range(0, len(data), PIECE):
            self._ask(frames.WRITE, struct.pack("<BI", input, at) + data[at : at + PIECE])
            self._await(f"OK for input {input} at {at}", (frames.OK,), TIMEOUT, frames.WRITE)

    def read(self, size: int, output: int = 0) -> bytes:
        """Return the first `size` bytes of an output tensor."""
        data = b""
        while len(data) < size:
            length = min(PIECE, size - len(data))
            self._ask(frames.READ, struct.pack("<BIH", output, len(data), length))
            payload = self._await(f"output {output} at {len(data)}", (frames.DATA,), TIMEOUT, frames.READ)[1]
            if len(payload) != 4 + length or int.from_bytes(payload[:4], "little") != len(data):
                self._broken(
                    f"DATA does not contain the {length} requested bytes at offset {len(data)} of output {output}"
                )
            data += payload[4:]
        return data

    def stats(self) -> dict[str, int]:
        """Return the firmware's statistics.

        The keys are "instructions", "first_sample", "stack_bytes", "stack_size" and "arena_bytes".
        """
        self._ask(frames.ASK_STATS)
        pairs = _pairs(self._await("statistics", (frames.STATS,), TIMEOUT, frames.ASK_STATS)[1])
        try:
            return {name: int(value) for name, value in pairs.items()}
        except ValueError:
            self._broken("STATS contains a value that is not a number")

    def dump(self, graph: int, tensor: int, invocation: int = 0) -> None:
        """Make the next `speak` or `run` return this tensor's bytes in `Result.dumps`."""
        self._ask(frames.ASK_DUMP, struct.pack("<BHI", graph, tensor, invocation))
        self._await("OK for DUMP", (frames.OK,), TIMEOUT, frames.ASK_DUMP)

    def boot(self) -> None:
        """Restart the device into its boot loader."""
        self._ask(frames.BOOT)
        self._await("OK for BOOT", (frames.OK,), TIMEOUT, frames.BOOT)

    def _compute(
        self,
        request: int,
        payload: bytes,
        silence: float,
        on_pcm: Callable[[bytes], None],
        more: Sequence[bytes] = (),
        on_utterance: Callable[[int], None] = lambda number: None,
    ) -> Result:
        """Send a request for a computation. `more` contains the rest of the text, split into the parts that the watch
        requests. If the user presses Ctrl-C, the speech on the watch is stopped too."""
        try:
            return self._computed(request, payload, silence, on_pcm, more, on_utterance)
        except KeyboardInterrupt:
            if request != frames.RUN:
                with suppress(DeviceError, OSError):
                    self.stop()
            raise

    def _computed(
        self,
        request: int,
        payload: bytes,
        silence: float,
        on_pcm: Callable[[bytes], None],
        more: Sequence[bytes],
        on_utterance: Callable[[int], None],
    ) -> Result:
        result, pieces, samples, received = Result(), [], 0, 0
        most = MOST_BYTES + MOST_PER_BYTE * sum(map(len, more))
        answers = _READ if request == frames.TEXT else _COMPUTED
        given, waiting = len(payload) - _TEXT_HEAD.size, list(more)
        started = time.monotonic()
        self._ask(request, payload)
        while True:
            kind, data = self._await(f"{_NAMES[request]} to finish", answers, silence, request)
            received += len(data) + frames.AROUND
            if received > most:
                self._broken(f"the response to {_NAMES[request]} is too long")
            if kind == frames.PCM:
                if len(data) < 4 or len(data) % 2 or int.from_bytes(data[:4], "little") != samples:
                    self._broken(f"samples are missing after the first {samples}")
                pieces.append(data[4:])
                samples += len(data) // 2 - 2
                on_pcm(data[4:])
            elif kind == frames.UTTERANCE:
                if len(data) < 4:
                    self._broken("an UTTERANCE has no seed")
                result.utterances.append((list(data[4:]), int.from_bytes(data[:4], "little")))
                on_utterance(len(result.utterances))
            elif kind == frames.TEXT_WANTED:
                if not waiting or data != struct.pack("<I", given):
                    self._broken("TEXT_WANTED requests text beyond the end or out of order")
                part = waiting.pop(0)
                send(self._port, frames.encode(frames.TEXT_MORE, _TEXT_HEAD.pack(bool(waiting), given) + part))
                given += len(part)
            elif kind == frames.TRACE:
                if len(data) % _TRACE.size:
                    self._broken("a TRACE has the wrong length")
                result.traces += (TracedTensor(*entry) for entry in _TRACE.iter_unpack(data))
            elif kind == frames.DUMP:
                if len(data) < _DUMP.size:
                    self._broken("a DUMP has no header")
                *key, offset = _DUMP.unpack_from(data)
                so_far = result.dumps.get(tuple(key), b"")
                if offset != len(so_far):
                    self._broken(f"bytes are missing from the DUMP of tensor {key[1]}")
                result.dumps[tuple(key)] = so_far + data[_DUMP.size :]
            else:
                break
        if len(data) != _DONE.size:
            self._broken("DONE has the wrong length")
        status, told, crc, result.instructions = _DONE.unpack(data)
        result.pcm, result.seconds = b"".join(pieces), time.monotonic() - started
        if status:
            raise DeviceError(f"{self._port.port}: {_NAMES[request]} failed in the firmware with status {status}")
        if told != samples or crc != zlib.crc32(result.pcm):
            self._broken(f"received {samples} of {told} samples, or the CRC is wrong")
        return result

    def _ask(self, kind: int, payload: bytes = b"") -> None:
        self._frames.clear()  # drop responses to an earlier, abandoned request
        send(self._port, frames.encode(kind, payload))

    def _await(self, what: str, kinds: tuple[int, ...], timeout: float, asked: int | None) -> tuple[int, bytes]:
        """Skip frames until one has a type in `kinds`, and return that frame.

        Raises `DeviceError` if no such frame arrives within `timeout` seconds, or if the firmware responds to the
        request `asked` with ERROR.
        """
        deadline = time.monotonic() + timeout
        while True:
            while self._frames:
                kind, payload = self._frames.pop(0)
                if kind in kinds:
                    return kind, payload
                if kind == frames.ERROR and asked is not None:
                    code, text = payload[0] if payload else 0, _text(payload[1:])
                    if code == CRASHED:
                        raise DeviceError(f"{self._port.port}: the firmware crashed during {_NAMES[asked]}: {text}")
                    raise DeviceError(
                        f"{self._port.port}: the firmware refused {_NAMES[asked]}: "
                        f"{REFUSALS.get(code, f'error {code}')}{f' ({text})' if text else ''}"
                        f"{REMEDIES.get((asked, code), '')}"
                    )
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeviceError(
                    f"{self._port.port}: waited {timeout:g} s for {what}, but received nothing; "
                    "check that this is the right port and that the firmware is running"
                )
            self._frames += messages(self._port, self._decoder, left)

    def _broken(self, what: str) -> NoReturn:
        raise DeviceError(f"{self._port.port}: the firmware violates the protocol: {what}; check the cable and retry")


def _pairs(payload: bytes) -> dict[str, str]:
    lines = map(_text, payload.split(b"\n"))
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _text(data: bytes) -> str:
    """Decode text from a device for a one-line message, with "?" in place of each unprintable character."""
    return "".join(c if c.isprintable() else "?" for c in data.decode("utf-8", "replace"))
