"""Run a board's simulated boot loader on a pseudo-terminal, for any protocol with a simulated device.

python -m ticktalk.boards.virtual.bootloader_watch --board stm32u5a9j-dk --folder /tmp/watch
"""

import argparse
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from ticktalk.boards.board import Board, load_board
from ticktalk.boards.errors import BoardError, BoardsError, DeviceError
from ticktalk.boards.protocols import PROTOCOLS
from ticktalk.boards.virtual.faults import Faults, parse
from ticktalk.boards.virtual.nor_flash import FlashError
from ticktalk.boards.virtual.pty_device import SimulatedDevice
from ticktalk.boards.virtual.simulated_watch import SimulatedWatch
from ticktalk.system import signals

TURNAROUND = 0.001  # seconds from a request to the response of a paced device

Make = Callable[[Board, Path, Faults | None, bytes | None], SimulatedWatch]


def watch_of(protocol: str) -> Make:
    """Return the function that creates a watch with this boot loader protocol.

    This is `<protocol>_watch` in bootloaders/<protocol>.py.
    """
    make: Make = getattr(import_module(f"ticktalk.boards.virtual.bootloaders.{protocol}"), f"{protocol}_watch")
    return make


def simulated(
    board: Board, folder: Path, script: str = "", paced: bool = False, key: bytes | None = None
) -> SimulatedDevice:
    """Return a context manager that runs the board's simulated boot loader on a pseudo-terminal. The flash contents are
    stored in `folder`.

    `script` is a fault script (see faults.py). If `paced` is true, transmission takes as long as the host's current
    baud rate implies, and responses are delayed by TURNAROUND. If `key` (a public key in DER) is given, images must
    have a matching signature.
    """
    simulable = {protocol.name: protocol for protocol in PROTOCOLS.values() if protocol.simulated}
    if board.protocol in PROTOCOLS and PROTOCOLS[board.protocol].drive:
        raise BoardError(
            f"{board.name}: no virtual watch, because the boot loader is a USB drive; to hear a voice, use "
            "`ticktalk simulate`"
        )
    if board.protocol not in simulable:
        raise BoardError(
            f"{board.name}: no simulated device for protocol '{board.protocol}'"
            f"{f' ({PROTOCOLS[board.protocol].cannot})' if board.protocol in PROTOCOLS else ''}; choose a board with "
            f"{', '.join(simulable)}"
        )
    protocol = simulable[board.protocol]
    make = watch_of(protocol.name)
    bits = 10 if protocol.parity == "N" else 11  # bits per byte: start bit, 8 data bits, parity bit, stop bit
    folder.mkdir(parents=True, exist_ok=True)
    faults = Faults(parse(script))
    try:
        watch = make(board, folder, faults, key)
    except FlashError as error:
        raise DeviceError(str(error)) from None
    return SimulatedDevice(watch, faults, bits=bits if paced else 0, turnaround=TURNAROUND if paced else 0)


def main(arguments: list[str] | None = None) -> int:
    """Print the port and run until interrupted."""
    parser = argparse.ArgumentParser(
        prog="simulated_watch", description="Simulate a board's boot loader on a pseudo-terminal."
    )
    parser.add_argument("--board", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="folder for the flash contents")
    parser.add_argument(
        "--faults", default="", help="fault script, e.g. 'drop@1000 unplug@70000' (see boards/virtual/faults.py)"
    )
    parser.add_argument("--paced", action="store_true", help="transfer bytes in real time, at the host's baud rate")
    options = parser.parse_args(arguments)
    try:
        with simulated(load_board(options.board), options.folder, options.faults, options.paced) as device:
            print(device.path, flush=True)
            device.wait()
    except BoardsError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(signals.run(main))
