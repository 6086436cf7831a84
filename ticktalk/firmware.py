"""Build the image of a voice or model for a board, and find the key for signing."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.boards.board import Board
from ticktalk.boards.images import DEFAULT_VERSION

if TYPE_CHECKING:
    from ticktalk.proof.subject import AnySubject

Log = Callable[[str], None]


@dataclass(frozen=True)
class Firmware:
    """An exported and built project. `expect` holds the banner lines that identify the image on a watch."""

    project: Path
    image: Path
    expect: dict[str, str]
    report: dict


def make_firmware(
    subject: "AnySubject", board: Board, folder: Path, log: Log = lambda line: None, version: str = DEFAULT_VERSION
) -> Firmware:
    """Export and build the project, and create the image. Only changed files are rebuilt.

    An MCUboot image is signed if a key exists (`ticktalk keys --new`). The security counter is derived from `version`.
    """
    from ticktalk.boards.images.formats import check_image
    from ticktalk.boards.images.keys import existing_key
    from ticktalk.boards.images.mcuboot import make_image
    from ticktalk.boards.protocols import image_format
    from ticktalk.firmware_gen.project.build import binary, build
    from ticktalk.firmware_gen.project.report import read_report
    from ticktalk.system.files import write_bytes

    log(f"exporting {subject.name} for {board.name} and compiling it")
    project = subject.export(board, folder)
    elf = build(project, "arm")
    report = read_report(project)
    image = elf.with_name("image.bin")
    built = binary(elf).read_bytes()
    if image_format(board.protocol) == "flash":
        check_image(built, board, image.name)
        write_bytes(image, built)
    else:
        write_bytes(image, make_image(built, board, version, existing_key()))
    text = report["text"]
    reads = f"; the firmware reads text with language pack {text['pack']}" if text else ""
    log(f"firmware for {board.name}: {report['flash_bytes']} bytes of flash, {report['ram_bytes']} bytes of RAM{reads}")
    if report["no_text"]:
        log(f"the firmware cannot read text: {report['no_text']}")
    return Firmware(project, image, {"build": report["build"], "voice": report["voice"]}, report)


def trusted_key() -> bytes | None:
    """Return the public key that virtual watches require, or None if there is no key."""
    from ticktalk.boards.images.keys import existing_key, public_key

    path = existing_key()
    return public_key(path) if path else None
