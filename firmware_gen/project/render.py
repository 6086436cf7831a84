"""Jinja templates that look like the C they make: `%%` starts a statement line, undefined names are errors."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_ROOM = Path(__file__).parent.parent


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
        autoescape=False,
    )


def render(template: str, **context) -> str:
    """The text that `template` makes of `context`."""
    return environment().get_template(template).render(**context)
