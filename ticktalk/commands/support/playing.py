"""Play a WAV file through this machine's own player."""

import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.system.files import is_stdout

PLAYERS = {  # in order of preference
    "pw-play": (),
    "paplay": (),
    "aplay": ("-q",),
    "afplay": (),
    "ffplay": ("-nodisp", "-autoexit", "-loglevel", "error"),
}
Play = Annotated[bool, typer.Option("--play", help="Also play the speech through this computer's speaker.")]


def play(file: Path) -> None:
    """Play a WAV file. If there is no player, or the player fails, this is only a warning, because the file has
    already been written."""
    from ticktalk.system.processes import run

    if is_stdout(file):
        show.warn("--play requires a file, because standard output cannot be played")
        return
    if sys.platform == "win32":
        import winsound

        winsound.PlaySound(str(file), winsound.SND_FILENAME)
        return
    found = next((name for name in PLAYERS if shutil.which(name)), None)
    if found is None:
        show.warn(f"{file}: cannot be played: none of {', '.join(PLAYERS)} is installed")
        return
    done = run([found, *PLAYERS[found], str(file.absolute())], text=True, errors="replace")
    if done.returncode:
        lines = (done.stderr or "").strip().splitlines()
        show.warn(f"{file}: cannot be played: {found} failed: {lines[-1] if lines else f'exit code {done.returncode}'}")
