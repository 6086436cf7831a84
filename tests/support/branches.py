"""Many faults in one simulation: whenever a fault is due, a copy of the process executes it and runs to the end."""

import os
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from ticktalk.boards.virtual.faults import Fault, Faults, parse

Result = TypeVar("Result")


class Branches(Faults):
    """Each of `scripts` contains one fault, which only a copy of this process executes.

    The part of the simulation that precedes a fault therefore runs only once. `results` maps each script to the result
    of its copy. `flash` is the simulation's flash file, which is restored after each copy.
    """

    def __init__(self, scripts: Iterable[str], flash: Path):
        super().__init__()
        self._due = {(fault.kind, fault.at): script for script in scripts for fault in parse(script)}
        self._flash = flash
        self._pipe: int | None = None  # leads to the original process
        self.results: dict[str, object] = {}

    def run(self, simulate: Callable[[], Result]) -> Result:
        """Return the result without faults. A copy sends its result to the original process and exits."""
        try:
            result = simulate()
        except BaseException:
            if self._pipe is None:
                raise
            self._end(AssertionError(traceback.format_exc()))
        if self._pipe is not None:
            self._end(result)
        missing = set(self._due.values()) - set(self.results)
        assert not missing, f"these faults did not occur: {sorted(missing)}"
        return result

    def strikes(self, kind: str) -> bool:
        number = self._counts[kind]
        super().strikes(kind)
        return self._branch(kind, number)

    def line(self, data: bytes, back: bool = False) -> list[bytes | Fault]:
        start = self._counts[""]
        if not back:
            for at in range(start, start + len(data)):
                if self._branch("cut", at):
                    self._waiting = parse(f"cut@{at}")
                    break
        return super().line(data, back)

    def _branch(self, kind: str, at: int) -> bool:
        """Return whether this process is the copy that executes the fault."""
        script = self._due.get((kind, at))
        if script is None or self._pipe is not None:
            return False
        saved = self._flash.read_bytes()
        read, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # pytest-xdist has threads, which the copy does not use
            child = os.fork()
        if not child:
            os.close(read)
            self._pipe = write
            return True
        os.close(write)
        with os.fdopen(read, "rb") as pipe:
            sent = pipe.read()
        os.waitpid(child, 0)
        with open(self._flash, "r+b") as file:
            file.write(saved)
        result = pickle.loads(sent)
        if isinstance(result, AssertionError):
            raise AssertionError(f"{script}: {result}")
        self.results[script] = result
        return False

    def _end(self, result: object) -> None:
        assert self._pipe is not None
        with os.fdopen(self._pipe, "wb") as pipe:
            pickle.dump(result, pipe)
        os._exit(0)
