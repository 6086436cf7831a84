"""Write .tflite files without TensorFlow, so that tests can create any model."""

import flatbuffers
import numpy as np
import tflite
from flatbuffers import flexbuffers

from ticktalk.runtime_sim.graphs.tflite_schema import CUSTOM

_RESOURCE = "resource"  # the type of a variable's handle
_TYPES = {
    np.dtype("int8"): tflite.TensorType.INT8,
    np.dtype("int16"): tflite.TensorType.INT16,
    np.dtype("int32"): tflite.TensorType.INT32,
    np.dtype("int64"): tflite.TensorType.INT64,
    np.dtype("float32"): tflite.TensorType.FLOAT32,
    np.dtype("uint8"): tflite.TensorType.UINT8,
    np.dtype("uint32"): tflite.TensorType.UINT32,
    np.dtype("uint64"): tflite.TensorType.UINT64,
    np.dtype("bool"): tflite.TensorType.BOOL,
    _RESOURCE: tflite.TensorType.RESOURCE,
}


class ModelBuilder:
    """Collects tensors and operators, from which `build` makes a .tflite file."""

    def __init__(self):
        self._tensors = []
        self._operators = []
        self._states = set()  # tensors that operators keep from run to run
        self._called = []  # models that IF and WHILE run, with their inputs and outputs
        self.signatures = {}  # tensor: its shape as exported, with -1 for an axis of any length
        self._initial = []  # name, shape, dtype, scale, zero point and data of each initialised variable
        self.versions = {}  # operator versions, 1 by default

    def tensor(self, shape, dtype="int8", scale=None, zero_point=0, dimension=0, data=None, name=None) -> int:
        """Add a tensor and return its index.

        `scale` and `zero_point` may be lists. If `data` is given, the tensor is a constant.
        """
        quantisation = None
        if scale is not None:
            scales = np.atleast_1d(np.asarray(scale, np.float32))
            points = np.broadcast_to(np.asarray(zero_point, np.int64), scales.shape)
            quantisation = scales, points, dimension
        if data is not None:
            data = np.asarray(data, dtype).reshape(shape)
        index = len(self._tensors)
        self._tensors.append((tuple(shape), np.dtype(dtype), quantisation, data, name or f"t{index}"))
        return index

    def integers(self, values, dtype="int32") -> int:
        """Add a constant tensor of integers and return its index."""
        values = np.asarray(values, dtype)
        return self.tensor(values.shape, dtype, data=values)

    def variable(self, name, shape=None, dtype="int8", scale=None, zero_point=0, initial=None) -> int:
        """Add a resource variable and return the index of its handle.

        If `initial` is given, a second subgraph assigns that value to the variable once.
        """
        index = len(self._tensors)
        self._tensors.append(((), _RESOURCE, None, None, f"handle of {name}"))
        self.operator("VAR_HANDLE", [], [index], "VarHandleOptions", SharedName=name)
        if initial is not None:
            if not self._initial:
                self._operators.insert(0, ("CALL_ONCE", [], [], "CallOnceOptions", {"InitSubgraphIndex": 1}))
            self._initial.append((name, shape, dtype, scale, zero_point, initial))
        return index

    def state(self, shape, dtype="int8", scale=None, zero_point=0) -> int:
        """Add a tensor that an operator keeps from one run to the next, and return its index."""
        index = self.tensor(shape, dtype, scale, zero_point)
        self._states.add(index)
        return index

    def called(self, model, inputs, outputs) -> int:
        """Add the graph of `model` as a subgraph, and return its number. Initialised variables must come first."""
        self._called.append((model, inputs, outputs))
        return len(self._called) + bool(self._initial)

    def operator(self, name, inputs, outputs, table=None, **fields) -> None:
        """Add an operator.

        `table` and `fields` are the operator's options as spelled in the TFLite schema, for example "Conv2DOptions" and
        StrideW=1.
        A custom operator's `fields` are its FlexBuffer.
        """
        self._operators.append((name, inputs, outputs, table, fields))

    def build(self, inputs, outputs) -> bytes:
        """Return a .tflite file with all tensors and operators added so far."""
        builder = flatbuffers.Builder(1 << 16)
        buffers = [self._table(builder, "Buffer")]
        parts = [(self, inputs, outputs)]
        if self._initial:
            parts.append((self._initialiser(), [], []))
        parts += self._called
        names = list(dict.fromkeys(operator[0] for part, _, _ in parts for operator in part._operators))
        codes = [self._code(builder, name) for name in names]
        subgraphs = [part._subgraph(builder, buffers, names, *ports) for part, *ports in parts]
        model = self._table(
            builder,
            "Model",
            Version=3,
            OperatorCodes=self._offsets(builder, codes),
            Subgraphs=self._offsets(builder, subgraphs),
            Buffers=self._offsets(builder, buffers),
        )
        builder.Finish(model, b"TFL3")
        return bytes(builder.Output())

    def _initialiser(self) -> "ModelBuilder":
        part = ModelBuilder()
        for name, shape, dtype, scale, zero_point, data in self._initial:
            part.operator(
                "ASSIGN_VARIABLE", [part.variable(name), part.tensor(shape, dtype, scale, zero_point, data=data)], []
            )
        return part

    def _subgraph(self, builder, buffers, names, inputs, outputs) -> int:
        tensors = [
            self._tensor(builder, buffers, *tensor, index in self._states, self.signatures.get(index))
            for index, tensor in enumerate(self._tensors)
        ]
        operators = [self._operator(builder, names, *operator) for operator in self._operators]
        return self._table(
            builder,
            "SubGraph",
            Tensors=self._offsets(builder, tensors),
            Operators=self._offsets(builder, operators),
            Inputs=builder.CreateNumpyVector(np.array(inputs, np.int32)),
            Outputs=builder.CreateNumpyVector(np.array(outputs, np.int32)),
        )

    @staticmethod
    def _table(builder, kind, **fields) -> int:
        getattr(tflite, f"{kind}Start")(builder)
        for name, value in fields.items():
            if value is not None:
                getattr(tflite, f"{kind}Add{name}")(builder, value)
        return getattr(tflite, f"{kind}End")(builder)

    @staticmethod
    def _offsets(builder, offsets) -> int:
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()

    @staticmethod
    def _bytes(builder, data: bytes) -> int:
        builder.StartVector(1, len(data), 16)
        builder.head -= len(data)
        builder.Bytes[builder.head : builder.head + len(data)] = data
        return builder.EndVector()

    def _tensor(self, builder, buffers, shape, dtype, quantisation, data, name, state, signature) -> int:
        buffer = 0
        if data is not None:
            buffers.append(self._table(builder, "Buffer", Data=self._bytes(builder, data.tobytes())))
            buffer = len(buffers) - 1
        parameters = None
        if quantisation is not None:
            scales, points, dimension = quantisation
            parameters = self._table(
                builder,
                "QuantizationParameters",
                Scale=builder.CreateNumpyVector(scales),
                ZeroPoint=builder.CreateNumpyVector(np.ascontiguousarray(points)),
                QuantizedDimension=dimension,
            )
        return self._table(
            builder,
            "Tensor",
            Name=builder.CreateString(name),
            Type=_TYPES[dtype],
            Buffer=buffer,
            Shape=builder.CreateNumpyVector(np.array(shape, np.int32)),
            Quantization=parameters,
            IsVariable=state or None,
            ShapeSignature=signature and builder.CreateNumpyVector(np.array(signature, np.int32)),
        )

    def _code(self, builder, name) -> int:
        code = getattr(tflite.BuiltinOperator, name, tflite.BuiltinOperator.CUSTOM)
        custom = next((key for key, operator in CUSTOM.items() if operator == name), None)
        return self._table(
            builder,
            "OperatorCode",
            DeprecatedBuiltinCode=min(code, 127),
            BuiltinCode=code,
            Version=self.versions.get(name, 1),
            CustomCode=custom and builder.CreateString(custom),
        )

    def _operator(self, builder, names, name, inputs, outputs, table, fields) -> int:
        options = custom = None
        if name in CUSTOM.values():
            custom = self._bytes(builder, bytes(flexbuffers.Dumps(fields)))
        elif table:
            values = {
                key: builder.CreateNumpyVector(np.array(value, np.int32))
                if isinstance(value, list)
                else builder.CreateString(value)
                if isinstance(value, str)
                else value
                for key, value in fields.items()
            }
            options = self._table(builder, table, **values)
        return self._table(
            builder,
            "Operator",
            OpcodeIndex=names.index(name),
            Inputs=builder.CreateNumpyVector(np.array(inputs, np.int32)),
            Outputs=builder.CreateNumpyVector(np.array(outputs, np.int32)),
            BuiltinOptionsType=getattr(tflite.BuiltinOptions, table) if table else 0,
            BuiltinOptions=options,
            CustomOptions=custom,
        )
