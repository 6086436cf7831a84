"""`ticktalk distill`: a new voice from a teacher."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Cluster, Workers

EXAMPLE = "ticktalk distill --teacher hibari --size nano --minutes 60 -o my-voice"


def distill(
    teacher: Annotated[str, typer.Option(help="NAME[:VOICE] of `ticktalk teachers`, or a teacher's .toml file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The voice folder to make, such as voices/NAME.")],
    corpus: Annotated[Path | None, typer.Option(help="Text file, a sentence a line; by default one is made.")] = None,
    minutes: Annotated[float | None, typer.Option(min=0, help="The whole run may take so long; 80 by default.")] = None,
    steps: Annotated[int | None, typer.Option(help="Steps to train, instead; as many make the same voice.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Its peak; 0.002 by default.")] = None,
    size: Annotated[str, typer.Option(help="heart (1.2 MB) or nano (0.4 MB).")] = "heart",
    workers: Workers = None,
    cluster: Cluster = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an earlier run stopped.")] = False,
) -> None:
    """Train a voice that speaks like a teacher, and make it int8."""
    from ticktalk.converter.distill import distill as train

    with show.clock() as tick:
        train(
            teacher,
            corpus,
            out,
            minutes,
            resume,
            show.note,
            workers=workers,
            config=size,
            cluster=cluster,
            steps=steps,
            learning_rate=learning_rate,
            tick=tick,
        )
