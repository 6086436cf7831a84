"""Encode an image for the console's UPDATE (docs/reference/console.md), optionally as a delta against an old image.

The decoder needs only 32 bits of state (firmware_gen/templates/device/update/unpack.c). The image is split into 64-byte
blocks. Each block is stored either raw or as the byte-wise difference from a block at any offset in the old image.
Differences are Rice-coded with the best parameter for the block. After further training, a voice has nearly the same
weights at the same offsets. Code, however, often moves, so each block may have a different source offset.

    order := 0..7: a Rice-coded block with that many low bits | 8: a raw block | 9, n u8: n + 1 blocks that are
             equal to their sources | 10, offset u24: the source continues at this offset in the old image, or FFFFFF:
             there is no source, which counts as zeros

An order has 4 bits. All numbers are written most significant bit first.

Differences 0, -1, 1, -2, ... are mapped to u = 0, 1, 2, 3, ... The Rice code of u consists of u >> k one
bits, a zero bit, and the k low bits of u. If u >> k is 12 or more, the code consists of 12 one bits and the 8
bits of u.
"""

import numpy as np

BLOCK, PADDING = 64, 3  # bytes; the padding is for the decoder, which always reads 24 bits ahead
RAW, RUN, SEEK = 8, 9, 10
NONE = 0xFF_FFFF  # used instead of an offset if there is no source
ESCAPE = 12
ORDER_BITS, SEEK_BITS = 4, 4 + 24
WINDOW, STEP = 8, 4  # bytes: length and stride of the windows that are matched between the two images


def encode(new: bytes, old: bytes | None = None) -> bytes:
    """Return the stream that encodes `new` for a device with the image `old` (less than 16 MiB).

    If `old` is None, the stream does not depend on an old image.
    """
    image = np.frombuffer(new, np.uint8)
    source = np.frombuffer(old or b"", np.uint8)
    positions = _places(image, source)
    folded = np.stack([_folded(image, source, candidate) for candidate in positions])  # [positions, blocks, BLOCK]
    lengths, orders = _cheapest(folded)
    blocks = np.arange(len(positions[0]))
    chosen = _path(lengths, positions) if old else np.zeros(len(blocks), int)
    return _pack(image, folded[chosen, blocks], orders[chosen, blocks], positions[chosen, blocks], 0 if old else NONE)


def _blocks(image: np.ndarray) -> np.ndarray:
    """Return the image as [blocks, BLOCK], padded with zeros."""
    return np.pad(image, (0, -len(image) % BLOCK)).reshape(-1, BLOCK)


def _places(image: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Return candidates for each block's source offset in `old`, as [candidates, blocks].

    The candidates are no source, the same offset, and the offsets given by the shifts of the nearest known
    blocks on either side. A candidate is NONE if the source would extend past the end of `old`.
    """
    at = np.arange(0, len(image), BLOCK)
    size = np.minimum(BLOCK, len(image) - at)
    shift = _shifts(image, old, len(at))
    known = np.flatnonzero(shift != NONE)
    if len(known) == 0:
        shifts = [np.zeros_like(at)]
    else:
        after = np.minimum(np.searchsorted(known, np.arange(len(at))), len(known) - 1)
        before = np.maximum(np.searchsorted(known, np.arange(len(at)), side="right") - 1, 0)
        shifts = [np.zeros_like(at), shift[known[before]], shift[known[after]]]
    positions = [np.full_like(at, NONE)]
    for each in shifts:
        place = at + each
        positions.append(np.where((place >= 0) & (place + size <= len(old)), place, NONE))
    return np.stack(positions)


def _shifts(image: np.ndarray, old: np.ndarray, blocks: int) -> np.ndarray:
    """Return how far each block has moved from `image` to `old`, as [blocks].

    A block's shift is the most frequent one among its windows that occur exactly once in `old`. If there are no such
    windows, the shift is NONE.
    """
    result = np.full(blocks, NONE)
    if min(len(image), len(old)) < WINDOW:
        return result
    values, first, count = np.unique(_windows(old), return_index=True, return_counts=True)
    values, first = values[count == 1], first[count == 1]
    wanted = _windows(image)
    found = np.minimum(np.searchsorted(values, wanted), max(len(values) - 1, 0))
    hits = np.flatnonzero(values[found] == wanted) if len(values) else np.empty(0, int)
    shift = (first[found[hits]] - hits) * STEP
    block = hits * STEP // BLOCK
    pairs, votes = np.unique(np.stack([block, shift]), axis=1, return_counts=True)
    order = np.argsort(votes, kind="stable")  # put the shift with the most votes last, because the last assignment wins
    result[pairs[0, order]] = pairs[1, order]
    return result


def _windows(image: np.ndarray) -> np.ndarray:
    """Return all windows with stride STEP, each as a uint64."""
    return np.lib.stride_tricks.sliding_window_view(image, WINDOW)[::STEP].copy().view(np.uint64)[:, 0]


def _folded(image: np.ndarray, old: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return the differences from the sources at `positions`, as uint8 [blocks, BLOCK].

    The differences are folded: 0, -1, 1, -2, ... become 0, 1, 2, 3, ...
    """
    index = positions[:, None] + np.arange(BLOCK)
    sourced = (positions[:, None] != NONE) & (index < len(old))  # the last block may be short
    before = np.zeros(index.shape, np.uint8)
    before[sourced] = old[index[sourced]]
    difference = (_blocks(image) - before).view(np.int8).astype(np.int16)
    folded = np.where(difference < 0, -2 * difference - 1, 2 * difference).astype(np.uint8)
    folded.reshape(-1)[len(image) :] = 0
    return folded


def _code_bits(folded: np.ndarray, low: int) -> np.ndarray:
    """Return the length in bits of each number's Rice code with `low` low bits."""
    ones = folded >> low
    return np.where(ones >= ESCAPE, ESCAPE + 8, ones + 1 + low)


def _cheapest(folded: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (length in bits, order) of the shortest encoding of each block for each candidate, both
    [candidates, blocks]."""
    best = np.full(folded.shape[:2], 8 * BLOCK)
    order = np.full(folded.shape[:2], RAW)
    table = np.stack([_code_bits(np.arange(256), low) for low in range(8)]).astype(np.uint8)
    for low in range(8):
        bits = table[low][folded].sum(2)
        order[bits < best] = low
        best = np.minimum(best, bits)
    same = ~folded.any(2)
    order[same], best[same] = RUN, 0
    return best + ORDER_BITS, order


def _path(lengths: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return the index of the best candidate for each block, as [blocks].

    The choice minimises the length of the stream, including the orders that change the source offset.
    """
    came = []
    candidates = range(len(positions))
    total = [int(lengths[c, 0]) + SEEK_BITS * bool(positions[c, 0]) for c in candidates]
    expected = [int(place) if place == NONE else int(place) + BLOCK for place in positions[:, 0]]
    for block in range(1, positions.shape[1]):
        here, cost = positions[:, block].tolist(), lengths[:, block].tolist()
        step = [
            min(candidates, key=lambda before: total[before] + SEEK_BITS * (expected[before] != here[c]))
            for c in candidates
        ]
        total = [total[before] + SEEK_BITS * (expected[before] != here[c]) + cost[c] for c, before in enumerate(step)]
        expected = [place if place == NONE else place + BLOCK for place in here]
        came.append(step)
    chosen = [min(candidates, key=total.__getitem__)]
    for step in reversed(came):
        chosen.append(step[chosen[-1]])
    return np.array(chosen[::-1])


class _Bits:
    """A sequence of numbers of different bit lengths."""

    def __init__(self) -> None:
        self._values: list[np.ndarray] = []
        self._lengths: list[np.ndarray] = []

    def put(self, value: int | np.ndarray, length: int | np.ndarray) -> None:
        """Append one number or an array of numbers."""
        values, lengths = np.broadcast_arrays(np.atleast_1d(value), np.atleast_1d(length))
        self._values.append(values.astype(np.uint32))
        self._lengths.append(lengths.astype(np.uint32))

    def bytes(self) -> bytes:
        """Return all bits, most significant first, padded with zeros to a whole byte."""
        values, lengths = np.concatenate(self._values), np.concatenate(self._lengths)
        columns = np.arange(int(lengths.max()))
        bits = [
            (v[:, None] >> np.maximum(n[:, None] - 1 - columns, 0) & 1)[columns < n[:, None]].astype(np.uint8)
            for v, n in zip(_parts(values), _parts(lengths), strict=True)
        ]
        return np.packbits(np.concatenate(bits)).tobytes()


def _parts(numbers: np.ndarray) -> list[np.ndarray]:
    return [numbers[at : at + (1 << 16)] for at in range(0, len(numbers), 1 << 16)]


def _pack(image: np.ndarray, folded: np.ndarray, orders: np.ndarray, positions: np.ndarray, expected: int) -> bytes:
    """Return the stream for blocks with known orders and source offsets.

    `expected` is the decoder's initial source offset.
    """
    bits, block = _Bits(), 0
    while block < len(orders):
        order, place = int(orders[block]), int(positions[block])
        if place != expected:
            bits.put(SEEK, ORDER_BITS)
            bits.put(place, 24)
        bits.put(order, ORDER_BITS)
        run = 1
        size = min(BLOCK, len(image) - block * BLOCK)
        if order == RUN:
            while (
                run < 256
                and block + run < len(orders)
                and orders[block + run] == RUN
                and positions[block + run] == (place if place == NONE else place + run * BLOCK)
            ):
                run += 1
            bits.put(run - 1, 8)
        elif order == RAW:
            bits.put(image[block * BLOCK :][:size], 8)
        else:
            numbers = folded[block, :size].astype(np.uint32)
            ones = np.minimum(numbers >> order, ESCAPE)
            code = (((1 << ones) - 1) << 1 << order) | (numbers & ((1 << order) - 1))
            bits.put(np.where(ones >= ESCAPE, ((1 << ESCAPE) - 1) << 8 | numbers, code), _code_bits(numbers, order))
        block += run
        expected = place if place == NONE else place + run * BLOCK
    return bits.bytes() + bytes(PADDING)
