"""The time that a training run may take. Importing this module does not import Keras."""

from dataclasses import dataclass

STEPS_AN_EPOCH = 100


@dataclass(frozen=True)
class Budget:
    """The total training time, in `minutes` of wall-clock time or in `steps` (100 per epoch).

    The same number of steps always produces the same weights.
    """

    minutes: float = 0.0
    steps: int = 0
    asked: float = 0.0  # minutes of the whole run; a stage that finished with the same budget is not trained further

    def split(self, share: float) -> tuple["Budget", "Budget"]:
        """Split the budget into the fraction `share` (0 to 1) and the remainder.

        Steps are split at an epoch boundary, and the second part has at least one epoch.
        """
        epochs = self.steps // STEPS_AN_EPOCH
        first = STEPS_AN_EPOCH * max(0, min(round(epochs * share), epochs - 1))
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
