"""What `flash` remembers between two runs: how far an update got, what a device holds, which port belonged
to which board.

Small JSON files below $XDG_STATE_HOME/ticktalk. They only save work: every reader checks with the device, and
an unreadable file counts as empty.
"""

import hashlib
import json
import time
from pathlib import Path

from ticktalk.system.files import write_text
from ticktalk.system.home import state_folder

EVERY = 0.5  # minimum seconds between two notes of progress


def load(path: Path) -> dict:
    """The JSON object in a file; {} if there is no file."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def store(path: Path, content: dict) -> None:
    """Write a temporary file and rename it. If that fails (a read-only home), nothing is remembered."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(content))
    except OSError:
        pass


class Journal:
    """The journal of one device: one board on one port, or one chip if the protocol reports its number.

    Its file lies in `folder`; by default, in the user's state folder.
    """

    def __init__(self, board: str, device: str, folder: Path | None = None):
        name = hashlib.sha256(f"{board}\n{device}".encode()).hexdigest()[:16]
        self._path = (folder or state_folder() / "journal") / f"{board}-{name}.json"
        self._content = load(self._path)
        self._noted = 0.0

    def done(self, image: bytes) -> int:
        """Bytes of the image with that hash that an unfinished update has already sent; 0 if there is none."""
        done = self._content.get("done")
        return done if self._content.get("image") == image.hex() and type(done) is int and done > 0 else 0

    def begin(self, image: bytes, kept: list[tuple[int, int, bytes]], start: int) -> None:
        """An update with that image begins or resumes. Of what the device held, only `kept` (offset, size,
        SHA-256) is still valid."""
        self._content = {
            "image": image.hex(),
            "done": start,
            "held": {f"{at}:{size}": sha.hex() for at, size, sha in kept},
        }
        self.save()

    def note(self, done: int) -> None:
        """Note that the update has reached `done` bytes."""
        self._content["done"] = done
        if time.monotonic() - self._noted >= EVERY:
            self.save()

    def save(self) -> None:
        """Write the last note to disk, because the update ends here, successfully or not."""
        self._noted = time.monotonic()
        store(self._path, self._content)

    def finish(self, held: list[tuple[int, int, bytes]]) -> None:
        """No update is in progress any more. `held`: what the secondary slot is known to hold (offset, size,
        SHA-256)."""
        self._content = {"held": {f"{at}:{size}": sha.hex() for at, size, sha in held}}
        self.save()

    def holds(self, offset: int, size: int, sha256: bytes) -> bool:
        """Whether the secondary slot is known to hold exactly these bytes there."""
        held = self._content.get("held")
        return isinstance(held, dict) and held.get(f"{offset}:{size}") == sha256.hex()
