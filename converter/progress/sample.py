"""What a student says while it is still trained, through the vocoder of the watch."""

from __future__ import annotations

import numpy as np
from keras import ops

from ticktalk.converter.export.voice_folder import LOUDNESS, int8
from ticktalk.converter.geometry import REFERENCE_N_FFT
from ticktalk.converter.storage.shards import Features
from ticktalk.converter.training.batches import Batches, BatchShape
from ticktalk.converter.training.fake_quant import nudged
from ticktalk.converter.training.regression import Student
from ticktalk.converter.training.student import HEAD_RANGES
from ticktalk.runtime_sim.vocoder.synthesis import Vocoder
from ticktalk.runtime_sim.vocoder.tables import tables_of_voice

RANGES = HEAD_RANGES | {"pitch": (-5.0, 5.0), "voicing": (-8.0, 8.0)}  # pitch in standard deviations, voicing a logit


def sample(student: Student, features: Features) -> np.ndarray:
    """Return what the student says of the first utterance, int16 [frames * hop].

    The durations are the teacher's. Pitch, voicing, energy and spectra are the student's own.
    """
    config, norm, geometry = student.config, student.norm_statistics, student.config.geometry
    shape = BatchShape(1, len(features.frames[0]), len(features.phonemes[0]))
    inputs = Batches(features, config, norm, shape, 1, 1).whole(0) | {
        "teacher_prosody": np.zeros((1, 1, 1), np.float32)
    }
    predicted = student(inputs, training=False)
    own = ops.convert_to_numpy(predicted["prosody"])[0]
    middle = own[config.decoder_context : len(own) - config.decoder_context]
    values = {role: ops.convert_to_numpy(value)[0] for role, value in student.spectra(predicted).items()}
    values |= {"pitch": middle[:, :1], "voicing": middle[:, 1:2]}
    scales = {role: nudged(*RANGES[role]) for role in values}
    scale, zero = scales["pitch"]
    speaker = features.speakers[0] if config.speakers else 0
    tables = tables_of_voice(
        scales | {"pitch": (scale * float(norm.std["pitch"]), zero)},
        LOUDNESS * geometry.n_fft / REFERENCE_N_FFT,
        sample_rate=geometry.rate,
        voicing_above=0.0,
        pitch_offset=norm.mean_pitch(speaker),
    )
    vocoder = Vocoder(tables, geometry.hop, geometry.n_fft, sample_rate=geometry.rate)
    return vocoder.frames({role: int8(value, scales[role]) for role, value in values.items()})
