"""The stages of a student's training: float, int8, and adversarial, which is int8 against discriminators of its sound.

Each stage has its checkpoints in a folder of its name. Of the run's steps or minutes, the float stage gets a share, the
int8 stage a share of the rest, and the adversarial stage what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ticktalk.converter.run_clock import RunClock
from ticktalk.converter.storage import checkpoint
from ticktalk.converter.storage.shards import Features
from ticktalk.converter.training import budgets
from ticktalk.converter.training.adversary import Contest
from ticktalk.converter.training.batches import BatchShape
from ticktalk.converter.training.budgets import Budget
from ticktalk.converter.training.regression import Learner, Student, train

COMPILATION = {"int8": 1.5, "adversarial": 2.0}  # relative to the compilation time of the float stage


@dataclass(frozen=True)
class Stages:
    """What the stages of one run have in common.

    work: folder of the stages' folders. held_out: features for early stopping, or None. patience: see `train`.
    reserve: seconds that the run needs after training.
    """

    clock: RunClock
    work: Path
    features: Features
    shape: BatchShape
    resume: bool
    report: Callable[[str], None]
    held_out: Features | None
    patience: int
    reserve: float

    def train_float(self, student: Student, budget: Budget, share: float, ranges: float, peak: float) -> None:
        """Train the float student. `share`: its share of the training. `ranges`: seconds for measuring ranges."""
        compiling = share * (1 + sum(COMPILATION.values())) - 1
        self._train("float", student, budget, ranges, peak=peak, compiling=compiling, patience=self.patience)

    def train_quantised(self, quantised: Student, left: Budget, adversarial: float, peak: float) -> list[str]:
        """Train a quantised student, in place, and return the names of the stages that there was time for.

        left: steps, or no steps if the time is limited. adversarial: share of this training that is adversarial.
        """
        quantised.listening = True
        split = adversarial and left.steps > budgets.STEPS_AN_EPOCH
        own, rest = left.split(1 - adversarial) if split else (left, Budget())
        plan: list[tuple[str, Learner, Budget, float]] = [("int8", quantised, own, 1 - adversarial)]
        if adversarial:
            plan.append(("adversarial", Contest(quantised), rest, 1.0))
        done: list[str] = []
        for stage, model, steps, share in plan:
            budget = steps if self.clock.limit is None else self._minutes(stage, share)
            if budget is None or not (budget.steps or budget.minutes):
                break
            # What the discriminators learn raises the loss, so adversarial training does not stop when it rises.
            patience = self.patience if stage == "int8" else 0
            self._train(stage, model, budget, seed=2, peak=peak, teacher_prosody=0.5, patience=patience)
            done.append(stage)
        return done

    def _minutes(self, stage: str, share: float) -> Budget | None:
        """Return a budget of `share` of the time that is left, or None, with a report, if that is too short."""
        assert self.clock.limit is not None
        folder, asked = self.work / stage, self.clock.limit / 60
        rest = share * (self.clock.limit - self.clock.elapsed - self.reserve)
        if checkpoint.exists(folder):
            return Budget((checkpoint.read_state(folder)["seconds"] + max(rest, 1.0)) / 60, asked=asked)
        compilation = COMPILATION[stage] * checkpoint.read_state(self.work / "float").get("compilation", 0.0)
        if rest > compilation:
            return Budget(rest / 60, asked=asked)
        self.report(
            f"{stage} training skipped: only {max(rest, 0) / 60:.1f} min of --minutes {asked:g} are left for it, and "
            f"compilation alone takes about {compilation / 60:.1f} min on this machine; increase --minutes"
        )
        return None

    def _train(self, stage: str, model: Learner, budget: Budget, rest: float = 0.0, **options: Any) -> None:
        self.clock.stage(f"{stage} training", "compiling", self.reserve + rest)
        train(
            model,
            self.features,
            self.work / stage,
            budget,
            self.resume,
            shape=self.shape,
            report=lambda state: self.report(_told(stage, state)),
            advance=self.clock.advance,
            held_out=self.held_out,
            **options,
        )


def _told(stage: str, state: dict) -> str:
    held_out = f", held out {state['held_out']:.4f}" if "held_out" in state else ""
    parts = f", {state['parts']}" if "parts" in state else ""
    minutes = state["seconds"] / 60
    return f"{stage}: epoch {state['epoch']}, {minutes:.1f} min, loss {state['loss']:.4f}{held_out}{parts}"
