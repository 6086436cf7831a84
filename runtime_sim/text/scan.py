"""Split folded text into sentences. A sentence consists of the items of matching rules, and otherwise of words and
marks."""

from __future__ import annotations

from collections.abc import Iterator

from ticktalk.runtime_sim.text import say
from ticktalk.runtime_sim.text.endings import spoken
from ticktalk.runtime_sim.text.items import CAPITAL, CAPITALS, JOINED, LETTER, LEVEL, MARK, PHONEMES, SAID, Item
from ticktalk.runtime_sim.text.match import (
    ALNUM,
    DIGITS,
    LETTERS,
    RUN,
    SMALL,
    SPACES,
    RuleIndex,
    Table,
    match,
    run_end,
)
from ticktalk.runtime_sim.text.match import (
    CAPITALS as UPPER,
)
from ticktalk.runtime_sim.text.numbers import Numbers
from ticktalk.runtime_sim.text.rules import Rule, compile_rules
from ticktalk.runtime_sim.text.user.inline import inline
from ticktalk.runtime_sim.text.user.markup import Carried, Event, command, mark_after
from ticktalk.runtime_sim.text.user.own import Own, with_plural
from ticktalk.runtime_sim.text.words import Words

PAD = "\0" * 8  # appended to the text so that look-ahead stays in bounds
QUIET = SPACES | frozenset("\0")
ENDS = frozenset(".!?…")
CLOSERS = frozenset("\"')]}”")
OPENERS = frozenset("([{\"'“")
MOST_WORD = 32  # maximum letters per word; longer runs are split
MOST_ITEMS = 96  # maximum items per sentence; longer sentences are split
MOST_SOUNDS = 1216  # limit for the estimated number of phonemes in a sentence
SOUNDS, SPELLED = 4, 10  # maximum phonemes per letter of an ordinary word, and of a spelled-out word
LONG = 800  # estimated number of phonemes after which a sentence ends at its next comma


class Scanner:
    """The compiled rules of one pack.

    facts: the parsed rules.toml.
    sounding: the vowel letters; a word without any of them is spelled out.
    order: the order of numeric dates, "mdy" or "dmy".
    words: the pack's words, which define its phonemes.
    names: the text to read for a phoneme symbol outside the inline form.
    """

    def __init__(
        self,
        facts: dict,
        sounding: str,
        where: str,
        order: str,
        words: Words,
        names: dict[str, str],
    ):
        self.own: tuple[Own, ...] = ()  # in order of precedence
        self.speakers: list[str] = []  # that markup can choose
        self.alphabet, self.sounds = words.alphabet, words.sounds
        self.plural, self.tapped = words.plural, words.tapped
        self.known_marks = words.marks
        self.elided = frozenset(word for word in words.weak if word[-1] == "'")
        self.tables = {name: Table(entries) for name, entries in facts["tables"].items()}
        self.numbers = Numbers(facts["numbers"])
        self.signs = facts["signs"]
        self.sounding = frozenset(sounding)
        self.symbols: dict[str, str] = {**names, **facts["symbols"]}
        self.marks: dict[str, str] = facts["marks"]
        self.endings = facts["endings"]
        self.spelled = frozenset(facts["spelled"])
        self.address_words = facts["address"]
        rules = compile_rules([r for r in facts["rule"] if r.get("order", order) == order], self.tables, where)
        self.rules = RuleIndex(rules, self.tables)

    def sentences(self, text: str) -> Iterator[list[Item]]:
        """Yield the items of each sentence of a folded text. Empty sentences are skipped."""
        for part in self.parts(text, markup=False):
            if isinstance(part, list):
                yield part

    def parts(self, text: str, markup: bool, carried: Carried | None = None) -> Iterator[list[Item] | Event]:
        """Yield the items of each sentence of a folded text and, if `markup` is true, the events between them.

        carried: what the part of the text before this one left. It is updated for the next one.
        """
        items: list[Item] = []
        sounds, said = 0, False
        carried = carried or Carried()
        for item in self._items(text + PAD, markup, carried):
            if item is None or isinstance(item, Event):
                more = -1
            else:
                if carried.emphasis:
                    item = _emphasised(item, carried.emphasis)
                more = self._sounds(*item)
            if more < 0 or len(items) == MOST_ITEMS or sounds + more > MOST_SOUNDS:
                if any(not flags & MARK for _, flags in items):
                    said = True
                    yield items
                items, sounds = [], 0
            if isinstance(item, Event):
                yield item
            elif item is not None:
                items.append(item)
                sounds += more
                if item[1] & MARK and sounds > LONG and item[0] in ",;:—":
                    yield items
                    items, sounds = [], 0
        if any(not flags & MARK for _, flags in items):
            yield items
        elif not said and len(text.strip()) == 1 and text.strip() in self.symbols:  # read a lone symbol by its name
            yield [_emphasised((word, SAID), carried.emphasis) for word in self.symbols[text.strip()].split()]

    def _sounds(self, text: str, flags: int) -> int:
        """Return an upper bound on the number of phonemes in an item."""
        if flags & MARK:
            return 1
        mark = int(flags >> LEVEL > 0)  # of emphasis
        if flags & PHONEMES:
            return len(text) * SOUNDS + mark
        spelled = flags & (LETTER | CAPITALS) or len(text) == 1 or self.sounding.isdisjoint(text.lower())
        return len(text) * (SPELLED if spelled else SOUNDS) + mark

    def _items(self, text: str, markup: bool, carried: Carried) -> Iterator[Item | Event | None]:
        """Yield the items, the events if `markup` is true, and None at the end of each sentence."""
        i, n = 0, len(text) - len(PAD)
        joined = mark_added = False
        while i < n:
            c = text[i]
            if c in SPACES:
                joined = False
                start = i
                while text[i] in SPACES:
                    i += 1
                if "\n" in text[start:i] and i < n and (text[start:i].count("\n") > 1 or text[i] not in SMALL):
                    yield None
                continue
            if markup and (found := command(text, i, self.speakers)):
                i, what = found
                joined = False
                if isinstance(what, Event):
                    mark = mark_after(text, i, self.speakers)
                    if mark and not mark_added:  # the mark belongs to the utterance that ends here
                        mark_added = True
                        yield mark, MARK
                    yield what
                else:
                    carried.change(what)
                continue
            if mark_added:
                mark_added = False
                i += 1
                continue
            if carried.spelling and (items := self._spelled(text, i)):
                yield from items[1]
                i, joined = items[0], False
                continue
            if (self.own or c == "[") and (given := self._given(text, i)):
                i, said = given
                if with_plural(text, i, self.plural.letters):
                    i += len(self.plural.letters)
                    said = spoken(said, self.plural, self.tapped)
                yield said, PHONEMES | (JOINED if joined else 0)
                joined = text[i] in ALNUM
                if text[i] in "-'" and text[i + 1] in ALNUM:
                    joined = True
                    i += 1
                continue
            if c in LETTERS:
                end = run_end(text, i)
                run = text[i:end]
                tail = text[end]
                rules = self.rules.by_word.get(run.lower()) or (
                    "'" in run and self.rules.by_word.get(_letters(run).lower())
                )
                if rules:
                    done = self._try(rules, text, i)
                    if done:
                        yield from done[1]
                        i, joined = self._behind(text, done[0]), False
                        continue
                if tail not in QUIET and (tail in "@._/:\\-&+#" or tail in DIGITS):
                    address = self._address(text, i)
                    if address:
                        yield from address[1]
                        i, joined = address[0], False
                        continue
                    done = self._try(self.rules.glued, text, i)
                    if done:
                        yield from done[1]
                        i, joined = done[0], False
                        continue
                if tail == "." and len(run) == 1 and run in UPPER and text[end + 1] in QUIET | LETTERS:
                    # The full stop after an initial does not end the sentence if a letter follows.
                    yield (run.lower(), LETTER)
                    i, joined = end, False
                    k = end + 1
                    while text[k] == " ":
                        k += 1
                    if text[k] in UPPER or text[k] in SMALL:
                        i = end + 1
                    continue
                elided = run[: run.find("'") + 1].lower()
                if elided in self.elided:
                    yield (elided, SAID | (JOINED if joined else 0))
                    i, joined = i + len(elided), True
                    continue
                yield from self._word(run[:MOST_WORD], joined)
                i += min(len(run), MOST_WORD)
                joined = text[i] in LETTERS or text[i] in DIGITS
                if text[i] in "-'" and text[i + 1] in ALNUM:
                    joined = True
                    i += 1
                continue
            rules = self.rules.by_start.get(c)
            if rules:
                done = self._try(rules, text, i)
                if done:
                    yield from done[1]
                    i, joined = self._behind(text, done[0]), text[done[0]] in LETTERS
                    continue
            if c in DIGITS:
                end = i
                while text[end] in DIGITS:
                    end += 1
                yield from say.items(self.numbers.number(text[i:end]))
                i, joined = end, False
                if text[i] == "-" and text[i + 1] in ALNUM:
                    i += 1
                continue
            end = i + 1
            while text[end] == c:
                end += 1
            if c in ENDS:
                strongest = c
                while text[end] in ENDS:
                    if text[end] == "?" or (text[end] == "!" and strongest != "?"):
                        strongest = text[end]
                    end += 1
                if c == "." and end - i > 1 and strongest == ".":
                    strongest = "…"
                if i > 0 and text[end] in ALNUM and strongest == ".":
                    yield (self.symbols["."], SAID)
                    i, joined = end, False
                    continue
                if i > 0 or end < n:
                    yield (strongest if strongest in self.known_marks else ".", MARK)
                    while text[end] in CLOSERS:
                        yield from self._mark(text, end)
                        end += 1
                    if text[end] in QUIET:
                        yield None
                i, joined = end, False
                continue
            if c in self.marks:
                if end - i == 1 or c in '([{)]}"':
                    yield from self._mark(text, i)
                    end = i + 1
                else:
                    yield (",", MARK)
                i, joined = end, False
                continue
            if end - i >= 3:  # a line of repeated symbols
                yield (",", MARK)
            elif c in self.symbols:
                yield from ((word, SAID) for _ in range(end - i) for word in self.symbols[c].split())
            i, joined = end, False

    def _spelled(self, text: str, i: int) -> tuple[int, list[Item]] | None:
        """Return the end and the items of the letters, the digit or the symbol at `i`, read one by one, or None."""
        letters = _letters(text[i : i + MOST_WORD])
        if letters:
            return i + len(letters), [(letters.lower(), LETTER)]
        if text[i] in DIGITS:
            return i + 1, [(word, SAID) for word in self.numbers.each(text[i])]
        if name := self.symbols.get(text[i]):
            return i + 1, [(word, SAID) for word in name.split()]
        return None

    def _given(self, text: str, i: int) -> tuple[int, str] | None:
        """Return the end and the phonemes of the user-supplied pronunciation at `i`, or None if there is none."""
        if text[i] == "[" and (found := inline(text, i, self.alphabet, self.sounds)):
            return found
        return next((found for own in self.own if (found := own.at(text, i, self.plural.letters))), None)

    def _behind(self, text: str, i: int) -> int:
        """Return the index after a match, skipping a hyphen that joins it to a following word."""
        return i + 1 if text[i] == "-" and text[i + 1] in LETTERS else i

    def _try(self, rules: list[Rule], text: str, i: int) -> tuple[int, list[Item]] | None:
        before = text[i - 1] if i else " "
        for rule in rules:
            if rule.after == "space" and not (before in SPACES or before in OPENERS):
                continue
            if rule.after == "word" and before in ALNUM:
                continue
            found = match(rule, text, i, self.tables, self.numbers.group, self.numbers.decimal)
            if found:
                end, captures = found
                return end, list(say.read(rule.verbs, captures, text, self.numbers, self.signs))
        return None

    def _word(self, run: str, joined: bool) -> Iterator[Item]:
        """Yield a run of letters. `iPhone` and `YouTube` remain one word if they are in the lexicon (words.py)."""
        flags = JOINED if joined else 0
        if len(run) > 1 and run.upper() == run:
            flags |= CAPITALS
        elif run[0] in UPPER:
            flags |= CAPITAL
        yield run, flags

    def _mark(self, text: str, i: int) -> Iterator[Item]:
        c = text[i]
        mark = self.marks.get(c, "")
        if c == '"' and mark:
            opens = i == 0 or text[i - 1] in SPACES or text[i - 1] in OPENERS
            mark = "“" if opens and text[i + 1] not in QUIET else "”"
        if mark:
            yield (mark, MARK)

    def _address(self, text: str, i: int) -> tuple[int, list[Item]] | None:
        """Return the end and the items of the e-mail address, host name or file name at `i`, or None."""
        end = i
        at = dot = -1
        while text[end] in ALNUM or text[end] in "@._-+~%#?=&:/":
            if text[end] == "@" and text[end + 1] in ALNUM:
                at = end
            end += 1
        while end > i and text[end - 1] in ".,:;!?-/":
            end -= 1
        body = text[i:end]
        scheme = body.find("://")
        host = body[scheme + 3 :] if scheme >= 0 else body
        for k, c in enumerate(host):
            if c in "/?#:":
                break
            if c == ".":
                dot = k
        last = RUN.match(host, dot + 1) if dot >= 0 else None
        known = bool(last and last[0].lower() in self.endings)
        if not (scheme >= 0 or (at > i) or (known and dot > 0 and host[dot - 1] in ALNUM)):
            return None
        if not (scheme >= 0 or at > i) and last and last.end() < len(host) and host[last.end()] not in "/?#:":
            return None
        return end, list(self._parts(host))

    def _parts(self, body: str) -> Iterator[Item]:
        k = 0
        while k < len(body):
            c = body[k]
            if c in LETTERS:
                run = _letters(body[k:])[:MOST_WORD]
                small = run.lower()
                k += len(run)
                if (
                    (len(run) <= 2 and small not in self.address_words)
                    or small in self.spelled
                    or not self.sounding & set(small)
                ):
                    yield (small, LETTER)
                else:
                    yield (small, 0)
            elif c in DIGITS:
                end = k
                while end < len(body) and body[end] in DIGITS:
                    end += 1
                yield from say.items(self.numbers.code(body[k:end]))
                k = end
            else:
                yield from ((word, SAID) for word in self.symbols.get(c, "").split())
                k += 1


def _emphasised(item: Item, level: int) -> Item:
    """Return the item with the level of emphasis that a word has where the text has this level."""
    text, flags = item
    return item if flags & MARK else (text, flags | level << LEVEL)


def _letters(text: str) -> str:
    end = 0
    while end < len(text) and text[end] in LETTERS:
        end += 1
    return text[:end]
