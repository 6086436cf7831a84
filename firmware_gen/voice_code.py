"""Collect a voice's C files for the watch: library, language pack and fixed phrases."""

from collections.abc import Sequence
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.library import Library
from ticktalk.firmware_gen.phrases.project import phrase_files
from ticktalk.firmware_gen.project.target import Target
from ticktalk.firmware_gen.speech_source import interface
from ticktalk.firmware_gen.text.reading import reading_of
from ticktalk.runtime_sim.voice import Voice


def voice_code(
    voice: Voice,
    library: Library,
    board: Target | None,
    name: str,
    runtime: str,
    text: str | None,
    words: Path | str | None,
    phrases: Sequence[Path | str],
) -> tuple[dict[str, str], dict]:
    """Return the C files by name, and the facts that only voices have: teacher, text and no_text.

    The arguments are the same as for export_voice. Without a board, the memory for the language pack is not checked.
    """
    reading, no_text = reading_of(
        voice, board, text, library.constants, library.memory, name, library=runtime == "tflm", words=words
    )
    if words is not None and reading is None and not phrases:
        raise BuildError(f"{words}: custom words need a language pack on the watch, but there is none: {no_text}")
    files = library.files | phrase_files(voice, text, words, phrases, name)
    if reading:
        files |= reading.files | interface(library.speech, text=True)
    teacher = voice.manifest.get("teacher", {})
    return files, {"teacher": teacher, "text": reading.facts() if reading else None, "no_text": no_text}
