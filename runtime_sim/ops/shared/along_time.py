"""Behaviour of operators along the time axis. Each operator's file states its own behaviour.

`graphs/stretch.py` uses this information to compute many rows at a time, and `firmware_gen/graph/schedule.py` uses it
to compute a few at a time.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class AlongTime:
    """An operator's behaviour along the time axis.

    kind: one of the kinds defined below.
    operand: the input that holds the window's shape or the axis, or None if an option holds it.
    """

    kind: str
    operand: int | None = None


ALONE = AlongTime("alone")  # each element depends only on the elements at its own position
ROW = AlongTime("row")  # each row depends only on the whole row at the same time
BYTES = AlongTime("bytes")  # outputs the same bytes with a different shape
CROP = AlongTime("crop")  # removes rows at the ends
PAD = AlongTime("pad")  # adds rows of the zero point at the ends
REDUCE = AlongTime("reduce", 1)  # reduces the axes in the constant input 1
MIXED = AlongTime("mixed")  # combines several rows, or has not been classified


def window(operand: int | None) -> AlongTime:
    """Return the behaviour of an operator that computes each row from a window of rows.

    The window's shape [.., height, width, ..] is the shape of the input `operand`, or is specified by the options.
    """
    return AlongTime("window", operand)


def axis(operand: int | None = None) -> AlongTime:
    """Return the behaviour of an operator that works along one axis. If that axis is not time, the operator behaves
    like ROW.

    The axis is in the constant input `operand` or in the option "axis"; otherwise it is the last axis.
    """
    return AlongTime("axis", operand)
