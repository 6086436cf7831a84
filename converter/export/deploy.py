"""Convert the quantised student to two int8 .tflite graphs with inputs [1, 1, time, channels] and fixed activation
ranges.

TensorFlow's converter reads the activation ranges from the fake-quantisation nodes inserted here. The converter
computes the per-channel weight scales itself. These scales equal those of fake_quant.fake_quant_weights.
"""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

import keras
import numpy as np
from keras import ops

from ticktalk.converter.errors import MissingToolError
from ticktalk.converter.training.fake_quant import FakeQuant
from ticktalk.converter.training.regression import Student
from ticktalk.converter.training.student import PROSODY, Block, Conv, FrameNet, PhonemeNet
from ticktalk.converter.training.tensor import Tensor
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.runtime_sim.voice import LOG_HEADS
from ticktalk.system.installing import pip_install

PHONEME_ROLES = ("hidden", "duration")
Network = Callable[[Tensor], dict[str, Tensor]]  # rows [1, 1, T, C] -> outputs by role


@dataclass(frozen=True)
class DeployedGraph:
    """A .tflite graph, the role of each output in graph order, and the (scale, zero point) of the input and of each
    role.
    """

    flatbuffer: bytes
    roles: list[str]
    input: tuple[float, int]
    outputs: dict[str, tuple[float, int]]


def _tensorflow() -> ModuleType:
    try:
        import tensorflow
    except ImportError as error:
        raise MissingToolError(f"writing .tflite files requires TensorFlow; {pip_install('convert')}") from error
    return tensorflow


class _Writer:
    """Translates student layers into TensorFlow operators on tensors [1, 1, T, C]."""

    def __init__(self) -> None:
        self.tf = _tensorflow()

    def constant(self, variable: keras.Variable) -> np.ndarray:
        """Return the variable's value, even while TensorFlow is Keras's backend and is tracing a function."""
        with self.tf.init_scope():
            return ops.convert_to_numpy(variable)

    def quantised(self, x: Tensor, quantiser: FakeQuant | None) -> Tensor:
        if quantiser is None:
            raise ValueError("a float student has no activation ranges")
        low, high = (float(v) for v in self.constant(quantiser.range))
        return self.tf.quantization.fake_quant_with_min_max_vars(x, min(low, 0.0), max(high, 1e-6))

    def requantised(self, x: Tensor, quantiser: FakeQuant | None) -> Tensor:
        """Requantise x to another range.

        Uses a depthwise convolution with weights of 1, because the converter drops the second of two consecutive
        ranges.
        """
        ones = np.ones((1, 1, x.shape[-1], 1), np.float32)
        return self.quantised(self.tf.nn.depthwise_conv2d(x, ones, [1, 1, 1, 1], "VALID"), quantiser)

    def conv(self, layer: Conv, x: Tensor) -> Tensor:
        tf, kernel = self.tf, self.constant(layer.kernel)
        if layer.depthwise:
            y = tf.nn.depthwise_conv2d(x, kernel[None, :, :, None], [1, 1, 1, 1], "VALID")
        else:
            y = tf.nn.conv2d(x, kernel[None], 1, "VALID")
        y = tf.nn.bias_add(y, self.constant(layer.own_bias))
        return self.quantised(tf.nn.relu(y) if layer.relu else y, layer.output_quant)

    def crop(self, x: Tensor, by: int) -> Tensor:
        return x[:, :, by : x.shape[2] - by, :]

    def block(self, block: Block, x: Tensor) -> Tensor:
        y = self.conv(block.down, self.conv(block.up, self.conv(block.depthwise, x)))
        return self.quantised(y + self.crop(x, block.taps // 2), block.sum_quant)

    def phoneme(self, net: PhonemeNet, x: Tensor) -> dict[str, Tensor]:
        x = self.quantised(x, net.input_quant)
        for block in net.blocks:
            x = self.block(block, x)
        return {
            "hidden": self.conv(net.hidden, x),
            "duration": self.conv(net.duration, self.conv(net.before_duration, x)),
        }

    def frame(self, net: FrameNet, rows: Tensor) -> dict[str, Tensor]:
        tf, context = self.tf, net.config
        rows = self.quantised(rows, net.rows_quant)
        x = self.conv(net.prosody_in, rows)
        for block in net.prosody_blocks:
            x = self.block(block, x)
        prosody = {name: self.conv(head, x) for name, head in net.prosody_heads.items()}
        voiced = self.quantised(tf.sigmoid(prosody["voicing"]), net.voiced_quant)
        # TFLite concatenates only tensors of equal scale, so first requantise each part to the range of the whole.
        parts = [self.crop(rows, context.prosody_context), prosody["pitch"], voiced, prosody["energy"]]
        x = tf.concat([self.requantised(part, net.decoder_quant) for part in parts], -1)
        x = self.conv(net.decoder_in, self.quantised(x, net.decoder_quant))
        for block in net.blocks:
            x = self.block(block, x)
        outputs = {name: self.crop(value, context.decoder_context) for name, value in prosody.items()}
        smooth = self.conv(net.envelope, x) if net.envelope else x
        return outputs | {name: self.conv(head, smooth if name in LOG_HEADS else x) for name, head in net.heads.items()}


def _convert(function: Network, rows: int, channels: int, roles: tuple[str, ...]) -> DeployedGraph:
    tf = _tensorflow()
    signature = [tf.TensorSpec([1, 1, rows, channels], tf.float32, name="rows")]
    concrete = tf.function(lambda rows: function(rows)).get_concrete_function(*signature)
    module = tf.Module()
    module.function = concrete
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], module)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    flatbuffer = converter.convert()
    return _roles(flatbuffer, function, rows, channels, roles)


def _roles(flatbuffer: bytes, function: Network, rows: int, channels: int, roles: tuple[str, ...]) -> DeployedGraph:
    """Match outputs to roles by running both graphs on one random input.

    This is necessary because the converter may reorder outputs.
    """
    tf, graph = _tensorflow(), load_graph(flatbuffer, "the converted graph")

    def parameters(index: int) -> tuple[float, int]:
        tensor = graph.tensors[index]
        return float(tensor.scales[0]), int(tensor.zero_points[0])

    scale, zero = parameters(graph.inputs[0])
    quantised = np.random.default_rng(0).integers(-128, 128, (1, 1, rows, channels)).astype(np.int8)
    tensors = Simulator(graph).run([quantised])
    wanted = {
        name: np.asarray(value)
        for name, value in function(tf.constant((quantised.astype(np.float32) - zero) * scale)).items()
    }
    order: list[str] = []
    outputs: dict[str, tuple[float, int]] = {}
    for index in graph.outputs:
        s, z = parameters(index)
        value = (tensors[index].astype(np.float32) - z) * s
        left = (name for name in roles if name not in order and wanted[name].shape == value.shape)
        distance = {name: float(np.abs(value - wanted[name]).mean()) for name in left}
        name = min(distance, key=distance.__getitem__)
        order.append(name)
        outputs[name] = (s, z)
    return DeployedGraph(flatbuffer, order, (scale, zero), outputs)


def deploy(student: Student, phoneme_chunk: int = 16, frame_chunk: int = 32) -> tuple[DeployedGraph, DeployedGraph]:
    """Return (phoneme graph, frame graph) of a quantised student with known activation ranges."""
    writer, c = _Writer(), student.config
    phoneme = _convert(
        lambda x: writer.phoneme(student.phoneme_net, x),
        phoneme_chunk + 2 * c.phoneme_context,
        c.phoneme_channels,
        PHONEME_ROLES,
    )
    frame = _convert(
        lambda x: writer.frame(student.frame_net, x),
        frame_chunk + 2 * c.frame_context,
        c.phoneme_channels + 2,
        (*PROSODY, *c.heads),
    )
    return phoneme, frame
