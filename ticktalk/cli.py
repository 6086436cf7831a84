"""The `ticktalk` command line. Each command has its own file; errors are reported here, on one line."""

import functools
import inspect
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from ticktalk import __version__
from ticktalk.system import last_words, signals, verbosity

if TYPE_CHECKING:
    from typer._click.core import Command as ClickCommand  # typer's own copy of click
    from typer._click.core import Context, Parameter

# `--help` lists the commands in this order. Each command is a function in the file of the same name in commands/ or
# commands/training/.
COMMANDS = (
    "boards", "voices", "fit", "ports", "simulate", "export", "verify", "bench", "flash", "keys", "say", "virtual",
    "page", "evaluate", "compare", "teachers", "corpus", "align", "distill", "adapt", "demo", "phonemes", "language",
)  # fmt: skip
TRAINING = {"evaluate", "compare", "teachers", "corpus", "align", "distill", "adapt", "language"}

Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only results, warnings and errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Also print library messages and the programs that are run.")]


def with_verbosity(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options --quiet and --verbose, which are common to all commands."""

    @functools.wraps(function)
    def command(*, quiet: bool, verbose: bool, **options: object) -> None:
        if quiet and verbose:
            raise typer.BadParameter("--quiet cannot be combined with --verbose")
        with verbosity.chosen(quiet, verbose):
            function(**options)

    signature = inspect.signature(function)
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in (("quiet", Quiet), ("verbose", Verbose))
    ]
    vars(command)["__signature__"] = signature.replace(parameters=[*signature.parameters.values(), *added])
    command.__annotations__ = function.__annotations__ | {"quiet": Quiet, "verbose": Verbose}
    return command


def function(command: str) -> Callable[..., None]:
    """Return a command's function, with the options common to all commands added."""
    return with_verbosity(getattr(module_of(command), command))


def module_of(command: str) -> ModuleType:
    """Import and return the module of a command."""
    return import_module(f"ticktalk.commands.{'training.' * (command in TRAINING)}{command}")


def _unconverted(params: "list[Parameter]") -> "list[Parameter]":
    """Return a command's parameters, patched so that absent values are not converted.

    Even to convert None, typer would import pydantic, which takes 0.1 s.
    """
    for param in params:
        if param.nargs == 1 and not param.required and not param.multiple:
            vars(param)["process_value"] = functools.partial(_process_value, param)
    return params


def _process_value(param: "Parameter", ctx: "Context", value: Any) -> Any:
    if value is not None:
        return type(param).process_value(param, ctx, value)
    return param.callback(ctx, param, None) if param.callback else None


class Command(TyperCommand):
    """A command of the application."""

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        return _unconverted(super().get_params(ctx))


class Front(TyperGroup):
    """The group of all commands.

    The group reports an exception as `error: <message>` and exits with the exception's exit code.
    """

    def get_params(self, ctx: "Context") -> "list[Parameter]":
        return _unconverted(super().get_params(ctx))

    def list_commands(self, ctx: "Context") -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: "Context", cmd_name: str) -> "ClickCommand | None":
        """Return a command. Only the command's own module is imported."""
        if cmd_name not in COMMANDS:
            return None
        if cmd_name not in self.commands:
            alone = typer.Typer(add_completion=False, rich_markup_mode=None)
            alone.command(cmd_name, cls=Command, epilog=f"Example: {module_of(cmd_name).EXAMPLE}")(function(cmd_name))
            self.commands[cmd_name] = typer.main.get_command(alone)
        return self.commands[cmd_name]

    def resolve_command(self, ctx: "Context", args: list[str]) -> "tuple[str | None, ClickCommand | None, list[str]]":
        if args and args[0] not in COMMANDS:  # typer's suggestions cover only loaded commands
            for name in COMMANDS:
                self.get_command(ctx, name)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: "Context") -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            code, message = signals.exit_code(), "interrupted"
        except OSError as error:  # concerns a user's file, because ticktalk's own errors are not OSErrors
            if isinstance(error, BrokenPipeError) and not error.filename:
                raise typer.Exit(last_words.reader_left()) from None
            code, message = last_words.USAGE, f"{error.filename}: {error.strerror}" if error.filename else str(error)
        except Exception as error:
            # typer's own exceptions also have an exit code, but print their own message.
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
