"""Which language pack a project reads texts with, what it adds to the project, and what that costs."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.device import flash_limit, stack_bytes
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.render import render
from ticktalk.firmware_gen.project.report import CODE_BYTES, GLUE_BYTES
from ticktalk.firmware_gen.project.target import Target
from ticktalk.firmware_gen.text.export import TEMPLATES, text_parts
from ticktalk.runtime_sim.reading import packs_of
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.voice import Voice

NONE = "none"
TEXT_CODE_BYTES = 18 * 1024  # estimate of the machine's code in flash
STATE_BYTES = 3864  # of the machine's state, beside the network's rows
LETTERS = 32  # rows of the network: TX_LETTERS in text.h
CLAUSE_ENDS = ",;:—"


@dataclass(frozen=True)
class Reading:
    """A language pack in a project.

    `licence` and `sources` are the manifest's. `files`: source text by file name. `bytes`: flash of each part; the code
    is an estimate. `state_bytes`: RAM.
    """

    pack: str
    hash: str
    licence: str
    sources: list[dict[str, str]]
    files: dict[str, str]
    bytes: dict[str, int]
    state_bytes: int

    @property
    def flash_bytes(self) -> int:
        """Flash that the pack and its code take."""
        return sum(self.bytes.values())

    def facts(self) -> dict:
        """Return what the report says about it."""
        return {
            "pack": self.pack,
            "hash": self.hash,
            "licence": self.licence,
            "sources": self.sources,
            "bytes": self.bytes,
            "flash_bytes": self.flash_bytes,
            "state_bytes": self.state_bytes,
        }


def reading_of(
    voice: Voice, board: Target, wanted: str | None, constant_bytes: int, static_bytes: int, library: bool
) -> tuple[Reading | None, str | None]:
    """Return the Reading of a voice's project, or None and why there is none.

    `wanted`: a pack by name or folder, "none", or None: the first pack that the voice names, if the board has room for
    it. `constant_bytes`, `static_bytes`: flash and RAM of the voice itself. Raises BuildError if the pack says phonemes
    that the voice does not have, LanguageError if there is no such pack.
    """
    if wanted == NONE:
        return None, "not wanted"
    packs = packs_of(voice)
    if wanted is None and not packs:
        return None, f"voice '{voice.manifest['name']}' names no language pack"
    front = frontend(wanted or packs[0])
    reading = _reading(front, voice)
    if wanted is None:
        flash = constant_bytes + CODE_BYTES + reading.flash_bytes + board.lead_size + board.page_size  # alignment
        ram = static_bytes + GLUE_BYTES + stack_bytes(library, text=True) + reading.state_bytes
        for what, needed, room in (("flash", flash, flash_limit(board)), ("RAM", ram, board.ram.size)):
            if needed > room:
                return None, (
                    f"no room on {board.name}: with pack '{reading.pack}' about {needed} bytes of {what}, it has {room}"
                )
    return reading, None


def _reading(front: Frontend, voice: Voice) -> Reading:
    check_symbols(front, voice)
    tables, sizes = text_parts(front)
    limit = voice.manifest["phonemes"]["limit"]
    files = tables | {
        "utterances.h": Path(TEMPLATES, "utterances.h").read_text(encoding="utf-8"),
        "utterances.c": render(
            "text/utterances.c.j2",
            name=voice.manifest["name"],
            edge=voice.manifest["phonemes"]["edge"],
            rows=[Code(row) for row in _symbol_rows(front, voice)],
        ),
    }
    channels = front.pack.letters["up0"].shape[0]
    return Reading(
        front.pack.manifest["name"],
        front.pack.hash,
        front.pack.manifest["licence"],
        [
            {key: str(source.get(key, "unknown")) for key in ("name", "version", "licence", "what")}
            for source in front.pack.manifest["sources"]
            if isinstance(source, dict)
        ],
        files,
        sizes | {"code": TEXT_CODE_BYTES},
        STATE_BYTES + LETTERS * channels + limit,
    )


def check_symbols(front: Frontend, voice: Voice) -> None:
    """Raise BuildError, which names the symbols, if the pack can say a phoneme that the voice does not have."""
    known = voice.manifest["phonemes"]["symbols"]
    if missing := [symbol for symbol in front.symbols if symbol not in known]:
        raise BuildError(
            f"voice '{voice.manifest['name']}' cannot speak with language pack '{front.pack.manifest['name']}': "
            f"it has no symbols {' '.join(missing)}; choose another pack, or none (--text)"
        )


def _symbol_rows(front: Frontend, voice: Voice) -> list[str]:
    """Return {id, kind} of each phoneme number; see utterances.c.j2. Number 0 is none."""
    rows = ["{0, 0},"]
    for symbol in front.symbols:
        kinds = [
            name
            for name, is_one in (
                ("AUDIBLE", unicodedata.category(symbol) in ("Ll", "Lu", "Lo")),
                ("CLAUSE", symbol in CLAUSE_ENDS),
                ("SPACE", symbol == " "),
            )
            if is_one
        ]
        rows.append(f"{{{voice.manifest['phonemes']['symbols'][symbol]}, {kinds[0] if kinds else 0}}},")
    return rows
