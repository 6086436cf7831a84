"""The command `ticktalk`: one small file a command, and one place where a room's error becomes one line."""

from importlib import import_module

import typer
from typer.core import TyperGroup

from ticktalk import entry
from ticktalk.system import signals

# In the order of `--help`. A command is the function of that name in the file of that name in commands/.
COMMANDS = (
    "boards", "voices", "ports", "simulate", "export", "verify", "bench", "flash", "keys", "say", "virtual",
    "evaluate", "compare", "teachers", "corpus", "align", "distill", "demo",
)  # fmt: skip
USAGE = 2


class Front(TyperGroup):
    """Runs a command; an error of a room is `error: <message>` on stderr and the exit code that it carries."""

    def invoke(self, ctx):
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            code, message = signals.exit_code(), "interrupted"
        except OSError as error:  # a file of the user's: a room's own errors are no OSErrors
            if isinstance(error, BrokenPipeError) and not error.filename:
                raise typer.Exit(entry.reader_left()) from None
            code, message = USAGE, f"{error.filename}: {error.strerror}" if error.filename else str(error)
        except Exception as error:
            # typer's own exceptions carry an exit code as well, but know how to show themselves.
            if type(error).__module__.startswith(("typer", "click")):
                raise
            if not hasattr(error, "exit_code"):
                raise typer.Exit(entry.internal(error)) from error
            code, message = error.exit_code, str(error)
        entry.tell(message)
        raise typer.Exit(code)


app = typer.Typer(
    cls=Front,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="A TTS voice as int8 firmware for a watch.",
)
for name in COMMANDS:
    app.command(name)(getattr(import_module(f"ticktalk.commands.{name}"), name))
