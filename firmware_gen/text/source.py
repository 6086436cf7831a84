"""Generate `text_tables.c`, the tables of a language pack for `templates/text/*.c`.

Each distinct string is stored once in a pool and referenced by its offset. Characters are folded: ASCII characters keep
their codes, and the other characters in the rules are numbered from 128. Phonemes are numbered from 1, in the order of
`symbols`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from functools import cached_property

import numpy as np

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project import escape
from ticktalk.firmware_gen.text.codes import Code
from ticktalk.firmware_gen.text.compressed import compressed
from ticktalk.firmware_gen.text.lexicon import Lexicon
from ticktalk.runtime_sim.text.context import PLACES
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.letters import DENSE, STEP
from ticktalk.runtime_sim.text.match import ASCII, LETTERS
from ticktalk.runtime_sim.text.rules import Rule
from ticktalk.runtime_sim.text.say import MARKS, forms

STEPS = (
    "end", "char", "open", "one", "digits", "number", "integer", "space", "spaces", "table", "sign", "pick", "letters",
    "capitals", "edge", "ahead",
)  # fmt: skip
PACKED = (0, 1, 4, 5, 2, 3, 6, 7)  # order of eight weights in four bytes, from the lowest half
AFTER = ("", "space", "word")
FIRST_OTHER = 128  # code of the first folded character that is not ASCII
LAST_RULE = 0xFFFF
MOST_LEXICON = 0xFFFF  # bytes
# Size of each C type on a 32-bit core, in bytes.
BYTES = {
    "tx_letters": 8,
    "int8_t": 1, "uint8_t": 1, "int16_t": 2, "uint16_t": 2, "tx_str": 2, "int32_t": 4, "uint32_t": 4, "uint64_t": 8,
    "tx_entry": 4, "tx_table": 4, "struct ticktalk_word": 8, "tx_rule": 6, "tx_verb": 4, "tx_weak": 8, "tx_range": 12,
    "tx_ending": 24,
}  # fmt: skip


class _Pool:
    """A pool of zero-terminated byte strings. A string at the end of another one takes no additional space.

    `strings` lists the strings to place first.
    """

    def __init__(self, strings: Iterable[bytes] = ()) -> None:
        self.data, self.places = bytearray(b"\0"), {b"": 0}
        before = b""
        for text in sorted(strings, key=lambda text: text[::-1], reverse=True):
            if text and before.endswith(text):
                self.places[text] = self.places[before] + len(before) - len(text)
            self.add(text)
            before = text

    def add(self, text: bytes) -> int:
        if text not in self.places:
            self.places[text] = len(self.data)
            self.data += text + b"\0"
        return self.places[text]


class Source:
    """The C tables of one front end.

    `code` maps each folded character to its code. `symbols` lists the phonemes and marks, which are numbered from 1.
    After `render`, `bytes` maps each section of the tables to its flash use in bytes.
    """

    def __init__(self, frontend: Frontend):
        self.frontend = frontend
        self.code = {chr(k): k for k in range(1, FIRST_OTHER)}
        kept = [c for c in frontend.pack.characters["keep"] if c not in LETTERS]
        more = frontend.letters_beyond_ascii
        self.code.update(
            {c: FIRST_OTHER + k for k, c in enumerate([*kept, *(c for m in more for c in (m, m.upper()))])}
        )
        self.first_more = FIRST_OTHER + len(kept)
        self.alphabet = ASCII + more
        self.symbols = frontend.symbols
        for c in frontend.alphabet:
            self.code.setdefault(c, len(self.code) + 1)
        self.number = {c: k for k, c in enumerate(self.symbols, 1)}
        self.pool, self.sounds = _Pool(), _Pool()
        self.parts: list[str] = []
        self.bytes: dict[str, int] = {}
        self._section = ""

    # ---------------------------------------------------------------- strings

    def text(self, text: str) -> int:
        """Return the pool offset of a folded string."""
        return self.pool.add(bytes(self.code[c] for c in text))

    def sound(self, said: str) -> int:
        """Return the pool offset of a phoneme string."""
        return self.sounds.add(bytes(self.number[c] for c in said))

    def said(self, words: str) -> int:
        """Return the pool offset of the words that a rule speaks, converted to lower case."""
        return self.text(words.lower())

    # ---------------------------------------------------------------- C

    def array(self, kind: str, name: str, values: Iterable, columns: int = 24) -> None:
        """Add a const array. An empty array gets a single 0, because C does not allow empty arrays."""
        cells = [v if isinstance(v, str) else str(int(v)) for v in values] or ["0"]
        rows = [", ".join(cells[k : k + columns]) for k in range(0, len(cells), columns)]
        self.parts.append(f"const {kind} {name}[{len(cells)}] = {{\n    " + ",\n    ".join(rows) + ",\n};")
        self._count(kind, len(cells))

    def value(self, kind: str, name: str, value: int) -> None:
        """Add a const number."""
        self.parts.append(f"const {kind} {name} = {int(value)};")
        self._count(kind, 1)

    def _count(self, kind: str, values: int) -> None:
        kind = block_types(self.frontend).get(kind, kind)
        self.bytes[self._section] = self.bytes.get(self._section, 0) + BYTES[kind] * values

    def render(self) -> str:
        """Return the contents of `text_tables.c`."""
        self._add_sections()
        # The first pass has collected all strings. The second pass uses pools in which strings share space.
        self.pool, self.sounds = _Pool(self.pool.places), _Pool(self.sounds.places)
        self.parts.clear()
        self.bytes.clear()
        self._add_sections()
        name = escape.c(self.frontend.pack.manifest["name"])
        head = f"/* Tables of the language pack {name}, generated by ticktalk. */\n" + '#include "text_tables.h"\n\n'
        return head + "\n\n".join(self.parts) + "\n"

    def _add_sections(self) -> None:
        for section, steps in (
            ("characters", (self._characters,)),
            ("rules", (self._tables, self._rules, self._numbers, self._signs)),
            ("words", (self._words, self._context)),
            ("lexicon", (self._lexicon,)),
            ("own", (self._own,)),
            ("network", (self._network,)),
            ("strings", (self._strings,)),
        ):
            self._section = section
            for step in steps:
                step()

    def _strings(self) -> None:
        self.array("uint8_t", "tx_pool", self.pool.data)
        self.array("uint8_t", "tx_sounds", self.sounds.data)

    def names(self) -> list[str]:
        """Return the phoneme or mark for each number. Number 0 is the empty string."""
        return ["", *self.symbols]

    def _characters(self) -> None:
        """Add the tables for non-ASCII characters: code points below 0x10000, higher code points, and ranges."""
        characters = self.frontend.characters
        known: dict[int, tuple[int, int]] = {}
        for code, name in characters.named.items():
            known[code] = (self.text(f" {name} "), 1)
        for code, text in characters.table.items():
            if code >= FIRST_OTHER:
                known[code] = (self.text(text), 0)
        small = sorted(code for code in known if code < 0x10000)
        large = sorted(code for code in known if code >= 0x10000)
        self.value("uint16_t", "tx_small_count", len(small))
        self.array("uint16_t", "tx_small", small)
        self.array("uint16_t", "tx_small_text", (known[c][0] << 1 | known[c][1] for c in small))
        self.value("uint16_t", "tx_large_count", len(large))
        self.array("uint32_t", "tx_large", large)
        self.array("uint16_t", "tx_large_text", (known[c][0] << 1 | known[c][1] for c in large))
        self.value("uint16_t", "tx_range_count", len(characters.ranges))
        rows = [f"{{{a}, {b}, {self.text(f' {name} ')}}}" for a, b, name in characters.ranges]
        self.array("tx_range", "tx_ranges", rows, 4)
        self.value("tx_str", "tx_unknown", self.text(f" {characters.unknown} "))

    def _tables(self) -> None:
        """Add all tables consecutively, each sorted by first character and then by decreasing length."""
        self.table: dict[str, int] = {}
        self.entries: list[str] = []
        self.spans: list[str] = []
        for name, table in self.frontend.scanner.tables.items():
            self.table[name] = self._table({key: self._value(value) for key, value in table.entries.items()})
        scanner, words = self.frontend.scanner, self.frontend.words
        numbers = scanner.numbers
        for name, entries in (
            ("tx_ordinals", {word: self.said(other) for word, other in numbers.ordinals.items()}),
            ("tx_parts", {str(number): self._value(value) for number, value in numbers.parts.items()}),
            ("tx_signs", {sign: self.said(word) for sign, word in scanner.signs.items()}),
            ("tx_endings_known", dict.fromkeys(scanner.endings, 0)),
            ("tx_address_spelled", dict.fromkeys(scanner.spelled, 0)),
            ("tx_address_words", dict.fromkeys(scanner.address_words, 0)),
            ("tx_capitals_spelled", dict.fromkeys(words.spelled, 0)),
            ("tx_capitals_words", dict.fromkeys(words.short, 0)),
            ("tx_lone", dict.fromkeys(words.lone, 0)),
            ("tx_masculine", {word: self.said(other) for word, other in numbers.masculine.items()}),
            ("tx_feminine", {word: self.said(other) for word, other in numbers.feminine.items()}),
        ):
            self.value("uint8_t", name, self._table(entries))
        self.array("tx_entry", "tx_entries", self.entries, 8)
        self.array("tx_table", "tx_tables", self.spans, 8)

    def _value(self, value: str) -> int:
        """Return the pool offset of a table value: its forms separated by "|". Missing forms equal the last form."""
        kept = forms(value)
        while len(kept) > 1 and kept[-1] == kept[-2]:
            del kept[-1]
        return self.said("|".join(kept))

    def _table(self, entries: dict[str, int]) -> int:
        keys = sorted(entries, key=lambda k: (self.code[k[0]], -len(k), k))
        self.spans.append(f"{{{len(self.entries)}, {len(keys)}}}")
        self.entries += [f"{{{self.text(key)}, {entries[key]}}}" for key in keys]
        return len(self.spans) - 1

    def _rules(self) -> None:
        scanner = self.frontend.scanner
        rules: list[Rule] = []
        for many in (*scanner.by_start.values(), *scanner.by_word.values(), scanner.glued):
            rules += many
        place = {id(rule): 0 for rule in rules}
        steps, rows = bytearray(), list[str]()
        verbs, verb_places = self._verbs(rules)
        for k, rule in enumerate({id(r): r for r in rules}.values()):
            place[id(rule)] = k
            rows.append(f"{{{len(steps)}, {verb_places[rule.verbs]}, {AFTER.index(rule.after)}}}")
            steps += self._steps(rule)
        lists: list[int] = [LAST_RULE]  # index 0: no rules

        listed_before: dict[tuple[int, ...], int] = {}

        def listed(many: list[Rule]) -> int:
            numbers = tuple(place[id(rule)] for rule in many)
            if numbers not in listed_before:
                listed_before[numbers] = len(lists)
                lists.extend([*numbers, LAST_RULE])
            return listed_before[numbers]

        starts = [0] * 256
        for c, many in scanner.by_start.items():
            starts[self.code[c]] = listed(many)
        by_word = sorted(scanner.by_word, key=str.encode)
        words = [f"{{{self.text(word)}, {listed(scanner.by_word[word])}}}" for word in by_word]
        glued = listed(scanner.glued)
        self.array("tx_rule", "tx_rules", rows, 6)
        self.array("uint8_t", "tx_steps", steps)
        self.array("tx_verb", "tx_verbs", verbs, 6)
        self.array("uint16_t", "tx_start", starts)
        self.array("tx_entry", "tx_by_word", words, 8)
        self.value("uint16_t", "tx_by_word_count", len(words))
        self.value("uint16_t", "tx_glued", glued)
        self.array("uint16_t", "tx_lists", lists)

    def _verbs(self, rules: list[Rule]) -> tuple[list[str], dict[tuple, int]]:
        """Return the verbs of all readings and the position of each reading, which may be the tail of a longer
        reading."""
        verbs: list[str] = []
        places: dict[tuple, int] = {}
        for reading in sorted(dict.fromkeys(rule.verbs for rule in rules), key=len, reverse=True):
            if reading in places:
                continue
            for k in range(len(reading) + 1):
                places.setdefault(reading[k:], len(verbs) + k)
            for verb, first, second, word in reading:
                verbs.append(f"{{{ord(verb) if verb else 1}, {second << 4 | first}, {self.said(word)}}}")
            verbs.append("{0, 0, 0}")
        return verbs, places

    def _steps(self, rule: Rule) -> bytes:
        codes = [self._step(step) for step in rule.steps]
        out = bytearray()
        for k, (step, code) in enumerate(zip(rule.steps, codes)):
            if step[0] == "open":
                skip = sum(len(c) for c in codes[k + 1 : k + 1 + step[1]])
                code = bytes([code[0], skip, step[2], step[3]])
            out += code
        return bytes(out) + b"\0"

    def _step(self, step: tuple) -> bytes:
        code = bytes([STEPS.index(step[0])])
        if step[0] == "char":
            return code + bytes([self.code[step[1]]])
        if step[0] == "open":
            return code + bytes(3)
        if step[0] in ("one", "pick"):
            return code + self.text(step[1]).to_bytes(2, "little")
        if step[0] == "digits":
            return code + bytes(step[1:3]) + step[3].to_bytes(2, "little")
        if step[0] == "table":
            return code + bytes([self.table[step[1]]])
        return code

    def _numbers(self) -> None:
        numbers = self.frontend.scanner.numbers
        self.array("tx_str", "tx_units", map(self.said, numbers.units))
        self.array("tx_str", "tx_tens", map(self.said, numbers.tens))
        self.array("tx_str", "tx_scales", (self.said(scale.split("|")[0]) for scale in numbers.scales))
        self.array("tx_str", "tx_scales_many", (self.said(scale.split("|")[-1]) for scale in numbers.scales))
        if numbers.hundreds:
            self.array("tx_str", "tx_hundreds", map(self.said, numbers.hundreds))
        if numbers.joint:
            self.value("tx_str", "tx_joint", self.said(numbers.joint))
        self.value("uint8_t", "tx_scale_count", len(numbers.scales))
        for name in ("hundred", "point", "oh", "clock", "plural"):
            self.value("tx_str", f"tx_{name}", self.said(getattr(numbers, name)))

    def _signs(self) -> None:
        scanner = self.frontend.scanner
        symbols, marks = [0] * 256, [0] * 256
        for c, words in scanner.symbols.items():
            symbols[self.code[c]] = self.said(words)
        for c, mark in scanner.marks.items():
            marks[self.code[c]] = self.code[mark] if mark else 1
        self.array("tx_str", "tx_symbols", symbols)
        self.array("uint8_t", "tx_marks", marks)
        for name, c in (("MINUS", "−"), ("DOTS", "…"), ("DASH", "—"), ("QUOTE", "“"), ("UNQUOTE", "”")):
            self.value("uint8_t", f"tx_c_{name.lower()}", self.code[c])
        self.array("uint8_t", "tx_mark_sound", (self._mark_sound(k) for k in range(256)))

    def _mark_sound(self, code: int) -> int:
        found = [c for c in MARKS if self.code.get(c) == code]
        return self.number.get(found[0], 0) if found else 0

    def _words(self) -> None:
        words = self.frontend.words
        self.array("tx_str", "tx_letter_names", (self.sound(words.letters.get(c, "")) for c in self.alphabet))
        weak = sorted(words.weak, key=str.encode)
        rows = [f"{{{self.text(w)}, {{{', '.join(str(self.sound(f)) for f in words.weak[w])}}}}}" for w in weak]
        self.array("tx_weak", "tx_weaks", rows, 4)
        self.value("uint8_t", "tx_weak_count", len(weak))
        classes = [0] * 256
        for bit, members in enumerate((words.vowels, words.consonants, words.tapped, words.long)):
            for c in members:
                classes[self.number[c]] |= 1 << bit
        self.array("uint8_t", "tx_sound_class", classes)
        self.value("tx_letters", "tx_sounding", sum(1 << self.alphabet.index(c) for c in words.sounding))
        for name, c in (("primary", "ˈ"), ("secondary", "ˌ"), ("space", " "), ("t", "t"), ("tap", "T")):
            self.value("uint8_t", f"tx_s_{name}", self.number.get(c, 0))
        if words.joins:
            self.array("uint8_t", "tx_joins", _join_rows(words.joins, self.number))
        says: list[str] = []
        rows = []
        for e in words.endings:
            if len(e.but_not) > 3 or len(e.stems) > 3:
                raise BuildError(f"ending {e.letters!r} has more than three stems or exceptions; use at most three")
            but = [self.text(b) for b in e.but_not] + [0] * (3 - len(e.but_not))
            stems = [self.text(s) for s in e.stems] + [0] * (3 - len(e.stems))
            rows.append(
                f"{{{self.text(e.letters)}, {{{', '.join(map(str, but))}}}, {{{', '.join(map(str, stems))}}}, "
                f"{len(e.stems)}, {len(says)}, {len(e.say)}, {e.flap + 2 * e.guess}, "
                f"{self.sound(e.cut)}, {self.sound(e.put)}}}"
            )
            says += [f"{{{self.sound(after)}, {self.sound(say)}}}" for after, say in e.say]
        self.array("tx_ending", "tx_endings", rows, 1)
        self.value("uint8_t", "tx_ending_count", len(rows))
        self.array("tx_entry", "tx_ending_says", says, 8)
        self.value("uint8_t", "tx_plural_ending", words.endings.index(words.plural))

    def _context(self) -> None:
        """Add the word classes and the context rules.

        Each class is one bit of a 64-bit set. A rule is stored as its reading, the number of alternatives, and the
        conditions of each alternative.
        """
        context = self.frontend.words.context
        order = sorted(context.classes, key=str.encode)
        sets = sorted(set(context.classes.values()))
        if len(sets) > 256:
            raise BuildError(f"words use {len(sets)} combinations of classes; use at most 256")
        self.array("uint64_t", "tx_class_sets", (f"{bits}ull" for bits in sets), 8)
        self.array("tx_str", "tx_class_words", map(self.text, order))
        self.array("uint8_t", "tx_class_of_word", (sets.index(context.classes[w]) for w in order))
        self.value("uint16_t", "tx_class_count", len(order))
        data = bytearray()

        def put(rules: list) -> int:
            place = len(data)
            data.append(len(rules))
            for say, ways in rules:
                data.extend([ord(say) if say else 0, len(ways)])
                for way in ways:
                    data.append(len(way))
                    for where, wrong, number in way:
                        data.extend([PLACES.index(where) | wrong << 7, number & 255])
            return place

        general = put(context.general)
        words = sorted(context.of_word, key=str.encode)
        self.array("tx_entry", "tx_context_words", (f"{{{self.text(w)}, {put(context.of_word[w])}}}" for w in words), 8)
        self.value("uint16_t", "tx_context_count", len(words))
        self.value("uint16_t", "tx_context_general", general)
        self.array("uint8_t", "tx_context", data)

    @cached_property
    def _compressed(self) -> tuple[bytes, Lexicon]:
        """The lexicon in the format of `lexicon.py`, and its decoder."""
        chunks, phonemes = self.frontend.pack.manifest["chunks"], ["\0", *self.symbols]
        packed = compressed(self.frontend.words.lexicon, chunks, phonemes, self.alphabet)
        return packed, Lexicon(packed, chunks, phonemes, self.alphabet)

    def _lexicon(self) -> None:
        words = self.frontend.words
        chunks = self.frontend.pack.manifest["chunks"]
        self.array("tx_str", "tx_chunks", map(self.sound, chunks))
        packed, lexicon = self._compressed
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
        self.array("uint8_t", "tx_codes", codes)
        self.array("uint16_t", "tx_code_places", places)
        self.array("uint8_t", "tx_chunk_codes", firsts[:-1])
        groups = [group for each in lexicon.groups for group in each]
        self.array("uint8_t", "tx_chunk_groups", (a | b << 4 for a, b in zip(groups[::2], groups[1::2])))
        pausing = bytearray(32)
        for word in words.lexicon:
            if word[-1] == "P":
                place = (ord(word[0]) + 5 * ord(word[-2]) + 37 * (len(word) - 1)) & 255
                pausing[place >> 3] |= 1 << (place & 7)
        self.array("uint8_t", "tx_pausing", pausing)
        self.value("uint16_t", "tx_lexicon_words", lexicon.words)
        self.value("uint16_t", "tx_lexicon_blocks", len(lexicon.offsets))
        self.value("uint8_t", "tx_lexicon_block", lexicon.size)
        size = len(packed) - lexicon.start
        if size > MOST_LEXICON:
            raise BuildError(
                f"the compressed lexicon takes {size} bytes, but at most {MOST_LEXICON} fit; list fewer words"
            )
        self.array("uint16_t", "tx_lexicon_offsets", [*lexicon.offsets, size])
        self.array("uint8_t", "tx_lexicon", packed[lexicon.start :])

    def _own(self) -> None:
        """Add the user words to compile into the firmware, and the code points and character codes of the phonemes."""
        alphabet = self.frontend.alphabet
        compiled = self.frontend.own[-1] if self.frontend.own else {}
        rows = [
            f'{{"{_octal(bytes(self.code[c] for c in spelling))}", "{_octal(phonemes.encode())}"}}'
            for spelling, phonemes in compiled.items()
        ]
        self.array("struct ticktalk_word", "tx_own", rows or ["{0, 0}"], 2)
        self.value("uint16_t", "tx_own_count", len(rows))
        self.bytes[self._section] += sum(len(s) + len(p.encode()) + 2 for s, p in compiled.items())
        texts = (len(text.encode()) + 1 for word in compiled.items() for text in word)  # spellings are ASCII
        self.bytes["own"] += sum(texts)
        symbols = ["", *self.symbols]
        self.array("uint16_t", "tx_phoneme_points", (ord(c) if c and c in alphabet else 0 for c in symbols))
        self.array("uint8_t", "tx_phoneme_codes", (self.code[c] if c and c in alphabet else 0 for c in symbols))
        self.value("uint8_t", "tx_phoneme_count", len(self.symbols))

    def _network(self) -> None:
        tables = self.frontend.pack.letters
        letters = self.frontend.letters
        channels, hidden = tables["up0"].shape
        self.parts.append(
            f"/* {channels} channels, {hidden} hidden, {letters.blocks} blocks, {len(letters.chunks)} outputs */"
        )
        for name in ("embedding", "out"):
            for part in ("", "_bias", "_scale"):
                self._weights(f"tx_{name}{part}", [tables[name + part]])
        for name in ("taps", "up", "down"):
            self._weights(f"tx_{name}", [tables[f"{name}{b}"] for b in range(letters.blocks)])
            for part in ("bias", "scale"):
                each = [tables[f"{name}_{part}{b}"] for b in range(letters.blocks)]
                self._weights(f"tx_{name}_{part}", each, f"tx_{part}")
        self._weights("tx_skip", [tables[f"skip{b}"] for b in range(letters.blocks)])
        self.array("uint8_t", "tx_main_chunk", ("ˈ" in chunk for chunk in letters.chunks))

    def _weights(self, name: str, tables: list[np.ndarray], kind: str = "") -> None:
        """Add tables consecutively. Dense layers are packed, with the weights of each output in a row.

        `kind` is the C type, by default that of the tables.
        """
        if name.removeprefix("tx_") in DENSE:
            kind, tables = "uint8_t", [_packed(table) for table in tables]
        flat = [value for table in tables for value in table.reshape(-1).tolist()]
        self.array(kind or ("int8_t" if tables[0].dtype == np.int8 else "int32_t"), name, flat)


def _packed(weights: np.ndarray) -> np.ndarray:
    """Pack weights [inputs, outputs], multiples of 16, into rows of four-bit numbers (see `text_network.c`)."""
    halves = (weights.T.astype(np.int16) // STEP + 8).astype(np.uint8).reshape(-1, 8)[:, PACKED]
    return halves[:, ::2] | halves[:, 1::2] << 4


def _join_rows(joins: dict[tuple[str, str], tuple[str, str]], number: dict[str, int]) -> list[int]:
    """Return the joins as rows of four phonemes: those that meet, and their replacements. 0 stands for any or none."""
    found = sorted(joins.items(), key=lambda item: not item[0][0])  # particular last phonemes first
    return [number[c] if c else 0 for meet, put in found for c in (*meet, *put)]


def _octal(text: bytes) -> str:
    """Return `text` as the body of a C string literal, with octal escapes, which never exceed three digits."""
    return "".join(f"\\{byte:03o}" for byte in text)


def block_types(frontend: Frontend) -> dict[str, str]:
    """Return the C types `tx_bias` and `tx_scale` of the network's blocks, the smallest ones that hold all values."""
    tables, blocks = frontend.pack.letters, frontend.letters.blocks
    types = {}
    for part, small in (("bias", np.int16), ("scale", np.uint16)):
        values = np.concatenate([tables[f"{name}_{part}{b}"] for name in ("taps", "up", "down") for b in range(blocks)])
        fits = np.array_equal(values.astype(small), values)
        types[f"tx_{part}"] = f"{np.dtype(small).name}_t" if fits else "int32_t"
    return types


def sizes(frontend: Frontend) -> str:
    """Return the contents of `text_sizes.h`: the network's dimensions and the types of its biases and scales."""
    letters = frontend.letters
    channels, hidden = frontend.pack.letters["up0"].shape
    facts: dict[str, int | str] = {
        "CHANNELS": channels,
        "HIDDEN": hidden,
        "BLOCKS": letters.blocks,
        "CHUNKS": len(letters.chunks),
    }
    numbers, source = frontend.scanner.numbers, Source(frontend)
    facts |= {
        "ALPHABET": len(source.alphabet),
        "FIRST_MORE": source.first_more,
        "LETTER_SET": "uint32_t" if len(source.alphabet) <= 32 else "uint64_t",
        "JOINS": len(frontend.words.joins),
        "GROUP": ord(numbers.group),
        "DECIMAL": ord(numbers.decimal),
        "UNITS": len(numbers.units),
        "HUNDREDS": int(bool(numbers.hundreds)),
        "JOINT": int(bool(numbers.joint)),
        "BARE": sum(1 << k for k, scale in enumerate(numbers.scales) if scale in numbers.bare),
        "LONG_SCALE": int(numbers.long),
        "GENDERS": int(bool(numbers.masculine)),
        "DECIMALS": numbers.decimals,
        "WHOLE": int(numbers.whole),
    }
    facts |= {kind.removeprefix("tx_").upper(): c_type for kind, c_type in block_types(frontend).items()}
    return "".join(f"#define TX_{name} {value}\n" for name, value in facts.items())
