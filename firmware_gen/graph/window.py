"""The window of a convolution or pooling operator over NHWC tensors."""

from dataclasses import dataclass

from ticktalk.firmware_gen.graph.kernel import ABOVE
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.node import Node


@dataclass(frozen=True)
class Window:
    """The sizes of the input (`in_...`), the output (`out_...`) and the window, with strides, dilation and padding.

    `top` and `left` are the numbers of padding rows above the input and of padding columns to its left.
    """

    batches: int
    in_height: int
    in_width: int
    in_channels: int
    out_height: int
    out_width: int
    out_channels: int
    height: int
    width: int
    stride_h: int
    stride_w: int
    dilation_h: int
    dilation_w: int
    top: int
    left: int

    @property
    def positions(self) -> int:
        """The number of window positions."""
        return self.batches * self.out_height * self.out_width

    @property
    def taps(self) -> int:
        """The number of window elements per channel."""
        return self.height * self.width

    @property
    def bottom(self) -> int:
        """The number of rows below the input that the last windows reach, negative if they leave input rows unread."""
        return (
            (self.out_height - 1) * self.stride_h - self.top + (self.height - 1) * self.dilation_h + 1 - self.in_height
        )

    @property
    def right(self) -> int:
        """Like `bottom`, but for the columns to the right of the input."""
        return (self.out_width - 1) * self.stride_w - self.left + (self.width - 1) * self.dilation_w + 1 - self.in_width

    @property
    def padded(self) -> bool:
        """Whether a tap falls outside the input at any position."""
        return max(self.top, self.left, self.bottom, self.right) > 0

    @property
    def step(self) -> int | None:
        """The stride between positions, in elements, or None if it varies or a tap falls outside the input."""
        one_row = self.batches * self.out_height == 1
        rows_join = self.stride_h == 1 and self.height == 1 and self.out_width * self.stride_w == self.in_width
        return self.stride_w * self.in_channels if not self.padded and (one_row or rows_join) else None

    @property
    def run(self) -> bool:
        """Whether the taps of a position are consecutive elements, assuming that none falls outside the input."""
        return self.height == 1 and (self.width == 1 or self.dilation_w == 1)


def window(node: Node, source: Tensor, target: Tensor, height: int, width: int) -> Window:
    """Return the window of a convolution or pooling operator, with strides, dilation and padding from its options.

    Pooling operators have no dilation.
    """
    options = node.operator.options
    batches, in_height, in_width, in_channels = source.shape
    _, out_height, out_width, out_channels = target.shape
    stride_h, stride_w = options["stride_h"], options["stride_w"]
    dilation_h, dilation_w = options.get("dilation_h", 1), options.get("dilation_w", 1)

    def before(extent: int, out: int, stride: int, reach: int) -> int:
        """Return the padding before the first element: for SAME, half of the total, rounded down."""
        return 0 if options["padding"] == "VALID" else max((out - 1) * stride + reach - extent, 0) // 2

    return Window(
        batches, in_height, in_width, in_channels, out_height, out_width, out_channels,
        height, width, stride_h, stride_w, dilation_h, dilation_w,
        options.get(ABOVE, before(in_height, out_height, stride_h, (height - 1) * dilation_h + 1)),
        before(in_width, out_width, stride_w, (width - 1) * dilation_w + 1),
    )  # fmt: skip
