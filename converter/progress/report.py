"""The report of a training run: a self-contained HTML page with its course, what the student said, and the scores."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ticktalk.converter.judging.measures import MEASURES
from ticktalk.converter.pages import data_url, template
from ticktalk.converter.progress import history
from ticktalk.converter.progress.plan import ORDER, Plan
from ticktalk.converter.progress.run_clock import spoken
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import write_text

FILE = "report.html"
WIDTH, HEIGHT = 640, 150  # of a curve, in pixels


@dataclass(frozen=True)
class Curve:
    """The losses of a stage as SVG points, and their range."""

    loss: str
    held_out: str
    low: float
    high: float


def write_report(work: Path, voice: Voice, plan: Plan, took: dict[str, float]) -> Path:
    """Write `report.html` to the work folder of a run that has ended, and return its path.

    took: the seconds that the stages without a history took.
    """
    course, manifest = history.read(work), voice.manifest
    took = took | {stage: epochs[-1]["seconds"] for stage, epochs in course.items()}
    planned = {task.stage: task for task in plan.tasks}
    stages = [
        {
            "name": stage,
            "work": planned[stage].work if stage in planned else "finished before this run was resumed",
            "planned": spoken(planned[stage].seconds) if stage in planned else "",
            "took": spoken(took[stage]) if stage in took else "",
            "loss": f"{course[stage][-1]['loss']:.3f}" if stage in course else "",
        }
        for stage in ORDER
        if stage in planned or stage in course
    ]
    heard = [
        {
            "name": f"{stage}, epoch {int(path.stem.rpartition('-')[2])}",
            "audio": data_url("audio/wav", path.read_bytes()),
        }
        for stage in course
        for path in history.samples(work, stage)
    ]
    page = template("progress", "report.html.j2").render(
        name=manifest["name"],
        training=manifest.get("training", {}),
        teacher=manifest.get("teacher", {}),
        stages=stages,
        curves={stage: _curve(epochs) for stage, epochs in course.items() if len(epochs) > 1},
        width=WIDTH,
        height=HEIGHT,
        samples=heard,
        scores=_scores(manifest.get("scores", {})),
    )
    write_text(work / FILE, page)
    return work / FILE


def _curve(epochs: list[dict[str, Any]]) -> Curve:
    last = max(epoch["epoch"] for epoch in epochs)
    values = [epoch[key] for epoch in epochs for key in ("loss", "held_out") if key in epoch]
    low, high = min(values), max(values)

    def points(key: str) -> str:
        known = [(epoch["epoch"], epoch[key]) for epoch in epochs if key in epoch]
        return " ".join(
            f"{WIDTH * epoch / last:.1f},{HEIGHT * (high - value) / ((high - low) or 1):.1f}" for epoch, value in known
        )

    return Curve(points("loss"), points("held_out"), low, high)


def _scores(scores: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the name and the value of each score. Those of single speakers are in the voice's manifest."""
    return [
        (f"{measure.title} {measure.unit}".strip(), measure.show(scores[measure.key]))
        for measure in MEASURES
        if measure.key in scores
    ]
