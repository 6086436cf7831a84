"""Facts about a chip's registers, taken from the vendor's description (facts/<chip>.json, which names its source).

`bases` maps each instance of a peripheral to its address. Instances with the same registers share one description,
named by `like`. `resets` contains the reset values that differ in such an instance. A field is [lowest bit, width].
`values` lists the documented values of some registers, by their meaning.
"""

import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "facts"


@dataclass(frozen=True)
class Register:
    """A register: its offset in bytes, its value after a reset, and its fields as (lowest bit, width)."""

    name: str
    offset: int
    reset: int
    fields: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def mask(self) -> int:
        """The bits that are not reserved."""
        return sum(((1 << width) - 1) << bit for bit, width in self.fields.values())

    def field_mask(self, *names: str) -> int:
        """The bits of these fields."""
        return sum(((1 << width) - 1) << bit for bit, width in map(self.fields.__getitem__, names))


@dataclass(frozen=True)
class Facts:
    """The vendor's description of a chip."""

    source: str
    bases: dict[str, int]
    interrupts: dict[str, int]
    registers: dict[str, dict[str, Register]]  # by instance
    values: dict[str, dict[int, int]]  # documented values, for registers that have such a list


@cache
def load_facts(chip: str) -> Facts:
    """Return the facts about `chip`, such as "stm32f405"."""
    held = json.loads((FOLDER / f"{chip}.json").read_text())
    registers = {}
    for name in held["bases"]:
        resets = held["resets"].get(name, {})
        registers[name] = {
            register: Register(
                register,
                facts["offset"],
                resets.get(register, facts["reset"]),
                {key: (bit, width) for key, (bit, width) in facts["fields"].items()},
            )
            for register, facts in held["registers"][held["like"].get(name, name)].items()
        }
    values = {
        key: {int(name): value for name, value in listed.items()} for key, listed in held.get("values", {}).items()
    }
    return Facts(held["source"], held["bases"], held["interrupts"], registers, values)
