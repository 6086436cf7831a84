"""Independent implementations of the same graphs behind one adapter, and what is known of their errors.

An oracle is made from the bytes of a .tflite file and has `run(inputs) -> {tensor index: array}`, like the
simulator. `tflm` is TFLite Micro itself and decides; `litert` runs LiteRT's reference kernels.
"""

import struct

import numpy as np

from ticktalk.runtime_sim.errors import MissingToolError, ModelError
from ticktalk.runtime_sim.graphs.flatbuffer import Reader
from ticktalk.runtime_sim.graphs.graph import Graph, Operator
from ticktalk.runtime_sim.graphs.reader import load_graph

TFLM_PACKAGE = "tflite-micro==0.dev20261023182759"

# Operators for which the reference kernels of LiteRT (as in tflite-runtime 2.14) give something else than
# TFLite Micro, and why.
LITERT_DIFFERS = {
    "BATCH_MATMUL": "batches of the second operand that broadcast are read from the wrong place",
    "FULLY_CONNECTED": "it scales in double, and per-channel weights of rank 3 inputs give only the first row",
    "LOGISTIC": "its table is rounded from float",
    "MUL": "its factor is rounded to float32, which int16 results show",
    "SUM": "the sums are not rescaled",
    "TRANSPOSE_CONV": "int16 without a bias takes 31-bit multipliers",
    "TANH": "its table is rounded from float",
}


class _Oracle:
    def __init__(self, data: bytes):
        self.graph: Graph = load_graph(data)

    def _written(self, values) -> dict[int, np.ndarray]:
        tensors = self.graph.tensors
        return {
            index: np.array(values(index)).reshape(tensors[index].shape)
            for operator in self.graph.operators
            for index in operator.outputs
        }


class _Tflm(_Oracle):
    def __init__(self, data: bytes):
        super().__init__(data)
        try:
            from tflite_micro import runtime
        except ImportError:
            raise MissingToolError(f"TFLite Micro is missing: pip install {TFLM_PACKAGE}") from None
        # Preserving every tensor, the arena holds all of them; the rest is TFLite Micro's own bookkeeping.
        sizes = sum(tensor.nbytes + 64 for tensor in self.graph.tensors)
        arena = 4 * sizes + 4096 * len(self.graph.operators) + (1 << 20)
        keep = runtime.InterpreterConfig.kPreserveAllTensors
        try:
            self._interpreter = runtime.Interpreter.from_bytes(data, intrepreter_config=keep, arena_size=arena)
        except (RuntimeError, ValueError) as error:
            raise _refusal("TFLite Micro", error) from None

    def run(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        """Every tensor that an operator writes, by index."""
        for position, value in enumerate(inputs):
            self._interpreter.set_input(value, position)
        if self._interpreter.invoke():
            raise ModelError("model: TFLite Micro refuses to run it")
        return self._written(lambda index: self._interpreter.GetTensor(index, 0)["tensor_data"])


class _LiteRt(_Oracle):
    def __init__(self, data: bytes):
        super().__init__(data)
        interpreter, reference = _litert_package()
        written = sorted(self.graph.producers)
        try:
            self._interpreter = interpreter(
                model_content=_with_outputs(data, written), experimental_op_resolver_type=reference
            )
            self._interpreter.allocate_tensors()
        except (RuntimeError, ValueError) as error:
            raise _refusal("LiteRT", error) from None

    def run(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        """Every tensor that an operator writes, by index."""
        for index, value in zip(self.graph.inputs, inputs, strict=True):
            self._interpreter.set_tensor(index, value)
        self._interpreter.invoke()
        return self._written(self._interpreter.get_tensor)


def _refusal(oracle: str, error: Exception) -> ModelError:
    """What to raise where an oracle does not take a model that the simulator takes: the first line of its reason."""
    return ModelError(f"model: {oracle} refuses it: {(str(error).strip() or 'no reason given').splitlines()[0]}")


def _with_outputs(data: bytes, outputs: list[int]) -> bytes:
    """The model with other outputs: a new vector at its end, and the subgraph's offset led there.

    Inner tensors share memory and hold stale values. Asking to preserve all of them is not enough: ADD and its
    like then still write over their input. Outputs are left alone.
    """
    place = Reader(data).root().tables(2)[0].place(2)
    model = bytearray(data + bytes(-len(data) % 4))
    struct.pack_into("<I", model, place, len(model) - place)
    return bytes(model) + struct.pack(f"<I{len(outputs)}i", len(outputs), *outputs)


def _litert_package():
    try:
        from tflite_runtime.interpreter import Interpreter, OpResolverType
    except ImportError:
        try:
            from ai_edge_litert.interpreter import Interpreter, OpResolverType
        except ImportError:
            raise MissingToolError("LiteRT is missing: pip install ai-edge-litert") from None
    return Interpreter, OpResolverType.BUILTIN_REF


def tflm(data: bytes) -> _Tflm:
    """TFLite Micro's interpreter for the model in `data`. Raises MissingToolError, ModelError."""
    return _Tflm(data)


def litert(data: bytes) -> _LiteRt:
    """LiteRT's reference interpreter for the model in `data`. Raises MissingToolError, ModelError."""
    return _LiteRt(data)


def comparable(operator: Operator) -> bool:
    """Whether LiteRT's reference kernel of `operator` computes what TFLite Micro computes.

    Where it does not, later tensors differ as well: compare such an operator alone, from TFLite Micro's inputs.
    """
    return operator.name not in LITERT_DIFFERS
