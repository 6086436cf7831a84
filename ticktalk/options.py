"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Board = Annotated[str, typer.Option("--board", "-b", help="A name of `ticktalk boards`, or a board's .toml file.")]
Voice = Annotated[str | None, typer.Option("--voice", "-v", help="A name of `ticktalk voices`, or a voice's folder.")]
Model = Annotated[Path | None, typer.Option("--model", "-m", help="An int8 .tflite file, instead of a voice.")]
Port = Annotated[str | None, typer.Option("--port", "-p", help="Serial port. An emulated board needs none.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="The WAV file to write.")]
Text = Annotated[str, typer.Argument(help="What to say.")]
