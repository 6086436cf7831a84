"""The work folder of a training run, and the options that a resumed run must share with the earlier one.

WORK/options.json    {"--teacher": ..., "--corpus": ..., "--from": ..., ...}
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from ticktalk.converter.errors import DistillError
from ticktalk.converter.storage import checkpoint
from ticktalk.converter.storage.shard_folder import cannot_write
from ticktalk.system.errors import shown
from ticktalk.system.files import one_line, read_text, write_text

OPTIONS = "options.json"


def work_folder(command: str, out: Path) -> Path:
    """Return the work folder build/COMMAND/NAME of a run that writes the voice `out`.

    A colon, which separates a teacher from its voice, and what is not printable become underscores.
    """
    name = one_line(Path(os.path.abspath(out)).name)
    return Path("build", command, name.replace("\ufffd", "_").replace(":", "_"))


def check_fresh(work: Path, resume: bool) -> None:
    """Raise DistillError if `work` contains an earlier training that this run does not resume."""
    if not resume and checkpoint.exists(work / "float"):
        raise DistillError(
            f"{work}: contains an earlier training run; pass --resume to continue it, or delete the folder"
        )


def keep_options(work: Path, options: Mapping[str, object], resume: bool) -> None:
    """Record a run's options in its work folder. Options that another caller recorded there are kept.

    options: the values by option, of types that JSON preserves. Raises DistillError if a resumed run had another value
    for one of them, because the voice would then not be made as it states.
    """
    file = work / OPTIONS
    before = _read(file, work) if resume else {}
    for option, value in options.items():
        if option in before and before[option] != value:
            raise DistillError(
                f"{file}: the run to resume had {option} {shown(before[option])}, not {shown(value)}; "
                f"specify the same {option}, or delete {work} and train again"
            )
    try:
        work.mkdir(parents=True, exist_ok=True)
        write_text(file, json.dumps(before | dict(options), indent=1))
    except OSError as error:
        raise cannot_write(file, error) from None


def _read(file: Path, work: Path) -> dict[str, object]:
    """Return the options in `file`, or none if an older version started the run."""
    try:
        found = json.loads(read_text(file))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise DistillError(f"{file}: cannot be read ({error!r}); delete {work} and train again") from None
    if not isinstance(found, dict):
        raise DistillError(f"{file}: is not a table of options; delete {work} and train again")
    return found
