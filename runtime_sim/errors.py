"""The ways this room fails; each carries the exit code of docs/reference/exit-codes.md."""

from ticktalk.system.errors import TicktalkError


def shown(value: object) -> str:
    """How messages show what a file holds: on one line, and not all of it."""
    try:
        text = repr(value)
    except ValueError:
        return "a number of thousands of digits"
    return text if len(text) <= 80 else text[:77] + "..."


class RuntimeSimError(TicktalkError):
    """Base of this room's errors: a one-line message and an exit code."""

    exit_code = 1


class ProsodyError(RuntimeSimError):
    """A rate, pitch or volume that no voice can be given."""

    exit_code = 2


class TextError(RuntimeSimError):
    """A text in which there is nothing to say."""

    exit_code = 2


class VoiceError(RuntimeSimError):
    """A voice folder is missing, corrupted or of an unknown schema."""

    exit_code = 3


class ModelError(RuntimeSimError):
    """A model cannot be used: corrupt, float, or with an unknown operator."""

    exit_code = 4


class OracleError(ModelError):
    """An independent implementation refuses a model that the simulator takes, or crashes on it."""


class LicenceError(RuntimeSimError):
    """A voice's teacher forbids what is about to be done, and the user has not accepted that."""

    exit_code = 12


class MissingToolError(RuntimeSimError):
    """A program or package is missing; the message says how to install it."""

    exit_code = 10
