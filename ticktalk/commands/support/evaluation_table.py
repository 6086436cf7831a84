"""Print an evaluation as a table."""

from rich.table import Table

from ticktalk.commands.support.show import console_of_width
from ticktalk.converter.judging.evaluate import Evaluation
from ticktalk.converter.judging.measures import MEASURES


def tables(evaluation: Evaluation) -> None:
    """Print one row per system, then the first system's sentences that were transcribed incorrectly."""
    console = console_of_width(160)
    first = evaluation.systems[0]
    shown = [measure for measure in MEASURES if any(system.estimates[measure.key] for system in evaluation.systems)]
    table = Table(title=f"{len(evaluation.sentences)} sentences, 95 % intervals", show_lines=True)
    table.add_column("system")
    for measure in shown:
        table.add_column(f"{measure.title}{f' ({measure.unit})' if measure.unit else ''}", justify="right")
    for system in evaluation.systems:
        cells = [
            f"{found.value:.{measure.digits}f}\n{found.low:.{measure.digits}f} to {found.high:.{measure.digits}f}"
            if (found := system.estimates[measure.key])
            else "-"
            for measure in shown
        ]
        table.add_row(system.speaker.name, *cells)
    console.print(table)
    for score in first.worst_first():
        if score.errors:
            console.print(f"said   {score.sentence}\nheard  {score.heard}", soft_wrap=True)
    console.print(
        f"{first.speaker.name}: {first.means['seconds']:.1f} seconds of speech, "
        f"{first.means['real_time_factor']:.3f} seconds of computation per second of speech",
        soft_wrap=True,
    )
