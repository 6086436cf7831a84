"""Convert a float student to a quantised one: fold in BatchNorm and normalisation, and observe activation ranges.

Exporting the result directly is post-training quantisation. Training it further is quantisation-aware training.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from keras import ops

from ticktalk.converter.storage.shards import Features
from ticktalk.converter.training.batches import Batches, BatchShape
from ticktalk.converter.training.fake_quant import FakeQuant
from ticktalk.converter.training.regression import Student, build
from ticktalk.converter.training.student import Block, Conv
from ticktalk.runtime_sim.voice import LOG_HEADS


def _convolutions(model: Student) -> list[Conv]:
    """Return every Conv layer of both networks, in the same order for the float and the quantised student."""
    p, f = model.phoneme_net, model.frame_net
    blocks: list[Block] = [*p.blocks, *f.prosody_blocks, *f.blocks]
    return [conv for b in blocks for conv in (b.depthwise, b.up, b.down)] + [
        p.hidden,
        p.before_duration,
        p.duration,
        f.prosody_in,
        *f.prosody_heads.values(),
        f.decoder_in,
        *([f.envelope] if f.envelope else []),
        *f.heads.values(),
    ]


def _quantisers(model: Student) -> list[FakeQuant]:
    """Return all quantisers of a student. A float student has none."""
    p, f = model.phoneme_net, model.frame_net
    blocks: list[Block] = [*p.blocks, *f.prosody_blocks, *f.blocks]
    found = (
        *(c.output_quant for c in _convolutions(model)),
        *(b.sum_quant for b in blocks),
        *(p.input_quant, f.rows_quant, f.voiced_quant, f.decoder_quant),
    )
    return [quantiser for quantiser in found if quantiser is not None]


def fold(student: Student, shape: BatchShape = BatchShape()) -> Student:
    """Return a quantised student that computes the same function as the float `student`.

    The result's activation ranges are still unknown.
    """
    norm = student.norm_statistics
    folded = build(student.config, norm, shape, quantised=True)
    folded.embedding.set_weights(student.embedding.get_weights())
    if student.config.speakers:
        folded.speaker_embedding.set_weights(student.speaker_embedding.get_weights())
        folded.speaker_hidden.set_weights(student.speaker_hidden.get_weights())
    for source, target in zip(_convolutions(student), _convolutions(folded)):
        kernel, bias = source.folded()
        if source.name in LOG_HEADS:
            mean, std = norm.mean[source.name][: len(bias)], norm.std[source.name][: len(bias)]
            kernel, bias = kernel * std, bias * std + mean
        target.kernel.assign(kernel)
        target.own_bias.assign(bias)
    return folded


@contextmanager
def observing(folded: Student) -> Iterator[None]:
    """Within the block, record the range of every activation instead of quantising it."""
    quantisers = _quantisers(folded)
    for quantiser in quantisers:
        quantiser.observing = True
    yield
    for quantiser in quantisers:
        quantiser.observing = False


def calibrate(folded: Student, features: Features, batches: int = 8, seed: int = 7) -> None:
    """Run `batches` batches and record the range of every activation.

    For half of the segments, the decoder uses the student's own prosody.
    """
    shape = BatchShape(size=24)
    source = Batches(features, folded.config, folded.norm_statistics, shape, batches, seed, teacher_prosody=0.5)
    with observing(folded):
        for i in range(batches):
            folded(source[i][0], training=False)


def embedding_int8(folded: Student) -> np.ndarray:
    """Return the embedding table in the format of the phoneme graph's input as int8 [ids, E]."""
    if folded.phoneme_net.input_quant is None:
        raise ValueError("a float student has no activation ranges")
    scale, zero = folded.phoneme_net.input_quant.parameters()
    table = ops.convert_to_numpy(folded.embedding.embeddings)
    return np.clip(np.rint(table / scale) + zero, -128, 127).astype(np.int8)


def speakers_int8(folded: Student) -> dict[str, np.ndarray]:
    """Return the tables of the speakers' vectors, int8 [speakers, channels], in steps of the rows they are added to."""
    tables = {}
    for name, layer, quantiser in (
        ("speaker_embedding", folded.speaker_embedding, folded.phoneme_net.input_quant),
        ("speaker_hidden", folded.speaker_hidden, folded.frame_net.rows_quant),
    ):
        if quantiser is None:
            raise ValueError("a float student has no activation ranges")
        steps = np.rint(ops.convert_to_numpy(layer.embeddings) / quantiser.parameters()[0])
        tables[name] = np.clip(steps, -127, 127).astype(np.int8)
    return tables
