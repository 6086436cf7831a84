"""Read WAV files.

The reader is stricter than the standard library, so that a truncated server response never becomes training data.
"""

import struct

import numpy as np

from ticktalk.converter.errors import DistillError

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
# A streaming server sends the header before it knows the length, so the length field is 0 or close to 2 or 4 GB.
PLACEHOLDER = 0x7000_0000
LOWEST_RATE, HIGHEST_RATE = 1000, 768_000  # Hz


def read_wav(data: bytes, source: str) -> tuple[np.ndarray, int]:
    """Return the samples mixed down to mono, as float32 [S] from -1 to 1, and the sample rate in Hz.

    Accepts 8- to 32-bit PCM and floating-point samples. Floating-point samples are not clipped. Raises DistillError,
    with a message that starts with `source`, if the format is unsupported or the file is shorter than its header
    states.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise DistillError(f"{source}: not a WAV file; it starts with {data[:12]!r}")
    shape, at = None, 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], struct.unpack_from("<I", data, at + 4)[0]
        body = data[at + 8 : at + 8 + size]
        if name == b"fmt " and len(body) >= 16:
            shape = _format(body)
        elif name == b"data":
            if shape is None:
                break
            if len(body) < size and 0 < size < PLACEHOLDER:
                raise DistillError(f"{source}: truncated; it contains only {len(body)} of {size} bytes of samples")
            check_rate(shape[3], source)
            return _samples(body or data[at + 8 :], *shape[:3], source), shape[3]
        at += 8 + size + size % 2
    raise DistillError(f"{source}: truncated; the header is incomplete")


def check_rate(rate: int, source: str) -> None:
    """Raise a DistillError that starts with `source` if no recording has this sample rate in Hz."""
    if not LOWEST_RATE <= rate <= HIGHEST_RATE:
        raise DistillError(f"{source}: states {rate} samples per second; is this a recording?")


def _format(body: bytes) -> tuple[int, int, int, int]:
    """Return the coding, the number of channels, the bits per sample and the sample rate."""
    coding, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if coding == EXTENSIBLE and len(body) >= 26:
        coding = struct.unpack_from("<H", body, 24)[0]
    return coding, channels, bits, rate


def _samples(body: bytes, coding: int, channels: int, bits: int, source: str) -> np.ndarray:
    if (coding, bits) not in {(PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32), (FLOAT, 64)} or channels < 1:
        raise DistillError(
            f"{source}: unsupported WAV format (coding {coding}, {bits} bits, {channels} channels); convert it to "
            f"16-bit PCM"
        )
    width = bits // 8
    body = body[: len(body) // (width * channels) * width * channels]
    samples: np.ndarray
    if coding == FLOAT:
        samples = np.frombuffer(body, f"<f{width}").astype(np.float32)
    elif bits == 8:
        samples = (np.frombuffer(body, np.uint8).astype(np.float32) - 128) / 128
    elif bits == 24:  # expand to the upper three bytes of a 32-bit integer
        wide = np.zeros((len(body) // 3, 4), np.uint8)
        wide[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
        samples = wide.view("<i4")[:, 0].astype(np.float32) / 2**31
    else:
        samples = np.frombuffer(body, f"<i{width}").astype(np.float32) / 2 ** (bits - 1)
    return samples.reshape(-1, channels).mean(1)
