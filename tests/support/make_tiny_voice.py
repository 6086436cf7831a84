"""Make tests/data/tiny-voice. The voice has every part of a real voice, but random weights, so its speech is
unintelligible.

    python tests/support/make_tiny_voice.py        (needs TensorFlow; tests only read the committed result)

The voice has few channels, short contexts and odd chunk lengths, so that even a short utterance has many different
chunk boundaries.
"""

from __future__ import annotations

import hashlib

import numpy as np
import tensorflow as tf

from tests.support.paths import TINY

OUT = TINY
HOP, N_FFT = 200, 800
BINS = N_FFT // 2 + 1
EMBEDDED, HIDDEN, POSITIONS, IDS = 12, 6, 20, 20
SYMBOLS = " abdefhiklmnoprstvw"  # IDs 1 to 19
PITCH_CHANNELS = 2
PHONEME = {"chunk": 4, "context": 3, "outputs": {"hidden": HIDDEN, "duration": 1}}
FRAME = {
    "chunk": 7,
    "context": 4,
    "outputs": {
        "pitch": PITCH_CHANNELS,
        "voicing": 1,
        "energy": 1,
        "harmonic": BINS,
        "rotation": BINS,
        "noise": BINS,
        "free": BINS,
        "free_cos": BINS,
        "free_sin": BINS,
    },
}
MEANS = {"pitch": 5.0, "harmonic": 0.0, "noise": -3.0, "free": -2.0}  # natural logarithms of Hz and of magnitudes
VOCODED = ("pitch", "voicing", "harmonic", "rotation", "noise", "free", "free_cos", "free_sin")
TANH = ("rotation", "free_cos", "free_sin")  # outputs with the fixed scale 1/128
rng = np.random.default_rng(20)

from ticktalk.runtime_sim.vocoder.tables import tables_of_voice  # noqa: E402


def weights(*shape: int) -> tf.Tensor:
    """Return random float32 weights that preserve the variance of their input."""
    return tf.constant(rng.normal(size=shape) / np.sqrt(np.prod(shape[:-1])), tf.float32)


class Net(tf.Module):
    """The network consists of VALID convolutions along the time axis.

    The network consists of three convolutions, one of them depthwise, and a residual connection. Together the
    convolutions span 2 * context + 1 rows.
    """

    def __init__(self, inputs: int, channels: int, context: int, heads: dict[str, int]):
        super().__init__()
        self.first = weights(1, 3, inputs, channels)
        self.depthwise = weights(1, 2 * (context - 1) + 1, channels, 1) * np.sqrt(channels).astype(np.float32)
        self.point = weights(1, 1, channels, channels)
        self.heads = {
            role: (weights(1, 1, channels, width), weights(width, 1)[:, 0] * 0.3 + MEANS.get(role, 0.0))
            for role, width in heads.items()
        }
        self.edge = context - 1

    def __call__(self, x):
        x = tf.nn.relu(tf.nn.conv2d(x, self.first, 1, "VALID"))
        y = tf.nn.depthwise_conv2d(x, self.depthwise, [1, 1, 1, 1], "VALID")
        y = tf.nn.relu(tf.nn.conv2d(y, self.point, 1, "VALID"))
        x = x[:, :, self.edge : -self.edge] + y
        heads = {role: tf.nn.conv2d(x, w, 1, "VALID") + b for role, (w, b) in self.heads.items()}
        return {role: tf.nn.tanh(head) if role in TANH else head for role, head in heads.items()}


def convert(part: dict, inputs: int, channels: int) -> tuple[bytes, list[str], dict]:
    """Return the int8 .tflite file, the output roles in graph order, and {role or "input": (scale, zero point)}."""
    net = Net(inputs, channels, part["context"], part["outputs"])
    rows = part["chunk"] + 2 * part["context"]
    function = tf.function(net.__call__, input_signature=[tf.TensorSpec([1, 1, rows, inputs], tf.float32)])
    module = tf.Module()
    module.net, module.call = net, function
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function.get_concrete_function()], module)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: (
        [rng.uniform(-1, 1, (1, 1, rows, inputs)).astype(np.float32)] for _ in range(50)
    )
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    model = converter.convert()
    interpreter = tf.lite.Interpreter(model_content=model)
    by_index = {d["index"]: role for role, d in interpreter.get_signature_runner().get_output_details().items()}
    order = [by_index[d["index"]] for d in interpreter.get_output_details()]
    details = zip(["input", *order], interpreter.get_input_details() + interpreter.get_output_details())
    return model, order, {name: d["quantization"] for name, d in details}


def real(quantised: tuple[float, int]) -> np.ndarray:
    """Return the float values of all 256 int8 values."""
    scale, zero = quantised
    return (np.arange(-128, 128) - zero) * float(scale)


def quantise(values, quantised) -> np.ndarray:
    scale, zero = quantised
    return np.clip(np.round(np.asarray(values) / scale) + zero, -128, 127).astype(np.int8)


def main() -> None:
    phoneme, phoneme_order, p = convert(PHONEME, EMBEDDED, 16)
    frame, frame_order, f = convert(FRAME, HIDDEN + 2, 16)
    tables = {
        "embedding": quantise(rng.uniform(-1, 1, (IDS, EMBEDDED)), p["input"]),
        "hidden_to_frame": quantise(real(p["hidden"]), f["input"]),
        "position": quantise(np.arange(POSITIONS) / POSITIONS, f["input"]),
        "duration": np.clip(np.round((real(p["duration"]) * 2 + 3) * 64), 0, 65535).astype(np.uint16),
        **tables_of_voice({role: f[role] for role in VOCODED}, factor=0.5, channels=PITCH_CHANNELS, voicing_above=0.0),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "phoneme.tflite").write_bytes(phoneme)
    (OUT / "frame.tflite").write_bytes(frame)
    np.savez_compressed(OUT / "tables.npz", **tables)
    digest = {
        name: hashlib.sha256((OUT / name).read_bytes()).hexdigest()
        for name in ("phoneme.tflite", "frame.tflite", "tables.npz")
    }
    symbols = ", ".join(f'"{s}" = {i}' for i, s in enumerate(SYMBOLS, 1))
    graphs = "".join(
        f"""
[graphs.{name}]
file = "{name}.tflite"
sha256 = "{digest[name + ".tflite"]}"
chunk = {part["chunk"]}
context = {part["context"]}
outputs = {str(order).replace("'", '"')}
"""
        for name, part, order in (("phoneme", PHONEME, phoneme_order), ("frame", FRAME, frame_order))
    )
    (OUT / "voice.toml").write_text(
        f"""# Random weights, for the tests: made by tests/support/make_tiny_voice.py.
schema = 1
name = "tiny"
language = "en-us"
sample_rate = 16000
hop = {HOP}
n_fft = {N_FFT}

[phonemes]
phonemizer = "hibari"
symbols = {{ {symbols} }}
edge = 0
limit = 60
{graphs}
[tables]
file = "tables.npz"
sha256 = "{digest["tables.npz"]}"

[teacher]
name = "none"
licence = "Apache-2.0"
""",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
