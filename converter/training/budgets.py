"""The time that a training run may take, and the size of its steps. Importing this module does not import Keras."""

from dataclasses import dataclass
from math import ceil

STEPS_AN_EPOCH = 100
ADVERSARIAL_SEGMENTS = 8  # more small steps against discriminators teach more than fewer large ones


@dataclass(frozen=True)
class Budget:
    """The total training time, in `minutes` of wall-clock time or in `steps` (100 per epoch).

    The same number of steps always produces the same weights.
    """

    minutes: float = 0.0
    steps: int = 0
    asked: float = 0.0  # minutes of the whole run; a stage that finished with the same budget is not trained further

    def split(self, share: float, least: int = 0) -> tuple["Budget", "Budget"]:
        """Split the budget into the fraction `share` (0 to 1) and the remainder.

        Steps are split at an epoch boundary. The first part has at least `least` epochs, and the second at least one.
        """
        epochs = self.steps // STEPS_AN_EPOCH
        first = STEPS_AN_EPOCH * max(least, min(round(epochs * share), epochs - 1))
        return (
            Budget(self.minutes * share, first, self.asked),
            Budget(self.minutes * (1 - share), self.steps - first, self.asked),
        )

    def used(self, state: dict) -> float:
        """Return the fraction of the budget used so far. A value of 1 or more means that the budget is exhausted, or
        that training stopped early.
        """
        if state.get("stopped"):
            return 1.0
        if self.steps:
            return state["epoch"] * STEPS_AN_EPOCH / self.steps
        if state.get("asked") and state["asked"] == self.asked:
            return 1.0
        return state["seconds"] / (60 * self.minutes)


@dataclass(frozen=True)
class Shares:
    """How the minutes or steps of a run are divided between the stages of training (converter/training/stages.py).

    adversarial_share: the fraction of what float training leaves that is adversarial. quantised: whether there are
    stages after float training.
    """

    float_share: float
    adversarial_share: float
    quantised: bool

    def of_all(self) -> dict[str, float]:
        """Return each stage's share of the training."""
        rest = 1 - self.float_share
        last = rest * self.adversarial_share
        return {"float": self.float_share} | ({"int8": rest - last, "adversarial": last} if self.quantised else {})

    def steps(self, steps: int) -> dict[str, Budget]:
        """Return each stage's budget of a run of `steps`. There is no adversarial stage if only an epoch is left."""
        first, rest = Budget(steps=steps).split(self.float_share)
        several = self.adversarial_share and rest.steps > STEPS_AN_EPOCH
        own, last = rest.split(1 - self.adversarial_share, 1) if several else (rest, Budget())
        return {"float": first} | ({"int8": own, "adversarial": last} if self.quantised else {})


def segments(stage: str, size: int, processes: int = 1) -> int:
    """Return the number of segments in a batch of a stage, if those of the run have `size`.

    It is a multiple of the number of processes, as `size` is.
    """
    if stage != "adversarial":
        return size
    return min(size, processes * ceil(ADVERSARIAL_SEGMENTS / processes))
