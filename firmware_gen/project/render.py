"""Render Jinja templates.

`%%` starts a statement line and `%#` a comment line. Undefined names raise an error."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from ticktalk.firmware_gen.project.escape import for_template

_ROOM = Path(__file__).parent.parent


@pass_context
def _printed(context: Context, value: object) -> Markup:
    """Escape a printed value (see escape.py)."""
    return for_template(context.name or "", value)


@cache
def environment() -> Environment:
    """Return the Jinja environment, which loads templates from kernels/ and templates/ by relative path."""
    return Environment(
        loader=FileSystemLoader([_ROOM / "kernels", _ROOM / "templates"]),
        undefined=StrictUndefined,
        line_statement_prefix="%%",
        line_comment_prefix="%#",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,  # marks macro results as safe, which prevents double escaping
        finalize=_printed,
    )


def render(template: str, **context: object) -> str:
    """Render `template` with `context`. Strings are escaped unless they are escape.Code."""
    return environment().get_template(template).render(**context)
