"""`ticktalk align`: locate each phoneme in recordings."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json

EXAMPLE = "ticktalk align recordings"


def align(
    corpus: Annotated[Path, typer.Argument(help="A folder created by `ticktalk corpus`.")], json: Json = False
) -> None:
    """Determine the duration of each phoneme in a corpus, using only the recordings."""
    from ticktalk.converter.features.aligner import FILE, align_folder

    with show.bar("aligning") as progress:
        result = align_folder(corpus, progress)
    if json:
        show.as_json(result | {"out": str(corpus / FILE)})
        return
    print(f"{corpus / FILE}: {result['phonemes']} phonemes in {result['utterances']} utterances")
    if "borders" in result:
        print(
            f"compared with the teacher's own durations: {result['borders']} boundaries, "
            f"median error {result['median_ms']:.1f} ms, or {result['median_without_lag_ms']:.1f} ms "
            f"after removing the teacher's lag of {-result['lag_ms']:.1f} ms"
        )
