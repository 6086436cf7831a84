"""Find the bundled voices by name or path."""

from pathlib import Path

from ticktalk import voices
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.system.bundles import chosen, names

HERE = Path(voices.__file__).parent
DEFAULT = "heart"
MANIFEST = "voice.toml"


def voice_names() -> list[str]:
    """Return the names of the bundled voices, sorted."""
    return names(HERE, MANIFEST)


def voice_folder(name_or_path: str | None) -> Path:
    """Return the folder of a voice, which is given by a bundled voice's name, by a path, or by None for the default
    voice.

    Raises `VoiceError` if there is no such voice.
    """
    name = DEFAULT if name_or_path is None else name_or_path
    if folder := chosen(name, HERE, MANIFEST):
        return folder
    raise VoiceError(
        f"no voice '{name}'; choose one of {', '.join(voice_names()) or 'none'}, or specify a voice's folder"
    )
