"""The command `ticktalk`: one small file a command, and one place where a room's error becomes one line."""

import functools
import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Annotated

import typer
from typer.core import TyperGroup

from ticktalk import __version__
from ticktalk.system import last_words, signals, verbosity

# In the order of `--help`. A command is the function of that name in the file of that name in commands/.
COMMANDS = (
    "boards", "voices", "ports", "simulate", "export", "verify", "bench", "flash", "keys", "say", "virtual",
    "evaluate", "compare", "teachers", "corpus", "align", "distill", "demo",
)  # fmt: skip


class Front(TyperGroup):
    """Runs a command; an error of a room is `error: <message>` on stderr and the exit code that it carries."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            code, message = signals.exit_code(), "interrupted"
        except OSError as error:  # a file of the user's: a room's own errors are no OSErrors
            if isinstance(error, BrokenPipeError) and not error.filename:
                raise typer.Exit(last_words.reader_left()) from None
            code, message = last_words.USAGE, f"{error.filename}: {error.strerror}" if error.filename else str(error)
        except Exception as error:
            # typer's own exceptions carry an exit code as well, but know how to show themselves.
            if type(error).__module__.startswith(("typer", "click")):
                raise
            if not hasattr(error, "exit_code"):
                raise typer.Exit(last_words.internal(error)) from error
            code, message = error.exit_code, str(error)
        last_words.tell(message)
        raise typer.Exit(code)


app = typer.Typer(
    cls=Front,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"ticktalk {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """A TTS voice as int8 firmware for a watch."""


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Tell only results, warnings and errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Tell what libraries write, too, and the programs that run.")]


def with_verbosity(function: Callable) -> Callable:
    """The command with --quiet and --verbose, which every command has."""

    @functools.wraps(function)
    def command(*, quiet: bool, verbose: bool, **options):
        if quiet and verbose:
            raise typer.BadParameter("--quiet goes without --verbose")
        with verbosity.chosen(quiet, verbose):
            return function(**options)

    signature = inspect.signature(function)
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in (("quiet", Quiet), ("verbose", Verbose))
    ]
    command.__signature__ = signature.replace(parameters=[*signature.parameters.values(), *added])  # type: ignore[attr-defined]
    command.__annotations__ = function.__annotations__ | {"quiet": Quiet, "verbose": Verbose}
    return command


for name in COMMANDS:
    module = import_module(f"ticktalk.commands.{name}")
    app.command(name, epilog=f"Example: {module.EXAMPLE}")(with_verbosity(getattr(module, name)))
