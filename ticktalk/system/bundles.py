"""Folders that come with ticktalk, each known by its manifest, and how a name or a path selects one."""

from pathlib import Path


def names(here: Path, manifest: str) -> list[str]:
    """Names of the folders in `here` that have the manifest, sorted."""
    return sorted(file.parent.name for file in here.glob(f"*/{manifest}"))


def chosen(name_or_path: str, here: Path, manifest: str) -> Path | None:
    """The bundled folder of that name, else a folder anywhere by its path; None if it is neither."""
    if name_or_path in names(here, manifest):
        return here / name_or_path
    path = Path(name_or_path)
    # Treat anything that looks like a path as a path: the error then names the folder, not the list of names.
    return path if path.is_dir() or len(path.parts) > 1 else None
