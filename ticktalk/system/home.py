"""The user's folders, according to the XDG specification. A home directory is not required (`docker run -u 1234`)."""

import errno
import os
import stat
import tempfile
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder for cached files: $XDG_CACHE_HOME/ticktalk, or a folder in the home directory."""
    return _folder("XDG_CACHE_HOME", ".cache")


def state_folder() -> Path:
    """Return the folder for state kept between runs: $XDG_STATE_HOME/ticktalk, or a folder in the home directory."""
    return _folder("XDG_STATE_HOME", ".local/state")


def config_folder() -> Path | None:
    """Return the folder for settings: $XDG_CONFIG_HOME/ticktalk, or a folder in the home directory.

    Returns None if there is no home directory, because nothing valuable should be stored in a temporary folder.
    """
    if chosen := os.environ.get("XDG_CONFIG_HOME"):
        return Path(chosen, "ticktalk")
    home = _home()
    return home and home / ".config" / "ticktalk"


def _folder(variable: str, below: str) -> Path:
    if chosen := os.environ.get(variable):
        return Path(chosen, "ticktalk")
    home = _home()
    return home / below / "ticktalk" if home else _temporary() / below / "ticktalk"


def _home() -> Path | None:
    try:
        home = Path.home() if os.environ.get("HOME", "set") else None
    except (RuntimeError, KeyError):  # no HOME and no entry in the password file
        return None
    return home


def _temporary() -> Path:
    """Return a private temporary folder for this user. Raises OSError if another user owns it."""
    folder = Path(tempfile.gettempdir(), f"ticktalk-{os.getuid()}")
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        status = folder.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
            raise PermissionError(
                errno.EPERM, "belongs to another user; set HOME or XDG_CACHE_HOME", str(folder)
            ) from None
    return folder
