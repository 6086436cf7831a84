"""Render Jinja templates that look like the C they generate.

`%%` starts a statement line, `%#` a comment line. Undefined names are errors."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from ticktalk.firmware_gen.project.escape import for_template

_ROOM = Path(__file__).parent.parent


@pass_context
def _printed(context: Context, value: object) -> Markup:
    """Escape a value that a template prints; see escape.py."""
    return for_template(context.name or "", value)


@cache
def environment() -> Environment:
    """Return the environment that loads templates of kernels/ and templates/ by path."""
    return Environment(
        loader=FileSystemLoader([_ROOM / "kernels", _ROOM / "templates"]),
        undefined=StrictUndefined,
        line_statement_prefix="%%",
        line_comment_prefix="%#",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,  # marks the results of macros as safe, so they are not escaped again
        finalize=_printed,
    )


def render(template: str, **context: object) -> str:
    """Render `template` with `context`. Strings are escaped unless they are escape.Code."""
    return environment().get_template(template).render(**context)
