"""Entry points of the commands, which run before any slow import.

These functions handle closed standard streams, characters that a stream cannot encode, signals and uncaught exceptions.
"""

import sys

from ticktalk.system import signals
from ticktalk.system.last_words import (
    INTERNAL,
    USAGE,
    discard_output,
    internal,
    interrupted,
    reader_left,
    streams,
    tell,
    told,
)


def main(arguments: list[str] | None = None) -> None:
    """Run the command `ticktalk`. Always raises SystemExit."""
    code = INTERNAL
    try:
        signals.install()
        code = _run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:  # a signal just before or after _run
        code = interrupted()
    finally:
        signals.ignore()  # do not interrupt the interpreter's own clean-up
    sys.exit(code)


def flash_alone() -> None:
    """Run the command `flash`, an alias of `ticktalk flash`."""
    main(["flash", *sys.argv[1:]])


def _run(arguments: list[str]) -> int:
    try:
        streams()
        from ticktalk.cli import app

        code = 0
        try:
            app(arguments, prog_name="ticktalk")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else USAGE if end.code else 0
            if code == 130 and signals.received and not told:  # interrupted during parsing: typer prints nothing
                return interrupted()
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return interrupted()
    except BrokenPipeError:
        return reader_left()
    except OSError as error:
        discard_output()
        tell(f"standard output: {error.strerror or error}")
        return USAGE
    except Exception as error:
        return internal(error)
