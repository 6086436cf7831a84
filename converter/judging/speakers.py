"""Speakers to score: voices, with the samples that the watch plays, and other systems, with any prosody that they
report."""

import time
from dataclasses import dataclass, replace

import numpy as np

from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.hibari import interpolate_f0
from ticktalk.converter.teachers.teacher import Teacher
from ticktalk.runtime_sim.errors import TextError
from ticktalk.runtime_sim.licence import teacher_of_speaker
from ticktalk.runtime_sim.prosody import Prosody
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import one_line


@dataclass(frozen=True)
class JudgedSpeech:
    """One spoken sentence.

    audio: float32 [S] from -1 to 1 at `rate` Hz.
    ids, durations: phoneme ids int [N] and durations float [N] in seconds, or None.
    log_f0, voiced: natural log of the intended pitch in Hz, float [T], and voicing, bool [T]; or None.
    frame: frame period of the pitch in seconds.
    """

    audio: np.ndarray
    rate: int
    ids: np.ndarray | None = None
    durations: np.ndarray | None = None
    log_f0: np.ndarray | None = None
    voiced: np.ndarray | None = None
    frame: float = 0.0

    @property
    def seconds(self) -> float:
        """Length of the audio in seconds."""
        return len(self.audio) / self.rate

    @property
    def pitch(self) -> np.ndarray | None:
        """`log_f0`, with NaN for unvoiced frames. None if the system reports no pitch."""
        return None if self.log_f0 is None or self.voiced is None else np.where(self.voiced, self.log_f0, np.nan)


class JudgedSpeaker:
    """A speaker that caches its speech, and therefore computes each sentence only once.

    name: name shown in tables.
    language: language tag, as in a voice's manifest.
    teacher: (name, voice) of the teacher that it imitates, or None.
    """

    name: str
    language: str
    teacher: tuple[str, str] | None = None

    def __init__(self) -> None:
        self.said: dict[str, JudgedSpeech] = {}
        self.working = 0.0  # seconds

    def say(self, sentence: str) -> JudgedSpeech:
        """Return the speech for a sentence. Raises DistillError if the speech is silent."""
        if sentence not in self.said:
            started = time.perf_counter()
            speech = self._say(sentence)
            self.working += time.perf_counter() - started
            if not len(speech.audio) or not np.isfinite(speech.audio).all():
                raise DistillError(f"{self.name} produced no audible speech for the sentence '{sentence}'")
            self.said[sentence] = speech
        return self.said[sentence]

    def _say(self, sentence: str) -> JudgedSpeech:
        raise NotImplementedError


class VoiceSpeaker(JudgedSpeaker):
    """A runtime_sim Voice. The audio consists of the int16 samples that the watch plays.

    `front_end` reads the text. The default is the front end used in training, so that the voice can be compared with
    its teacher. `number` is that of the speaker, in a voice with several.
    """

    def __init__(self, voice: Voice, front_end: str | None = None, number: int = 0):
        from ticktalk.runtime_sim.speech import Speaker

        super().__init__()
        manifest, said_by = voice.manifest, voice.speakers[number : number + 1]
        teacher = teacher_of_speaker(manifest, *said_by)
        trained = manifest["phonemes"]["phonemizer"]
        self._front_end, self._prosody = front_end or trained, Prosody(speaker=number)
        self.as_trained = self._front_end == trained
        self.name = " ".join([manifest["name"], *said_by, *([] if self.as_trained else [f"({front_end})"])])
        self._voice, self._speaker, self.language = voice, Speaker(voice), manifest["language"]
        named = self.as_trained and teacher.get("name", "none") != "none"
        self.teacher = (teacher["name"], teacher.get("voice", "")) if named else None

    def _say(self, sentence: str) -> JudgedSpeech:
        from ticktalk.runtime_sim.speech import utterances

        manifest = self._voice.manifest
        hop, rate = manifest["hop"], manifest["sample_rate"]
        spoken = list(utterances(self._voice, sentence, front_end=self._front_end))
        if not spoken:
            raise TextError(f"voice {self.name} cannot pronounce anything in the sentence '{sentence}'")
        ids, pcm, ends, pitch = [], [], [0], []
        for phonemes, seed in spoken:
            frames, heads = self._speaker.heads(phonemes, speaker=self._prosody.speaker)
            vocoder = self._speaker.vocoder(seed, self._prosody)
            pcm.append(vocoder.frames(heads))
            pitch.append(vocoder.pitch(heads))
            ends += list(ends[-1] + frames)
            ids += phonemes
        increments = np.concatenate(pitch)
        with np.errstate(divide="ignore"):  # unvoiced frames have no pitch
            log_f0 = np.log(increments * (rate / 2**32))
        return JudgedSpeech(
            np.concatenate(pcm).astype(np.float32) / 32768,
            rate,
            np.asarray(ids),
            np.diff(ends) * (hop / rate),
            log_f0,
            increments > 0,
            hop / rate,
        )


def speakers_in(voice: Voice, front_end: str | None = None) -> list[VoiceSpeaker]:
    """Return all speakers of a voice, or its only one."""
    return [VoiceSpeaker(voice, front_end, number) for number in range(max(1, len(voice.speakers)))]


class TeacherSpeaker(JudgedSpeaker):
    """A teacher (`source`), with its durations and intended pitch, if reported."""

    def __init__(self, name: str, teacher: Teacher):
        super().__init__()
        self.name, self.source, self.language = one_line(name), teacher, teacher.language

    def _say(self, sentence: str) -> JudgedSpeech:
        recordings = self.source.recordings(sentence)
        if not recordings:
            raise DistillError(f"{self.name} produced no recording of the sentence '{sentence}'")
        rate = recordings[0].rate
        speech = JudgedSpeech(np.concatenate([recording.audio for recording in recordings]).astype(np.float32), rate)
        ids = [recording.ids for recording in recordings if recording.ids is not None]
        durations = [recording.durations for recording in recordings if recording.durations is not None]
        if len(ids) == len(durations) == len(recordings):
            speech = replace(speech, ids=np.concatenate(ids), durations=np.concatenate(durations) / rate)
        f0 = [recording.f0 for recording in recordings if recording.f0 is not None]
        if len(f0) == len(recordings):
            log_f0, voiced = interpolate_f0(np.concatenate(f0))
            speech = replace(speech, log_f0=log_f0, voiced=voiced, frame=self.source.frame_seconds)
        if self.source.internals:
            utterances = self.source.utterances(sentence)
            speech = replace(
                speech,
                log_f0=np.concatenate([utterance.log_f0 for utterance in utterances]),
                voiced=np.concatenate([utterance.voiced for utterance in utterances]),
                frame=self.source.frame_seconds,
            )
        return speech
