"""The interface of a teacher, which converts text to audio.

Every teacher has a licence. A teacher may also provide durations or internals.
"""

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
from ticktalk.system.files import one_line

NUMBER = (float, int)  # the type of a setting that may be either


@dataclass(frozen=True)
class Card:
    """A teacher, as described by its TOML file.

    voice: name of the voice, or "" if the user must specify one.
    commercial: whether the licence allows commercial use of a distilled voice, or None if unknown.
    settings: engine-specific keys, such as the model or the server's URL.
    price: keys usd_per_million_characters and source, or empty.
    answers: folder that caches a paid teacher's responses.
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
    """One recorded utterance.

    audio: float32 [S], -1 to 1, mono, at `rate` Hz.
    ids: int [N], including edges, or None for the phonemizer's ids.
    durations: int [N], in samples at `rate`, adding up to S, or None if the teacher provides none.
    source: file from which the recording was read, for messages, or "".
    f0: float [T], in Hz, near 0 where unvoiced, one value per `frame_seconds` of the teacher, or None.
    """

    audio: np.ndarray
    rate: int
    ids: np.ndarray | None = None
    durations: np.ndarray | None = None
    source: str = ""
    f0: np.ndarray | None = None


@dataclass(frozen=True)
class Utterance:
    """A teacher's internals for a sentence with N phonemes and T frames.

    ids: int16 [N].
    durations: int16 [N], in frames.
    log_f0: float32 [T], natural log of f0 in Hz, interpolated through unvoiced frames.
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
    """Base class of all teachers, created from a Card. All failures raise DistillError or MissingToolError.

    phonemizer: name of the phonemizer for its voices (ticktalk.runtime_sim.phonemizers).
    symbols: ids of the phonemes, {phoneme: id}.
    internals: whether it implements `utterances(text, bins)`, which returns features for `ticktalk distill`
    (ticktalk.converter.storage.shards).
    served: whether it is accessed over a network, in which case `card.answers` caches its responses.
    """

    # Additional keys that the engine accepts in the TOML file, with their types.
    SETTINGS: dict[str, type | tuple[type, ...]] = {}
    REQUIRED: tuple[str, ...] = ()
    phonemizer = "hibari"
    language = languages.DEFAULT
    internals = False
    served = False
    frame_seconds = 0.0  # duration in seconds of a frame of the internals or of the recordings' f0
    version = "unknown"
    notes: tuple[str, ...] = ()  # one-line notes shown to the user before recording starts

    def __init__(self, card: Card):
        self.card, self.voice, self.licence, self.commercial = card, card.voice, card.licence, card.commercial

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return the voices that are available now.

        Raises a MissingToolError or DistillError that lists the missing items.
        """
        raise NotImplementedError

    def _speak(self, language: str | None, phonemizer: str | None, source: object) -> None:
        """Set the language and the phonemizer. If `phonemizer` is None, use the language's default.

        If the phonemizer does not support the language, raises DistillError with a message that starts with `source`.
        """
        language = language or languages.DEFAULT
        if phonemizer is None:
            known = languages.language(language)
            phonemizer = known.PHONEMIZER if known else self.phonemizer
        if phonemizer not in phonemizers():
            speaks = " or ".join(f"{name} ({rules(name)[0].SPEAKS})" for name in phonemizers())
            raise DistillError(f"{source}: phonemizer = {shown(phonemizer)}, but must be {speaks}")
        found, _ = rules(phonemizer)
        said = found.variant(language)
        if said is None:
            others = [f'phonemizer = "{name}"' for name in phonemizers() if rules(name)[0].variant(language)]
            raise DistillError(
                f"{source}: language = {shown(language)}, but the phonemizer {phonemizer} supports only "
                f"{found.SPEAKS}; add {' or '.join(others)}"
            )
        variant, self.language = said
        self.phonemizer = f"{phonemizer}:{variant}".removesuffix(":")
        try:
            found.sentences(variant)("a")
        except VoiceError as error:
            raise DistillError(f"{source}: language = {shown(language)}: {error}; choose {found.SPEAKS}") from None

    def recordings(self, text: str) -> list[Recording]:
        """Speak the text, and return one recording per utterance."""
        raise NotImplementedError

    def utterances(self, text: str, bins: int = GEOMETRY.bins) -> list[Utterance]:
        """Return an Utterance for each sentence of `text`, with the first `bins` bins of its spectra.

        Only teachers that expose their internals implement this method.
        """
        raise NotImplementedError

    def sentences(self) -> list[str] | None:
        """Return the sentences that the teacher can speak, or None if it can speak any text."""
        return None

    def files_hash(self, sentences: list[str]) -> str:
        """Return a hash of the files whose sound is the recordings of `sentences`, or "" if the teacher speaks them."""
        return ""

    def frames_fit(self, geometry: Geometry) -> bool:
        """Return whether the teacher has internals that match the features of a voice with this geometry."""
        return False

    def to_pay(self, sentences: list[str]) -> str | None:
        """Return a description of the price of speaking these sentences, or None if speaking them is free."""
        return None

    @property
    def symbols(self) -> dict[str, int]:
        """The phonemizer's phonemes and their ids, {phoneme: id}."""
        return rules(self.phonemizer)[0].symbols()

    @property
    def facts(self) -> dict:
        """Facts about this teacher for a voice's manifest, each on one line. `commercial` is omitted if unknown."""
        known = {} if self.commercial is None else {"commercial": self.commercial}
        texts = {
            "name": self.card.name,
            "voice": self.voice,
            "version": self.version,
            "licence": self.licence,
            "terms": self.card.terms,
        }
        return {key: one_line(text) for key, text in texts.items()} | known

    @property
    def identity(self) -> str:
        """Identity of everything that a recording depends on, except the text."""
        return json.dumps([self.card.engine, self.voice, self.version, self.card.settings], sort_keys=True)
