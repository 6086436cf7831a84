"""Compare the upload speed of `flash`, smpclient and stm32flash on the same simulated device.

    python -m ticktalk.bench.line_speed [--bytes 65536] [--protocol stm32]

The device runs in its own process. The device transfers bytes at the client's baud rate and responds one millisecond
after the end of a request. `limit` is the speed of a client without any overhead.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from ticktalk.boards.board import Board, load_board
from ticktalk.boards.flash.identifying import identify
from ticktalk.boards.flash.planning import loader_of
from ticktalk.boards.images.mcuboot import check_for_board, make_image
from ticktalk.boards.images.regions import regions
from ticktalk.boards.ports import open_port
from ticktalk.boards.protocols import PROTOCOLS
from ticktalk.boards.protocols.ambiq.frames import ANSWER as ACK
from ticktalk.boards.protocols.ambiq.frames import CARRIED, LONGEST
from ticktalk.boards.protocols.ambiq.frames import HEADER as AMBIQ_HEADER
from ticktalk.boards.protocols.loader import Update
from ticktalk.boards.protocols.smp.client import chunk
from ticktalk.boards.protocols.smp.frames import HEADER, OVERHEAD, encoded_size
from ticktalk.boards.virtual.bootloader_watch import TURNAROUND
from ticktalk.system import processes, signals

BAUDS = (115200, 921600)
ACK_SIZE = AMBIQ_HEADER.size + ACK.size
ANSWER = encoded_size(HEADER.size + 12)  # the response to an upload: {"rc": 0, "off": u32}


@contextmanager
def device(board: Board) -> Iterator[str]:
    """Start a simulated device and yield its port."""
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
        process = processes.Child(
            [
                sys.executable,
                "-m",
                "ticktalk.boards.virtual.bootloader_watch",
                "--board",
                board.name,
                "--folder",
                folder,
                "--paced",
            ],
            stdout=processes.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None  # stdout=PIPE above
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.communicate()


def image_of(board: Board, size: int) -> bytes:
    """Return an incompressible image of about `size` bytes. The image does not have to run."""
    import random

    start = board.ram.end.to_bytes(4, "little") + (board.code_address + 8 | 1).to_bytes(4, "little")
    return make_image(start + random.Random(1).randbytes(size - 8), board)


def ours(port: str, board: Board, image: bytes) -> float:
    """Return the time in seconds that ticktalk takes to write and verify."""
    with open_port(port, board.baud) as serial:
        loader = loader_of(board, serial)
        identify(serial, board, loader)
        update = Update(image, check_for_board(image, board), regions(image, board.page_size))
        started = time.monotonic()
        loader.write(update, lambda done, total: None)
        loader.verify(update)
        return time.monotonic() - started


def smpclient(port: str, board: Board, image: bytes) -> float:
    """Return the time in seconds that smpclient takes to upload. smpclient does not verify the upload."""
    from smpclient import SMPClient
    from smpclient.transport.serial import SMPSerialTransport

    async def session() -> float:
        async with SMPClient(SMPSerialTransport(baudrate=board.baud), port, timeout_s=5) as client:
            started = time.monotonic()
            async for _ in client.upload(image):
                pass
            return time.monotonic() - started

    return asyncio.run(session())


def stm32flash(port: str, board: Board, image: bytes) -> float:
    """Return the time in seconds that stm32flash takes to write and verify, minus the time that it takes to identify
    the device."""
    with tempfile.NamedTemporaryFile(suffix=".bin") as file:
        file.write(image + b"\xff" * (-len(image) % board.word_size))
        file.flush()
        common = ["stm32flash", "-m", "8n1", "-b", str(board.baud)]
        times = []
        for more in ([], ["-w", file.name, "-v", "-S", f"{board.slot_address:#x}"]):
            started = time.monotonic()
            processes.run([*common, *more, port], check=True)
            times.append(time.monotonic() - started)
        return times[1] - times[0]


def smp_limit(board: Board, size: int) -> float:
    """Return the minimum time in seconds for an SMP upload in frames of the default buffer size."""
    step = len(chunk(bytes(2048), 1, 1024)["data"])
    wire = encoded_size(step + OVERHEAD + HEADER.size + 14) + ANSWER
    return -(-size // step) * (wire * 10 / board.baud + TURNAROUND)


def stm32_limit(board: Board, size: int) -> float:
    """Return the minimum time in seconds to write and read back: 268 bytes and three ACKs per 256 bytes, twice."""
    return 2 * -(-size // 256) * (268 * 11 / board.baud + 3 * TURNAROUND)


def ambiq_limit(board: Board, size: int) -> float:
    """Return the minimum time in seconds for one update: 12 extra bytes and a 20-byte response per 8180 bytes."""
    messages = -(-size // CARRIED)
    return (size + messages * (LONGEST - CARRIED + ACK_SIZE)) * 10 / board.baud + messages * TURNAROUND


def compare(board: Board, limit: Callable, clients: list[Callable], size: int) -> None:
    """Print one line per client and baud rate."""
    for baud in BAUDS:
        fast = replace(board, baud=baud, loader_bauds=())
        image = image_of(fast, size if baud == BAUDS[0] else 4 * size)
        best = limit(fast, len(image))
        for client in clients:
            with device(board) as port:
                seconds = client(port, fast, image)
            print(
                f"{board.protocol:6} {baud:>7} {client.__name__:11} {len(image) / seconds / 1000:7.2f} kB/s, "
                f"limit {len(image) / best / 1000:6.2f}, {best / seconds:6.1%}",
                flush=True,
            )


# Protocol -> (board, limit for any client, clients to compare).
MEASURED: dict[str, tuple[str, Callable, list[Callable]]] = {
    "smp": ("qemu-m4", smp_limit, [ours, smpclient]),
    "stm32": ("nucleo-l4r5zi", stm32_limit, [ours, stm32flash]),
    "ambiq": ("apollo510-evb", ambiq_limit, [ours]),
}


def measured() -> list[str]:
    """Return the protocols that ticktalk implements itself and whose devices can be simulated.

    Protocols that use a vendor's program are excluded. New protocols must be added to MEASURED.
    """
    return [name for name, protocol in PROTOCOLS.items() if protocol.simulated and not protocol.tool]


def available(client: Callable) -> bool:
    """Return whether a client can run. stm32flash is a separate program that may not be installed."""
    return client is not stm32flash or shutil.which("stm32flash") is not None


def main() -> None:
    """Run `python -m ticktalk.bench.line_speed`."""
    parser = argparse.ArgumentParser(prog="line_speed", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--bytes", type=int, default=65536, help="image size at 115200 baud; at 921600 baud, four times as large"
    )
    parser.add_argument("--protocol", choices=measured(), help="measure only this protocol")
    options = parser.parse_args()
    for name in measured():
        if options.protocol in (None, name):
            board, limit, clients = MEASURED[name]
            compare(load_board(board), limit, [client for client in clients if available(client)], options.bytes)


if __name__ == "__main__":
    sys.exit(signals.run(main))
