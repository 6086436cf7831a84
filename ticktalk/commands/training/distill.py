"""`ticktalk distill`: train a new voice from a teacher."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Cluster, Workers

EXAMPLE = "ticktalk distill --teacher hibari --size nano --minutes 60 -o my-voice"


def distill(
    teacher: Annotated[
        list[str],
        typer.Option(
            help="NAME[:VOICE] from `ticktalk teachers`, or a teacher's .toml file. Given several times, the voice has "
            "several speakers, named after the teachers' voices, or SPEAKER=TEACHER."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Voice folder to create, such as voices/NAME.")],
    corpus: Annotated[
        Path | None, typer.Option(help="Text file with one sentence per line. Default: generated text.")
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, max=10080, help="Time limit for the whole run. Default: 80.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(
            help="Number of training steps, a multiple of 100 from 200, instead of --minutes. Makes runs repeatable."
        ),
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate. Default: 0.002.")] = None,
    size: Annotated[
        str | None, typer.Option(help="heart (1.2 MB), nano (0.4 MB) or pico (0.2 MB). Default: heart.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="Voice to start from, of any language: a name or a folder. Determines the size."),
    ] = None,
    decoder: Annotated[
        str | None,
        typer.Option(
            "--decoder-from",
            help="With --from: a voice of the same size whose decoder to start from, such as one from recordings.",
        ),
    ] = None,
    workers: Workers = None,
    cluster: Cluster = None,
    resume: Annotated[bool, typer.Option("--resume", help="Resume an interrupted run.")] = False,
) -> None:
    """Train a voice to imitate a teacher and quantise it to int8."""
    from ticktalk.bundled import voice_folder
    from ticktalk.converter.distill import distill as train
    from ticktalk.runtime_sim.voice import load_voice

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
            start=load_voice(voice_folder(start)) if start is not None else None,
            decoder=load_voice(voice_folder(decoder)) if decoder is not None else None,
        )
    print(f"{out}: voice written; check it with `ticktalk verify --board qemu-m4 --voice {out}`")
