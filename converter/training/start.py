"""Start a student from the weights of a finished voice instead of from random numbers.

The voice's int8 weights are dequantised. Export folds BatchNorm into the weights. Here, BatchNorm is added back. It is
initialised so that it changes nothing, given the statistics of the new recordings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from ticktalk.converter.errors import DistillError
from ticktalk.converter.geometry import Geometry
from ticktalk.converter.storage.shards import Features
from ticktalk.converter.training.batches import Batches, BatchShape
from ticktalk.converter.training.regression import Student, build
from ticktalk.converter.training.student import PROSODY, Block, Conv, StudentConfig
from ticktalk.converter.training.tensor import Tensor
from ticktalk.runtime_sim.graphs.graph import Graph, Operator
from ticktalk.runtime_sim.voice import LOG_HEADS, Voice
from ticktalk.system.errors import shown

LARGEST = 4096  # channels or blocks of a network

Weights = tuple[np.ndarray, np.ndarray]  # kernel and bias of a convolution, as in student.Conv


def sizes(voice: Voice) -> StudentConfig:
    """Return the sizes of the student from which a voice was exported.

    Without a free component, the spectral heads have the default widths, because those of recordings do not suit a
    teacher with internals. Raises DistillError if the voice does not state its sizes.
    """
    training = voice.manifest.get("training")
    stated = training.get("student") if isinstance(training, dict) else None
    stated = stated if isinstance(stated, dict) else {}
    known = {each.name: each.default for each in fields(StudentConfig) if each.type in (int, "int")}
    # A voice without an optional layer may not state its size, 0.
    if missing := sorted(name for name, default in known.items() if default and name not in stated):
        raise DistillError(f"{voice.path}/voice.toml: training.student lacks {', '.join(missing)}; use another voice")
    for name in known.keys() & stated.keys():
        if type(stated[name]) is not int or not 0 <= stated[name] <= LARGEST:
            raise DistillError(
                f"{voice.path}/voice.toml: training.student.{name} is {shown(stated[name])}, but must be an integer "
                f"from 0 to {LARGEST}; use another voice"
            )
    rate, hop, n_fft = (voice.manifest[key] for key in ("sample_rate", "hop", "n_fft"))
    counts: dict[str, Any] = {name: stated.get(name, 0) for name in known}
    roles = voice.manifest["graphs"]["frame"]["outputs"]
    shares: dict[str, Any] = {}
    if "free" in roles:
        widths = {name: voice.width("frame", name) if name in roles else 1 for name in LOG_HEADS}
        shares = {f"{name}_share": (width - 1) / (int(n_fft) // 2) for name, width in widths.items()}
    return StudentConfig(**counts, **shares, geometry=Geometry(int(rate), int(hop), int(n_fft)))


def check_decoder(config: StudentConfig, decoder: Voice) -> None:
    """Raise DistillError unless the decoder of the voice `decoder` fits into a student with the sizes `config`."""
    theirs = sizes(decoder)
    for name in ("prosody_blocks", "prosody_channels", "channels", "expansion", "blocks", "taps", "envelope"):
        if getattr(theirs, name) != getattr(config, name):
            raise DistillError(
                f"--decoder-from {decoder.manifest['name']}: its {name.replace('_', ' ')} are "
                f"{getattr(theirs, name)}, but {getattr(config, name)} in the voice of --from; specify a voice of the "
                "same size"
            )


def start_from(
    student: Student,
    voice: Voice,
    symbols: Mapping[str, int],
    features: Features,
    shape: BatchShape,
    speakers: Sequence[str] = (),
    decoder: Voice | None = None,
) -> list[str]:
    """Give a new float student the weights of a voice, and return the names of the heads that stay random.

    These are the spectral heads that the voice lacks, or has with a different width. The embedding follows `symbols`,
    the ids of the student's phonemes {phoneme: id}: a phoneme that the voice does not know stays random, without being
    named. The student's `speakers` that the voice knows by name start with its vectors. One batch of `features`
    provides the statistics for BatchNorm. The decoder and the spectral heads are those of the voice `decoder`, if it is
    given. Raises DistillError if the networks differ.
    """
    p, f = student.phoneme_net, student.frame_net
    phoneme, frame = (_convolutions(voice, name) for name in ("phoneme", "frame"))
    scale = voice.graphs["phoneme"].tensors[voice.graphs["phoneme"].inputs[0]]
    table = (voice.tables["embedding"].astype(np.float32) - scale.zero_point) * scale.scale
    if table.shape != tuple(student.embedding.embeddings.shape):
        raise DistillError(f"{voice.path}: the embedding has the shape {table.shape}, which this student cannot use")
    if voice.speakers:
        _start_speakers(student, voice, speakers, table, phoneme[1])
    student.embedding.set_weights([_rows(table, voice, symbols, student)])
    chain = [*_blocks(p.blocks), p.before_duration]
    chain += [f.prosody_in, *_blocks(f.prosody_blocks), f.decoder_in, *_blocks(f.blocks)]
    chain += [f.envelope] if f.envelope else []
    decoded, prosody = _convolutions(decoder or voice, "frame"), 1 + 3 * len(f.prosody_blocks)
    given = phoneme[0] + frame[0][:prosody] + decoded[0][prosody:]
    if len(chain) != len(given):
        raise DistillError(f"{voice.path}: has {len(given)} inner convolutions, but the student has {len(chain)}")
    pairs = [
        *zip(chain, given),
        (p.hidden, phoneme[1]["hidden"]),
        (p.duration, phoneme[1]["duration"]),
        *((f.prosody_heads[name], frame[1][name]) for name in PROSODY),
    ]
    new = []
    for name, head in f.heads.items():
        if name not in decoded[1] or decoded[1][name][0].shape != tuple(head.kernel.shape):
            new.append(name)
            continue
        kernel, bias = decoded[1][name]
        if name in LOG_HEADS:  # the float student's log magnitudes are normalised
            mean, std = (
                side[name][: len(bias)] for side in (student.norm_statistics.mean, student.norm_statistics.std)
            )
            kernel, bias = kernel / std, (bias - mean) / std
        pairs.append((head, (kernel, bias)))
    for layer, (kernel, bias) in pairs:
        if kernel.shape != tuple(layer.kernel.shape):
            raise DistillError(
                f"{voice.path}: a convolution has the shape {kernel.shape}, but {tuple(layer.kernel.shape)} is needed"
            )
        layer.kernel.assign(kernel)
        if layer.norm is None:
            layer.own_bias.assign(bias)
    _normalise(student, [(layer, bias) for layer, (_, bias) in pairs], features, shape)
    return new


def alone(student: Student, speaker: int, shape: BatchShape) -> Student:
    """Return one speaker of a float student as a student of its own, which computes the same.

    The speaker's vectors are added to the embedding and to the bias before the hidden rows.
    """
    statistics = student.norm_statistics
    norm = replace(statistics, mean=statistics.mean | {"pitch": np.asarray(statistics.mean_pitch(speaker))})
    own = build(replace(student.config, speakers=0), norm, shape)
    embedding, hidden = (
        layer.get_weights()[0][speaker] for layer in (student.speaker_embedding, student.speaker_hidden)
    )
    own.embedding.set_weights([student.embedding.get_weights()[0] + embedding])
    own.phoneme_net.set_weights(student.phoneme_net.get_weights())
    own.frame_net.set_weights(student.frame_net.get_weights())
    layer = own.phoneme_net.hidden
    bias = layer.own_bias if layer.norm is None else layer.norm.beta
    bias.assign(np.array(bias) + hidden)
    return own


def _start_speakers(
    student: Student, voice: Voice, speakers: Sequence[str], table: np.ndarray, heads: dict[str, Weights]
) -> None:
    """Give the student the voice's vectors of its speakers. A student with one speaker is the voice's first speaker.

    The vectors of that speaker are added to the embedding `table` and to the bias of the head `hidden`.
    """
    inputs = (voice.graphs[name].tensors[voice.graphs[name].inputs[0]] for name in ("phoneme", "frame"))
    embedding, hidden = (
        (voice.tables[name] * tensor.scale).astype(np.float32)
        for name, tensor in zip(("speaker_embedding", "speaker_hidden"), inputs)
    )
    if not student.config.speakers:
        table += embedding[0]
        heads["hidden"] = heads["hidden"][0], heads["hidden"][1] + hidden[0]
        return
    for layer, vectors in ((student.speaker_embedding, embedding), (student.speaker_hidden, hidden)):
        (rows,) = layer.get_weights()
        for number, name in enumerate(speakers):
            if name in voice.speakers:
                rows[number] = vectors[voice.speakers.index(name)]
        layer.set_weights([rows])


def _rows(table: np.ndarray, voice: Voice, symbols: Mapping[str, int], student: Student) -> np.ndarray:
    """Return the student's embedding with the voice's row for each phoneme that both know."""
    theirs, (rows,) = voice.manifest["phonemes"]["symbols"], student.embedding.get_weights()
    rows[0] = table[0]  # the edge of an utterance
    for symbol, index in symbols.items():
        if symbol in theirs:
            rows[index] = table[theirs[symbol]]
    return rows


def _blocks(blocks: list[Block]) -> list[Conv]:
    return [conv for block in blocks for conv in (block.depthwise, block.up, block.down)]


class _Observer:
    """Takes the place of BatchNorm: adds the bias, and remembers the mean and variance of its input."""

    def __init__(self, bias: np.ndarray):
        self.bias, self.mean, self.variance = bias, np.zeros_like(bias), np.ones_like(bias)

    def __call__(self, y: Tensor, training: bool = False) -> Tensor:
        values = np.asarray(y, np.float64).reshape(-1, len(self.bias))
        self.mean, self.variance = values.mean(0), values.var(0)
        return y + self.bias.astype(np.float32)


def _normalise(student: Student, layers: list[tuple[Conv, np.ndarray]], features: Features, shape: BatchShape) -> None:
    """Set each BatchNorm such that it adds the bias, with the statistics of one batch."""
    inputs, _ = Batches(features, student.config, student.norm_statistics, shape, 1, 5)[0]
    norms = [(layer, layer.norm, _Observer(bias)) for layer, bias in layers if layer.norm is not None]
    for layer, _, observer in norms:
        object.__setattr__(layer, "norm", observer)  # Keras does not allow a new layer in a built one
    try:
        student(inputs, training=False)
    finally:
        for layer, norm, _ in norms:
            object.__setattr__(layer, "norm", norm)
    for _, norm, seen in norms:
        variance = np.maximum(seen.variance, 1e-6)
        norm.set_weights([np.sqrt(variance + norm.epsilon), seen.bias + seen.mean, seen.mean, variance])


def _convolutions(voice: Voice, name: str) -> tuple[list[Weights], dict[str, Weights]]:
    """Return the convolutions of one of a voice's graphs: those in a chain, in order, and the output layers by role."""
    graph, roles = voice.graphs[name], voice.manifest["graphs"][name]["outputs"]
    made_by = {operator.outputs[0]: operator for operator in graph.operators}
    heads = {}
    for role, index in zip(roles, graph.outputs):
        operator = made_by[index]
        while operator.name == "STRIDED_SLICE":
            operator = made_by[operator.inputs[0]]
        heads[operator.index] = role
    chain, ends = [], {}
    for operator in graph.operators:
        if operator.name not in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            continue
        weights = _weights(graph, operator)
        if operator.index in heads:
            ends[heads[operator.index]] = weights
        elif len(weights[0]) > 1 or operator.name == "CONV_2D":  # a one-tap depthwise convolution only requantises
            chain.append(weights)
    return chain, ends


def _weights(graph: Graph, operator: Operator) -> Weights:
    """Return the dequantised kernel, [taps, channels] or [taps, inputs, outputs], and the bias."""
    kernel, bias = (graph.tensors[index] for index in operator.inputs[1:3])
    values = kernel.constant.astype(np.float32)
    if operator.name == "DEPTHWISE_CONV_2D":
        dequantised = values[0, 0] * kernel.scales
    else:
        dequantised = values[:, 0].transpose(1, 2, 0) * kernel.scales
    return dequantised.astype(np.float32), (bias.constant * bias.scales).astype(np.float32)
