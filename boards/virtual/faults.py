"""Fault scripts for simulated devices and their lines, such as `drop@1000 flip@2048:3 unplug@70000`.

A script is a list of KIND@AT[:AMOUNT], separated by spaces.

For these kinds, AT counts the bytes from the host, starting at 0: `drop` (lose AMOUNT bytes, default 1),
`duplicate` (deliver the byte twice), `flip` (invert bit AMOUNT of the byte, default 0), `delay` (by AMOUNT
milliseconds, default 50), `stall` (the same, default 3000), `unplug` (remove the port for AMOUNT
milliseconds, default 300, while the device stays powered), and `cut` (interrupt the device's power).

For `drop-back`, `duplicate-back` and `flip-back`, AT counts the bytes from the device.

With `nack@N`, the N-th valid request is refused. With `erase-cut@N` and `write-cut@N`, the power is
interrupted during the N-th page erase or the N-th write of up to 256 bytes, which remains incomplete.

For chip models (chips/) only: with `program-error@N` and `erase-error@N`, the flash reports an error instead of
programming the N-th word or erasing the N-th page for the firmware. With `dma-error@N`, the N-th request of the sound
output fails. With `overrun@N`, the N-th byte for the firmware arrives at the same time as the byte before it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ticktalk.boards.errors import BoardsError

DEFAULTS = {
    "drop": 1,
    "duplicate": 1,
    "flip": 0,
    "delay": 50,
    "stall": 3000,
    "unplug": 300,
    "cut": 0,
    "drop-back": 1,
    "duplicate-back": 1,
    "flip-back": 0,
    "nack": 0,
    "erase-cut": 0,
    "write-cut": 0,
    "program-error": 0,
    "erase-error": 0,
    "dma-error": 0,
    "overrun": 0,
}
COUNTED = ("nack", "erase-cut", "write-cut", "program-error", "erase-error", "dma-error", "overrun")


class FaultError(BoardsError):
    """A fault script cannot be read."""

    exit_code = 2


class PowerCut(Exception):
    """The device's power is interrupted."""


@dataclass(frozen=True)
class Fault:
    """One fault of a script. The module's docstring explains the fields."""

    kind: str
    at: int
    amount: int

    def __str__(self) -> str:
        return f"{self.kind}@{self.at}:{self.amount}"


def parse(script: str) -> list[Fault]:
    """Return the faults in a script. Raises `FaultError` if the script is invalid."""
    faults = []
    for word in script.split():
        match = re.fullmatch(r"([a-z-]+)@(\d+)(?::(\d+))?", word)
        if not match or match[1] not in DEFAULTS:
            raise FaultError(
                f"fault '{word}': must be KIND@AT or KIND@AT:AMOUNT, with KIND one of {', '.join(DEFAULTS)}"
            )
        faults.append(Fault(match[1], int(match[2]), int(match[3] or DEFAULTS[match[1]])))
    return faults


class Faults:
    """A script in progress. Each fault occurs once."""

    def __init__(self, script: Sequence[Fault] = ()):
        self._waiting = sorted(script, key=lambda fault: fault.at)
        self._counts = dict.fromkeys(("", "-back", *COUNTED), 0)

    def line(self, data: bytes, back: bool = False) -> list[bytes | Fault]:
        """Return the bytes of `data` that arrive, interleaved with the faults delay, stall, unplug and cut."""
        way = "-back" if back else ""
        start = self._counts[way]
        self._counts[way] += len(data)
        result: list[bytes | Fault] = []
        done = 0
        for fault in [f for f in self._waiting if f.kind not in COUNTED and f.kind.endswith("-back") == back]:
            at = fault.at - start
            if at >= len(data):
                break
            self._waiting.remove(fault)
            at = max(at, done)
            result.append(data[done:at])
            done = at
            match fault.kind.removesuffix("-back"):
                case "drop":
                    done = min(at + fault.amount, len(data))
                case "duplicate":
                    result.append(data[at : at + 1])
                case "flip":
                    result.append(bytes([b ^ 1 << fault.amount % 8 for b in data[at : at + 1]]))
                    done = min(at + 1, len(data))
                case _:
                    result.append(fault)
        return [piece for piece in (*result, data[done:]) if piece != b""]

    @property
    def counted(self) -> dict[str, int]:
        """The number of events so far for each kind in COUNTED, and the number of bytes from the host under ""."""
        return dict(self._counts)

    def strikes(self, kind: str) -> bool:
        """Count an event of a kind in COUNTED, and return whether the script has a fault for this event."""
        number = self._counts[kind]
        self._counts[kind] += 1
        for fault in self._waiting:
            if fault.kind == kind and fault.at == number:
                self._waiting.remove(fault)
                return True
        return False
