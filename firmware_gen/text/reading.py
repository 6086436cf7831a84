"""Select a project's language pack, and determine the files and the memory that the pack adds."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.device import flash_limit, stack_bytes
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.render import render
from ticktalk.firmware_gen.project.report import GLUE_BYTES, code_bytes
from ticktalk.firmware_gen.project.target import Target
from ticktalk.firmware_gen.text.export import text_parts
from ticktalk.firmware_gen.text.prefix import prefixed
from ticktalk.runtime_sim.emphasis import LEVELS
from ticktalk.runtime_sim.reading import OURS, packs_of, unsuited
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.user.words_file import with_own_words
from ticktalk.runtime_sim.unspoken import audible
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.errors import shown

NONE = "none"
TEXT_CODE_BYTES = 18 * 1024  # estimated size of the front end's code in flash
STATE_BYTES = 3560  # size of the front end's state, excluding the network's rows
ROWS = 35  # rows of the network: TX_LETTERS and three inputs in text.h
CLAUSE_ENDS = ",;:—"


@dataclass(frozen=True)
class Reading:
    """A project's language pack.

    `licence` and `sources` are copied from the manifest. `files` maps file names to source text. `bytes` maps each part
    to the flash that it occupies in bytes; the code's share is an estimate. `state_bytes` is the RAM use in bytes.
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
        """The flash that the pack and its code occupy, in bytes."""
        return sum(self.bytes.values())

    def facts(self) -> dict:
        """Return the values for the report."""
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
    voice: Voice,
    board: Target | None,
    wanted: str | None,
    constant_bytes: int,
    static_bytes: int,
    name: str,
    library: bool,
    words: Path | str | None = None,
) -> tuple[Reading | None, str | None]:
    """Return (reading, None) for a voice's project, or (None, reason) if the project has no language pack.

    `wanted` is the name or folder of a pack, or "none". If `wanted` is None, the first pack that the voice names is
    used, unless `board` has too little memory. `constant_bytes` and `static_bytes` are the flash and RAM use of the
    voice itself, and `name` is the prefix of its symbols. `words` is a file of the user's own pronunciations, which are
    compiled into const tables.

    Raises BuildError if the pack uses phonemes that the voice lacks, and LanguageError if the pack does not exist or
    the words are invalid.
    """
    if wanted == NONE:
        return None, "not requested"
    packs = packs_of(voice)
    if wanted is None and not packs:
        return None, f"voice '{voice.manifest['name']}' does not name a language pack"
    reading = _reading(_front(wanted or packs[0], words, voice), voice, name)
    if wanted is not None or board is None:
        return reading, None
    own = (
        constant_bytes + code_bytes(library) + board.lead_size + board.page_size,  # with alignment
        static_bytes + GLUE_BYTES + stack_bytes(library, text=True),
    )
    if (lack := _lack(reading, board, *own)) is None:
        return reading, None
    smaller = (_reading(_front(pack, words, voice), voice, name) for pack in packs[1:])
    tips = [f"; try --text {each.pack}" for each in smaller if _lack(each, board, *own) is None]
    return None, lack + "".join(tips[:1])


def _front(pack: str, words: Path | str | None, voice: Voice) -> Frontend:
    return with_own_words(frontend(pack), words).with_speakers(voice.speakers)


def _lack(reading: Reading, board: Target, flash: int, ram: int) -> str | None:
    """Return why there is no room for a pack next to firmware that takes `flash` and `ram` bytes, or None."""
    needs = (
        ("flash", flash + reading.flash_bytes, flash_limit(board)),
        ("RAM", ram + reading.state_bytes, board.ram.size),
    )
    for what, needed, room in needs:
        if needed > room:
            return (
                f"not enough {what} on {board.name}: with pack '{reading.pack}', about {needed} bytes are needed, "
                f"but only {room} are available"
            )
    return None


def _reading(front: Frontend, voice: Voice, name: str) -> Reading:
    check_symbols(front, voice)
    tables, _ = text_parts(front)
    context = {"name": name, "voice": voice.manifest["name"], "edge": voice.manifest["phonemes"]["edge"]}
    rows = [Code(row) for row in _symbol_rows(front, voice)]
    files = prefixed(tables, name) | {
        f"{name}_utterances.{end}": render(f"text/utterances.{end}.j2", rows=rows, **context) for end in ("h", "c")
    }
    channels = front.pack.letters["up0"].shape[0]
    return Reading(
        front.pack.manifest["name"],
        _hash(front),
        front.pack.manifest["licence"],
        [
            {key: str(source.get(key, "unknown")) for key in ("name", "version", "licence", "what")}
            for source in front.pack.manifest["sources"]
            if isinstance(source, dict)
        ],
        files,
        flash_bytes(front),
        STATE_BYTES + ROWS * channels,
    )


def flash_bytes(front: Frontend) -> dict[str, int]:
    """Return the flash use of each part of a pack in bytes. The size of the code is an estimate."""
    return text_parts(front)[1] | {"code": TEXT_CODE_BYTES}


def _hash(front: Frontend) -> str:
    """Return the pack's hash, or the SHA-256 of that hash and the compiled user words if there are any."""
    own = front.own[-1] if front.own else {}
    if not own:
        return front.pack.hash
    lines = [front.pack.hash, *(f"{spelling}\t{phonemes}" for spelling, phonemes in sorted(own.items()))]
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def check_symbols(front: Frontend, voice: Voice) -> None:
    """Raise BuildError if the pack uses phonemes that the voice lacks, which the message lists, or another alphabet."""
    known = voice.manifest["phonemes"]["symbols"]
    if missing := [symbol if symbol.strip() else shown(symbol) for symbol in front.symbols if symbol not in known]:
        raise BuildError(
            f"voice '{voice.manifest['name']}' cannot use language pack '{front.pack.manifest['name']}': "
            f"the voice lacks the symbols {' '.join(missing)}; choose another pack with --text, or --text none"
        )
    pack = front.pack.manifest
    if why := unsuited(voice, OURS + pack["name"], pack["phonemes"]):
        raise BuildError(f"{why}; choose another pack with --text, or --text none")


def _symbol_rows(front: Frontend, voice: Voice) -> list[str]:
    """Return the initialiser {id, kind} of each phoneme number (see utterances.c.j2). Number 0 is unused."""
    known = voice.symbols
    rows = ["{0, 0},"]
    for symbol in (*front.symbols, *LEVELS):
        kinds = [
            name
            for name, is_one in (
                ("AUDIBLE", audible(known, symbol)),
                ("CLAUSE", symbol in CLAUSE_ENDS),
                ("SPACE", symbol == " "),
            )
            if is_one
        ]
        rows.append(f"{{{known[symbol]}, {kinds[0] if kinds else 0}}},")
    return rows
