"""The state that `flash` keeps between runs: the progress of each update, the flash contents of each device, and the
port of each board.

The state is in small JSON files in $XDG_STATE_HOME/ticktalk. Callers compare the state with the device. An unreadable
file is treated as empty.
"""

import hashlib
import json
import time
from pathlib import Path

from ticktalk.system.files import write_text
from ticktalk.system.home import state_folder

EVERY = 0.5  # minimum seconds between two progress records


def load(path: Path) -> dict:
    """Return the JSON object in the file, or {} if the file is missing or invalid."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def store(path: Path, content: dict) -> None:
    """Write `content` to the file atomically. Errors, such as a read-only home directory, are ignored."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(content))
    except OSError:
        pass


class Journal:
    """The journal of one device, identified by its chip ID or, if the protocol does not report one, by its port.

    The file is in `folder`, or by default in the user's state directory.
    """

    def __init__(self, board: str, device: str, folder: Path | None = None):
        name = hashlib.sha256(f"{board}\n{device}".encode()).hexdigest()[:16]
        self._path = (folder or state_folder() / "journal") / f"{board}-{name}.json"
        self._content = load(self._path)
        self._noted = 0.0

    def done(self, image: bytes) -> int:
        """Return how many bytes of this image an unfinished update has already sent. `image` is the image's hash."""
        done = self._content.get("done")
        return done if self._content.get("image") == image.hex() and type(done) is int and done > 0 else 0

    def begin(self, image: bytes, kept: list[tuple[int, int, bytes]], start: int) -> None:
        """Record that an update with this image starts or resumes at byte `start`.

        From now on, the device is known to hold only the regions `kept`, each given as (offset, size, SHA-256).
        """
        self._content = {
            "image": image.hex(),
            "done": start,
            "held": {f"{at}:{size}": sha.hex() for at, size, sha in kept},
        }
        self.save()

    def note(self, done: int) -> None:
        """Record that the update has sent `done` bytes."""
        self._content["done"] = done
        if time.monotonic() - self._noted >= EVERY:
            self.save()

    def save(self) -> None:
        """Write the latest progress to disk."""
        self._noted = time.monotonic()
        store(self._path, self._content)

    def finish(self, held: list[tuple[int, int, bytes]]) -> None:
        """Record that no update is in progress.

        `held` lists the known contents of the secondary slot as (offset, size, SHA-256).
        """
        self._content = {"held": {f"{at}:{size}": sha.hex() for at, size, sha in held}}
        self.save()

    def holds(self, offset: int, size: int, sha256: bytes) -> bool:
        """Return whether the secondary slot is known to hold these bytes at `offset`."""
        held = self._content.get("held")
        return isinstance(held, dict) and held.get(f"{offset}:{size}") == sha256.hex()
