"""Self-contained HTML pages, made of the templates of this package."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Template


def template(room: str, name: str, **options: Any) -> Template:
    """Return the template `name` of the folder `room`, which escapes all values. `options`: more for Jinja."""
    from jinja2 import Environment, PackageLoader

    loader = PackageLoader("ticktalk.converter", room)
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, **options).get_template(
        name
    )


def data_url(kind: str, content: bytes) -> str:
    """Return a URL that contains the content of the MIME type `kind`."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
