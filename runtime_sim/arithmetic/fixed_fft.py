"""The real FFT of KISS FFT in fixed point, for int16 and int32: radix 4, and 2 for a remaining factor.

The real input [N] is transformed as N / 2 complex numbers, which are then separated into N / 2 + 1 bins. Each doubling
of the length halves the numbers. Products are rounded half up, and sums wrap. Complex numbers are arrays [..., 2].
"""

import math

import numpy as np

from ticktalk.runtime_sim.graphs.node import Node

LONGEST = 8192


def check(node: Node, length: int) -> None:
    """Refuse lengths that are not supported."""
    if not 4 <= length <= LONGEST or length & (length - 1):
        node.fail(f"a length of {length} is not supported; use a power of two up to {LONGEST}")


def radices(size: int) -> list[int]:
    """Return the radices for `size` complex numbers, a power of two, from the outermost stage to the innermost."""
    return [4] * (size.bit_length() // 2) if size.bit_length() % 2 else [4] * (size.bit_length() // 2 - 1) + [2]


def order(size: int) -> np.ndarray:
    """Return the positions of the input in the order in which the innermost stage reads them."""
    places, step = np.zeros(1, int), size
    for radix in reversed(radices(size)):
        step //= radix
        places = np.concatenate([places * radix + i for i in range(radix)])
    return places


def rotations(size: int, dtype: np.dtype, inverse: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors of the complex transform, [size, 2], and those that separate the bins, [size // 2, 2]."""
    turn = math.pi if inverse else -math.pi
    return (
        _circle([2 * turn * i / size for i in range(size)], dtype),
        _circle([turn * ((i + 1) / size + 0.5) for i in range(size // 2)], dtype),
    )


def _circle(phases: list[float], dtype: np.dtype) -> np.ndarray:
    most = np.iinfo(dtype).max
    return np.array([[math.floor(0.5 + most * f(phase)) for f in (math.cos, math.sin)] for phase in phases], dtype)


def transform(x: np.ndarray) -> np.ndarray:
    """Return the bins [..., N / 2 + 1, 2] of `x` [..., N], int16 or int32. N is a power of two, from 4 to `LONGEST`."""
    size, dtype = x.shape[-1] // 2, x.dtype
    circle, parting = rotations(size, dtype)
    values = _complex(x.reshape(*x.shape[:-1], size, 2)[..., order(size), :], circle)
    first = _divided(values[..., 0, :], 2, dtype)
    ends = np.stack([_wrap(first[..., 0] + first[..., 1], dtype), _wrap(first[..., 0] - first[..., 1], dtype)])
    low = np.arange(1, size // 2 + 1)
    here = _divided(values[..., low, :], 2, dtype)
    there = _divided(_wrap(values[..., size - low, :] * np.array([1, -1]), dtype), 2, dtype)
    total, turned = _wrap(here + there, dtype), _product(_wrap(here - there, dtype), parting, dtype)
    bins = np.zeros((*x.shape[:-1], size + 1, 2), dtype)
    bins[..., 0, 0], bins[..., size, 0] = ends
    bins[..., low, :] = _half(total + turned)
    bins[..., size - low, :] = _half((total - turned) * np.array([1, -1]))
    return bins


def inverse(bins: np.ndarray) -> np.ndarray:
    """Return the inverse transform [..., N] of `bins` [..., N / 2 + 1, 2]."""
    size, dtype = bins.shape[-2] - 1, bins.dtype
    circle, parting = rotations(size, dtype, inverse=True)
    ends = bins[..., 0, 0].astype(np.int64), bins[..., size, 0]
    values = np.zeros((*bins.shape[:-2], size, 2), np.int64)
    values[..., 0, :] = _divided(_wrap(np.stack([ends[0] + ends[1], ends[0] - ends[1]], axis=-1), dtype), 2, dtype)
    low, mirror = np.arange(1, size // 2 + 1), np.array([1, -1])
    here = _divided(bins[..., low, :], 2, dtype)
    there = _divided(_wrap(bins[..., size - low, :].astype(np.int64) * mirror, dtype), 2, dtype)
    even, odd = _wrap(here + there, dtype), _product(_wrap(here - there, dtype), parting, dtype)
    values[..., low, :] = even + odd
    values[..., size - low, :] = (even - odd) * mirror
    values = _wrap(values, dtype)[..., order(size), :].astype(dtype)
    return _complex(values, circle, inverse=True).astype(dtype).reshape(*bins.shape[:-2], 2 * size)


def _complex(values: np.ndarray, circle: np.ndarray, inverse: bool = False) -> np.ndarray:
    """Return the transform of complex numbers [..., size, 2] in the order of `order`."""
    shape, size, dtype = values.shape, len(circle), values.dtype
    inner = 1
    for radix in reversed(radices(size)):
        blocks = size // (radix * inner)
        parts = _divided(values.reshape(*shape[:-2], blocks, radix, inner, 2).astype(np.int64), radix, dtype)
        turned = [parts[..., 0, :, :]]
        for i in range(1, radix):
            turned.append(_product(parts[..., i, :, :], circle[np.arange(inner) * i * blocks], dtype))
        combined = _two(turned, dtype) if radix == 2 else _four(turned, dtype)
        if inverse and radix == 4:
            combined[1], combined[3] = combined[3], combined[1]
        values = np.stack(combined, axis=-3).astype(np.int64)
        inner *= radix
    return values.reshape(shape)


def _two(parts: list[np.ndarray], dtype: np.dtype) -> list[np.ndarray]:
    return [_wrap(parts[0] + parts[1], dtype), _wrap(parts[0] - parts[1], dtype)]


def _four(parts: list[np.ndarray], dtype: np.dtype) -> list[np.ndarray]:
    even, odd = _two(parts[::2], dtype), _two(parts[1::2], dtype)
    quarter = np.stack([odd[1][..., 1], -odd[1][..., 0]], axis=-1)
    return [_wrap(each, dtype) for each in (even[0] + odd[0], even[1] + quarter, even[0] - odd[0], even[1] - quarter)]


def _divided(values: np.ndarray, divisor: int, dtype: np.dtype) -> np.ndarray:
    return _rounded(values.astype(np.int64) * (np.iinfo(dtype).max // divisor), dtype)


def _product(a: np.ndarray, b: np.ndarray, dtype: np.dtype) -> np.ndarray:
    a, b = a.astype(np.int64), b.astype(np.int64)
    real = a[..., 0] * b[..., 0] - a[..., 1] * b[..., 1]
    return np.stack([_rounded(real, dtype), _rounded(a[..., 0] * b[..., 1] + a[..., 1] * b[..., 0], dtype)], axis=-1)


def _rounded(products: np.ndarray, dtype: np.dtype) -> np.ndarray:
    bits = np.iinfo(dtype).bits - 1
    return _wrap(products + (1 << (bits - 1)) >> bits, dtype)


def _half(sums: np.ndarray) -> np.ndarray:
    """Return half of sums that wrap at 32 bits for both types, rounded down."""
    return sums.astype(np.int32) >> 1


def _wrap(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    return values.astype(dtype).astype(np.int64)
