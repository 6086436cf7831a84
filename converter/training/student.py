"""The student: a phoneme network and a frame network, both convolutional along the time axis with VALID padding.

The student uses keras.ops, so it can be trained with JAX, TensorFlow or PyTorch. Every convolution except the output
layers is followed by BatchNorm (folded later, see deploy.py) and optionally ReLU, because TFLite Micro has no int8
LayerNorm or GELU. Arrays are [batch, time, channels]. A network that needs `context` rows on either side shortens the
time axis by 2*context.
"""

from dataclasses import asdict, dataclass, replace

import keras
import numpy as np
from keras import ops

from ticktalk.converter.geometry import GEOMETRY, Geometry
from ticktalk.converter.training.fake_quant import FakeQuant, fake_quant_weights
from ticktalk.converter.training.tensor import Tensor
from ticktalk.runtime_sim.voice import LOG_HEADS

PROSODY = ("pitch", "voicing", "energy")
# Ranges of the heads: natural log magnitudes (values below the range are silence), half turns, cosine and sine.
HEAD_RANGES = {
    "harmonic": (-9.0, 7.0),
    "rotation": (-1.0, 1.0),
    "noise": (-13.0, 2.0),
    "free": (-10.0, 4.0),
    "free_cos": (-1.0, 1.0),
    "free_sin": (-1.0, 1.0),
}


@dataclass(frozen=True)
class StudentConfig:
    """Sizes of both networks. The defaults are those of the bundled voice `heart`."""

    symbols: int = 178  # number of phoneme ids
    phoneme_channels: int = 96
    phoneme_expansion: int = 160
    phoneme_blocks: int = 5
    prosody_channels: int = 64
    prosody_expansion: int = 128
    prosody_blocks: int = 3
    channels: int = 128
    expansion: int = 400
    blocks: int = 6
    taps: int = 7  # per depthwise convolution
    positions: int = 16  # distances from a phoneme's start and end are clipped to this many frames
    geometry: Geometry = GEOMETRY
    # fraction of the bins, starting at 0, that the free component covers; 0 means no free component
    free_share: float = 1.0
    # the same fraction for the harmonic component and the rotation (docs/measurements/voice-heart.md)
    harmonic_share: float = 0.25
    noise_share: float = 0.0  # the same fraction for the noise component
    # channels of an extra layer before the log-magnitude heads, which makes these heads smaller; 0 omits the layer
    envelope: int = 0
    speakers: int = 0  # with a vector each, in a voice with several; 0: there is only one

    @property
    def heads(self) -> dict[str, int]:
        """The number of bins in each spectral head, by name."""
        shares = {
            "harmonic": self.harmonic_share,
            "rotation": self.harmonic_share,
            "noise": self.noise_share,
            "free": self.free_share,
            "free_cos": self.free_share,
            "free_sin": self.free_share,
        }
        half = self.geometry.n_fft // 2
        return {name: round(share * half) + 1 for name, share in shares.items() if share}

    @property
    def phoneme_context(self) -> int:
        """Context of the phoneme network on either side, in phonemes."""
        return self.phoneme_blocks * (self.taps // 2)

    @property
    def prosody_context(self) -> int:
        """Context of the prosody branch on either side, in frames."""
        return self.prosody_blocks * (self.taps // 2)

    @property
    def decoder_context(self) -> int:
        """Context of the decoder on either side, in frames. The decoder's first convolution has 3 taps."""
        return 1 + self.blocks * (self.taps // 2)

    @property
    def frame_context(self) -> int:
        """Context of the whole frame network on either side, in frames."""
        return self.prosody_context + self.decoder_context

    def for_recordings(self) -> "StudentConfig":
        """Return the same sizes for a teacher that provides only audio.

        The harmonic and noise components cover all bins, and there is no free component. See
        docs/measurements/voice-joe.md.
        """
        return replace(self, harmonic_share=1.0, noise_share=1.0, free_share=0.0)

    def to_dict(self) -> dict:
        """Return the sizes as a dictionary of plain values, for checkpoints and manifests."""
        return asdict(self)


# Sizes for `ticktalk distill --size`. `heart` is suitable for cores of at least 100 MHz. `nano` is suitable for 64 MHz
# cores, and needs a third of the flash. `pico` needs a sixth.
SIZES = {
    "heart": StudentConfig(),
    "nano": StudentConfig(
        phoneme_channels=64,
        phoneme_expansion=80,
        phoneme_blocks=4,
        prosody_channels=40,
        prosody_expansion=64,
        channels=80,
        expansion=152,
        blocks=5,
    ),
    "pico": StudentConfig(
        phoneme_channels=48,
        phoneme_expansion=64,
        phoneme_blocks=3,
        prosody_channels=24,
        prosody_expansion=48,
        channels=56,
        expansion=72,
        blocks=4,
        envelope=20,
        harmonic_share=0.125,
    ),
}


def crop(x: Tensor, by: int) -> Tensor:
    """Crop x [B, T, C] to the middle [B, T - 2*by, C]."""
    return x[:, by : x.shape[1] - by] if by else x


class Conv(keras.layers.Layer):
    """A convolution along the time axis, full or depthwise, followed by BatchNorm and optionally ReLU.

    The convolution is computed as a sum of `taps` shifted products. XLA fuses the depthwise form into one loop. The
    full form consists of `taps` GEMMs. If `quantised`, a bias replaces BatchNorm, and weights and outputs are rounded
    to the int8 grid.
    """

    def __init__(
        self,
        units: int,
        taps: int = 1,
        depthwise: bool = False,
        relu: bool = False,
        norm: bool = True,
        quantised: bool = False,
        span: tuple[float, float] | None = None,
        **kwargs: object,
    ):
        super().__init__(**kwargs)
        self.units, self.taps, self.depthwise, self.relu = units, taps, depthwise, relu
        self.norm = keras.layers.BatchNormalization(momentum=0.98, epsilon=1e-3) if norm and not quantised else None
        self.output_quant = FakeQuant(span) if quantised else None

    def build(self, shape: tuple[int, ...]) -> None:
        fan_in = self.taps * (1 if self.depthwise else shape[-1])
        kernel = (self.taps, shape[-1]) if self.depthwise else (self.taps, shape[-1], self.units)
        scale = (2.0 if self.relu else 1.0) / fan_in
        # NumPy's generator, which keras.utils.set_random_seed seeds. JAX would compile its own generator for every
        # shape.
        self.kernel = self.add_weight(
            shape=kernel,
            initializer=lambda shape, dtype: np.random.normal(0.0, scale**0.5, shape).astype(dtype),
            name="kernel",
        )
        self.bias = None if self.norm else self.add_weight(shape=(self.units,), initializer="zeros", name="bias")
        if self.norm:
            self.norm.build((None, None, self.units))
        if self.output_quant:
            self.output_quant.build()

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        length = x.shape[1] - self.taps + 1
        kernel = fake_quant_weights(self.kernel) if self.output_quant else self.kernel
        y = 0.0
        for k in range(self.taps):
            part = x[:, k : k + length]
            y = y + (part * kernel[k] if self.depthwise else ops.matmul(part, kernel[k]))
        y = self.norm(y, training=training) if self.norm else y + self.own_bias
        y = ops.relu(y) if self.relu else y
        return self.output_quant(y) if self.output_quant else y

    @property
    def own_bias(self) -> keras.Variable:
        """The bias of a convolution without BatchNorm. Raises ValueError if the convolution has BatchNorm."""
        if self.bias is None:
            raise ValueError(f"{self.name} has BatchNorm instead of a bias")
        return self.bias

    def folded(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the kernel and the bias as float32 NumPy arrays, with BatchNorm's inference form folded in."""
        kernel = ops.convert_to_numpy(self.kernel)
        if self.norm is None:
            return kernel, ops.convert_to_numpy(self.own_bias)
        gamma, beta, mean, variance = (
            ops.convert_to_numpy(v)
            for v in (self.norm.gamma, self.norm.beta, self.norm.moving_mean, self.norm.moving_variance)
        )
        factor = gamma / (variance + self.norm.epsilon) ** 0.5
        return kernel * factor, beta - mean * factor


class Block(keras.layers.Layer):
    """A residual block: depthwise convolution, 1x1 expansion with ReLU, 1x1 projection, added to the cropped input."""

    def __init__(self, channels: int, expansion: int, taps: int, quantised: bool = False, **kwargs: object):
        super().__init__(**kwargs)
        self.taps = taps
        self.depthwise = Conv(channels, taps, depthwise=True, quantised=quantised)
        self.up = Conv(expansion, relu=True, quantised=quantised)
        self.down = Conv(channels, quantised=quantised)
        self.sum_quant = FakeQuant() if quantised else None

    def build(self, shape: tuple[int, ...]) -> None:
        self.depthwise.build(shape)
        self.up.build(shape)
        self.down.build((*shape[:-1], self.up.units))
        if self.sum_quant:
            self.sum_quant.build()

    def call(self, x: Tensor, training: bool = False) -> Tensor:
        y = self.down(self.up(self.depthwise(x, training=training), training=training), training=training)
        y = y + crop(x, self.taps // 2)
        return self.sum_quant(y) if self.sum_quant else y


class PhonemeNet(keras.layers.Layer):
    """Maps embedded phonemes [B, N + 2*context, E] to hidden rows [B, N, E] and log durations [B, N].

    A log duration is the natural log of the duration in frames.
    """

    def __init__(self, config: StudentConfig, quantised: bool = False, **kwargs: object):
        super().__init__(**kwargs)
        c = config
        self.input_quant = FakeQuant() if quantised else None
        self.blocks = [
            Block(c.phoneme_channels, c.phoneme_expansion, c.taps, quantised=quantised) for _ in range(c.phoneme_blocks)
        ]
        self.hidden = Conv(c.phoneme_channels, quantised=quantised)
        self.before_duration = Conv(64, relu=True, quantised=quantised)
        self.duration = Conv(1, norm=False, quantised=quantised)

    def call(self, x: Tensor, training: bool = False) -> tuple[Tensor, Tensor]:
        x = self.input_quant(x) if self.input_quant else x
        for block in self.blocks:
            x = block(x, training=training)
        duration = self.duration(self.before_duration(x, training=training))
        return self.hidden(x, training=training), duration[..., 0]


class FrameNet(keras.layers.Layer):
    """Maps frame rows [B, T + 2*frame_context, E + 2] to prosody and spectral heads for T frames.

    The prosody branch predicts pitch, voicing logit and energy, which the decoder uses. In training, the decoder can
    use the teacher's prosody instead.
    """

    def __init__(self, config: StudentConfig, quantised: bool = False, **kwargs: object):
        super().__init__(**kwargs)
        c = config
        self.config = c
        self.rows_quant = FakeQuant() if quantised else None
        self.prosody_in = Conv(c.prosody_channels, relu=True, quantised=quantised)
        self.prosody_blocks = [
            Block(c.prosody_channels, c.prosody_expansion, c.taps, quantised=quantised) for _ in range(c.prosody_blocks)
        ]
        self.prosody_heads = {name: Conv(1, norm=False, name=name, quantised=quantised) for name in PROSODY}
        self.voiced_quant = FakeQuant((0.0, 255 / 256)) if quantised else None
        self.decoder_quant = FakeQuant() if quantised else None
        self.decoder_in = Conv(c.channels, taps=3, relu=True, quantised=quantised)
        self.blocks = [Block(c.channels, c.expansion, c.taps, quantised=quantised) for _ in range(c.blocks)]
        self.envelope = Conv(c.envelope, quantised=quantised) if c.envelope else None
        self.heads = {
            name: Conv(width, norm=False, name=name, span=HEAD_RANGES[name], quantised=quantised)
            for name, width in c.heads.items()
        }

    def prosody(self, rows: Tensor, training: bool = False) -> Tensor:
        """Return pitch, voicing logit and energy [B, T, 3] for rows [B, T + 2*prosody_context, E + 2]."""
        x = self.prosody_in(rows, training=training)
        for block in self.prosody_blocks:
            x = block(x, training=training)
        return ops.concatenate([self.prosody_heads[name](x) for name in PROSODY], -1)

    def own(self, prosody: Tensor) -> Tensor:
        """Return the branch's own prosody [B, T, 3] as decoder input, with voicing as a probability from 0 to 1."""
        voiced = ops.sigmoid(prosody[..., 1:2])
        voiced = self.voiced_quant(voiced) if self.voiced_quant else voiced
        return ops.concatenate([prosody[..., :1], voiced, prosody[..., 2:]], -1)

    def decode(self, rows: Tensor, prosody: Tensor, training: bool = False) -> dict[str, Tensor]:
        """Return the spectral heads {name: [B, T, bins]}.

        `rows` and `prosody` (with voicing from 0 to 1) have T + 2*decoder_context frames.
        """
        x = ops.concatenate([rows, prosody], -1)
        x = self.decoder_in(self.decoder_quant(x) if self.decoder_quant else x, training=training)
        for block in self.blocks:
            x = block(x, training=training)
        smooth = self.envelope(x, training=training) if self.envelope else x
        return {name: head(smooth if name in LOG_HEADS else x) for name, head in self.heads.items()}
