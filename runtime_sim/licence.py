"""The licence ledger: the manifest's facts about a voice's teacher, and the uses that its licence permits.

The table `[teacher]` has the optional keys name, voice, version, licence, terms (URL), text (source of the sentences),
consent (of the speaker) and commercial. If `commercial` is absent, it is unknown whether commercial use is allowed.

Of a voice with several speakers, the optional table `[teachers]` has such a table for each speaker, by name, and
`[teacher]` has what is true of all of them.
"""

from __future__ import annotations

from ticktalk.runtime_sim.errors import LicenceError, VoiceError
from ticktalk.system.errors import shown

KEYS = dict.fromkeys(("name", "voice", "version", "licence", "terms", "text", "consent"), str) | {"commercial": bool}


def ledger(manifest: dict, source: object) -> dict:
    """Return the manifest's [teacher] table after checking its types, and those of the tables in [teachers].

    The other optional tables, of facts that nothing else checks, must at least be tables.

    Raises a `VoiceError` that names `source` and the key if a value is invalid.
    """
    for key in ("teacher", "teachers", "sound", "training", "scores"):
        if not isinstance(manifest.get(key, {}), dict):
            raise VoiceError(f"{source}: key '{key}' is {shown(manifest[key])}, but must be a table")
    found = manifest.get("teacher", {})
    _check("teacher", found, source)
    for speaker, each in manifest.get("teachers", {}).items():
        _check(f"teachers.{speaker}", each, source)
    return found


def _check(name: str, found: object, source: object) -> None:
    if not isinstance(found, dict):
        raise VoiceError(f"{source}: key {shown(name)} is {shown(found)}, but must be a table")
    for key, kind in KEYS.items():
        value = found.get(key, kind())
        if not isinstance(value, kind):
            raise VoiceError(
                f"{source}: key {shown(f'{name}.{key}')} is {shown(value)}, but must be of type {kind.__name__}"
            )
        if isinstance(value, str) and not value.isprintable():
            raise VoiceError(f"{source}: key {shown(f'{name}.{key}')} is {shown(value)}, but must be text on one line")


def teacher_of_speaker(manifest: dict, speaker: str | None = None) -> dict:
    """Return the facts about the teacher of a speaker of a voice with several, or of the voice."""
    return manifest.get("teacher", {}) if speaker is None else manifest.get("teachers", {}).get(speaker, {})


def commercial_use(teacher: dict) -> str:
    """Return whether commercial use is allowed: "yes", "no" or "unknown"."""
    allowed = teacher.get("commercial")
    return "unknown" if allowed is None else "yes" if allowed else "no"


def check_licence(manifest: dict, accepted: bool) -> str | None:
    """Return the licence notice to show before the voice is installed on a watch, or None if there is none.

    Raises `LicenceError` if the teacher's licence forbids commercial use, unless the user has `accepted` this
    restriction.
    """
    teacher, name = manifest.get("teacher", {}), manifest["name"]
    use, licence = commercial_use(teacher), teacher.get("licence", "no licence is recorded")
    what = f"voice '{name}', distilled from {teacher.get('name', 'an unknown teacher')} ({licence})"
    if use == "no" and not accepted:
        raise LicenceError(
            f"{what}, is not for commercial use: read {teacher.get('terms') or 'the terms'}; "
            "if your use is not commercial, confirm this with --accept-noncommercial"
        )
    if use == "no":
        return f"{what}: not for commercial use"
    return (
        f"{what}: it is not recorded whether commercial use is allowed; find out before using the voice commercially"
        if use == "unknown"
        else None
    )
