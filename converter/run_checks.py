"""Check the options of a training run before any work starts: training takes hours, and hearing clips takes minutes."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.converter.errors import INSTALL, DistillError, MissingToolError
from ticktalk.converter.export.voice_folder import check_out
from ticktalk.converter.lessons import check_teachers
from ticktalk.converter.storage.run_folder import check_fresh
from ticktalk.converter.storage.run_lock import check_free
from ticktalk.converter.training import budgets, processes
from ticktalk.system.installing import pip_install

if TYPE_CHECKING:  # slow to import
    from ticktalk.converter.training.student import StudentConfig
    from ticktalk.runtime_sim.voice import Voice

MOST_STEPS = 100_000_000  # years of training


def check_run(
    specs: Sequence[str],
    out: Path,
    work: Path,
    minutes: float | None,
    steps: int | None,
    learning_rate: float | None,
    resume: bool,
    config: str | StudentConfig | None = None,
    start: Voice | None = None,
    decoder: Voice | None = None,
) -> None:
    """Raise DistillError or MissingToolError if a run with these arguments of `distill` cannot end well.

    specs: all teachers, including those beside the first.
    """
    if minutes is not None and steps is not None:
        raise DistillError("--minutes and --steps: use only one of them")
    if minutes is not None and not 0 < minutes < float("inf"):
        raise DistillError(f"--minutes {minutes}: must be above 0, and finite")
    epoch = budgets.STEPS_AN_EPOCH
    if steps is not None and (steps % epoch or not 2 * epoch <= steps <= MOST_STEPS):
        raise DistillError(f"--steps {steps}: must be a multiple of {epoch}, from {2 * epoch} to {MOST_STEPS}")
    if learning_rate is not None and not 0 < learning_rate < 1:
        raise DistillError(f"--learning-rate {learning_rate}: must be above 0 and below 1")
    if config and start:
        raise DistillError(f"--size {config}: a voice that starts from another has that voice's size; omit --size")
    if decoder and not start:
        raise DistillError("--decoder-from: also specify --from, the voice that the other parts start from")
    check_teachers(specs)  # an unknown teacher is reported before its packages are needed
    check_out(out, work)
    check_free(work, processes.rank())
    check_fresh(work, resume)
    # Check all requirements now, even packages that are needed only at the end of the run.
    if missing := [name for name in ("keras", "jax", "tensorflow", "h5py") if find_spec(name) is None]:
        raise MissingToolError(f"distilling requires {', '.join(missing)}; {pip_install('convert')}")
    if len(specs) > 1 and find_spec("pyloudnorm") is None:
        raise MissingToolError(f"bringing several speakers to one loudness requires pyloudnorm: {INSTALL}")
