"""The exceptions of this package. docs/reference/exit-codes.md lists their exit codes."""

from ticktalk.system.errors import TicktalkError


class RuntimeSimError(TicktalkError):
    """Base class of this package's errors. Every error has a one-line message and an exit code."""

    exit_code = 1


class ProsodyError(RuntimeSimError):
    """A rate, pitch, volume, expression, speaker, whisper, loudness or equaliser setting is invalid."""

    exit_code = 2


class TextError(RuntimeSimError):
    """The text contains nothing to speak."""

    exit_code = 2


class MarkupError(TextError):
    """SSML is not well-formed or contains unsupported elements."""


class VoiceError(RuntimeSimError):
    """A voice folder is missing or corrupt, or its schema is unknown."""

    exit_code = 3


class LanguageError(RuntimeSimError):
    """A language pack is missing or corrupt, or its schema is unknown."""

    exit_code = 3


class ModelError(RuntimeSimError):
    """A model is corrupt, uses floating point or contains an unknown operator."""

    exit_code = 4


class OracleError(ModelError):
    """An independent implementation refuses a model that the simulator accepts, or crashes while running it."""


class LicenceError(RuntimeSimError):
    """The licence of a voice's teacher restricts the use of the voice, and the user has not accepted the
    restriction."""

    exit_code = 12


class MissingToolError(RuntimeSimError):
    """A program or package is missing. The message explains how to install it."""

    exit_code = 10
