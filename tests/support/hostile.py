"""Strategies for hostile input such as damaged files, and the property that every reader must have."""

import json
import os

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

LONG = os.environ.get("TICKTALK_PROFILE") == "long"
EXAMPLES = settings(
    max_examples=10_000 if LONG else 40,
    derandomize=not LONG,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)

_WORDS = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
_VALUES = [
    "0",
    "-1",
    "1",
    "true",
    "1.5",
    "nan",
    "inf",
    "''",
    '"a"',
    '"a\\nb"',
    '"\\u0000"',
    '"../x"',
    '"/"',
    '"\u2028"',
    "[]",
    "{}",
    "[[]]",
    "[1]",
    "['a']",
    "[{}]",
    "{ a = 1 }",
    "1979-05-27",
    "07:32:00",
    "9" * 30,
    "9" * 5000,
    "0xFFFFFFFFFF",
    "-9223372036854775809",
    "[" * 2000,
    "{a=" * 2000,
    '"""',
    '"',
    "'" + "x" * 5000 + "'",
    '"é\\n"',
    "[1, 'a', {}]",
    "[true]",
    '[""]',
]


def refuses_or_works(work, errors, names: object = "") -> object:
    """Return the result of `work`, or None if it raises one of `errors`.

    The error's message must be a single line that contains `names`, the name of the file or device.
    """
    try:
        return work()
    except errors as error:
        message = str(error)
        assert str(names) in message and message.isprintable() and len(message) > 10, message
        return None


@st.composite
def damaged(draw, original: bytes) -> bytes:
    """Return `original` with one to four random changes.

    The changes flip bits, replace bytes or words, copy, remove or insert blocks of bytes, or truncate the data.
    """
    changed = bytearray(original)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(0, len(changed) - 1)))
        match draw(st.integers(0, 6)):
            case 0 if changed:
                changed[place] ^= 1 << draw(st.integers(0, 7))
            case 1:
                changed[place : place + 1] = draw(st.binary(max_size=1))
            case 2:
                width = draw(st.sampled_from([1, 2, 4]))
                word = draw(st.sampled_from(_WORDS)) & (1 << 8 * width) - 1
                changed[place : place + width] = word.to_bytes(width, draw(st.sampled_from(["little", "big"])))
            case 3:
                size, other = draw(st.integers(1, 16)), draw(st.integers(0, max(0, len(changed) - 1)))
                changed[place : place + size] = changed[other : other + size]
            case 4:
                del changed[place : place + draw(st.integers(1, 40))]
            case 5:
                changed[place:place] = draw(st.binary(max_size=40))
            case 6 if draw(st.integers(0, 3)) == 0:
                del changed[place:]
    return bytes(changed)


@st.composite
def edited_toml(draw, original: str) -> bytes:
    """Return the text with values changed and with missing, duplicate or unknown keys.

    The result is not always valid TOML.
    """
    lines = original.splitlines()
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, max(0, len(lines) - 1)))
        line = lines[place] if lines else ""
        match draw(st.integers(0, 6)):
            case 0 | 1 | 2 if "=" in line:
                lines[place] = (
                    line.split("=", 1)[0] + "= " + draw(st.one_of(st.sampled_from(_VALUES), nonsense().map(json.dumps)))
                )
            case 3:
                del lines[place : place + 1]
            case 4:
                lines.insert(place, line)
            case 5:
                lines.insert(
                    place,
                    draw(
                        st.sampled_from(
                            [
                                "x = 1",
                                "[x]",
                                "[[x]]",
                                "[a.b.c]",
                                "file = 'x'",
                                "=",
                                "\x00",
                                "\u2028 = 1",
                                "a." * 2000 + "b = 1",
                            ]
                        )
                    ),
                )
            case 6:
                return draw(damaged("\n".join(lines).encode()))
    return "\n".join([*lines, ""]).encode("utf-8", "surrogatepass")


def nonsense():
    """Return a strategy for arbitrary JSON values."""
    leaf = st.one_of(st.none(), st.booleans(), st.integers(-(1 << 70), 1 << 70), st.floats(), st.text(max_size=8))
    return st.recursive(
        leaf,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=3)),
        max_leaves=6,
    )
