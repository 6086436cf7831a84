"""ADD and SUB, computed at a common scale with 20 bits of headroom for int8 and 15 for int16.

See runtime_sim/ops/shared/sums.py."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ticktalk.firmware_gen.graph.kernel import Constant, Function, Input, Kernel, Output
from ticktalk.firmware_gen.kernels.dense.linear import linear_form
from ticktalk.firmware_gen.kernels.shared import binary
from ticktalk.runtime_sim.arithmetic.fixed_point import (
    activation_range,
    multiply_by_quantized_multiplier,
    quantize_multiplier,
)
from ticktalk.runtime_sim.graphs.node import Node

HALF = (1 << 30, 0)  # the factor of the operand with the greater scale: exactly 1/2
_ROOM = 1 << 30  # exclusive limit on the offset inside the fast form
_VALUES = np.arange(-128, 128, dtype=np.int64)


def kernel(node: Node, sign: str, isa: str) -> Kernel:
    """Compile x1 + x2 or x1 - x2. `sign` is "+" or "-"."""
    total = Sum.of(node, sign)
    if total.equal(isa):
        arguments = (Input(0), Input(1), node.output(0).size, total.constants(isa), Output(0))
        return Kernel((total.function(isa),), arguments, total.formula, in_place=(0, 1))
    context = {
        "sign": sign,
        "zeros": total.zeros,
        "low": total.low,
        "high": total.high,
        "factors": total.factors,
        "outer": total.outer,
        "half": HALF,
        "headroom": total.headroom,
    }
    return binary.kernel(node, "shared/sum.c.j2", context, total.formula)


@dataclass(frozen=True)
class Sum:
    """The parameters of x1 + x2 or x1 - x2.

    `zeros` are the zero points of both operands and the result. `factors` are the (multiplier, shift) of both operands,
    and `outer` is that of the result. `headroom` is in bits. Results are clamped to the range from `low` to `high`.
    `alike` is true if both operands are int8 and have equal shapes. `slopes` are the changes of the result per unit of
    each operand.
    """

    sign: str
    zeros: tuple[int, int, int]
    factors: tuple[tuple[int, int], tuple[int, int]]
    outer: tuple[int, int]
    headroom: int
    low: int
    high: int
    alike: bool
    slopes: tuple[float, float]
    formula: str

    @classmethod
    def of(cls, node: Node, sign: str) -> "Sum":
        """Return the parameters of the operator of `node`."""
        first, second, target = binary.operands(node)
        scales = np.float64(first.scale), np.float64(second.scale)
        top = 2 * max(scales)
        headroom = 20 if target.dtype == np.int8 else 15
        formula = (
            f"y = clamp({target.zero_point} + ((x1 - {first.zero_point}) * {scales[0]:.6g} "
            f"{sign} (x2 - {second.zero_point}) * {scales[1]:.6g}) / {target.scale:.6g})"
        )
        return cls(
            sign,
            (first.zero_point, second.zero_point, target.zero_point),
            (quantize_multiplier(scales[0] / top), quantize_multiplier(scales[1] / top)),
            quantize_multiplier(top / ((1 << headroom) * np.float64(target.scale))),
            headroom,
            *activation_range(node.option("activation"), target.scale, target.zero_point, target.dtype),
            target.dtype == np.int8 and first.shape == second.shape,
            (float(scales[0] / target.scale), float(scales[1] / target.scale) * (1 if sign == "+" else -1)),
            formula,
        )

    def equal(self, isa: str) -> bool:
        """Return whether shared/sum_equal.c.j2 or shared/sum_mve.c.j2 can compute the sum.

        The limits for DSP instructions are explained in graph/requantise.py.
        """
        quick = all(factor == HALF or -22 <= factor[1] < 0 for factor in self.factors) and -22 <= self.outer[1] < 0
        return self.alike and (isa in ("portable", "mve") or quick or self.linear is not None)

    def function(self, isa: str) -> Function:
        """Return the function. The parameters of the function are (x1, x2, count, sum, y)."""
        context: dict[str, object] = {"linear": self.linear is not None, "low": self.low, "high": self.high}
        if self.linear:
            return Function("shared/sum_mve.c.j2" if isa == "mve" else "shared/sum_equal.c.j2", "sum", context)
        context["sign"] = self.sign
        hint = {"+": "add", "-": "subtract"}[self.sign]
        if isa == "mve":
            return Function(
                "shared/sum_mve.c.j2",
                hint,
                context | {"ways": tuple(_way(*factor) for factor in (*self.factors, self.outer))},
            )
        if isa != "portable":
            context |= {
                "scaling": self._scaling,
                "half_first": self._half == 0,
                "apart": self._scaling and not self._folds,
            }
        return Function("shared/sum_equal.c.j2", hint, context)

    def constants(self, isa: str) -> Constant:
        """Return the array of constants for the function's parameter `sum`."""
        if self.linear:
            a, b, c, shift = self.linear
            return Constant("sum", np.array([a, b, c, shift - 1], np.int32))
        return Constant("sum", np.array(self._general() if isa in ("portable", "mve") else self._quick(), np.int32))

    @cached_property
    def linear(self) -> tuple[int, int, int, int] | None:
        """The linear form (a, b, c, s) of dense/linear.py, or None if there is none or `alike` is false."""
        if not self.alike:
            return None
        first, second = (
            multiply_by_quantized_multiplier((_VALUES - zero) << self.headroom, *factor)
            for zero, factor in zip(self.zeros, self.factors)
        )
        sums = np.add.outer(first, second if self.sign == "+" else -second)
        results = np.clip(multiply_by_quantized_multiplier(sums, *self.outer) + self.zeros[2], self.low, self.high)
        return linear_form(self.slopes, results, self.low, self.high)

    def _general(self) -> list[int]:
        ways = (*self.factors, self.outer)
        return [number for zero, way in zip(self.zeros, ways) for number in (zero, *way)]

    def _quick(self) -> list[int]:
        """Return the constants for the form in graph/requantise.py.

        Zero points are stored at the scale at which they are subtracted.
        """
        multiplier, shift = self.outer
        out = [(2 * self.zeros[2] + 1) << (-shift - 1), multiplier, -shift - 1]
        if not self._scaling:
            return [*out, (self.zeros[0] + self.zeros[1] if self.sign == "+" else self.zeros[0] - self.zeros[1]) << 19]
        multiplier, shift = self.factors[1 - self._half]
        inner = [self.zeros[1 - self._half] << 21, multiplier, -shift]
        rounding = 1 << (-shift - 1)
        return (
            [*out, *inner, rounding + self._fold]
            if self._folds
            else [*out, *inner, rounding, self.zeros[self._half] << 19]
        )

    @property
    def _scaling(self) -> bool:
        """Whether one operand has a factor other than 1/2."""
        return self.factors != (HALF, HALF)

    @property
    def _half(self) -> int:
        """The index of the operand whose factor is exactly 1/2."""
        return self.factors.index(HALF)

    @property
    def _fold(self) -> int:
        """The zero point of the halved operand, as a term of the constant added before the other operand is shifted."""
        zero = self.zeros[self._half] << (19 - self.factors[1 - self._half][1])
        return -zero if self.sign == "+" else zero

    @property
    def _folds(self) -> bool:
        """Whether the constant can include `_fold` without overflow."""
        return abs(self._fold) < _ROOM


def _way(multiplier: int, shift: int) -> str:
    """Return the name of the scaling in tt_mve.h to use."""
    return "half" if (multiplier, shift) == HALF else "down" if shift < 0 else "any"
