"""Text with markup or custom words: utterances, each with its prosody, and pauses between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ticktalk.runtime_sim.errors import TextError
from ticktalk.runtime_sim.phonemizers import split
from ticktalk.runtime_sim.prosody import LIMITS, NEUTRAL, ONE, Prosody
from ticktalk.runtime_sim.reading import OURS
from ticktalk.runtime_sim.speech import has_sound, ids_of
from ticktalk.runtime_sim.text.bundled import frontend, pack_names
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.user.markup import VOICE, WHISPER, Carried, Event
from ticktalk.runtime_sim.text.user.ssml import to_markup
from ticktalk.runtime_sim.text.user.words_file import with_own_words
from ticktalk.runtime_sim.voice import Voice


@dataclass(frozen=True)
class Step:
    """An utterance to speak or, if there are no ids, a pause in milliseconds."""

    ids: list[int]
    seed: int
    prosody: Prosody
    pause: int = 0

    def facts(self, base: Prosody) -> dict:
        """Return the step for `--json`: the arguments of `voice_begin`, and the prosody if it is not `base`."""
        if not self.ids:
            return {"pause": self.pause}
        facts: dict = {"seed": self.seed, "ids": [int(number) for number in self.ids]}
        return facts if self.prosody == base else facts | {"prosody": asdict(self.prosody)}

    def silence(self, sample_rate: int) -> int:
        """Return the length of the pause in samples."""
        return self.pause * sample_rate // 1000


@dataclass(frozen=True)
class Marked:
    """How to read text: which front end to use, and whether to interpret markup. The front end knows the speakers."""

    front: Frontend
    markup: bool

    def steps(self, voice: Voice, texts: Iterable[str], base: Prosody = NEUTRAL, seed: int = 1) -> Iterator[Step]:
        """Yield the utterances and pauses in `texts`. The markup's settings are relative to `base`."""
        limit = voice.manifest["phonemes"]["limit"] - 2
        levels = asdict(NEUTRAL) | {VOICE: -1}
        number, carried = 0, Carried()
        for text in texts:
            for part in self.front.events(text, carried) if self.markup else self.front(text):
                if isinstance(part, Event):
                    if part.what == "pause":
                        yield Step([], 0, base, part.value)
                    else:
                        levels[part.what] = part.value
                    continue
                for said in split(part, limit):
                    if has_sound(voice, said):
                        yield Step(ids_of(voice, said), (seed + number) & 0xFFFFFFFF, _together(base, levels))
                        number += 1


def marked(voice: Voice, front_end: str, words: Path | str | None, markup: bool) -> Marked:
    """Return a reader for the language pack that `front_end` names. Raises TextError if `front_end` does not name a
    language pack.

    words: a file of the user's own pronunciations.
    """
    if not front_end.startswith(OURS):
        raise TextError(
            f"custom words and markup need a language pack, but voice '{voice.manifest['name']}' is read by "
            f"{front_end}; choose one with --phonemizer {OURS}NAME: {', '.join(pack_names())}"
        )
    front = with_own_words(frontend(front_end.removeprefix(OURS) or None), words)
    return Marked(front.with_speakers(voice.speakers), markup)


def as_markup(marked: Marked, ssml: str) -> str:
    """Convert SSML to text with markup. Raises MarkupError."""
    return to_markup(ssml, marked.front)


def _together(base: Prosody, levels: dict[str, int]) -> Prosody:
    """Apply `levels` to `base` and return the resulting prosody, clamped to the range that a watch supports."""
    wanted = {name: (value * levels[name] + ONE // 2) // ONE for name, value in asdict(base).items()}
    wanted["pitch"] = base.pitch + levels["pitch"]
    return Prosody(
        **{name: min(max(wanted[name], least), most) for name, (least, most) in LIMITS.items()},
        speaker=levels[VOICE] if levels[VOICE] >= 0 else base.speaker,
        whisper=base.whisper | levels[WHISPER],
    )
