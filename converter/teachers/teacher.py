"""Define a teacher: it takes text, and returns audio, plus durations or internals if it has them, and its licence."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ticktalk.converter import languages
from ticktalk.converter.errors import DistillError
from ticktalk.converter.geometry import GEOMETRY, Geometry
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.phonemizers import phonemizers, rules
from ticktalk.system.errors import shown


@dataclass(frozen=True)
class Card:
    """A teacher as its TOML file describes it.

    voice: "" if the user has to name one.
    commercial: whether the licence allows commercial use of the distilled voice; None if unknown.
    settings: keys that only the engine understands (a model, an address).
    price: usd_per_million_characters and source, or empty.
    answers: the folder that stores a paid teacher's answers.
    """

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
    """One utterance.

    audio: float32 [S], -1 to 1, mono, at `rate` Hz.
    ids: int [N], edges included; None uses the phonemizer's.
    durations: int [N], samples at `rate`, sum S; None if the teacher gives none.
    source: the file it is from, or "", for messages.
    """

    audio: np.ndarray
    rate: int
    ids: np.ndarray | None = None
    durations: np.ndarray | None = None
    source: str = ""


@dataclass(frozen=True)
class Utterance:
    """A teacher's internals for one sentence with N phonemes and T frames.

    ids: int16 [N].
    durations: int16 [N], frames.
    log_f0: float32 [T], natural log of Hz, interpolated through unvoiced stretches.
    voiced: bool [T].
    energy: float32 [T].
    spectrum: float16 [T, 5, bins]: log harmonic magnitude, phase rotation in half turns, log noise magnitude, log free
    magnitude, free phase in radians.
    """

    ids: np.ndarray
    durations: np.ndarray
    log_f0: np.ndarray
    voiced: np.ndarray
    energy: np.ndarray
    spectrum: np.ndarray


class Teacher:
    """Base class of all teachers, made from a Card. Every failure is a DistillError or MissingToolError of one line.

    phonemizer: the name (ticktalk.runtime_sim.phonemizers) of the phonemes of its voices.
    symbols: phoneme -> id.
    internals: whether it also has `utterances(text, bins)`, the features that `ticktalk distill` trains on
    (ticktalk.converter.storage.shards).
    served: whether it is reached over a network, in which case `card.answers` stores its answers.
    """

    SETTINGS: dict[str, type] = {}  # keys of its TOML besides a Card's own
    REQUIRED: tuple[str, ...] = ()
    phonemizer = "hibari"
    language = languages.DEFAULT
    internals = False
    served = False
    frame_seconds = 0.0  # per frame of its internals
    version = "unknown"
    notes: tuple[str, ...] = ()  # what to tell people before recording starts, one line each

    def __init__(self, card: Card):
        self.card, self.voice, self.licence, self.commercial = card, card.voice, card.licence, card.commercial

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return the voices that can speak now; MissingToolError or DistillError says what is missing."""
        raise NotImplementedError

    def _speak(self, language: str | None, phonemizer: str | None, source: object) -> None:
        """Become a teacher of `language`, in the phonemes of `phonemizer`, or of the language's own if None.

        Raises DistillError, beginning with `source`, if the two do not go together.
        """
        language = language or languages.DEFAULT
        if phonemizer is None:
            known = languages.language(language)
            phonemizer = known.PHONEMIZER if known else self.phonemizer
        if phonemizer not in phonemizers():
            speaks = " or ".join(f"{name} ({rules(name)[0].SPEAKS})" for name in phonemizers())
            raise DistillError(f"{source}: phonemizer = {shown(phonemizer)}, must be {speaks}")
        found, _ = rules(phonemizer)
        said = found.variant(language)
        if said is None:
            others = [f'phonemizer = "{name}"' for name in phonemizers() if rules(name)[0].variant(language)]
            raise DistillError(
                f"{source}: language = {shown(language)}, but the phonemizer {phonemizer} only knows {found.SPEAKS}; "
                f"add {' or '.join(others)}"
            )
        variant, self.language = said
        self.phonemizer = f"{phonemizer}:{variant}".removesuffix(":")
        try:
            found.sentences(variant)("a")
        except VoiceError as error:
            raise DistillError(f"{source}: language = {shown(language)}: {error}; choose {found.SPEAKS}") from None

    def recordings(self, text: str) -> list[Recording]:
        """Return recordings of one text, one per utterance."""
        raise NotImplementedError

    def utterances(self, text: str, bins: int = GEOMETRY.bins) -> list[Utterance]:
        """Return the internals of a teacher that has some: one Utterance per sentence of `text`, with the first `bins`
        bins.
        """
        raise NotImplementedError

    def sentences(self) -> list[str] | None:
        """Return the only texts it can say, or None if it can say any text."""
        return None

    def frames_fit(self, geometry: Geometry) -> bool:
        """Whether its internals, if any, are features of a voice of this geometry."""
        return False

    def to_pay(self, sentences: list[str]) -> str | None:
        """Return the price of saying these sentences, in words, or None if it is free."""
        return None

    @property
    def symbols(self) -> dict[str, int]:
        """Phoneme symbol -> id, of `phonemizer`."""
        return rules(self.phonemizer)[0].symbols()

    @property
    def facts(self) -> dict:
        """Facts about this teacher for a voice's manifest. `commercial` is left out if unknown."""
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
        """Everything but the text that a recording depends on."""
        return json.dumps([self.card.engine, self.voice, self.version, self.card.settings], sort_keys=True)
