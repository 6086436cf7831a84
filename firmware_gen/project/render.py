"""Jinja templates that look like the C they make: `%%` starts a statement line, undefined names are errors."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from ticktalk.firmware_gen.project.escape import for_template

_ROOM = Path(__file__).parent.parent


@pass_context
def _printed(context: Context, value: object) -> Markup:
    """A value that a template prints; see escape.py."""
    return for_template(context.name or "", value)


@cache
def environment() -> Environment:
    """Templates of kernels/ and templates/, by file name."""
    return Environment(
        loader=FileSystemLoader([_ROOM / "kernels", _ROOM / "templates"]),
        undefined=StrictUndefined,
        line_statement_prefix="%%",
        line_comment_prefix="%#",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=True,  # what a macro returns is then known as code
        finalize=_printed,
    )


def render(template: str, **context: object) -> str:
    """The text that `template` makes of `context`. Strings in it are text, unless they are escape.Code."""
    return environment().get_template(template).render(**context)
