"""The texts on which an estimate is based."""

from pathlib import Path

from ticktalk.runtime_sim.errors import TextError
from ticktalk.system.files import lines_of, read_text, unreadable


def texts_in(file: Path) -> list[str]:
    """Return the non-blank lines of a text file.

    Raises TextError if the file cannot be read or has no text.
    """
    try:
        found = [line for line in lines_of(read_text(file)) if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise TextError(f"{file}: cannot be read: {unreadable(error)}") from None
    if not found:
        raise TextError(f"{file}: contains no text")
    return found
