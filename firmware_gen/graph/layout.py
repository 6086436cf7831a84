"""Where the tensors of a graph are stored. See storage.py."""

from dataclasses import dataclass, field

from ticktalk.firmware_gen.graph.memory_plan import MemoryPlan


@dataclass(frozen=True)
class Layout:
    """The layout of the arena and of the state.

    `offsets` maps tensor indices, and `scratch` operator indices, to byte offsets in the arena. `plan` is the memory
    plan. `state` maps the variables and their views to byte offsets in the state, which has `state_bytes` bytes.
    """

    offsets: dict[int, int]
    scratch: dict[int, int]
    plan: MemoryPlan
    state: dict[int, int] = field(default_factory=dict)
    state_bytes: int = 0
