"""`ticktalk adapt`: train a voice for a speaker from minutes of recordings."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Workers

EXAMPLE = (
    'ticktalk adapt --from heart --recordings my-clips --consent "My own voice" --licence CC0-1.0 --out voices/mine'
)


def adapt(
    start: Annotated[str, typer.Option("--from", help="Voice to start from: a name or a folder.")],
    recordings: Annotated[
        Path, typer.Option(help="Folder with metadata.csv (id|text) and wavs/id.wav: 5 to 20 minutes of one speaker.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Voice folder to create.")],
    consent: Annotated[str, typer.Option(help="What the speaker agreed to, and when. Stored in the voice.")],
    licence: Annotated[str, typer.Option(help="Licence of the recordings. Stored in the voice.")],
    beside: Annotated[
        list[str] | None,
        typer.Option(
            help="A teacher (see `ticktalk teachers`) of another speaker to learn from in float training, which makes "
            "consonants clearer. Can be given several times, best with the speakers of the voice to start from."
        ),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0, max=10080, help="Time limit for the whole run. Default: 80.")
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Number of training steps, a multiple of 100 from 200, instead of --minutes.")
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate. Default: 0.001.")] = None,
    workers: Workers = None,
    resume: Annotated[bool, typer.Option("--resume", help="Resume an interrupted run.")] = False,
) -> None:
    """Adapt a voice to a speaker: check each clip, train from the voice's weights, and stop when it no longer helps."""
    from ticktalk.bundled import voice_folder
    from ticktalk.converter.adapt import Heard, whisper
    from ticktalk.converter.adapt import adapt as train
    from ticktalk.converter.errors import MissingToolError
    from ticktalk.runtime_sim.voice import load_voice

    def hearing(language: str) -> Heard | None:
        try:
            return whisper(language)
        except MissingToolError as error:
            show.warn(f"the texts of the clips are not compared with the recordings: {error}")
            return None

    with show.clock() as tick:
        train(
            load_voice(voice_folder(start)),
            recordings,
            out,
            consent,
            licence,
            minutes,
            steps,
            resume,
            workers=workers,
            learning_rate=learning_rate,
            hearing=hearing,
            report=show.note,
            tick=tick,
            beside=beside or (),
        )
    print(f"{out}: voice written; check it with `ticktalk verify --board qemu-m4 --voice {out}`")
