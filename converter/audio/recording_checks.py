"""Check recordings and convert them to the corpus format: int16 samples at the new voice's sample rate."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.geometry import GEOMETRY
from ticktalk.converter.teachers.teacher import Recording
from ticktalk.system.installing import pip_install

SILENCE = 0.003  # lowest peak amplitude of a recording that is not silent, relative to full scale
CLIPPED_SHARE = 1e-3  # highest acceptable fraction of samples at full scale
FASTEST = 40.0  # letters and digits per second; people speak 10 to 20
LONGEST = 0.5  # maximum seconds per letter or digit, generous because "1,000,000" is spoken as many words ...
ALLOWED = 3.0  # ... plus this many seconds per text


FRAME = 0.02  # seconds; silence is detected one frame at a time
QUIET = 0.02  # RMS threshold relative to the loudest frame; quieter frames count as silence
# Maximum silence, and the length that longer silences are cut to, in seconds: at the ends of a recording and within it.
END, END_CUT = 1.0, 0.3
WITHIN, WITHIN_CUT = 1.5, 0.6


class UnfitError(DistillError):
    """A recording is unusable. Other recordings may still be usable."""


def trimmed(recording: Recording) -> Recording:
    """Shorten long silences in a recording.

    Returns the recording unchanged if it has no long silences. A recording with phoneme durations is also returned
    unchanged, because cutting would invalidate them.
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
    """Return quality warnings for a recording that is used despite its flaws.

    `kept` is `recording` after long silences were shortened.
    """
    found = []
    if recording.rate < rate:
        found.append(
            f"recorded at {recording.rate} Hz, so the voice will sound dull, with no content above "
            f"{recording.rate / 2000:g} kHz"
        )
    if len(kept.audio) < len(recording.audio):
        seconds = (len(recording.audio) - len(kept.audio)) / recording.rate
        found.append(f"removed {seconds:.1f} s of silence")
    return found


def fault(recordings: list[Recording], text: str) -> str | None:
    """Return the reason why the recordings of `text` are unsuitable for training, or None if they are suitable."""
    if not recordings:
        return "no speech"
    for recording in recordings:
        level = np.abs(recording.audio)
        if not np.isfinite(level).all():
            return "contains NaN or infinite samples"
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
    """Resample a recording to `rate` Hz.

    Returns the audio as int16 [S], and the phoneme durations in samples as int32 [N], which add up to S. The durations
    are None if the recording has none.
    """
    audio = recording.audio
    if recording.rate != rate:
        try:
            import soxr
        except ImportError:
            raise MissingToolError(f"resampling requires the package soxr: {pip_install('corpus')}") from None
        audio = soxr.resample(audio.astype(np.float32), recording.rate, rate)
    pcm = np.clip(np.rint(audio * 32767), -32768, 32767).astype(np.int16)
    if recording.durations is None:
        return pcm, None
    # Rounding the end positions rather than the durations keeps rounding errors from accumulating.
    ends = np.rint(np.cumsum(recording.durations) * (rate / recording.rate)).astype(np.int32)
    ends[-1] = len(pcm)
    return pcm, np.diff(ends, prepend=0).astype(np.int32)
