"""The voices that come with ticktalk, and how a name or a path selects one."""

from pathlib import Path

from ticktalk import voices
from ticktalk.runtime_sim.errors import VoiceError

HERE = Path(voices.__file__).parent
DEFAULT = "heart"


def voice_names() -> list[str]:
    """Names of the bundled voices, sorted."""
    return sorted(manifest.parent.name for manifest in HERE.glob("*/voice.toml"))


def voice_folder(name_or_path: str | None) -> Path:
    """Return the folder of a voice: a bundled one by name (None: the default voice), or any folder by its
    path."""
    name = name_or_path or DEFAULT
    if name in voice_names():
        return HERE / name
    path = Path(name)
    # Treat anything that looks like a path as a path: the error then names the folder, not the list of voices.
    if path.is_dir() or len(path.parts) > 1:
        return path
    raise VoiceError(f"no voice '{name}'; choose one of {', '.join(voice_names()) or 'none'}, or give a voice's folder")
