"""Convert SSML on the host: a subset of its elements is mapped to the markup and the inline form that the watch reads.

The elements are speak, p, s, break, prosody, emphasis, voice, amazon:effect, say-as, sub and phoneme. Anything else
causes an error that names the element and the line. The parser is expat. Document types are refused, so there are no
entities to expand; size and depth are bounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from xml.parsers import expat

from ticktalk.runtime_sim.errors import LanguageError, MarkupError
from ticktalk.runtime_sim.text.fold import MOST_RUN
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.user.markup import (
    DEFAULTS,
    EMPHASES,
    LIMITS,
    SPELL,
    SPELL_END,
    WHISPER,
    WHISPER_END,
)
from ticktalk.runtime_sim.text.user.own import checked
from ticktalk.runtime_sim.text.utf8 import decoded
from ticktalk.system.errors import shown

MOST_BYTES = 1 << 20
WORD = r"[\w'’-]+"  # part of a word
MOST_DEPTH = 32
ATTRIBUTES = {
    "speak": ("version", "xml:lang", "xml:base", "xmlns", "xsi:schemaLocation"),  # and namespaces
    "p": (),
    "s": (),
    "break": ("time", "strength"),
    "prosody": ("rate", "pitch", "volume", "range"),
    "emphasis": ("level",),
    "voice": ("name",),
    "amazon:effect": ("name",),
    "say-as": ("interpret-as",),
    "sub": ("alias",),
    "phoneme": ("ph", "alphabet"),
}
BREAKS = {"none": 0, "x-weak": 100, "weak": 200, "medium": 400, "strong": 700, "x-strong": 1000}  # ms
RATES = {"x-slow": 50, "slow": 75, "medium": 100, "default": 100, "fast": 130, "x-fast": 170}  # percent
PITCHES = {"x-low": -6, "low": -3, "medium": 0, "default": 0, "high": 3, "x-high": 6}  # semitones
VOLUMES = {"silent": 0, "x-soft": 35, "soft": 60, "medium": 100, "default": 100, "loud": 140, "x-loud": 200}  # percent
RANGES = {"x-low": 30, "low": 60, "medium": 100, "default": 100, "high": 140, "x-high": 180}  # percent of expression
SPELLED = ("characters", "spell-out", "verbatim", "digits")
REMEDIES = {  # of expat's errors
    expat.errors.codes[expat.errors.XML_ERROR_SYNTAX]: "begin with <speak>, and write &lt; and &amp; for < and &",
    expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]: "begin with <speak> and close every element, also <speak>",
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: "XML has only lt, gt, amp, quot and apos; write "
    "others as numbers, such as &#160;",
    expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]: "write &lt; and &amp; for < and &",
    expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]: "close every element before the one around it",
    expat.errors.codes[expat.errors.XML_ERROR_UNCLOSED_TOKEN]: "complete the last element",
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "put everything into one <speak>",
}
AS_TEXT = ("cardinal", "number", "fraction", "unit", "time", "currency", "telephone", "address", "name")
ENDS = {WHISPER: WHISPER_END, SPELL: SPELL_END}
Levels = dict[str, int]  # pitch in semitones, the rest in percent


def to_markup(ssml: str, front: Frontend) -> str:
    """Convert `ssml` to text with equivalent markup (markup.py). Raises MarkupError."""
    if len(ssml) > MOST_BYTES:
        raise MarkupError(
            f"the SSML has {len(ssml)} characters, but at most {MOST_BYTES} are allowed; split it into several texts"
        )
    reader = _Reader(front)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    reader.line = lambda: parser.CurrentLineNumber
    try:
        parser.Parse(decoded(ssml).encode(), True)
    except expat.ExpatError as error:
        remedy = f"; {REMEDIES[error.code]}" if error.code in REMEDIES else ""
        raise MarkupError(
            f"SSML, line {error.lineno}, column {error.offset + 1}: {expat.ErrorString(error.code)}{remedy}"
        ) from None
    reader.end_word()
    return "".join(reader.out)


class _Reader:
    """The parser's handlers. `out` holds the text so far, and `open` the open elements as (name, action at the end)."""

    def __init__(self, front: Frontend):
        self.front = front
        self.out: list[str] = []
        self.open: list[tuple[str, Callable[[], None]]] = []
        self.levels: Levels = dict(DEFAULTS)
        self.speaker = ""  # the element voice, or "" for the caller's speaker
        self.emphasis = "none"  # the level
        self.due = ""  # command that follows the current word
        self.depth = dict.fromkeys(ENDS, 0)  # inside elements that whisper or spell
        self.before = ""  # the folded text of the last character
        self.hidden = 0  # depth inside the elements sub and phoneme, whose content is replaced
        self.line: Callable[[], int] = lambda: 0

    def fail(self, what: str) -> MarkupError:
        """Return an error that names the line."""
        return MarkupError(f"SSML, line {self.line()}: {what}")

    def refuse_doctype(self, *_: object) -> None:
        """Raise MarkupError."""
        raise self.fail("a document type is not allowed; remove <!DOCTYPE ...>")

    def text(self, text: str) -> None:
        """Add text with its white space collapsed and its double brackets separated, so that it contains no markup.

        Brackets are double if they are adjacent in the folded text (fold.py).
        """
        if self.hidden:
            return
        if self.due:
            rest = re.sub(rf"^{WORD}", "", text)
            self._plain(text.removesuffix(rest))
            if not rest:
                return
            self.end_word()
            text = rest
        self._plain(text)

    def _plain(self, text: str) -> None:
        plain, kept = self.front.characters.plain, []
        for c in re.sub(r"\s+", " ", text):
            folded = plain.get(c, c)
            if folded.startswith("[") and self.before.endswith("["):
                kept.append(" ")
            self.before = folded or self.before
            kept.append(c)
        self.out.append("".join(kept))

    def _add(self, form: str) -> None:
        """Add a command or phonemes, after a space if it would be split otherwise, as long runs of characters are
        (fold.py)."""
        self.end_word()
        run = re.split(r"\s", "".join(self.out[-MOST_RUN:])[-MOST_RUN:])[-1]
        apart = self.before.endswith("[") or len(self.front.characters.fold(run)) + len(form) > MOST_RUN
        self.out.append(" " * apart + form)
        self.before = ""

    def end_word(self) -> None:
        """Add the command that was waiting for the end of a word."""
        if due := self.due:
            self.due = ""
            self._add(due)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        if (name == "speak") != (not self.open):
            raise self.fail(f"<{name}>: <speak> must be the outermost element and must not be nested")
        if len(self.open) == MOST_DEPTH:
            raise self.fail(f"<{name}>: more than {MOST_DEPTH} nested elements")
        if name not in ATTRIBUTES:
            raise self.fail(f"<{name}> is not supported; use {', '.join(list(ATTRIBUTES)[1:])}")
        if self.hidden:
            raise self.fail(f"<{name}> cannot be inside <{self.open[-1][0]}>")
        for attribute in attributes:
            if attribute not in ATTRIBUTES[name] and not (name == "speak" and attribute.startswith("xmlns:")):
                allowed = ", ".join(ATTRIBUTES[name]) or "none"
                raise self.fail(f"<{name}>: attribute {attribute} is not supported; use {allowed}")
        self.open.append((name, getattr(self, "_" + re.sub("[-:]", "_", name))(attributes)))

    def end(self, name: str) -> None:
        """Close an element."""
        self.open.pop()[1]()

    def _speak(self, attributes: dict[str, str]) -> Callable[[], None]:
        pack = self.front.pack.manifest["name"]
        language = attributes.get("xml:lang", pack)
        if language.lower().split("-")[0] != pack.split("-")[0]:
            raise self.fail(f"<speak>: xml:lang {shown(language)}, but the text is read in {pack}")
        return lambda: None

    def _p(self, attributes: dict[str, str]) -> Callable[[], None]:
        self._apart()
        return self._apart

    _s = _p

    def _apart(self) -> None:
        self.end_word()
        self.out.append("\n\n")

    def _break(self, attributes: dict[str, str]) -> Callable[[], None]:
        strength, time = attributes.get("strength", "medium"), attributes.get("time")
        if strength not in BREAKS:
            raise self.fail(f"<break>: strength {shown(strength)}; use {', '.join(BREAKS)}")
        milliseconds: float = BREAKS[strength]
        if time is not None:
            found = re.fullmatch(r"\s*\+?([0-9]{1,6}(?:\.[0-9]{1,6})?)(ms|s)\s*", time)
            if not found:
                raise self.fail(f"<break>: time {shown(time)}; write 500ms or 1.5s")
            milliseconds = float(found[1]) * (1000 if found[2] == "s" else 1)
            if milliseconds > LIMITS["pause"][1]:
                raise self.fail(f"<break>: time {shown(time)}; at most {LIMITS['pause'][1]} ms are allowed")
        if milliseconds:
            self._add(f"[[pause {round(milliseconds)}]]")
        return lambda: None

    def _prosody(self, attributes: dict[str, str]) -> Callable[[], None]:
        levels = dict(self.levels)
        if (rate := attributes.get("rate")) is not None:
            levels["rate"] = self._percent("rate", rate, RATES, levels["rate"])
        if (volume := attributes.get("volume")) is not None:
            levels["volume"] = self._volume(volume, levels["volume"])
        if (pitch := attributes.get("pitch")) is not None:
            levels["pitch"] = self._pitch(pitch, levels["pitch"])
        if (expression := attributes.get("range")) is not None:
            levels["expression"] = self._percent("range", expression, RANGES, levels["expression"])
        return self._change(levels)

    def _emphasis(self, attributes: dict[str, str]) -> Callable[[], None]:
        """Emphasise whole words: a word that is partly inside the element is inside."""
        level = attributes.get("level", "moderate")
        if level not in EMPHASES:
            raise self.fail(f"<emphasis>: level {shown(level)}; use {', '.join(EMPHASES)}")
        before, self.emphasis = self.emphasis, level
        if level == before:
            return lambda: None
        self.end_word()
        begun, last = "".join(self.out[-MOST_RUN:]), self.before
        outside = re.sub(rf"{WORD}$", "", begun)
        self.out[-MOST_RUN:] = [outside]
        self._add(f"[[{EMPHASES[level]}]]")
        if word := begun.removeprefix(outside):
            self.out.append(word)
            self.before = last

        def done() -> None:
            self.end_word()
            self.emphasis, self.due = before, f"[[{EMPHASES[before]}]]"

        return done

    def _voice(self, attributes: dict[str, str]) -> Callable[[], None]:
        """Choose the first name of the list that the voice has."""
        names = attributes.get("name", "").split()
        known = [name for name in names if name in self.front.speakers]
        if not known:
            listed = (
                f"use {', '.join(self.front.speakers)}" if self.front.speakers else "the voice has only one speaker"
            )
            raise self.fail(f"<voice>: name {shown(attributes.get('name', ''))}; {listed}")
        before = self.speaker

        def set_to(name: str) -> None:
            if name != self.speaker:
                self._add(f"[[voice {name}]]" if name else "[[voice]]")
            self.speaker = name

        set_to(known[0])
        return lambda: set_to(before)

    def _amazon_effect(self, attributes: dict[str, str]) -> Callable[[], None]:
        if (effect := attributes.get("name", "")) != "whispered":
            raise self.fail(f"<amazon:effect>: name {shown(effect)}; use whispered")
        return self._inside(WHISPER)

    def _inside(self, what: str) -> Callable[[], None]:
        """Switch on what lasts until the end of the outermost element that asks for it."""
        if not self.depth[what]:
            self._add(f"[[{what}]]")
        self.depth[what] += 1

        def done() -> None:
            self.depth[what] -= 1
            if not self.depth[what]:
                self._add(f"[[{ENDS[what]}]]")

        return done

    def _change(self, levels: Levels) -> Callable[[], None]:
        before = self.levels
        levels = {name: min(max(levels[name], LIMITS[name][0]), LIMITS[name][1]) for name in DEFAULTS}

        def set_to(wanted: Levels) -> None:
            for name in DEFAULTS:
                if wanted[name] != self.levels[name]:
                    value = "" if wanted[name] == DEFAULTS[name] else f" {wanted[name]}"
                    self._add(f"[[{name}{value}]]")
            self.levels = wanted

        set_to(levels)
        return lambda: set_to(before)

    def _percent(self, name: str, value: str, names: dict[str, int], now: int) -> int:
        """Return a level in percent: a name, "120%" (of the enclosing level), "+20%" or a factor such as "1.2"."""
        if value in names:
            return names[value]
        found = re.fullmatch(r"\s*([+-]?)([0-9]{1,4}(?:\.[0-9]{1,6})?)(%?)\s*", value)
        if not found or (found[1] and not found[3]):
            more = ", +6dB" if name == "volume" else ""
            raise self.fail(f"<prosody>: {name} {shown(value)}; write 120%, +20%{more} or one of {', '.join(names)}")
        number = float(found[2]) * (1 if found[3] else 100)
        factor = 100 + number if found[1] == "+" else 100 - number if found[1] == "-" else number
        return round(now * factor / 100)

    def _volume(self, value: str, now: int) -> int:
        found = re.fullmatch(r"\s*([+-][0-9]{1,3}(?:\.[0-9]{1,6})?)dB\s*", value)
        return round(now * 10 ** (float(found[1]) / 20)) if found else self._percent("volume", value, VOLUMES, now)

    def _pitch(self, value: str, now: int) -> int:
        if value in PITCHES:
            return PITCHES[value]
        if found := re.fullmatch(r"\s*([+-][0-9]{1,3}(?:\.[0-9]{1,6})?)st\s*", value):
            return now + round(float(found[1]))
        if found := re.fullmatch(r"\s*([+-][0-9]{1,3}(?:\.[0-9]{1,6})?)%\s*", value):
            factor = max(1 + float(found[1]) / 100, 0.01)
            return now + round(12 * math.log2(factor))
        raise self.fail(f"<prosody>: pitch {shown(value)}; write +2st, +10% or one of {', '.join(PITCHES)}")

    def _say_as(self, attributes: dict[str, str]) -> Callable[[], None]:
        kind = attributes.get("interpret-as")
        if kind in SPELLED:
            return self._inside(SPELL)
        if kind not in AS_TEXT:
            given = "without interpret-as" if kind is None else f"interpret-as {shown(kind)}"
            raise self.fail(f"<say-as>: {given}; use {', '.join((*SPELLED, *AS_TEXT))}")
        return lambda: None

    def _sub(self, attributes: dict[str, str]) -> Callable[[], None]:
        if not attributes.get("alias", "").strip():
            raise self.fail("<sub>: attribute alias is missing or empty")
        return self._instead(lambda: self.text(attributes["alias"]))

    def _phoneme(self, attributes: dict[str, str]) -> Callable[[], None]:
        alphabet, said = attributes.get("alphabet", "ipa"), attributes.get("ph", "").strip()
        if alphabet not in ("ipa", "x-ticktalk"):
            raise self.fail(f"<phoneme>: alphabet {shown(alphabet)}; use ipa or x-ticktalk")
        if alphabet == "ipa":
            said = self.front.words.from_ipa(said)
        try:
            checked("x", said, self.front.alphabet, self.front.sounds, "ph")
        except LanguageError as error:
            raise self.fail(f"<phoneme>: {error}") from None
        return self._instead(lambda: self._add(f"[x](/{said}/)"))  # the reader ignores the word

    def _instead(self, put: Callable[[], None]) -> Callable[[], None]:
        """Ignore the content of an element, and have `put` add its replacement at the end of the element."""
        self.hidden += 1

        def done() -> None:
            self.hidden -= 1
            put()

        return done
