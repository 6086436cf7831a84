"""Options shared by several commands."""

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ticktalk.proof.subject import ModelSubject, VoiceSubject

Board = Annotated[str, typer.Option("--board", "-b", help="A name from `ticktalk boards`, or a board's .toml file.")]
BoardOrNone = Annotated[
    str | None, typer.Option("--board", "-b", help="A name from `ticktalk boards`, or a board's .toml file.")
]
Voice = Annotated[str | None, typer.Option("--voice", "-v", help="A name from `ticktalk voices`, or a voice's folder.")]
Model = Annotated[Path | None, typer.Option("--model", "-m", help="An int8 .tflite file, instead of a voice.")]
Stream = Annotated[
    bool,
    typer.Option("--stream", help="Feed the model a few rows of its time axis at a time. Voices always stream."),
]
Port = Annotated[str | None, typer.Option("--port", "-p", help="Serial port. Not needed for emulated boards.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")]
AcceptNoncommercial = Annotated[
    bool,
    typer.Option(
        "--accept-noncommercial",
        help="Confirm that your use is not commercial, if the voice's teacher requires it.",
    ),
]


def file_or_stdout(path: Path | None) -> Path | None:
    """Return a path to write a file to. "-" means standard output, which must not be a terminal. None stays None."""
    return None if path is None else _or_stdout(path)


def _or_stdout(path: Path) -> Path:
    from ticktalk.system.files import STDOUT, is_stdout

    if not (str(path) == "-" or is_stdout(path)):
        return path
    if sys.stdout.isatty():
        raise typer.BadParameter(
            f"{path}: standard output is a terminal; specify a file, or pipe the output into a program"
        )
    return STDOUT


def _wav(path: Path | None) -> Path | None:
    """Return a path to write a WAV file to. None stays None.

    Raises a usage error for another format, and FileNotFoundError if its folder does not exist.
    """
    if path is None:
        return None
    path = _or_stdout(path)
    if path.suffix.lower() not in (".wav", ""):
        raise typer.BadParameter(
            f"{path}: ticktalk writes only WAV, not {path.suffix}; specify a name that ends in .wav"
        )
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, f"no folder {path.parent}; create it first", str(path))
    return path


Out = Annotated[Path, typer.Option("--out", "-o", callback=_wav, help="WAV file to write, or - for standard output.")]
OutBesideSpeaker = Annotated[
    Path | None,
    typer.Option(
        "--out",
        "-o",
        callback=_wav,
        help="WAV file to write, or - for standard output. Optional if the board's firmware plays the speech itself.",
    ),
]
Workers = Annotated[int | None, typer.Option(min=1, help="Number of synthesis processes. Default: one per core.")]
Cluster = Annotated[
    str | None,
    typer.Option(
        help="Synthesise on a Ray cluster: HOST:PORT, ray://HOST:PORT, auto, or local (a new one on this machine)."
    ),
]
Text = Annotated[str, typer.Argument(help="Text, or - to read it from standard input, paragraph by paragraph.")]
Words = Annotated[Path | None, typer.Option("--words", help="A words.toml file with your own pronunciations.")]
Phonemizer = Annotated[
    str | None,
    typer.Option(
        "--phonemizer",
        help="Front end that reads the text on this machine: NAME or NAME:VARIANT. Default: the voice's language pack.",
    ),
]
Phonemes = Annotated[
    bool, typer.Option("--phonemes", help="TEXT consists of the voice's phonemes, one utterance per line.")
]
Markup = Annotated[bool, typer.Option("--markup", help="Interpret markup such as [[pause 500]] in the text.")]
Ssml = Annotated[bool, typer.Option("--ssml", help="The text is SSML: <speak> ... </speak>.")]
OutputRate = Annotated[
    int | None, typer.Option(help="Have the C code convert samples to 8000, 16000, 22050 or 24000 Hz.")
]
Stereo = Annotated[bool, typer.Option("--stereo", help="Have the C code convert samples to two identical channels.")]
Rate = Annotated[float, typer.Option("--rate", help="Speed, 0.5 to 2.")]
Pitch = Annotated[int, typer.Option("--pitch", help="Pitch shift in semitones, -12 to 12.")]
Expression = Annotated[
    float, typer.Option("--expression", help="Melody: 0 is monotone, 0.5 calm, 1.5 lively; at most 2.")
]
Whisper = Annotated[bool, typer.Option("--whisper", help="Whisper.")]
SpeakerName = Annotated[
    str | None,
    typer.Option("--speaker", help="A speaker of the voice. Default: the first that `ticktalk voices` lists."),
]
Loudness = Annotated[
    float | None,
    typer.Option(help="Loudness at volume 1.0, in LUFS (ITU-R BS.1770). Default: the voice's own, about -23."),
]
Equaliser = Annotated[
    str | None,
    typer.Option(help="Equaliser: flat, small (without the lowest bass), watch (for a tiny speaker). Default: flat."),
]
Volume = Annotated[float, typer.Option("--volume", help="Volume, 0 to 2.")]


def front_end_option(phonemizer: str | None, phonemes: bool) -> str | None:
    """Return the front end that --phonemizer or --phonemes selects, or None if neither is given."""
    from ticktalk.runtime_sim.reading import PHONEMES

    if phonemes and phonemizer is not None:
        raise typer.BadParameter("--phonemes cannot be combined with --phonemizer")
    return PHONEMES if phonemes else phonemizer


def subject_of(
    voice: str | None,
    model: Path | None,
    text: str | None = None,
    stream: bool = False,
    front_end: str | None = None,
    output_rate: int | None = None,
    stereo: bool = False,
    loudness: float | None = None,
    equaliser: str | None = None,
) -> "VoiceSubject | ModelSubject":
    """Return the subject that --voice, --model, --stream, the text, the front end and the sample options specify."""
    from ticktalk.bundled import voice_folder
    from ticktalk.firmware_gen.library_options import LibraryOptions
    from ticktalk.proof.subject import ModelSubject, VoiceSubject
    from ticktalk.runtime_sim.voice import load_voice, with_sound

    if stream and model is None:
        raise typer.BadParameter("--stream requires --model, because voices always stream")
    if model is None:
        loaded = with_sound(load_voice(voice_folder(voice)), loudness, equaliser)
        if problem := LibraryOptions(output_rate=output_rate, stereo=stereo).problem(loaded):
            raise typer.BadParameter(problem)
        return VoiceSubject(loaded, text, front_end, output_rate=output_rate, stereo=stereo)
    if output_rate is not None or stereo or loudness is not None or equaliser is not None:
        raise typer.BadParameter(
            "--output-rate, --stereo, --loudness and --equaliser: only for a voice, not for a model"
        )
    if voice is not None or text is not None or front_end is not None:
        raise typer.BadParameter("--model cannot be combined with --voice or text")
    return ModelSubject(model, stream)
