"""How an operator behaves along time, where one axis of its tensors is time. Each operator's file states its own.

`graphs/stretch.py` asks it to compute many rows at once, `firmware_gen/graph/schedule.py` to compute a few at a time.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class AlongTime:
    """`kind` is one of the constants below. `operand`: the input that has the window's shape or the axis; None where it
    is an option."""

    kind: str
    operand: int | None = None


ALONE = AlongTime("alone")  # an element comes from the elements at its place, whatever is beside it in time
ROW = AlongTime("row")  # a row comes from the row at its place, whole
BYTES = AlongTime("bytes")  # the same bytes under another shape
CROP = AlongTime("crop")  # some rows are left out at the ends
PAD = AlongTime("pad")  # rows of the zero point are added at the ends
MIXED = AlongTime("mixed")  # rows of different times meet, or nothing that uses this module needs to know better


def window(operand: int | None) -> AlongTime:
    """A row comes from a window of rows; `operand` has the window's shape [.., height, width, ..], or the options
    do."""
    return AlongTime("window", operand)


def axis(operand: int | None = None) -> AlongTime:
    """Works along one axis, and is like ROW if that is not time: constant input `operand`, or the option "axis", or the
    last one."""
    return AlongTime("axis", operand)
