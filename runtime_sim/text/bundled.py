"""Find the bundled language packs by name or path."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import ticktalk.languages as languages
from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.pack import MANIFEST, load_pack
from ticktalk.system.bundles import chosen, names

HERE = Path(languages.__file__).parent
DEFAULT = "en-us"


def pack_names() -> list[str]:
    """Return the names of the bundled packs, sorted."""
    return names(HERE, MANIFEST)


def pack_folder(name_or_path: str | None) -> Path:
    """Return the folder of a bundled pack (None: the default pack) or of a pack given by its path.

    Raises `LanguageError` if there is no such pack.
    """
    name = DEFAULT if name_or_path is None else name_or_path
    if folder := chosen(name, HERE, MANIFEST):
        return folder
    raise LanguageError(
        f"no language pack '{name}'; choose one of {', '.join(pack_names()) or 'none'}, or specify a pack's folder"
    )


@cache
def frontend(name_or_path: str | None = None, order: str = "mdy") -> Frontend:
    """Return the front end of a pack. Each pack is loaded once per process."""
    return Frontend(load_pack(pack_folder(name_or_path)), order)
