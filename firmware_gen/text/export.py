"""Export the text front end to C: the shared source files and the tables of one language pack."""

from __future__ import annotations

from functools import cache

from ticktalk.firmware_gen.project import escape
from ticktalk.firmware_gen.project.device import copied
from ticktalk.firmware_gen.text.prefix import prefixed
from ticktalk.firmware_gen.text.sizes import sizes
from ticktalk.firmware_gen.text.source import Source
from ticktalk.runtime_sim.text.frontend import Frontend

MACHINE = (
    "text.h", "text_internal.h", "text_tables.h", "text_characters.c", "text_match.c", "text_say.c", "text_items.c",
    "text_scan.c", "text_read.c", "text_lexicon.c", "text_context.c", "text_network.c", "text_words.c", "text_units.c",
    "text_own.c", "text_markup.c",
)  # fmt: skip
HOST = ("text_main.c",)


def text_files(frontend: Frontend, name: str, host: bool = False) -> dict[str, str]:
    """Return the C files as a mapping from file name to contents. Files and symbols begin with `name`.

    If `host` is true, the files include the test program, which reads text from standard input.
    """
    files = dict(text_parts(frontend)[0])
    if host:
        files |= {name: copied(f"text/{name}") for name in HOST}
        names = ", ".join(f'"{escape.octal(symbol.encode())}"' for symbol in Source(frontend).names())
        files["text_names.c"] = f"extern const char *const tx_names[];\nconst char *const tx_names[] = {{{names}}};\n"
    return prefixed(files, name) | {"tt_build.h": copied("graph/tt_build.h")}


@cache
def text_parts(frontend: Frontend) -> tuple[dict[str, str], dict[str, int]]:
    """Return the C files by name, without a prefix, and the flash use of each section of the tables in bytes.

    The result is cached per front end.
    """
    files = {name: copied(f"text/{name}") for name in MACHINE}
    source = Source(frontend)
    files["text_tables.c"] = source.render()
    files["text_sizes.h"] = sizes(frontend)
    return files, source.bytes
