"""Text that comes from a user."""

from collections.abc import Iterable

from runtime_sim.errors import VoiceError


def checked(parts: Iterable[tuple[list[int], int]], text: str) -> list[tuple[list[int], int]]:
    """The utterances of a text as a list; VoiceError when there is nothing to say."""
    found = list(parts)
    if not found:
        raise VoiceError(f"there is nothing to say in the text {text!r}")
    return found
