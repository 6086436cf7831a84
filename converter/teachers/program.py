"""Run a teacher that is a program on this machine."""

import shutil

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.system import processes


def run(program: str, install: str, *arguments: str, text: str = "", good: int = 0) -> bytes:
    """Return the standard output of `program` given `text`.

    good: the exit status that means success. MissingToolError says `apt install <install>`, DistillError quotes the
    program's error output.
    """
    path = shutil.which(program)
    if path is None:
        raise MissingToolError(f"{program} is not installed: apt install {install}")
    done = processes.run([path, *arguments], input=text.encode(errors="replace"))
    complaint = " ".join(done.stderr.decode(errors="replace").split())
    # festival's programs return 0 whatever happens.
    if done.returncode != good or "SIOD ERROR" in complaint:
        raise DistillError(f"{program} {' '.join(arguments)}: {complaint or f'exit status {done.returncode}'}")
    return done.stdout
