"""The licence ledger: what a voice's manifest says of its teacher, and what that allows.

`[teacher]` has name, voice, version, licence, terms (URL), text (where the sentences are from) and commercial, all
optional: a voice without `commercial` is one of which nobody knows whether it may be used commercially."""

from __future__ import annotations

from ticktalk.runtime_sim.errors import LicenceError, VoiceError, shown

KEYS = {"name": str, "voice": str, "version": str, "licence": str, "terms": str, "text": str, "commercial": bool}


def ledger(manifest: dict, source: object) -> dict:
    """The manifest's [teacher], its values checked; VoiceError names `source` and the key."""
    found = manifest.get("teacher", {})
    if not isinstance(found, dict):
        raise VoiceError(f"{source}: key 'teacher' is {shown(found)}, should be a table")
    for key, kind in KEYS.items():
        if key in found and not isinstance(found[key], kind):
            raise VoiceError(f"{source}: key 'teacher.{key}' is {shown(found[key])}, should be of type {kind.__name__}")
        if kind is str and not found.get(key, "").isprintable():
            raise VoiceError(f"{source}: key 'teacher.{key}' is {shown(found[key])}, should be text on one line")
    return found


def commercial_use(teacher: dict) -> str:
    """yes, no or unknown."""
    allowed = teacher.get("commercial")
    return "unknown" if allowed is None else "yes" if allowed else "no"


def check_licence(manifest: dict, accepted: bool) -> str | None:
    """What to tell somebody who takes the voice to a watch, or None; LicenceError when the teacher forbids commercial
    use and that was not `accepted`."""
    teacher, name = manifest.get("teacher", {}), manifest["name"]
    use, licence = commercial_use(teacher), teacher.get("licence", "no licence is recorded")
    what = f"voice '{name}', distilled from {teacher.get('name', 'an unknown teacher')} ({licence})"
    if use == "no" and not accepted:
        raise LicenceError(
            f"{what}, is not for commercial use: read {teacher.get('terms') or 'the terms'}; "
            "if yours is none, say so with --accept-noncommercial"
        )
    if use == "no":
        return f"{what}: not for commercial use"
    return (
        f"{what}: nobody has recorded whether it may be used commercially; find out before you do"
        if use == "unknown"
        else None
    )
