"""Check recordings and convert them to what a corpus stores: int16 at the sample rate of the new voice."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.geometry import GEOMETRY
from ticktalk.converter.teachers.teacher import Recording
from ticktalk.system.installing import pip_install

SILENCE = 0.003  # peak, as a share of full scale
CLIPPED_SHARE = 1e-3  # share of samples at full scale
FASTEST = 40.0  # letters and digits per second; people speak 10 to 20
LONGEST = 0.5  # seconds per letter or digit ("1,000,000" has few digits and many words) ...
ALLOWED = 3.0  # ... plus this many seconds per text


FRAME = 0.02  # seconds; silence is detected frame by frame
QUIET = 0.02  # RMS relative to the loudest frame; a quieter frame is not speech
# Longest silence that is kept, and the length that longer silences are cut to, in seconds: at the ends, and inside.
END, END_CUT = 1.0, 0.3
WITHIN, WITHIN_CUT = 1.5, 0.6


class UnfitError(DistillError):
    """One recording cannot be used. Others may still be fine."""


def trimmed(recording: Recording) -> Recording:
    """Cut long silences out of a recording.

    Returns the recording unchanged if it has no long silences, or if it comes with durations, which would no longer
    match.
    """
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
    """Return remarks about the quality of a recording that is used anyway. `kept` is what is left of `recording`."""
    found = []
    if recording.rate < rate:
        found.append(
            f"{recording.rate} Hz: contains nothing above {recording.rate / 2000:g} kHz, so the voice will sound dull"
        )
    if len(kept.audio) < len(recording.audio):
        seconds = (len(recording.audio) - len(kept.audio)) / recording.rate
        found.append(f"removed {seconds:.1f} s of silence")
    return found


def fault(recordings: list[Recording], text: str) -> str | None:
    """Return why the recordings of `text` are unfit for training, or None if they are fit."""
    if not recordings:
        return "no speech"
    for recording in recordings:
        level = np.abs(recording.audio)
        if not np.isfinite(level).all():
            return "contains samples that are NaN or infinite"
        if level.max(initial=0) < SILENCE:
            return f"silence ({len(level) / recording.rate:.2f} s, peak {level.max(initial=0):.4f})"
        if np.mean(level >= 0.999) > CLIPPED_SHARE:
            return f"clipped: {100 * np.mean(level >= 0.999):.1f} % of the samples are at full scale"
    seconds, letters = sum(len(r.audio) / r.rate for r in recordings), sum(c.isalnum() for c in text)
    if letters / seconds > FASTEST:
        return f"far too short: {seconds:.2f} s for {letters} letters"
    if seconds > ALLOWED + LONGEST * letters:
        return f"far too long: {seconds:.1f} s for {letters} letters"
    return None


def resampled(recording: Recording, rate: int = GEOMETRY.rate) -> tuple[np.ndarray, np.ndarray | None]:
    """Return the audio as int16 [S] at `rate` Hz, and the durations as int32 [N] in samples (sum S), or None without
    them.
    """
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
    # Rounding ends instead of durations keeps errors from adding up.
    ends = np.rint(np.cumsum(recording.durations) * (rate / recording.rate)).astype(np.int32)
    ends[-1] = len(pcm)
    return pcm, np.diff(ends, prepend=0).astype(np.int32)
