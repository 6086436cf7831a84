"""ticktalk: a TTS voice as int8 firmware for a watch, proven bit-exact before it is flashed.

The names in `__all__` are the public API (docs/reference/api.md). Everything else may change between releases.
Importing ticktalk is fast, because each name is loaded when it is first used.
"""

TYPE_CHECKING = False  # importing typing takes milliseconds, during which a signal would cause a traceback
if TYPE_CHECKING:
    from ticktalk.api import (
        Board,
        Graph,
        Proof,
        TicktalkError,
        Voice,
        export,
        flash,
        list_boards,
        list_voices,
        load_board,
        load_graph,
        load_voice,
        run_graph,
        speak,
        speak_phonemes,
        stream,
        verify,
    )

__version__ = "0.2.0"

__all__ = [
    "Board",
    "Graph",
    "Proof",
    "TicktalkError",
    "Voice",
    "export",
    "flash",
    "list_boards",
    "list_voices",
    "load_board",
    "load_graph",
    "load_voice",
    "run_graph",
    "speak",
    "speak_phonemes",
    "stream",
    "verify",
]


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name not in __all__:
        raise AttributeError(f"module 'ticktalk' has no attribute {name!r}")
    return getattr(import_module("ticktalk.api"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
