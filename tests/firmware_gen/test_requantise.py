"""Compare requantisation in float64, as used by convolutions, with its definition in integers."""

import numpy as np
import pytest

from tests.operators.draw import Draw
from ticktalk.runtime_sim.arithmetic.fixed_point import (
    activation_range,
    multiply_by_quantized_multiplier,
    quantize_multipliers,
)
from ticktalk.runtime_sim.graphs.node import Node
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.ops.shared.requantise import OutputStage


def dense(zero_point: int):
    """Return a FULLY_CONNECTED operator and its output tensor, which has this zero point."""
    draw = Draw(1)
    source, target = (
        draw.activation_tensor((1, 1), scale=0.1),
        draw.activation_tensor((1, 1), scale=0.1, zero_point=zero_point),
    )
    weights = draw.model.tensor((1, 1), scale=[0.1], data=[[1]])
    draw.model.operator("FULLY_CONNECTED", [source, weights], [target], "FullyConnectedOptions", KeepNumDims=True)
    graph = load_graph(draw.finish([source], [target]))
    return Node(graph.operators[0], graph), graph.tensors[target]


def sums_near_the_steps(rng, factors, reach) -> np.ndarray:
    """Return int64 accumulators [n, channels].

    The values are near the points where the result changes, near 0, and at the limits.
    """
    steps = rng.integers(-258, 258, (400, 1)) - rng.choice([0.0, 0.5, 0.5, 0.5], (400, 1))
    near = np.rint(steps / factors) + rng.integers(-2, 3, (400, len(factors)))
    small = np.broadcast_to(np.arange(-40, 41)[:, None], (81, len(factors)))
    ends = np.broadcast_to(np.array([[-1], [1]]) * reach, (2, len(factors)))
    return np.clip(np.concatenate([near, small, ends]), -reach, reach).astype(np.int64)


@pytest.mark.parametrize("activation", ["NONE", "RELU"])
@pytest.mark.parametrize("seed", range(40))
def test_float64_rounds_as_the_integers_do(seed, activation):
    rng = np.random.default_rng(seed)
    node, target = dense(int(rng.choice([-128, 127, 0, 5])))
    exponents = (
        rng.uniform(-20, 2, 64) if seed % 4 else rng.integers(-19, 3, 64)
    )  # powers of two produce every possible tie
    factors, reach = 2.0**exponents, np.full(64, 1 << int(rng.integers(10, 20)))
    bias = rng.integers(-reach, reach, 64, endpoint=True).astype(np.int32) if seed % 3 else np.zeros(64, np.int32)
    stage = OutputStage(node, target, factors, bias, activation)
    assert stage._floats_are_exact(reach)
    sums = sums_near_the_steps(rng, factors, reach) - bias
    sums = np.clip(sums, -reach, reach)
    expected = multiply_by_quantized_multiplier(sums + bias, *quantize_multipliers(factors)) + target.zero_point
    limits = activation_range(activation, target.scale, target.zero_point, target.dtype)
    values = stage.finish(reach)(sums.astype(stage.float_type(reach)))
    assert values.dtype == np.int8 and np.array_equal(values, np.clip(expected, *limits))


@pytest.mark.parametrize(
    ("factor", "reach"), [(2.0**-13, 1 << 22), (2.0**-22, 1000), (2.0**20, 1 << 12), (0.9, 1 << 31)]
)
def test_where_float64_could_differ_integers_are_used(factor, reach):
    node, target = dense(3)
    stage = OutputStage(node, target, np.array([factor]), np.array([77], np.int32), "NONE")
    assert not stage._floats_are_exact(np.array([reach]))
    sums = np.random.default_rng(1).integers(-reach, reach, (999, 1))
    accumulators = (sums + 77).astype(np.int32)  # may wrap around
    expected = multiply_by_quantized_multiplier(accumulators, *quantize_multipliers([factor])) + 3
    assert np.array_equal(stage.finish(np.array([reach]))(sums.astype(np.float64)), np.clip(expected, -128, 127))
