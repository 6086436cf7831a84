"""How an operator behaves along time, if one axis of its tensors is time. Each operator's file states its own
behaviour.

`graphs/stretch.py` uses it to compute many rows at once, `firmware_gen/graph/schedule.py` to compute a few at a time.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class AlongTime:
    """`kind` is one of the constants below.

    `operand` is the input that has the window's shape or the axis; None if it is an option.
    """

    kind: str
    operand: int | None = None


ALONE = AlongTime("alone")  # an element depends only on the elements at its own position
ROW = AlongTime("row")  # a row depends only on the whole row at its own time
BYTES = AlongTime("bytes")  # the same bytes in another shape
CROP = AlongTime("crop")  # removes rows at the ends
PAD = AlongTime("pad")  # adds rows of the zero point at the ends
MIXED = AlongTime("mixed")  # mixes rows of different times, or no caller needs to know more


def window(operand: int | None) -> AlongTime:
    """A row depends on a window of rows. The window's shape [.., height, width, ..] is in `operand`, or in the
    options.
    """
    return AlongTime("window", operand)


def axis(operand: int | None = None) -> AlongTime:
    """The operator works along one axis, and is like ROW if that axis is not time.

    The axis is in the constant input `operand`, or in the option "axis", or is the last one.
    """
    return AlongTime("axis", operand)
