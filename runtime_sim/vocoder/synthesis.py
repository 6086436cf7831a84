"""The vocoder: convert the frame graph's int8 outputs to int16 PCM in integer arithmetic, exactly as the watch does.

    S[k] = harmonic_gain e^(i pi rotation) STFT(pulses)[k] + noise_gain Z[k] + free_gain (free_cos + i free_sin)[k]

Each component is zero above its number of bins. A voice has noise, a free component or both. An inverse FFT, a window
and overlap-add produce the samples. docs/explanation/vocoder.md explains the stages and their bounds. The C version is
firmware_gen/templates/speech/vocoder.c.j2. The code is vectorised over frames: int64 arrays hold int32 values.
"""

from __future__ import annotations

import numpy as np

from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.prosody import NEUTRAL, ONE, Prosody
from ticktalk.runtime_sim.vocoder import fft, rise, tables
from ticktalk.runtime_sim.vocoder.finish import Finish

LCG_MULTIPLIER, LCG_INCREMENT = 747796405, 2891336453  # 32-bit LCG from O'Neill, PCG, 2014
SPECTRUM_BITS = 20  # Re S and Im S in Q11 stay below 256; a full-scale cosine is n_fft / 2
PULSE_MEAN = 64  # 1/2 in Q7
WHISPER_SHIFT = 22  # a whisper's samples, Q7, are differences of the upper 10 bits of random numbers
LIMITS = {
    "pitch": tables.INCREMENTS,
    "harmonic_gain": (0, 2**31 - 1),
    "noise_gain": (0, 2**31 - 1),
    "free_gain": (0, tables.FREE_LIMIT),
}
BLOCK = 32  # frames per block, so that the arrays fit in the cache


def checked_plan(voice_tables: dict[str, np.ndarray], hop: int, n_fft: int) -> tables.FftPlan:
    """Return the plan of the FFT. Raises `VoiceError` if the vocoder cannot work with a voice's hop, n_fft or values of
    its tables."""
    for name, (least, most) in LIMITS.items():
        if name in voice_tables and (voice_tables[name].min() < least or voice_tables[name].max() > most):
            raise VoiceError(
                f"table '{name}' must hold values from {least} to {most}; "
                "create it with ticktalk.runtime_sim.vocoder.tables"
            )
    if n_fft % 4 or not 512 <= n_fft <= 1024 or hop % 2 or not 128 <= hop <= n_fft // 2:
        raise VoiceError(
            f"n_fft {n_fft} must be a multiple of 4 from 512 to 1024, and hop {hop} must be even and from 128 to "
            "n_fft / 2"
        )
    try:
        return tables.plan(n_fft)
    except ValueError as error:
        raise VoiceError(str(error)) from None


class Vocoder:
    """The vocoder of one voice. Each call to `frames` starts from silence and from `seed`."""

    def __init__(
        self,
        voice_tables: dict[str, np.ndarray],
        hop: int,
        n_fft: int,
        seed: int = 1,
        prosody: Prosody = NEUTRAL,
        finish: Finish = Finish(),
        sample_rate: int = 16000,
        mean_pitch: int = 0,
    ):
        """Create the vocoder from a voice's tables (docs/reference/voice-folder.md).

        The rate of `prosody` is not used, and its speaker only if there is a table `speaker_pitch`. `sample_rate`
        affects only the equaliser of `finish`, and `mean_pitch` (Voice.mean_pitch) only the expression. Raises
        `VoiceError` if hop, n_fft or the pitch table is invalid.
        """
        self.plan = checked_plan(voice_tables, hop, n_fft)
        self.hop, self.n_fft, self.seed = hop, n_fft, seed & 0xFFFFFFFF
        self.shift = int(tables.pitch_shift()[prosody.pitch + tables.SEMITONES])
        self.offset = int(voice_tables["speaker_pitch"][prosody.speaker]) if "speaker_pitch" in voice_tables else 0
        self.expression, self.mean_pitch = prosody.expression, mean_pitch + self.offset
        self.whisper = prosody.whisper
        self.volume, self.finish, self.sample_rate = prosody.volume, finish, sample_rate
        self.hop_reciprocal = (2**32 + hop // 2) // hop
        self.analysis = mirrored(tables.analysis_window(n_fft))
        self.synthesis = mirrored(tables.synthesis_window(n_fft, hop))
        self.pulse = tables.pulse().astype(np.int64)
        self.voice = {name: np.asarray(table, np.int64) for name, table in voice_tables.items()}

    def frames(self, heads: dict[str, np.ndarray]) -> np.ndarray:
        """Return the PCM of T frames as int16 [T * hop], from {role: int8 [T, width]}.

        The optional `rise` [T, 1] is the wanted change of pitch and volume (see rise.py).
        """
        count, half = len(heads["pitch"]), self.n_fft // 2
        pulses = self.pulses(self.increments(heads))
        heads = self.with_harmonics_moved(heads)
        windows = np.lib.stride_tricks.sliding_window_view(pulses, self.n_fft)[:: self.hop]
        sums = np.zeros(count * self.hop + self.n_fft, np.int64)  # Q3; sample 0 of the utterance is at n_fft / 2
        state = self.seed
        for start in range(0, count, BLOCK):
            part = slice(start, min(start + BLOCK, count))
            noise, state = self.noise(part.stop - start, state) if "noise" in heads else (None, state)
            block = self.synthesise(
                windows[part], {role: np.asarray(head[part], np.int64) for role, head in heads.items()}, noise
            )
            for frame, samples in enumerate(block, start):
                sums[frame * self.hop : frame * self.hop + self.n_fft] += samples
        rises = np.repeat(_rises(heads), self.hop) if "rise" in heads else None
        return self.finish.samples(sums[half : half + count * self.hop], self.volume, self.sample_rate, rises)

    # -- pulses ---------------------------------------------------------------------------------------------------
    def own_pitch(self, heads: dict[str, np.ndarray]) -> np.ndarray:
        """Return each frame's phase increment before expression and pitch shift: int64 [T], Q32 cycles per sample, 0 if
        unvoiced.
        """
        return self._increments_at(self._pitch_index(heads), heads)

    def _pitch_index(self, heads: dict[str, np.ndarray]) -> np.ndarray:
        return heads["pitch"].astype(np.int64).sum(1) + 128 * heads["pitch"].shape[1] + self.offset

    def _increments_at(self, index: np.ndarray, heads: dict[str, np.ndarray]) -> np.ndarray:
        voiced = heads["voicing"][:, 0].astype(np.int64) > self.voice["voicing_threshold"]
        return np.where(voiced, self.voice["pitch"][index], 0)

    def pitch(self, heads: dict[str, np.ndarray]) -> np.ndarray:
        """Return each frame's phase increment after expression, pitch shift and emphasis.

        The table is logarithmic, so the expression scales the distance between two indices.
        """
        away = (self._pitch_index(heads) - self.mean_pitch) * self.expression
        index = np.clip(self.mean_pitch + ((away + ONE // 2) >> 8), 0, len(self.voice["pitch"]) - 1)
        own = self._increments_at(index, heads)
        shifted = (own * self.shift + (1 << tables.SHIFT_BITS - 1)) >> tables.SHIFT_BITS
        if "rise" in heads:
            shifted = rise.scaled(shifted, _rises(heads))
        return np.where(own > 0, np.clip(shifted, *tables.INCREMENTS), 0)

    def with_harmonics_moved(self, heads: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """If the pitch is changed, move each voiced frame's `harmonic` and `rotation` along with its harmonics.

        Both outputs are meaningful only near the voice's original harmonics. For each bin, find the nearest shifted
        harmonic, and then the original harmonic nearest to that one. The bin takes the value that is as far from the
        original harmonic as the bin is from the shifted harmonic.
        """
        own, shifted = self.own_pitch(heads), self.pitch(heads)
        rows = np.flatnonzero(own != shifted)
        old, new = own[rows, None], shifted[rows, None]
        frequency = np.arange(heads["harmonic"].shape[1]) * ((2**32 + self.n_fft // 2) // self.n_fft)
        centre = (frequency - (new >> 1) + new - 1) // new * new  # ties go to the lower harmonic
        taken = np.where(centre > 0, np.maximum((centre - (old >> 1) + old - 1) // old, 1), 0) * old
        source = ((taken + frequency - centre) * self.n_fft + 2**31) >> 32
        source = np.clip(source, 1, min(source.shape[1], self.n_fft // 2) - 1)
        moved = {role: heads[role].copy() for role in ("harmonic", "rotation")}
        for head in moved.values():
            head[rows] = np.take_along_axis(head[rows], source, 1)
        return heads | moved

    def increments(self, heads: dict[str, np.ndarray]) -> np.ndarray:
        """Return each sample's phase increment: int64 [(T + 1) * hop], Q32 cycles, 0 if unvoiced.

        Row j runs from the centre of frame j - 1 to the centre of frame j, and the first sample is at -hop / 2. Between
        two voiced frames, the increment changes linearly. Next to an unvoiced frame, it is constant over half a hop.
        """
        own = self.pitch(heads)
        before, after = (x[:, None] for x in (np.concatenate([[0], own]), np.concatenate([own, [0]])))
        step = ((after - before) * self.hop_reciprocal) >> 32
        at = np.arange(self.hop)
        line = before + (step >> 1) + at * step
        held = np.where(at < self.hop // 2, before, after)
        return np.where((before > 0) & (after > 0), line, held).reshape(-1)

    def pulses(self, increments: np.ndarray) -> np.ndarray:
        """Return the pulse train under the windows of all frames: int64 [..] within int16, Q7, harmonic amplitude 1.

        Sample 0 is the first sample of frame 0's window. The phase starts at 0. A pulse starts at each sample where the
        phase wraps. The height of a pulse is half a period, the length is TAPS, and the centre is TAPS / 2 - (phase /
        increment) after that sample. The mean, 1/2, is subtracted TAPS / 2 after each voiced sample.

        In a whisper, noise takes the place of the pulses, TAPS / 2 after each voiced sample. Like the first difference
        of white noise, it rises by 6 dB per octave, because turbulence lacks the strong bass of the vocal folds.
        """
        lead = self.n_fft // 2 - tables.TAPS // 2 - self.hop // 2  # increments start at -hop / 2
        train = np.zeros(max(lead, 0) + len(increments) + self.n_fft, np.int64)
        under = train[max(lead, 0) + tables.TAPS // 2 :][: len(increments)]
        if self.whisper:
            voiced = np.flatnonzero(increments)
            state = np.uint32(self.seed)
            factors, addends = lcg(len(voiced))
            states = np.append(state, factors * state + addends)
            under[voiced] = np.diff(states.view(np.int32) >> WHISPER_SHIFT)
            return train[max(-lead, 0) :]
        phase = np.cumsum(increments)
        starts = np.flatnonzero(np.diff(phase >> 32, prepend=0))
        increment, fraction = increments[starts], phase[starts] & 0xFFFFFFFF
        place = np.minimum(fraction // (increment >> 6), tables.PHASES - 1)
        height = np.minimum((1 << 31) // (increment >> 7), 32767)
        shapes = (height[:, None] * self.pulse[place] + (1 << 14)) >> 15
        under -= np.where(increments > 0, PULSE_MEAN, 0)
        np.add.at(train, (starts + max(lead, 0))[:, None] + np.arange(tables.TAPS), shapes)
        return train[max(-lead, 0) :]

    # -- spectrum -------------------------------------------------------------------------------------------------
    def noise(self, frames: int, state: int) -> tuple[np.ndarray, int]:
        """Return the noise of bins 1 .. n_fft / 2 - 1 and the next state.

        The noise is int64 [frames, bins - 1, 2], re and im, uniformly distributed int32 values. Each value takes one
        iteration of the LCG, in the order in which the pairs of bins (k, n_fft / 2 - k) are computed.
        """
        points = self.n_fft // 2
        factors, addends = lcg(2 * (points - 1))
        drawn = np.empty((frames, len(factors)), np.uint32)
        for row in drawn:
            np.add(factors * np.uint32(state), addends, out=row)
            state = int(row[-1])
        pairs = np.arange(1, points // 2)
        order = np.append(np.stack([pairs, points - pairs], 1).reshape(-1), points // 2)
        noise = np.empty((frames, points - 1, 2), np.int64)
        noise[:, order - 1] = drawn.view(np.int32).reshape(frames, -1, 2)
        return noise, state

    def synthesise(self, windows: np.ndarray, heads: dict[str, np.ndarray], noise: np.ndarray | None) -> np.ndarray:
        """Compute the windowed samples of each frame from pulses, outputs and noise, and return them as int64 [n,
        n_fft], Q3 of PCM."""
        heads = {role: head[:, 1 : self.n_fft // 2] for role, head in heads.items()}  # the other bins are zero
        pairs = ((windows * self.analysis + 128) >> 8).reshape(len(windows), -1, 2)
        fft.forward(pairs, self.plan)
        gain = {
            role: self.voice[f"{role}_gain"][heads[role] + 128]
            for role in ("harmonic", "noise", "free")
            if role in heads
        }
        cos, sin = (self.voice[name][heads["rotation"] + 128] << 16 for name in ("rotation_cos", "rotation_sin"))
        harmonics = heads["harmonic"].shape[1]
        re, im = (fft.mul(part[:, 1 : 1 + harmonics], gain["harmonic"]) for part in fft.spectrum(pairs, self.plan))
        bins = np.zeros((2, len(windows), self.n_fft // 2), np.int64)
        bins[0, :, 1 : 1 + harmonics] = fft.mul(re, cos) + fft.negative_mul(im, sin)
        bins[1, :, 1 : 1 + harmonics] = fft.mul(im, cos) + fft.mul(re, sin)
        for part, role in enumerate(("free_cos", "free_sin")):
            if role in heads:
                away = heads[role] - self.voice["free_zero_point"][part]
                bins[part, :, 1 : 1 + away.shape[1]] += (away * gain["free"] + 128) >> 8
            if noise is not None:
                reach = gain["noise"].shape[1]
                bins[part, :, 1 : 1 + reach] += fft.mul(noise[:, :reach, part], gain["noise"])
        bins = np.clip(bins, -1 << SPECTRUM_BITS - 1, (1 << SPECTRUM_BITS - 1) - 1)
        samples = fft.signal_bins(bins[0], bins[1], self.plan)
        fft.inverse(samples, self.plan)
        return fft.mul(samples.reshape(len(windows), -1), self.synthesis)


def _rises(heads: dict[str, np.ndarray]) -> np.ndarray:
    return rise.approached(heads["rise"][:, 0])


def lcg(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors and addends, uint32 [count], that take a state of the generator to its next `count` states."""
    with np.errstate(over="ignore"):
        factors = np.cumprod(np.full(count, LCG_MULTIPLIER, np.uint32), dtype=np.uint32)
        sums = np.cumsum(np.append(1, factors[:-1])[:count].astype(np.uint32), dtype=np.uint32)
        return factors, sums * np.uint32(LCG_INCREMENT)


def mirrored(half: np.ndarray) -> np.ndarray:
    """Return a whole symmetric window as int64 [n], from its first n / 2 + 1 values."""
    return np.concatenate([half, half[-2:0:-1]]).astype(np.int64)
