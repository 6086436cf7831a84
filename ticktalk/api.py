"""The public Python API, re-exported by `ticktalk` (docs/reference/api.md). The functions delegate to the other
packages."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.boards.board import Board, all_boards, load_board
from ticktalk.bundled import voice_folder, voice_names
from ticktalk.proof.prover import Proof
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.prosody import Prosody
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.errors import TicktalkError

if TYPE_CHECKING:
    from ticktalk.proof.subject import ModelSubject, VoiceSubject

__all__ = [
    "Board",
    "Graph",
    "Proof",
    "TicktalkError",
    "Voice",
    "export",
    "flash",
    "list_boards",
    "list_voices",
    "load_board",
    "load_graph",
    "load_voice",
    "run_graph",
    "speak",
    "speak_phonemes",
    "stream",
    "verify",
]

Progress = Callable[[int, int], None]
Log = Callable[[str], None]


def list_voices() -> list[str]:
    """Return the names of the bundled voices, sorted."""
    return voice_names()


def list_boards() -> list[Board]:
    """Return the boards that come with ticktalk, sorted by name."""
    return all_boards()


def load_voice(name_or_path: str | Path | None = None) -> Voice:
    """Load a bundled voice by name, any voice by its folder, or the default voice. Raises VoiceError."""
    from ticktalk.runtime_sim.voice import load_voice as load

    return load(voice_folder(None if name_or_path is None else str(name_or_path)))


def stream(
    voice: Voice,
    text: str,
    *,
    seed: int = 1,
    rate: float = 1.0,
    pitch: int = 0,
    volume: float = 1.0,
    expression: float = 1.0,
    speaker: str | None = None,
    whisper: bool = False,
    phonemizer: str | None = None,
) -> Iterator[np.ndarray]:
    """Yield the PCM of the text as int16 arrays, one per utterance, as soon as each is computed.

    The sample rate is `voice.manifest["sample_rate"]`. rate: 0.5 to 2; pitch: -12 to 12 semitones; volume: 0 to 2;
    expression: 0 (monotone) to 2 (docs/reference/prosody.md). speaker: one of `voice.speakers`; default: the first.
    phonemizer: the front end that converts the text to phonemes; default: the voice's language pack, as on the watch.
    "hibari" and voices without a pack require the extra `text`. Raises TextError if there is no text to speak, and
    ProsodyError if a value is out of range or the voice does not have the speaker.
    """
    from ticktalk.runtime_sim.speech import Speaker, utterances
    from ticktalk.text import checked

    prosody = Prosody.of(rate, pitch, volume, expression, voice.speaker(speaker), whisper)
    prepared = Speaker(voice)
    for ids, each in checked(utterances(voice, text, seed, phonemizer), text):
        yield prepared.speak(ids, each, prosody=prosody)


def speak(
    voice: Voice,
    text: str,
    *,
    seed: int = 1,
    rate: float = 1.0,
    pitch: int = 0,
    volume: float = 1.0,
    expression: float = 1.0,
    speaker: str | None = None,
    whisper: bool = False,
    phonemizer: str | None = None,
) -> np.ndarray:
    """Return the PCM of a whole text as int16 [samples], exactly as a watch with this voice would play it.

    The arguments are those of `stream`.
    """
    how = {"rate": rate, "volume": volume, "expression": expression}
    parts = stream(voice, text, seed=seed, pitch=pitch, speaker=speaker, whisper=whisper, phonemizer=phonemizer, **how)
    return np.concatenate(list(parts))


def speak_phonemes(
    voice: Voice,
    phonemes: str,
    *,
    seed: int = 1,
    rate: float = 1.0,
    pitch: int = 0,
    volume: float = 1.0,
    expression: float = 1.0,
    speaker: str | None = None,
    whisper: bool = False,
) -> np.ndarray:
    """Return the PCM of one utterance as int16 [samples]. `phonemes` are in the voice's symbols.

    Raises VoiceError if the utterance is too long, and ProsodyError as `stream` does.
    """
    from ticktalk.runtime_sim.speech import Speaker, ids_of

    prosody = Prosody.of(rate, pitch, volume, expression, voice.speaker(speaker), whisper)
    return Speaker(voice).speak(ids_of(voice, phonemes), seed, prosody=prosody)


def run_graph(graph: Graph, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Return the outputs of a graph, computed exactly as on the watch.

    The inputs must have the graph's shapes and dtypes. Raises ModelError otherwise.
    """
    from ticktalk.runtime_sim.simulator import Simulator

    values = Simulator(graph).run(inputs)
    return [values[index] for index in graph.outputs]


def export(
    source: Voice | Path | str, board: Board, out: Path | str, *, runtime: str = "ticktalk", text: str | None = None
) -> Path:
    """Write the C project of a voice or a .tflite file for a board, and return the project folder.

    runtime: "ticktalk" (C without dependencies) or "tflm". text: the language pack with which the watch reads text, or
    "none"; default: the voice's own pack, if it fits. Raises BuildError, VoiceError, LanguageError or ModelError.
    """
    from ticktalk.firmware_gen.errors import BuildError
    from ticktalk.firmware_gen.export import export_model, export_voice
    from ticktalk.fit.speed import check_speed

    if isinstance(source, Voice):
        check_speed(source, board)
        return export_voice(source, board, Path(out), runtime, text=text)
    if text is not None:
        raise BuildError("a model has no language pack; omit `text`")
    return export_model(Path(source), board, Path(out), runtime)


def verify(source: Voice | Path | str, board: Board, *, text: str | None = None, log: Log = lambda line: None) -> Proof:
    """Compare every tensor and sample across all implementations, including an emulated board.

    See `Proof.bit_exact` for the result.
    """
    from ticktalk.proof.prove import prove

    return prove(_subject(source, text), board, log=log)


def flash(
    source: Voice | Path | str,
    board: Board,
    port: str | None = None,
    *,
    progress: Progress = lambda done, total: None,
    log: Log = lambda line: None,
) -> dict:
    """Export, build, verify on this machine and upload a voice or a .tflite file, then check that it is running.

    Returns the object that `ticktalk flash --json` prints. The key "proven" is False if flash could not confirm that
    exactly this image is running. The C project is temporary.

    port: a serial port. If None, the board's port is found, or a virtual watch is started for an emulated board.
    progress: called with the number of bytes sent and the total. Raises BuildError, PortError, DeviceError or
    VerifyError.
    """
    import tempfile

    from ticktalk import flashing

    flashing.require_watch(board, port)
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
        ready = flashing.made(_subject(source, None), board, Path(folder, "project"), log)
        return flashing.send(ready, port, progress=progress, log=log)


def _subject(source: Voice | Path | str, text: str | None) -> "ModelSubject | VoiceSubject":
    from ticktalk.proof.subject import ModelSubject, VoiceSubject

    return VoiceSubject(source, text or None) if isinstance(source, Voice) else ModelSubject(Path(source))
