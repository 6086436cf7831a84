"""The C tables of a pack's lexicon, for `templates/text/text_lexicon.c`."""

from __future__ import annotations

import itertools

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.text.c_tables import Tables
from ticktalk.firmware_gen.text.codes import Code
from ticktalk.firmware_gen.text.lexicon import Lexicon

MOST_LEXICON = 0xFFFF  # bytes


def add_lexicon(tables: Tables, packed: bytes, lexicon: Lexicon) -> None:
    """Add a lexicon, `packed` in the format that `lexicon` decodes. Raises BuildError if it is too large."""
    tables.array("tx_str", "tx_chunks", map(tables.sound, tables.frontend.pack.manifest["chunks"]))
    codes = bytearray()

    def put(code: Code, names: bytes | None = None) -> int:
        place = len(codes)
        symbols = [names[s] for s in code.symbols] if names is not None else code.symbols
        codes.extend([len(code.counts) - 1, *code.counts[1:], *symbols])
        return place

    places = [put(lexicon.kind), put(lexicon.shared), put(lexicon.spelled)]
    letters = {id(code): put(code) for code in {id(code): code for code in lexicon.letters}.values()}
    places += [letters[id(code)] for code in lexicon.letters]
    firsts = list(itertools.accumulate(map(len, lexicon.of_letter), initial=0))
    places += [put(code, numbers) for each in lexicon.of_letter for code, numbers in each]
    tables.array("uint8_t", "tx_codes", codes)
    tables.array("uint16_t", "tx_code_places", places)
    tables.array("uint8_t", "tx_chunk_codes", firsts[:-1])
    groups = [group for each in lexicon.groups for group in each]
    tables.array("uint8_t", "tx_chunk_groups", (a | b << 4 for a, b in zip(groups[::2], groups[1::2])))
    pausing = bytearray(32)
    for word in tables.frontend.words.lexicon:
        if word[-1] == "P":
            place = (ord(word[0]) + 5 * ord(word[-2]) + 37 * (len(word) - 1)) & 255
            pausing[place >> 3] |= 1 << (place & 7)
    tables.array("uint8_t", "tx_pausing", pausing)
    tables.value("uint16_t", "tx_lexicon_words", lexicon.words)
    tables.value("uint16_t", "tx_lexicon_blocks", len(lexicon.offsets))
    tables.value("uint8_t", "tx_lexicon_block", lexicon.size)
    size = len(packed) - lexicon.start
    if size > MOST_LEXICON:
        raise BuildError(f"the compressed lexicon takes {size} bytes, but at most {MOST_LEXICON} fit; list fewer words")
    tables.array("uint16_t", "tx_lexicon_offsets", [*lexicon.offsets, size])
    tables.array("uint8_t", "tx_lexicon", packed[lexicon.start :])
