"""The learning rate, the checkpoints and the end of a training stage."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from ticktalk.converter.errors import DistillError
from ticktalk.converter.storage import checkpoint
from ticktalk.converter.training import budgets, processes
from ticktalk.converter.training.budgets import Budget

Report = Callable[[dict], None]  # called with the training state after every epoch
Advance = Callable[[float, float, str], None]  # called with (done, total, description)

LEAST_STEPS = 20  # minimum number of steps per stage, even if the time is shorter


class Schedule(keras.callbacks.Callback):
    """Sets the learning rate from the used fraction of the budget. Saves a checkpoint after every epoch.

    Also reports progress. Training stops as soon as the budget is exhausted, even in the middle of an epoch.
    """

    def __init__(
        self,
        folder: Path,
        budget: Budget,
        peak: float,
        probe: tuple[dict[str, np.ndarray], dict[str, np.ndarray]] | None,
        spent: float,
        report: Report,
        advance: Advance,
        compiling: float,
        patience: int,
    ):
        super().__init__()
        self.patience, self.best, self.kept, self.worse = patience, np.inf, None, 0
        self.advance, self.compiling, self.compiled, self.steps = advance, compiling, 0.0, 0
        self.folder, self.budget, self.peak, self.probe, self.report = folder, budget, peak, probe, report
        self.begun = time.monotonic()
        self.began = self.begun - spent

    def _now(self, epoch: int) -> dict:
        return {"epoch": epoch, "seconds": time.monotonic() - self.began}

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        self.steps += 1
        if self.steps == 1:  # the elapsed time covers compilation and one step
            self.compiled = time.monotonic() - self.begun
            if self.budget.minutes:
                later = self.compiling * self.compiled / 60
                self.budget = replace(self.budget, minutes=max(self.budget.minutes - later, 1e-6))
        now = self._now(self.epoch)
        if self.budget.steps:
            done = self.epoch * budgets.STEPS_AN_EPOCH + batch + 1
            self.advance(done, self.budget.steps, f"step {done} of {self.budget.steps}")
            return
        self.advance(
            min(now["seconds"], 60 * self.budget.minutes),
            60 * self.budget.minutes,
            f"step {self.epoch * budgets.STEPS_AN_EPOCH + batch + 1}",
        )
        if self.steps >= LEAST_STEPS and self.budget.used(now) >= 1:
            self.model.stop_training = True

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self.epoch = epoch
        share = min(1.0, self.budget.used(self._now(epoch)))
        warm = min(1.0, (epoch + 1) / 5)
        self.model.optimizer.learning_rate = self.peak * warm * max(0.002, 0.5 * (1 + np.cos(np.pi * share)))

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        # A gradient can become NaN before the loss does.
        if not np.isfinite(logs["loss"]) or not all(np.isfinite(value).all() for value in self.model.get_weights()):
            raise DistillError(
                f"{self.folder}: NaN in epoch {epoch + 1} with loss {logs['loss']}; earlier epochs are kept; "
                "continue with --resume and a lower --learning-rate"
            )
        state = self._now(epoch + 1) | {"loss": float(logs["loss"]), "compilation": self.compiled}
        if self.probe and epoch % 5 == 4:
            x, y = self.probe
            parts = self.model.parts(y, self.model(x, training=False))
            state["parts"] = {name: round(float(value), 4) for name, value in parts.items()}
        if self.patience:
            self._compare(state)
        over = self.budget.used(state) >= 1
        if over and self.budget.asked:
            state["asked"] = self.budget.asked
        checkpoint.save(self.model, self.folder, state, processes.rank())
        self.report(state)
        self.state = state
        if over:
            self.model.stop_training = True

    def _compare(self, state: dict) -> None:
        """Keep the weights with the lowest loss on the probe. Stop after `patience` epochs without a lower loss."""
        assert self.probe is not None  # patience requires one process
        x, y = self.probe
        state["held_out"] = float(self.model.compute_loss(y=y, y_pred=self.model(x, training=False)))
        if state["held_out"] < self.best:
            self.best, self.kept, self.worse = state["held_out"], self.model.get_weights(), 0
        else:
            self.worse += 1
            state["stopped"] = self.worse >= self.patience

    def restore(self) -> None:
        """Return to the best weights, and save them."""
        if self.kept is not None and self.worse:
            self.model.set_weights(self.kept)
            checkpoint.save(self.model, self.folder, self.state)
