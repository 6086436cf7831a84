"""The stages of a student's training: float, int8, and adversarial, which is int8 against discriminators of its sound.

Each stage has its checkpoints in a folder of its name. Of the run's steps or minutes, the float stage gets a share, the
int8 stage a share of the rest, and the adversarial stage what is left.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ticktalk.converter.progress import history
from ticktalk.converter.progress.plan import Plan
from ticktalk.converter.progress.run_clock import RunClock
from ticktalk.converter.progress.sample import sample
from ticktalk.converter.storage import checkpoint
from ticktalk.converter.storage.shards import Features
from ticktalk.converter.training import processes
from ticktalk.converter.training.adversary import Contest
from ticktalk.converter.training.batches import BatchShape
from ticktalk.converter.training.budgets import Budget, Shares, segments
from ticktalk.converter.training.regression import Student, train
from ticktalk.system.wav import write_wav

SAMPLES = 4  # sounds of the student that a stage writes
COMPILATION = {"int8": 1.5, "adversarial": 2.0}  # relative to the compilation time of the float stage


@dataclass(frozen=True)
class Stages:
    """What the stages of one run have in common.

    work: folder of the stages' folders. plan: of the run. shares: of the stages. steps: of the run, or 0 if its time is
    limited. held_out: features for early stopping, or None. patience: see `train`. reserve: seconds that the run needs
    after training.
    """

    clock: RunClock
    work: Path
    plan: Plan
    shares: Shares
    steps: int
    features: Features
    shape: BatchShape
    resume: bool
    report: Callable[[str], None]
    held_out: Features | None
    patience: int
    reserve: float

    def train_float(self, student: Student, budget: Budget, ranges: float, peak: float) -> None:
        """Train the float student. `ranges`: seconds for measuring ranges, after this stage."""
        compiling = self.shares.float_share * (1 + sum(COMPILATION.values())) - 1
        self._train("float", student, budget, ranges, peak=peak, compiling=compiling, patience=self.patience)

    def train_quantised(self, quantised: Student, peak: float) -> list[str]:
        """Train a quantised student, in place, and return the names of the stages that there was time for."""
        quantised.listening = True
        order: list[tuple[str, Student | Contest, float]] = [("int8", quantised, 1 - self.shares.adversarial_share)]
        if self.shares.adversarial_share:
            order.append(("adversarial", Contest(quantised), 1.0))
        done: list[str] = []
        for stage, model, share in order:
            limited = self.clock.limit is not None
            budget = self._minutes(stage, share) if limited else self.shares.steps(self.steps)[stage]
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

    def _train(self, stage: str, model: Student | Contest, budget: Budget, rest: float = 0.0, **options: Any) -> None:
        rest = self.plan.after(stage) if self.clock.limit is None else self.reserve + rest
        expected, compiled = self.plan.of(stage), False
        self.clock.stage(f"{stage} training", "compiling", rest, expected)

        def advance(done: float, total: float, detail: str) -> None:
            nonlocal compiled
            if not compiled:  # the pace is that of the steps after compilation, and in this run
                self.clock.stage(f"{stage} training", detail, rest, expected, done / total)
            compiled = True
            self.clock.advance(done, total, detail)

        train(
            model,
            self.features,
            self.work / stage,
            budget,
            self.resume,
            shape=replace(self.shape, size=segments(stage, self.shape.size, processes.count())),
            report=lambda state: self._after_epoch(stage, model, budget, state),
            advance=advance,
            held_out=self.held_out,
            **options,
        )

    def _after_epoch(self, stage: str, model: Student | Contest, budget: Budget, state: dict) -> None:
        """Report and record an epoch. SAMPLES times in the stage, write what the student says."""
        told = _told(stage, state)
        if processes.count() == 1:  # with several, none of them can evaluate the shared model
            wanted = int(SAMPLES * min(1.0, budget.used(state)))
            if len(history.samples(self.work, stage)) < wanted:
                student = model.student if isinstance(model, Contest) else model
                file = history.sample_file(self.work, stage, state["epoch"])
                write_wav(file, sample(student, self.features), student.config.geometry.rate)
                told += f"; listen to {file}"
        if processes.rank() == 0:
            history.add(self.work, stage, state)
        self.report(told)


def _told(stage: str, state: dict) -> str:
    held_out = f", held out {state['held_out']:.4f}" if "held_out" in state else ""
    parts = f", {state['parts']}" if "parts" in state else ""
    minutes = state["seconds"] / 60
    return f"{stage}: epoch {state['epoch']}, {minutes:.1f} min, loss {state['loss']:.4f}{held_out}{parts}"
