"""Collect all problems that prevent a model from being used, so that one message can list them."""

from collections.abc import Iterator
from contextlib import contextmanager

from ticktalk.runtime_sim.errors import ModelError

_SHOWN = 12  # limit, because a longer message would not help


class Obstacles:
    """The obstacles found in the model `name`, each a line that states what is wrong, where, and what to do."""

    def __init__(self, name: str):
        self._name = name
        self._lines: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._lines)

    def add(self, line: str) -> None:
        """Record an obstacle."""
        self._lines.append(line)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Record a `ModelError` raised in the block instead of propagating it."""
        try:
            yield
        except ModelError as error:
            self.add(str(error).removeprefix(f"{self._name}: "))

    def refuse(self) -> None:
        """Raise a `ModelError` with all obstacles, one per line, or return if there are none."""
        lines = list(dict.fromkeys(self._lines))
        if len(lines) > 1:
            more = [f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
            lines = [f"{len(lines)} obstacles:", *(f"  {line}" for line in [*lines[:_SHOWN], *more])]
        if lines:
            raise ModelError(f"{self._name}: " + "\n".join(lines))
