"""The front end as a folder of C: the machine, and the tables of one language pack."""

from __future__ import annotations

from pathlib import Path

from ticktalk.firmware_gen.text.source import Source, sizes
from ticktalk.runtime_sim.text.frontend import Frontend

TEMPLATES = Path(__file__).parent.parent / "templates" / "text"
MACHINE = (
    "text.h", "text_internal.h", "text_tables.h", "text_characters.c", "text_match.c", "text_say.c", "text_items.c",
    "text_scan.c", "text_lexicon.c", "text_context.c", "text_network.c", "text_words.c",
)  # fmt: skip
HOST = ("text_main.c",)


def text_files(frontend: Frontend, host: bool = False) -> dict[str, str]:
    """File name -> contents. host: with a program that reads texts, for tests."""
    files = {name: (TEMPLATES / name).read_text(encoding="utf-8") for name in MACHINE + (HOST if host else ())}
    source = Source(frontend)
    files["text_tables.c"] = source.render()
    files["text_sizes.h"] = sizes(frontend)
    if host:
        names = ", ".join(f'"{_escaped(name)}"' for name in source.names())
        files["text_names.c"] = f"extern const char *const tx_names[];\nconst char *const tx_names[] = {{{names}}};\n"
    return files


def _escaped(name: str) -> str:
    """As a C string: octal escapes, which are never longer than three digits."""
    return "".join(f"\\{byte:03o}" for byte in name.encode())
