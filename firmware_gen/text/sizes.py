"""Generate `text_sizes.h`, the dimensions of a language pack's tables."""

from __future__ import annotations

from ticktalk.firmware_gen.project.escape import octal
from ticktalk.firmware_gen.text.c_tables import Tables, block_types
from ticktalk.runtime_sim.text.frontend import Frontend

LIAISON = ("aspirated", "vocalic")  # classes of words that words.py and text_units.c know by name


def sizes(frontend: Frontend) -> str:
    """Return the contents of `text_sizes.h`: the network's dimensions, the types of its biases and scales, how numbers
    are read, and the speakers' names, if any, in a form that contains no prefix of a symbol (see prefix.py)."""
    letters, classes = frontend.letters, frontend.pack.words["classes"]
    channels, hidden = frontend.pack.letters["up0"].shape
    facts: dict[str, int | str] = {
        "CHANNELS": channels,
        "HIDDEN": hidden,
        "BLOCKS": letters.blocks,
        "CHUNKS": len(letters.chunks),
    }
    numbers, tables = frontend.scanner.numbers, Tables(frontend)
    facts |= {
        "ALPHABET": len(tables.alphabet),
        "FIRST_MORE": tables.first_more,
        "LETTER_SET": "uint32_t" if len(tables.alphabet) <= 32 else "uint64_t",
        "JOINS": len(frontend.words.joins),
        "ELIDED": max(map(len, frontend.scanner.elided), default=0),
        **{name.upper(): f"{sum(1 << k for k, known in enumerate(classes) if known == name)}ull" for name in LIAISON},
        "GROUP": ord(numbers.group),
        "DECIMAL": ord(numbers.decimal),
        "UNITS": len(numbers.units),
        "HUNDREDS": int(bool(numbers.hundreds)),
        "JOINT": int(bool(numbers.joint)),
        "JOINED_TENS": sum(1 << tens for tens in numbers.joined),
        "COUNTED_ON": sum(1 << tens for tens in numbers.counted_on),
        "BARE": sum(1 << k for k, scale in enumerate(numbers.scales) if scale in numbers.bare),
        "LONG_SCALE": int(numbers.long),
        "GENDERS": int(bool(numbers.masculine or numbers.feminine)),
        "DECIMALS": numbers.decimals,
        "WHOLE": int(numbers.whole),
    }
    facts |= {kind.removeprefix("tx_").upper(): c_type for kind, c_type in block_types(frontend).items()}
    if names := frontend.speakers:
        facts |= {"SPEAKER_COUNT": len(names), "SPEAKER_BYTES": max(map(len, names)) + 1}
        facts |= {"SPEAKERS": ", ".join(f'"{octal(name.encode())}"' for name in names)}
    return "".join(f"#define TX_{name} {value}\n" for name, value in facts.items())
