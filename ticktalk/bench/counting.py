"""Count the instructions of a run by purpose and class, using the QEMU plugin in plugin.c."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ticktalk.bench.classes import class_of
from ticktalk.bench.cycles import TABLES, cycles_of_block, refill_of_block
from ticktalk.bench.machine import powered
from ticktalk.bench.symbols import Symbol, functions, instructions
from ticktalk.boards.board import Board
from ticktalk.boards.board_tables import FlashTiming
from ticktalk.boards.errors import DeviceError
from ticktalk.system import processes

OUTSIDE, TRACE, FIRST = 0, 1, 2  # bucket numbers, which must match plugin.c


@dataclass
class Work:
    """The work counted in one bucket. `cycles` is None if there is no timing table for the core.

    `waits` is how often the core waited for flash, for instructions and for data.
    """

    instructions: int = 0
    cycles: int | None = None
    classes: dict[str, int] = field(default_factory=dict)
    functions: dict[str, int] = field(default_factory=dict)
    waits: tuple[int, int] = (0, 0)

    def add(self, other: "Work") -> None:
        """Add the figures of another bucket."""
        self.instructions += other.instructions
        self.waits = self.waits[0] + other.waits[0], self.waits[1] + other.waits[1]
        if other.cycles is not None:
            self.cycles = (self.cycles or 0) + other.cycles
        for mine, theirs in ((self.classes, other.classes), (self.functions, other.functions)):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count


def count(
    elf: Path, board: Board, graphs: dict[str, int], run: Callable, folder: Path, timing: FlashTiming | None = None
) -> list[Work]:
    """Call `run(console)` with the firmware in `elf`, and return the work in each bucket (see plugin.c).

    `graphs` maps each graph's name, as in the names of its C functions, to the number of tensors that its operators
    write, in the order of the buckets. `timing` describes the flash whose caches are simulated, if it has any.
    """
    symbols = functions(elf)
    plugin, told = _compiled(folder), folder / "counts"
    arguments = [f"out={told}"]
    arguments += [
        f"{key}={symbols[name].first:x}"
        for key, name in (("start", "counter_start"), ("pause", "counter_pause"), ("resume", "counter_resume"))
        if name in symbols
    ]
    arguments += [f"hook={symbols[name].range}" for name in ("tt_trace", "counter_sample") if graphs]
    arguments += [
        f"graph={(symbols.get(f'{name}_push') or symbols[f'{name}_invoke']).range}:{tensors}"
        for name, tensors in graphs.items()
    ]
    if timing and timing.cached:
        flash, lines = board.flash, f"{timing.instruction_lines}:{timing.data_lines}"
        area = f"{flash.address:x}-{flash.end:x}"
        arguments.append(f"flash={area}:{timing.line_bytes}:{4 * timing.line_bytes}:{lines}")
    with powered(
        elf.with_suffix(".bin"), board, ("-plugin", ",".join([str(plugin), *arguments])), exact=False
    ) as console:
        run(console)
    return _read(told, FIRST + sum(graphs.values()), symbols, instructions(elf, board.core), board.core)


def _compiled(folder: Path) -> Path:
    """Compile the plugin for this machine."""
    result = folder / "plugin.so"
    done = processes.run(
        ["cc", "-O2", "-shared", "-fPIC", "-o", str(result), str(Path(__file__).with_name("plugin.c"))],
        tree=True,
        text=True,
    )
    if done.returncode:
        raise DeviceError(
            f"the counting plugin could not be compiled: {(done.stderr.strip().splitlines() or ['no message'])[0]}"
        )
    return result


def _read(told: Path, buckets: int, symbols: dict[str, Symbol], listing: dict, core: str) -> list[Work]:
    lines = told.read_text(encoding="ascii").splitlines() if told.is_file() else []
    if not lines or lines[-1] != "end":
        raise DeviceError("QEMU exited without writing the plugin's counts; use a QEMU built with TCG plugins")
    names = _NameOf(symbols)
    works = [Work(cycles=0 if core in TABLES else None) for _ in range(buckets)]
    for line in lines[:-1]:
        kind, *values = line.split()
        if kind == "block":
            block = _Block(int(values[0], 16), [int(size) for size in values[1:]], listing, core)
            function = names.of(block.address)
            continue
        if kind == "waited":
            bucket, fetches, reads = map(int, values)
            works[bucket].add(Work(waits=(fetches, reads)))
            continue
        bucket, times, taken = map(int, values)
        cycles = None if block.cycles is None else times * block.cycles + taken * block.refill
        works[bucket].add(
            Work(
                times * block.count,
                cycles,
                {name: times * n for name, n in block.classes.items()},
                {function: times * block.count},
            )
        )
    return works


class _Block:
    """The cost of executing a translated block once."""

    def __init__(self, address: int, sizes: list[int], listing: dict, core: str):
        self.address, self.count, found, at = address, len(sizes), [], address
        for size in sizes:
            found.append(listing[at])
            at += size
        self.cycles = cycles_of_block(found, core) if core in TABLES else None
        self.refill = refill_of_block(found)
        self.classes: dict[str, int] = {}
        for each in found:
            name = class_of(each.mnemonic)
            self.classes[name] = self.classes.get(name, 0) + 1


class _NameOf:
    """Looks up the name of the function at an address."""

    def __init__(self, symbols: dict[str, Symbol]):
        self._sorted = sorted(symbols.values(), key=lambda symbol: symbol.first)
        self._firsts = [symbol.first for symbol in self._sorted]

    def of(self, address: int) -> str:
        """Return the function's name, or "?" if there is none."""
        at = bisect_right(self._firsts, address) - 1
        return self._sorted[at].name if at >= 0 and address < self._sorted[at].end else "?"
