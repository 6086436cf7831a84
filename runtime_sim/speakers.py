"""The names of a voice's speakers: the key `speakers` of voice.toml (docs/reference/voice-folder.md)."""

from __future__ import annotations

import re
from pathlib import Path

from ticktalk.runtime_sim.errors import ProsodyError, VoiceError
from ticktalk.system.errors import shown

MOST_SPEAKERS = 16
NAME = re.compile("[a-z0-9][a-z0-9-]{0,31}")
MOST_NAMES = 255  # characters of all names and the commas between them, which go into the console's banner


def check_names(manifest: dict, file: Path) -> None:
    """Raise `VoiceError` if the optional key `speakers` of the manifest `file` is invalid."""
    if "speakers" not in manifest:
        return
    names = manifest["speakers"] if isinstance(manifest["speakers"], list) else []
    if not (1 <= len(names) <= MOST_SPEAKERS and all(isinstance(name, str) and NAME.fullmatch(name) for name in names)):
        raise VoiceError(
            f"{file}: key 'speakers' is {shown(manifest['speakers'])}, but must be a list of 1 to {MOST_SPEAKERS} "
            "names of up to 32 lower-case letters, digits and hyphens"
        )
    if twice := [name for name in names if names.count(name) > 1]:
        raise VoiceError(f"{file}: key 'speakers' contains '{twice[0]}' twice; give each speaker its own name")
    if len(",".join(names)) > MOST_NAMES:
        raise VoiceError(f"{file}: key 'speakers' has {len(','.join(names))} characters; use at most {MOST_NAMES}")


def number_of(name: str | None, speakers: list[str], voice: str) -> int:
    """Return the number of the speaker called `name`, or 0 for None. `voice` is the voice's name.

    Raises a `ProsodyError` that lists the speakers.
    """
    if name is None:
        return 0
    if name not in speakers:
        raise ProsodyError(_told(shown(name), speakers, voice))
    return speakers.index(name)


def check_number(number: int, speakers: list[str], voice: str) -> None:
    """Raise a `ProsodyError` that lists the speakers unless there is a speaker with this number."""
    if not 0 <= number < max(1, len(speakers)):
        raise ProsodyError(_told(str(number), speakers, voice))


def _told(wanted: str, speakers: list[str], voice: str) -> str:
    listed = f"choose {', '.join(speakers)}" if speakers else "it has only one, who has no name; name none"
    return f"voice '{voice}' has no speaker {wanted}: {listed}"
