"""Run teachers that are programs on this machine."""

import shutil

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.system import processes


def run(program: str, install: str, *arguments: str, text: str = "", good: int = 0) -> bytes:
    """Run `program` with `text` on standard input, and return its standard output.

    good: exit status that indicates success.

    Raises MissingToolError, with the hint `apt install <install>`, if the program is missing, or DistillError, with its
    error output, if it fails.
    """
    path = shutil.which(program)
    if path is None:
        raise MissingToolError(f"{program} is not installed: apt install {install}")
    done = processes.run([path, *arguments], input=text.encode(errors="replace"))
    complaint = " ".join(done.stderr.decode(errors="replace").split())
    # festival's programs return exit status 0 even if they fail.
    if done.returncode != good or "SIOD ERROR" in complaint:
        raise DistillError(f"{program} {' '.join(arguments)}: {complaint or f'exit status {done.returncode}'}")
    return done.stdout
