"""Options that several commands share, and what some of them mean together."""

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ticktalk.proof.subject import ModelSubject, VoiceSubject

Board = Annotated[str, typer.Option("--board", "-b", help="A name of `ticktalk boards`, or a board's .toml file.")]
Voice = Annotated[str | None, typer.Option("--voice", "-v", help="A name of `ticktalk voices`, or a voice's folder.")]
Model = Annotated[Path | None, typer.Option("--model", "-m", help="An int8 .tflite file, instead of a voice.")]
Stream = Annotated[
    bool,
    typer.Option(
        "--stream", help="A model of layers along time takes its input a few rows at a time. Voices always do."
    ),
]
Port = Annotated[str | None, typer.Option("--port", "-p", help="Serial port. An emulated board needs none.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
AcceptNoncommercial = Annotated[
    bool, typer.Option("--accept-noncommercial", help="The voice's teacher forbids commercial use; mine is none.")
]


def file_or_stdout(path: Path | None) -> Path | None:
    """A path that a file may be written to; "-" is standard output, but not a terminal. None is none."""
    return None if path is None else _or_stdout(path)


def _or_stdout(path: Path) -> Path:
    from ticktalk.system.files import STDOUT, is_stdout

    if not (str(path) == "-" or is_stdout(path)):
        return path
    if sys.stdout.isatty():
        raise typer.BadParameter(f"{path}: standard output is a terminal; give a file, or send it to a program")
    return STDOUT


def _wav(path: Path) -> Path:
    """A path that a WAV file may be written to; usage errors for another format and a folder that is not there."""
    path = _or_stdout(path)
    if path.suffix.lower() not in (".wav", ""):
        raise typer.BadParameter(f"{path}: only WAV is written, not {path.suffix}; give a name that ends in .wav")
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"there is no folder {path.parent}; make it first", str(path))
    return path


Out = Annotated[Path, typer.Option("--out", "-o", callback=_wav, help="The WAV file to write; - is standard output.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes that synthesise; as many as there are cores by default.")
]
Cluster = Annotated[
    str | None,
    typer.Option(help="Synthesise on a Ray cluster: HOST:PORT, ray://HOST:PORT, auto, or local to start one here."),
]
Text = Annotated[str, typer.Argument(help="What to say; - reads standard input, however long.")]
Rate = Annotated[float, typer.Option("--rate", help="How fast, 0.5 to 2.")]
Pitch = Annotated[int, typer.Option("--pitch", help="How many semitones higher, -12 to 12.")]
Volume = Annotated[float, typer.Option("--volume", help="How loud, 0 to 2.")]


def subject_of(
    voice: str | None, model: Path | None, text: str | None = None, stream: bool = False
) -> "VoiceSubject | ModelSubject":
    """What --voice, --model, a text and --stream mean together."""
    from ticktalk.bundled import voice_folder
    from ticktalk.proof.subject import TEXT, ModelSubject, VoiceSubject
    from ticktalk.runtime_sim.voice import load_voice

    if stream and model is None:
        raise typer.BadParameter("--stream goes with --model: voices stream anyway")
    if model is None:
        return VoiceSubject(load_voice(voice_folder(voice)), TEXT if text is None else text)
    if voice is not None or text is not None:
        raise typer.BadParameter("--model goes without --voice and without a text")
    return ModelSubject(model, stream)
