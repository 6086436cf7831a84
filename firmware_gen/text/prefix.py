"""Add a library's prefix to the C code of the text front end, so that several libraries can be linked into one
image."""

from __future__ import annotations

import re

_NAMES = re.compile(r'\b(?:tx|TX)(?=_\w|\b)|(?<=#include ")text(?=[_.])')


def prefixed(files: dict[str, str], name: str) -> dict[str, str]:
    """Return the C files, by file name, with the prefix `name` in their symbols.

    In the files named text*, `tx` stands for `NAME_text`, `tx_` for `NAME_text_`, and `TX_` for `NAME_TEXT_`.
    """
    new = {"tx": f"{name}_text", "TX": f"{name.upper()}_TEXT", "text": f"{name}_text"}
    return {f"{name}_{file}": _NAMES.sub(lambda found: new[found[0]], text) for file, text in files.items()}
