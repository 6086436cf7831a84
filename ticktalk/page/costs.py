"""The cost of a voice on boards, for a page: verdicts, memory maps, the time line of a tick, and work by operator.

costs = Costs(load_voice("voices/heart-nano"), pack)
costs.on(load_board("pico"))
"""

from collections.abc import Sequence
from functools import cached_property

from ticktalk.boards.board import Board
from ticktalk.firmware_gen.burst import by_operator
from ticktalk.firmware_gen.graph.schedule import ROWS
from ticktalk.firmware_gen.project.device import stack_bytes
from ticktalk.fit.demand import Demand, packs
from ticktalk.fit.fit import BATTERY_MAH, Fit, fit
from ticktalk.runtime_sim.voice import Voice

_WIDTH = 1000  # of a picture
KEEPS_UP, SLOW, UNKNOWN, NO = "keeps up", "slower than speech", "fits, speed unknown", "does not fit"


class Costs:
    """The cost of one voice. The library is generated once per instruction set."""

    def __init__(self, voice: Voice):
        self._voice = voice
        self._demands: dict[str, Demand] = {}

    def fit(self, board: Board) -> Fit:
        """Return the estimate for a board."""
        return fit(self._demand(board), board, self._packs)

    def row(self, board: Board) -> dict:
        """Return one line about a board: whether the voice fits, and whether the board is fast enough."""
        found = self.fit(board)
        factor, verdict = found.factor, UNKNOWN
        if found.problem:
            verdict = NO
        elif factor is not None:
            verdict = KEEPS_UP if factor <= 1 else SLOW
        return {
            "name": board.name,
            "title": board.title,
            "core": f"{board.core.removeprefix('cortex-').upper()}, {board.clock_hz / 1e6:.0f} MHz",
            "emulated": board.qemu is not None,
            "verdict": verdict,
            "problem": found.problem,
            "factor": factor,
            "start": found.start,
            "whole": board.uart is not None,
            "pack": found.pack,
        }

    def on(self, board: Board, built: dict | None = None) -> dict:
        """Return all facts about a board. `built` is the report of built firmware; its sizes are shown."""
        found, demand = self.fit(board), self._demand(board)
        told = self.row(board) | {
            "flash": found.flash,
            "flash_limit": found.flash_limit,
            "ram": found.ram,
            "ram_limit": found.ram_limit,
            "first": found.first,
            "before": found.before and found.before / self._voice.manifest["sample_rate"],
            "seconds": found.longest,
            "charge": found.charge_uah,
            "hours": found.hours,
            "battery": BATTERY_MAH,
            "measured": built is not None,
            "tick": self._tick(board),
            "work": self._work(board),
        }
        if built is not None:
            told |= {
                "flash": built["flash_bytes"],
                "ram": built["ram_bytes"],
                "pack": (built["text"] or {}).get("pack"),
            }
        sizes = {name: (flash, ram) for name, flash, ram in self._packs}
        pack_flash, pack_ram = sizes.get(told["pack"], (0, 0))
        weights = sum(graph["weight_bytes"] + graph["bias_bytes"] for graph in demand.library.graphs.values())
        code = told["flash"] - demand.library.constants - pack_flash
        flash = [
            ("weights", weights),
            ("tables", demand.library.constants - weights),
            ("language pack", pack_flash),
            ("code of the firmware" if built is not None else "code (estimated)", code),
        ]
        stack = stack_bytes(library=False, text=told["pack"] is not None)
        queue = 2 * board.sound.queue if board.sound else 0
        ram = [
            ("graphs and vocoder", demand.library.memory),
            ("language pack", pack_ram),
            ("queue of samples", queue),
            ("stack", stack),
        ]
        rest = told["ram"] - sum(size for _, size in ram)
        ram.append(("rest of the firmware" if built is not None else "rest (estimated)", rest))
        maps = [("Flash", flash, told["flash_limit"]), ("RAM", ram, told["ram_limit"])]
        return told | {"maps": [{"name": name, "parts": memory_map(parts, limit)} for name, parts, limit in maps]}

    def _demand(self, board: Board) -> Demand:
        if board.isa not in self._demands:
            self._demands[board.isa] = Demand.of(self._voice, board.isa)
        return self._demands[board.isa]

    @cached_property
    def _packs(self) -> list[tuple[str, int, int]]:
        return packs(self._voice)

    def _tick(self, board: Board) -> dict | None:
        """Return the time line of a tick: the maximum computing time, next to the duration of the resulting speech."""
        demand = self._demand(board)
        burst, per_instruction = demand.burst, demand.cycles_per_instruction(board)
        if burst is None or per_instruction is None:
            return None
        per_ms = board.clock_hz / 1e3 / per_instruction
        sound = 1e3 * burst.rows * burst.hop / burst.sample_rate
        parts = [
            ("frame graph", burst.frame / per_ms),
            *[(f"vocoder, frame {number + 1}", burst.vocoder / per_ms) for number in range(burst.rows)],
            ("phoneme graph, in some ticks", burst.phoneme / per_ms),
        ]
        whole = max(sound, sum(ms for _, ms in parts))
        return {
            "sound": sound,
            "sound_width": round(_WIDTH * sound / whole, 1),
            "whole": whole,
            "frames": burst.rows,
            "parts": [
                {**part, "kind": kind}
                for part, kind in zip(_placed(parts, whole), ["part0", *["part1"] * burst.rows, "part2"])
            ],
            "times": [*parts[:1], (f"vocoder, {burst.rows} frames", burst.rows * parts[1][1]), parts[-1]],
        }

    def _work(self, board: Board) -> list[dict] | None:
        """Return the share of each kind of operator in the work."""
        found = by_operator(self._voice, self._demand(board).library, board.isa, ROWS)
        if found is None:
            return None
        whole = sum(found.values())
        return [{"name": name, "millions": count / 1e6, "share": count / whole} for name, count in found.items()]


def grouped(rows: Sequence[dict]) -> list[tuple[str, list[dict]]]:
    """Return the boards that are not emulated, grouped by verdict, best first."""
    real = [row for row in rows if not row["emulated"]] or rows
    groups = [
        (verdict, [row for row in real if row["verdict"] == verdict]) for verdict in (KEEPS_UP, SLOW, UNKNOWN, NO)
    ]
    return [(verdict, found) for verdict, found in groups if found]


def memory_map(parts: Sequence[tuple[str, int]], whole: int) -> list[dict]:
    """Return the non-empty parts of a memory map, and the free space."""
    parts = [(name, size) for name, size in parts if size]
    free = whole - sum(size for _, size in parts)
    return _placed([*parts, ("free", free)] if free > 0 else parts, max(whole, whole - free))


def _placed(parts: Sequence[tuple[str, float]], whole: float) -> list[dict]:
    """Return the parts of a bar that is _WIDTH units wide, each with its colour."""
    found, at = [], 0.0
    for number, (name, size) in enumerate(parts):
        found.append(
            {
                "kind": "free" if name == "free" else f"part{min(number, 5)}",
                "name": name,
                "size": size,
                "at": round(_WIDTH * at / whole, 1),
                "width": round(_WIDTH * size / whole, 1),
            }
        )
        at += size
    return found
