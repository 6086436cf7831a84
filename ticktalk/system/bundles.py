"""Find bundled folders by name or path. Each of these folders contains a manifest."""

from pathlib import Path


def names(here: Path, manifest: str) -> list[str]:
    """Return the names of the folders in `here` that contain the manifest, sorted."""
    return sorted(file.parent.name for file in here.glob(f"*/{manifest}"))


def chosen(name_or_path: str, here: Path, manifest: str) -> Path | None:
    """Return the bundled folder with that name, otherwise the folder at that path, or None if neither exists."""
    if name_or_path in names(here, manifest):
        return here / name_or_path
    if not name_or_path:  # an unset variable, not the current folder
        return None
    path = Path(name_or_path)
    # Treat any name that looks like a path as a path. An error message then names that folder instead of listing the
    # bundled ones.
    return path if path.is_dir() or len(path.parts) > 1 else None
