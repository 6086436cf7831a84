"""Record the bytes that the real client sends to a fuzzed console, as seeds. The fuzzer itself acts as the firmware."""

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

from tests.robustness.fuzz import BOARD, running_image
from tests.support.watch_firmware import firmware
from ticktalk.bench.machine import SocketPort
from ticktalk.boards import ports
from ticktalk.boards.console import client as console
from ticktalk.boards.console import frames
from ticktalk.boards.console import updater as console_loader
from ticktalk.boards.console.client import Console
from ticktalk.boards.console.updater import ConsoleLoader
from ticktalk.boards.images import cache
from ticktalk.boards.images.mcuboot import make_image, read_image
from ticktalk.boards.images.regions import regions
from ticktalk.boards.protocols.loader import Update


def greet(console: Console) -> None:
    console.hello()
    console.stats()


def reset(console: Console) -> None:
    console.stats()
    console.boot()
    console.wait_banner()
    console.hello()


def speak(console: Console) -> None:
    console.speak([0, 3, 7, 0], seed=7)
    console.stats()


def speak_otherwise(console: Console) -> None:
    console.prosody(rate=512, pitch=3, volume=128, expression=400)
    console.speak([0, 4, 0])


def speak_traced(console: Console) -> None:
    console.dump(1, 3, 1)
    console.speak([0, 19, 0], trace=True)
    console.speak([0])


def read_text(console: Console) -> None:
    console.speak_text("5 °C 😀 O.".encode(), seed=2, piece=4)
    console.speak_text(b"")


def read_and_leave(console: Console) -> None:
    """Abandon a TEXT request halfway through by sending another request."""
    console._ask(frames.TEXT, b"\1\0\0\0\0A.")
    console._await("more text", (frames.TEXT_WANTED,), 5, frames.TEXT)
    console.hello()


def run(console: Console) -> None:
    console.write(bytes(range(192)))
    console.run()
    console.read(5)
    console.read(24, output=1)


def run_traced(console: Console) -> None:
    console.write(bytes(192))
    console.dump(0, 4)
    console.run(trace=True)


def update_packed(updater: ConsoleLoader) -> None:
    bring(updater, None)


def update_by_difference(updater: ConsoleLoader) -> None:
    bring(updater, running_image())


def bring(updater: ConsoleLoader, old: bytes | None) -> None:
    """Send a newer firmware version to a watch.

    `old` is the running image if the host has a copy of it, otherwise None.
    """
    data = make_image(firmware(BOARD, name="newer"), BOARD)
    with patch.object(cache, "find", lambda board, hash: old):
        told = updater.bring(
            Update(data, read_image(data), regions(data, BOARD.page_size)), lambda done, total: None, lambda line: None
        )
    assert told["route"] == console_loader.route_of(old)


SESSIONS: dict[str, list[Callable[[Console], None]]] = {
    "voice": [greet, reset, speak, speak_otherwise, speak_traced, read_text, read_and_leave],
    "model": [greet, reset, run, run_traced],
}
UPDATES: list[Callable[[ConsoleLoader], None]] = [update_packed, update_by_difference]  # for voices and models


def record(program: Path, session: Callable) -> bytes:
    """Return the bytes that the host sends in one session with the console of `program`."""
    ours, theirs = socket.socketpair()
    sent = []

    def send(port: SocketPort, data: bytes) -> None:
        sent.append(data)
        ports.send(port, data)

    with (
        subprocess.Popen([str(program), "serve"], stdin=theirs, stdout=theirs) as firmware,
        ours,
        patch.object(console, "send", send),
        patch.object(console_loader, "send", send),
    ):
        theirs.close()
        port = SocketPort(ours)
        port.baudrate = BOARD.baud
        client = Console(port)
        client.wait_banner()
        session(ConsoleLoader(port, BOARD) if session in UPDATES else client)
        ours.shutdown(socket.SHUT_WR)
        assert firmware.wait(20) == 0
    return b"".join(sent)


def write_seeds(program: Path, kind: str, corpus: Path) -> None:
    """Write one seed file to `corpus` for each session with firmware of this kind."""
    corpus.mkdir(parents=True, exist_ok=True)
    for session in (*SESSIONS[kind], *UPDATES):
        (corpus / session.__name__).write_bytes(record(program, session))
