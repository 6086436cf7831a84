"""Format constant arrays as compact C source text. Equal values produce equal text."""

import re

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.escape import Code

_TYPES = {
    "b1": "uint8_t",  # 0 or 1, as in TensorFlow Lite Micro
    "i1": "int8_t",
    "u1": "uint8_t",
    "i2": "int16_t",
    "u2": "uint16_t",
    "i4": "int32_t",
    "u4": "uint32_t",
    "i8": "int64_t",
    "u8": "uint64_t",
    "f4": "float",
    "f8": "double",
}
_PER_LINE = {1: 32, 2: 20, 4: 12, 8: 6}
_INT32_MIN = re.compile(r"-2147483648(\.0)?(?=,|$)")


def c_type(values: np.ndarray) -> str:
    """Return the C type of an array's elements. Raises BuildError if there is none."""
    kind = f"{values.dtype.kind}{values.dtype.itemsize}"
    if kind not in _TYPES:
        raise BuildError(f"constants of type {values.dtype} are not supported in C")
    return _TYPES[kind]


def initialiser(values: np.ndarray) -> Code:
    """Return the text between the braces of an initialiser, with the values flattened in C order.

    INT32_MIN is written as an expression of type int.
    """
    flat = (values.astype(np.uint8) if values.dtype == np.bool_ else values).reshape(-1)
    step = _PER_LINE[values.dtype.itemsize]
    # Line by line, because a million numbers as separate objects would take more memory than the rest of the compiler.
    return Code(",\n".join(_line(flat[i : i + step]) for i in range(0, flat.size, step)))


def _line(values: np.ndarray) -> str:
    text = str(values.tolist())[1:-1].replace(" ", "")  # faster than number by number
    return _INT32_MIN.sub("(-2147483647 - 1)", text)


def float_literal(value: np.float32) -> str:
    """Return `value` as an exact C constant of type float."""
    mantissa, exponent = float(value).hex().split("p")
    return f"{mantissa.rstrip('0').rstrip('.')}p{exponent}f"
