"""Recordings as a corpus keeps them, int16 at the rate of the voice to come, and what is wrong with one."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.geometry import GEOMETRY
from ticktalk.converter.teachers.teacher import Recording
from ticktalk.system.installing import pip_install

SILENCE = 0.003  # peak, of full scale
CLIPPED_SHARE = 1e-3  # of the samples that lie at full scale
FASTEST = 40.0  # letters and digits a second; people speak 10 to 20
LONGEST = 0.5  # seconds a letter or digit ("1,000,000" has few digits and many words) ...
ALLOWED = 3.0  # ... and seconds beside


FRAME = 0.02  # seconds in which silence is looked for
QUIET = 0.02  # RMS, of the loudest frame's: below it nobody speaks
# Seconds of silence that are let be, and what longer ones are cut to: at both ends, and within.
END, END_CUT = 1.0, 0.3
WITHIN, WITHIN_CUT = 1.5, 0.6


class UnfitError(DistillError):
    """One recording cannot be used; others may."""


def trimmed(recording: Recording) -> Recording:
    """The same without seconds of silence; itself where there are none, or where it tells durations, which would no
    longer fit."""
    audio, step = recording.audio, max(1, round(FRAME * recording.rate))
    count = len(audio) // step
    if recording.durations is not None or count < 3 or not np.isfinite(audio).all():
        return recording
    level = np.sqrt((audio[: count * step].reshape(count, step).astype(np.float64) ** 2).mean(1))
    loud = np.flatnonzero(level > max(QUIET * level.max(), SILENCE / 4))
    if not len(loud):
        return recording
    keep = np.ones(len(audio), bool)
    borders = [-1, *loud.tolist(), count]
    for before, after in pairwise(borders):
        at_end = before < 0 or after == count
        most, cut = (END, END_CUT) if at_end else (WITHIN, WITHIN_CUT)
        first, last = (before + 1) * step, len(audio) if after == count else after * step
        kept = round(cut * recording.rate)
        if last - first > most * recording.rate:
            low = first if before < 0 else first + (kept if after == count else kept // 2)
            high = last if after == count else last - (kept if before < 0 else kept - kept // 2)
            keep[low:high] = False
    return recording if keep.all() else replace(recording, audio=audio[keep])


def remarks(recording: Recording, kept: Recording, rate: int) -> list[str]:
    """What people should know of a recording that is used all the same: of `recording`, `kept` is left."""
    found = []
    if recording.rate < rate:
        found.append(
            f"{recording.rate} Hz: nothing above {recording.rate / 2000:g} kHz is in it, the voice learns to sound dull"
        )
    if len(kept.audio) < len(recording.audio):
        seconds = (len(recording.audio) - len(kept.audio)) / recording.rate
        found.append(f"{seconds:.1f} s of silence cut out")
    return found


def fault(recordings: list[Recording], text: str) -> str | None:
    """What makes the recordings of `text` unfit to train on, in words; None if nothing does."""
    if not recordings:
        return "nothing was said"
    for recording in recordings:
        level = np.abs(recording.audio)
        if not np.isfinite(level).all():
            return "samples that are NaN or infinite"
        if level.max(initial=0) < SILENCE:
            return f"silence ({len(level) / recording.rate:.2f} s, peak {level.max(initial=0):.4f})"
        if np.mean(level >= 0.999) > CLIPPED_SHARE:
            return f"clipped: {100 * np.mean(level >= 0.999):.1f} % of its samples are at full scale"
    seconds, letters = sum(len(r.audio) / r.rate for r in recordings), sum(c.isalnum() for c in text)
    if letters / seconds > FASTEST:
        return f"far too short: {seconds:.2f} s for {letters} letters"
    if seconds > ALLOWED + LONGEST * letters:
        return f"far too long: {seconds:.1f} s for {letters} letters"
    return None


def resampled(recording: Recording, rate: int = GEOMETRY.rate) -> tuple[np.ndarray, np.ndarray | None]:
    """int16 [S] at `rate` Hz, and the durations as int32 [N] samples of it (together S), where there are any."""
    audio = recording.audio
    if recording.rate != rate:
        try:
            import soxr
        except ImportError:
            raise MissingToolError(f"resampling needs the package soxr: {pip_install('corpus')}") from None
        audio = soxr.resample(audio.astype(np.float32), recording.rate, rate)
    pcm = np.clip(np.rint(audio * 32767), -32768, 32767).astype(np.int16)
    if recording.durations is None:
        return pcm, None
    # Ends are rounded, not durations: no error adds up.
    ends = np.rint(np.cumsum(recording.durations) * (rate / recording.rate)).astype(np.int32)
    ends[-1] = len(pcm)
    return pcm, np.diff(ends, prepend=0).astype(np.int32)
