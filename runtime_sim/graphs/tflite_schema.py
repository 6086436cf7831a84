"""The parts of the TFLite schema (version 3) that the graph reader needs.

Source: tensorflow/compiler/mlir/lite/schema/schema.fbs. Each operator's file in ops/ describes its own options as an
`Options` table.
"""

from typing import NamedTuple

import numpy as np

IDENTIFIER = b"TFL3"
VERSION = 3

# TensorType. Types that are not used on watches (strings, complex numbers, int4 and others) are not listed.
DTYPES: dict[int, np.dtype] = {
    0: np.dtype("<f4"),
    1: np.dtype("<f2"),
    2: np.dtype("<i4"),
    3: np.dtype("u1"),
    4: np.dtype("<i8"),
    6: np.dtype("bool"),
    7: np.dtype("<i2"),
    9: np.dtype("i1"),
    10: np.dtype("<f8"),
    12: np.dtype("<u8"),
    13: np.dtype("<i4"),  # the handle of a resource variable
    15: np.dtype("<u4"),
}

PADDINGS = {0: "SAME", 1: "VALID"}
ACTIVATIONS = {0: "NONE", 1: "RELU", 2: "RELU_N1_TO_1", 3: "RELU6"}

# BuiltinOperator by number. Operators added later (StableHLO) are not listed, so messages show their numbers.
OPERATORS = [
    "ADD",
    "AVERAGE_POOL_2D",
    "CONCATENATION",
    "CONV_2D",
    "DEPTHWISE_CONV_2D",
    "DEPTH_TO_SPACE",
    "DEQUANTIZE",
    "EMBEDDING_LOOKUP",
    "FLOOR",
    "FULLY_CONNECTED",
    "HASHTABLE_LOOKUP",
    "L2_NORMALIZATION",
    "L2_POOL_2D",
    "LOCAL_RESPONSE_NORMALIZATION",
    "LOGISTIC",
    "LSH_PROJECTION",
    "LSTM",
    "MAX_POOL_2D",
    "MUL",
    "RELU",
    "RELU_N1_TO_1",
    "RELU6",
    "RESHAPE",
    "RESIZE_BILINEAR",
    "RNN",
    "SOFTMAX",
    "SPACE_TO_DEPTH",
    "SVDF",
    "TANH",
    "CONCAT_EMBEDDINGS",
    "SKIP_GRAM",
    "CALL",
    "CUSTOM",
    "EMBEDDING_LOOKUP_SPARSE",
    "PAD",
    "UNIDIRECTIONAL_SEQUENCE_RNN",
    "GATHER",
    "BATCH_TO_SPACE_ND",
    "SPACE_TO_BATCH_ND",
    "TRANSPOSE",
    "MEAN",
    "SUB",
    "DIV",
    "SQUEEZE",
    "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "STRIDED_SLICE",
    "BIDIRECTIONAL_SEQUENCE_RNN",
    "EXP",
    "TOPK_V2",
    "SPLIT",
    "LOG_SOFTMAX",
    "DELEGATE",
    "BIDIRECTIONAL_SEQUENCE_LSTM",
    "CAST",
    "PRELU",
    "MAXIMUM",
    "ARG_MAX",
    "MINIMUM",
    "LESS",
    "NEG",
    "PADV2",
    "GREATER",
    "GREATER_EQUAL",
    "LESS_EQUAL",
    "SELECT",
    "SLICE",
    "SIN",
    "TRANSPOSE_CONV",
    "SPARSE_TO_DENSE",
    "TILE",
    "EXPAND_DIMS",
    "EQUAL",
    "NOT_EQUAL",
    "LOG",
    "SUM",
    "SQRT",
    "RSQRT",
    "SHAPE",
    "POW",
    "ARG_MIN",
    "FAKE_QUANT",
    "REDUCE_PROD",
    "REDUCE_MAX",
    "PACK",
    "LOGICAL_OR",
    "ONE_HOT",
    "LOGICAL_AND",
    "LOGICAL_NOT",
    "UNPACK",
    "REDUCE_MIN",
    "FLOOR_DIV",
    "REDUCE_ANY",
    "SQUARE",
    "ZEROS_LIKE",
    "FILL",
    "FLOOR_MOD",
    "RANGE",
    "RESIZE_NEAREST_NEIGHBOR",
    "LEAKY_RELU",
    "SQUARED_DIFFERENCE",
    "MIRROR_PAD",
    "ABS",
    "SPLIT_V",
    "UNIQUE",
    "CEIL",
    "REVERSE_V2",
    "ADD_N",
    "GATHER_ND",
    "COS",
    "WHERE",
    "RANK",
    "ELU",
    "REVERSE_SEQUENCE",
    "MATRIX_DIAG",
    "QUANTIZE",
    "MATRIX_SET_DIAG",
    "ROUND",
    "HARD_SWISH",
    "IF",
    "WHILE",
    "NON_MAX_SUPPRESSION_V4",
    "NON_MAX_SUPPRESSION_V5",
    "SCATTER_ND",
    "SELECT_V2",
    "DENSIFY",
    "SEGMENT_SUM",
    "BATCH_MATMUL",
    "-",
    "CUMSUM",
    "CALL_ONCE",
    "BROADCAST_TO",
    "RFFT2D",
    "CONV_3D",
    "IMAG",
    "REAL",
    "COMPLEX_ABS",
    "HASHTABLE",
    "HASHTABLE_FIND",
    "HASHTABLE_IMPORT",
    "HASHTABLE_SIZE",
    "REDUCE_ALL",
    "CONV_3D_TRANSPOSE",
    "VAR_HANDLE",
    "READ_VARIABLE",
    "ASSIGN_VARIABLE",
    "BROADCAST_ARGS",
    "RANDOM_STANDARD_NORMAL",
    "BUCKETIZE",
    "RANDOM_UNIFORM",
    "MULTINOMIAL",
    "GELU",
    "DYNAMIC_UPDATE_SLICE",
]

# Custom operators by the code in the file.
CUSTOM = {
    "CIRCULAR_BUFFER": "CIRCULAR_BUFFER",
    "SignalDelay": "SIGNAL_DELAY",
    "SignalEnergy": "SIGNAL_ENERGY",
    "SignalFftAutoScale": "SIGNAL_FFT_AUTO_SCALE",
    "SignalFilterBank": "SIGNAL_FILTER_BANK",
    "SignalFilterBankLog": "SIGNAL_FILTER_BANK_LOG",
    "SignalFilterBankSpectralSubtraction": "SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION",
    "SignalFilterBankSquareRoot": "SIGNAL_FILTER_BANK_SQUARE_ROOT",
    "SignalFramer": "SIGNAL_FRAMER",
    "SignalIrfft": "SIGNAL_IRFFT",
    "SignalOverlapAdd": "SIGNAL_OVERLAP_ADD",
    "SignalPCAN": "SIGNAL_PCAN",
    "SignalRfft": "SIGNAL_RFFT",
    "SignalStacker": "SIGNAL_STACKER",
    "SignalWindow": "SIGNAL_WINDOW",
    "TFLite_Detection_PostProcess": "DETECTION_POSTPROCESS",
}


# The options that are numbers of subgraphs. When a file is read, the graphs replace the numbers.
CALLS = {"IF": ("then", "else"), "WHILE": ("condition", "body")}


class Field(NamedTuple):
    """A field of an options table: vtable slot, kind ("i32", "f32", "bool", "padding", "activation") and default."""

    slot: int
    kind: str
    default: int | float | bool = 0


class Options(NamedTuple):
    """An operator's options table: its number in the union BuiltinOptions, and its fields by name."""

    union: int
    fields: dict[str, Field]


class CustomOptions(NamedTuple):
    """The options of a custom operator in a FlexBuffer map: `names` of integers, all of which must be present.

    If there are `defaults`, they are the options instead, integers or floats, and other entries are ignored.
    """

    names: tuple[str, ...] = ()
    defaults: dict[str, int | float] = {}


def operator_name(code: int) -> str:
    """Return the schema's name for a BuiltinOperator number, or "BUILTIN_<code>" if it is not listed."""
    return OPERATORS[code] if 0 <= code < len(OPERATORS) else f"BUILTIN_{code}"
