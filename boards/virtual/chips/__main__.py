"""Run a board with a chip model on a pseudo-terminal. The first line of output is the pseudo-terminal's path. If the
board's boot loader is a USB drive, the second line is the folder that plays it.

python -m ticktalk.boards.virtual.chips --board feather-stm32f405 --folder /tmp/feather
"""

import argparse
import os
import pty
import select
import signal
import sys
import time
import tty
from pathlib import Path

from ticktalk.boards.board import load_board
from ticktalk.boards.errors import BoardsError, MissingToolError
from ticktalk.boards.virtual.bootloaders.uf2 import free_drive
from ticktalk.boards.virtual.faults import Faults, parse
from ticktalk.system import signals
from ticktalk.system.installing import pip_install

CHUNK = 4096
FINISHING = 15  # seconds allowed for playing the rest of the firmware's queue


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGINT, SIGTERM or an error, which is printed as the last line."""
    parser = argparse.ArgumentParser(prog="chips", description="Run a board with a chip model on a pseudo-terminal.")
    parser.add_argument("--board", required=True, help="name or file of the board")
    parser.add_argument("--folder", type=Path, required=True, help="folder for the flash contents")
    parser.add_argument("--wav", type=Path, help="WAV file for the audio from the sound output")
    parser.add_argument("--key", type=Path, help="file with the public key (DER) that verifies the images' signatures")
    parser.add_argument("--faults", default="", help="fault script (boards/virtual/faults.py)")
    parser.add_argument("--recovery", action="store_true", help="start with the boot loader's USB drive")
    parser.add_argument("--no-crystal", action="store_true", help="simulate a crystal that does not start")
    options = parser.parse_args(arguments)
    try:
        return serve(options)
    except BoardsError as error:
        print(f"error: {error}", flush=True)
        return error.exit_code


def serve(options: argparse.Namespace) -> int:
    """Run with the options of `main`."""
    try:
        from ticktalk.boards.virtual.chips.powered import Powered
    except ImportError:
        raise MissingToolError(f"the chip models need unicorn: {pip_install('chips')}") from None

    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, frame: stopped.append(number))
    # Keep the slave open, because reading from the master fails while no client has it open.
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    outgoing = bytearray()
    key = options.key.read_bytes() if options.key else None
    board = load_board(options.board)
    print(os.ttyname(slave), flush=True)
    options.folder.mkdir(parents=True, exist_ok=True)
    drive = free_drive(board) if board.uf2 else None
    if drive:
        print(drive, flush=True)
    powered = Powered(
        board,
        options.folder,
        outgoing.extend,
        faults=Faults(parse(options.faults)),
        key=key,
        crystal=not options.no_crystal,
        drive=drive,
        held=options.recovery,
        log=lambda line: print(f"  {line}", flush=True),
    )
    saved = 0
    try:
        idle = False
        while not stopped:
            waits = idle and not outgoing
            readable, writable, _ = select.select([master], [master] if outgoing else [], [], 0.2 if waits else 0)
            if writable:
                try:
                    del outgoing[: os.write(master, outgoing)]
                except BlockingIOError:  # `select` may report a pseudo-terminal as writable even though it is not
                    pass
            if readable:
                powered.receive(os.read(master, CHUNK))
            idle = powered.run()
            if idle and options.wav and len(powered.record.samples) != saved:
                saved = len(powered.record.samples)
                powered.record.save(options.wav)
        patience = time.monotonic() + FINISHING
        while options.wav and not powered.run() and time.monotonic() < patience:
            pass  # play all samples that the firmware has computed
    finally:
        if options.wav:
            powered.record.save(options.wav)
        powered.power_off()
        os.close(slave)
        os.close(master)
    return 0


if __name__ == "__main__":
    sys.exit(signals.run(main))
