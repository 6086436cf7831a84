"""What of a text will not be heard is said before it is missed."""

from ticktalk.commands.support import show


def told_unspoken(voice, text: str) -> list[str]:
    """The parts of a text that the voice cannot say, which are also named on standard error."""
    from ticktalk.runtime_sim.speech import unspoken

    parts = unspoken(voice, text)
    if parts:
        show.note(f"left out, since voice '{voice.manifest['name']}' cannot say it: {' '.join(parts)}")
    return parts
