"""What every teacher is: text in; audio, and durations or internals where it has them, out; and what its licence
says."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ticktalk.converter import languages
from ticktalk.converter.errors import DistillError
from ticktalk.converter.geometry import GEOMETRY, Geometry
from ticktalk.runtime_sim.errors import VoiceError, shown
from ticktalk.runtime_sim.phonemizers import phonemizers, rules


@dataclass(frozen=True)
class Card:
    """A teacher as its TOML file describes it.

    voice: "" where the user has to name one. commercial: whether the licence allows commercial use of what is
    distilled; None is unknown. settings: what only the engine understands (a model, an address). price:
    usd_per_million_characters and source, or empty. answers: the folder where a paid teacher's answers are kept."""

    name: str
    engine: str
    voice: str = ""
    licence: str = "unknown"
    terms: str = ""
    commercial: bool | None = None
    warning: str = ""
    settings: dict = field(default_factory=dict)
    price: dict = field(default_factory=dict)
    answers: Path | None = None


@dataclass(frozen=True)
class Recording:
    """One utterance. audio: float32 [S], -1 to 1, mono, at `rate` Hz.

    ids: int [N], edges included, or None: the phonemizer's are used. durations: int [N], samples at `rate`, together S,
    or None: the teacher does not tell. source: the file it is from, or "", for what is told to people."""

    audio: np.ndarray
    rate: int
    ids: np.ndarray | None = None
    durations: np.ndarray | None = None
    source: str = ""


@dataclass(frozen=True)
class Utterance:
    """What a teacher says of one sentence: N phonemes, T frames.

    ids int16 [N]; durations int16 [N], frames; log_f0 float32 [T], natural log of Hz, interpolated through unvoiced
    stretches; voiced bool [T]; energy float32 [T]; spectrum float16 [T, 5, bins]: log harmonic magnitude, phase
    rotation in half turns, log noise magnitude, log free magnitude, free phase in radians."""

    ids: np.ndarray
    durations: np.ndarray
    log_f0: np.ndarray
    voiced: np.ndarray
    energy: np.ndarray
    spectrum: np.ndarray


class Teacher:
    """Base of all teachers; made from a Card. Whatever fails is a DistillError, or a MissingToolError, of one line.

    phonemizer: the name (ticktalk.runtime_sim.phonemizers) of the phonemes in which its voices are written; symbols:
    phoneme -> id. internals: it has `utterances(text, bins)` as well, the features that `ticktalk distill` trains on
    (ticktalk.converter.storage.shards). served: it is asked over a network, and what it answers is kept under
    `card.answers`."""

    SETTINGS: dict[str, type] = {}  # keys of its TOML beside a Card's own
    REQUIRED: tuple[str, ...] = ()
    phonemizer = "hibari"
    language = languages.DEFAULT
    internals = False
    served = False
    frame_seconds = 0.0  # of its internals
    version = "unknown"
    notes: tuple[str, ...] = ()  # what people should know before it is recorded, a line each

    def __init__(self, card: Card):
        self.card, self.voice, self.licence, self.commercial = card, card.voice, card.licence, card.commercial

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Voices that can speak here and now; MissingToolError or DistillError says what is missing."""
        raise NotImplementedError

    def _speak(self, language: str | None, phonemizer: str | None, source: object) -> None:
        """Be a teacher of `language`, in the phonemes of `phonemizer`; None: the default, the language's own.

        DistillError, beginning with `source`, where the two do not go together."""
        language = language or languages.DEFAULT
        if phonemizer is None:
            known = languages.language(language)
            phonemizer = known.PHONEMIZER if known else self.phonemizer
        if phonemizer not in phonemizers():
            speaks = " or ".join(f"{name} ({rules(name)[0].SPEAKS})" for name in phonemizers())
            raise DistillError(f"{source}: phonemizer = {shown(phonemizer)}, should be {speaks}")
        found, _ = rules(phonemizer)
        said = found.variant(language)
        if said is None:
            others = [f'phonemizer = "{name}"' for name in phonemizers() if rules(name)[0].variant(language)]
            raise DistillError(
                f"{source}: language = {shown(language)}, and the phonemizer {phonemizer} knows {found.SPEAKS} alone; "
                f"add {' or '.join(others)}"
            )
        variant, self.language = said
        self.phonemizer = f"{phonemizer}:{variant}".removesuffix(":")
        try:
            found.sentences(variant)("a")
        except VoiceError as error:
            raise DistillError(f"{source}: language = {shown(language)}: {error}; it knows {found.SPEAKS}") from None

    def recordings(self, text: str) -> list[Recording]:
        """What it says of one text, an utterance each."""
        raise NotImplementedError

    def utterances(self, text: str, bins: int = GEOMETRY.bins) -> list[Utterance]:
        """The internals of a teacher that has some: one Utterance a sentence of `text`, the first `bins` of its
        spectra."""
        raise NotImplementedError

    def sentences(self) -> list[str] | None:
        """The texts it can say, where it cannot say any text."""
        return None

    def frames_fit(self, geometry: Geometry) -> bool:
        """Whether its internals, if it has any, are features of a voice of this geometry."""
        return False

    def to_pay(self, sentences: list[str]) -> str | None:
        """What saying these would cost, in words; None where nothing is asked."""
        return None

    @property
    def symbols(self) -> dict[str, int]:
        """Phoneme symbol -> id, of `phonemizer`."""
        return rules(self.phonemizer)[0].symbols()

    @property
    def facts(self) -> dict:
        """What the manifest of a voice records of this teacher; `commercial` is left out where it is unknown."""
        known = {} if self.commercial is None else {"commercial": self.commercial}
        return {
            "name": self.card.name,
            "voice": self.voice,
            "version": self.version,
            "licence": self.licence,
            "terms": self.card.terms,
            **known,
        }

    @property
    def identity(self) -> str:
        """What a recording depends on beside its text."""
        return json.dumps([self.card.engine, self.voice, self.version, self.card.settings], sort_keys=True)
