"""The resources that a voice needs on each instruction set: measured for bundled voices, interpolated for others."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from ticktalk.boards.board import Board
from ticktalk.bundled import voice_folder
from ticktalk.estimate import NEEDS
from ticktalk.firmware_gen.burst import Burst, weights_read
from ticktalk.firmware_gen.graph.schedule import ROWS
from ticktalk.firmware_gen.library import Library, voice_library
from ticktalk.firmware_gen.text.reading import reading_of
from ticktalk.runtime_sim.reading import packs_of
from ticktalk.runtime_sim.speech import utterances
from ticktalk.runtime_sim.voice import Voice, load_voice


@dataclass(frozen=True)
class Demand:
    """The resources that a voice's library needs on one instruction set.

    library: the generated library, at ROWS frames per tick.
    burst: limits of its calls, or None for graphs whose operators have no known cost.
    read_bytes: bytes of weights read per second of speech.
    """

    voice: Voice
    library: Library
    burst: Burst | None
    read_bytes: int

    @classmethod
    def of(cls, voice: Voice, isa: str) -> "Demand":
        """Generate the library of `voice` for an instruction set."""
        library = voice_library(voice, isa, "voice")
        return cls(voice, library, Burst.of(voice, library, isa, ROWS), weights_read(voice, library, ROWS))

    @classmethod
    def bundled(cls, name: str, isa: str) -> "Demand":
        """Generate the library of a bundled voice."""
        return cls.of(_bundled(name), isa)

    def cycles(self, board: Board) -> float | None:
        """Return the core's cycles per second of speech without flash wait states, or None if no core like the board's
        has been measured.

        For a voice that is not in NEEDS, the cycles are interpolated linearly between the two nearest measured voices,
        according to the multiply-adds of the frame graph.
        """
        measured = NEEDS.get(self.voice.manifest["name"])
        if measured is not None and self.voice.hash == _bundled(self.voice.manifest["name"]).hash:
            return measured.cycles(board)
        ends = [(_macs(_reference(name, board.isa)), need.cycles(board)) for name, need in NEEDS.items()]
        known = sorted((macs, cycles) for macs, cycles in ends if cycles is not None)
        return _line(known, _macs(self.library)) if known else None

    def cycles_per_instruction(self, board: Board) -> float | None:
        """Return the voice's measured cycles per instruction on the board's core, or None if not measured."""
        speed = next(iter(NEEDS.values())).speed
        measured = speed.get(board.core) or speed.get(board.isa)
        return measured[1] if measured else None

    def first(self, board: Board) -> float | None:
        """Return the cycles from a text of about ten words to its first samples, or None if that was not counted for
        this voice."""
        measured = NEEDS.get(self.voice.manifest["name"])
        seconds = measured.first_sound(board) if measured is not None else None
        return None if seconds is None else seconds * board.clock_hz


def seconds_of(voice: Voice, texts: Sequence[str]) -> list[float]:
    """Return the estimated seconds of every utterance in `texts`, at the voice's mean duration of a phoneme."""
    frame = voice.manifest["hop"] / voice.manifest["sample_rate"]
    mean = voice_library(voice, "dsp", "voice").speech["mean_q6"] / 64
    return [len(ids) * mean * frame for text in texts for ids, _ in utterances(voice, text)]


def _line(points: Sequence[tuple[int, float]], x: int) -> float:
    """Return y at x on the line through two consecutive points around x, or the first or last two of the sorted
    `points`."""
    at = min(max(bisect_left(points, (x,)), 1), len(points) - 1)
    (x0, y0), (x1, y1) = points[at - 1 : at + 1]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def _macs(library: Library) -> int:
    return sum(operator["macs"] for operator in library.graphs["frame"]["operators"])


@cache
def _bundled(name: str) -> Voice:
    return load_voice(voice_folder(name))


@cache
def _reference(name: str, isa: str) -> Library:
    return voice_library(_bundled(name), isa, "voice")


def packs(voice: Voice) -> list[tuple[str, int, int]]:
    """Return (name, bytes of flash, bytes of RAM) of each language pack that a voice can use, by preference."""
    found = []
    for pack in packs_of(voice):
        reading, _ = reading_of(voice, None, pack, 0, 0, "voice", library=False)
        assert reading is not None  # because the user selected the pack by name
        found.append((reading.pack, reading.flash_bytes, reading.state_bytes))
    return found
