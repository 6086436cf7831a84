"""Run teachers that are programs or ONNX graphs on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import TYPE_CHECKING

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.system import processes
from ticktalk.system.files import one_line

if TYPE_CHECKING:
    import numpy as np
    import onnxruntime

LONGEST = 500  # characters of a complaint


def complaint_in(stderr: bytes) -> str:
    """Return what a program wrote to standard error as one line: of a Python traceback, only the error."""
    text = stderr.decode(errors="replace").strip()
    if text.startswith("Traceback "):
        text = text.splitlines()[-1]
    return " ".join(one_line(word) for word in text.split())[-LONGEST:]


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
    complaint = complaint_in(done.stderr)
    # festival's programs return exit status 0 even if they fail.
    if done.returncode != good or "SIOD ERROR" in complaint:
        raise DistillError(f"{program} {' '.join(arguments)}: {complaint or f'exit status {done.returncode}'}")
    return done.stdout


def run_graph(session: onnxruntime.InferenceSession, feed: Mapping[str, object], who: str) -> list[np.ndarray]:
    """Return all outputs of a graph. Raises a DistillError that starts with `who` if the graph fails.

    ONNX Runtime raises a dozen exception classes, such as for settings that are far too large.
    """
    try:
        return session.run(None, feed)
    except Exception as error:
        raise DistillError(f"{who}: its graph failed: {' '.join(str(error).split())[:200]}") from None
