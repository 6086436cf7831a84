"""Send the image to the running firmware or to the boot loader, and verify it in flash."""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from ticktalk.boards.console.updater import ConsoleLoader
from ticktalk.boards.errors import VerifyError
from ticktalk.boards.images.regions import Region
from ticktalk.boards.journal import Journal
from ticktalk.boards.protocols.loader import Loader, Progress, Update

TRIES = 2  # attempts at a complete update; the second sends every byte

Log = Callable[[str], None]


def bring_to_firmware(updater: ConsoleLoader, update: Update, progress: Progress, log: Log) -> dict | None:
    """Update through the running firmware, restart the device, and return the outcome.

    Returns None if verification fails. The caller then updates through the boot loader.
    """
    try:
        told = updater.bring(update, progress, log)
    except VerifyError as error:
        log(f"{error}; retrying through the boot loader")
        return None
    if told["sent_bytes"]:
        log(f"{told['verified']}; reset")
        updater.restart()
    return told


def bring(loader: Loader, update: Update, journal: Journal, progress: Progress, log: Log) -> dict:
    """Transfer the image through the boot loader, verify it, and return the outcome."""
    hash = update.image.hash
    if loader.runs(update):
        log("this image is already on the watch")
        return _sent(
            loader, replace(update, kept=frozenset(update.regions)), 0.0, "the boot loader reports the image's hash"
        )
    started = time.monotonic()
    for attempt in range(TRIES):
        if attempt == 0:
            start = journal.done(hash)
            noted = {part: journal.holds(part.offset, part.size, part.sha256) for part in update.regions}
            kept = frozenset(part for part in update.regions if loader.keeps(update, part, noted[part]))
            update = replace(update, start=start, kept=kept)
            if start:
                log(f"resuming at byte {start}")
            if kept:
                log(f"unchanged on the watch: {', '.join(part.name for part in update.regions if part in kept)}")
        else:
            update = replace(update, start=0, kept=frozenset())
        journal.begin(hash, _held(update.kept), update.start)

        def note(done: int, total: int) -> None:
            journal.note(done)
            progress(done, total)

        try:
            loader.write(update, note)
            verified = loader.verify(update)
            break
        except VerifyError as error:
            journal.finish([])
            if attempt == TRIES - 1 or not (update.start or update.kept):
                raise
            log(f"{error}; retrying with the complete data")
        finally:
            journal.save()
    journal.finish(_held(update.regions))
    log(f"{verified}; reset")
    return _sent(loader, update, time.monotonic() - started, verified)


def _held(parts: Iterable[Region]) -> list[tuple[int, int, bytes]]:
    return [(part.offset, part.size, part.sha256) for part in parts]


def _sent(loader: Loader, update: Update, seconds: float, verified: str) -> dict:
    size = sum(max(0, part.end - max(part.offset, update.start)) for part in update.sent)
    return {
        "route": "through the boot loader",
        "sent_bytes": size,
        "wire_bytes": loader.client.wire,
        "skipped": [part.name for part in update.regions if part in update.kept],
        "upload_seconds": round(seconds, 2),
        "bytes_per_second": round(size / seconds) if seconds else 0,
        "resent": loader.client.resent,
        "verified": verified,
    }
