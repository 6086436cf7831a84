"""Recordings as a corpus keeps them, int16 at the rate of the voice to come, and what is wrong with one."""

import numpy as np

from ticktalk.converter.errors import MissingToolError
from ticktalk.converter.geometry import GEOMETRY
from ticktalk.converter.teachers.teacher import Recording

SILENCE = 0.003  # peak, of full scale
CLIPPED_SHARE = 1e-3  # of the samples that lie at full scale
FASTEST = 40.0  # letters and digits a second; people speak 10 to 20
LONGEST = 0.5  # seconds a letter or digit ("1,000,000" has few digits and many words) ...
ALLOWED = 3.0  # ... and seconds beside


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
            raise MissingToolError("resampling needs the package soxr: pip install 'ticktalk[corpus]'") from None
        audio = soxr.resample(audio.astype(np.float32), recording.rate, rate)
    pcm = np.clip(np.rint(audio * 32767), -32768, 32767).astype(np.int16)
    if recording.durations is None:
        return pcm, None
    # Ends are rounded, not durations: no error adds up.
    ends = np.rint(np.cumsum(recording.durations) * (rate / recording.rate)).astype(np.int32)
    ends[-1] = len(pcm)
    return pcm, np.diff(ends, prepend=0).astype(np.int32)
