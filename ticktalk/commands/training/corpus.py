"""`ticktalk corpus`: record a teacher."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Cluster, Json, Workers

EXAMPLE = "ticktalk corpus --teacher espeak-ng --size 500 -o recordings"

Teacher = Annotated[
    str, typer.Option("--teacher", "-t", help="NAME[:VOICE] from `ticktalk teachers`, or a teacher's .toml file.")
]
Text = Annotated[
    Path | None, typer.Option("--corpus", help="Text file with one sentence per line. Default: generated text.")
]
Size = Annotated[
    int | None, typer.Option(min=1, max=1_000_000, help="Number of sentences in the generated text. Default: 6500.")
]
SIZE = 6500
Yes = Annotated[bool, typer.Option("--yes", help="Agree to pay for hosted systems.")]


def corpus(
    teacher: Teacher,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the recordings.")],
    text: Text = None,
    size: Size = None,
    workers: Workers = None,
    cluster: Cluster = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Record a teacher. After an interruption, run the command again to resume. A larger --size keeps what was
    recorded, in hundreds of sentences. You never pay twice for the same recording."""
    from ticktalk.converter.corpora.recordings import prepare, record
    from ticktalk.converter.corpora.sentences import texts_for, unspoken_in
    from ticktalk.converter.errors import DistillError
    from ticktalk.converter.storage.run_lock import alone_in

    source = prepare(teacher, out)
    if text is not None and source.sentences() is not None:
        raise typer.BadParameter(f"--corpus cannot be used with {teacher}, which has its own sentences")
    if size is not None and (text is not None or source.sentences() is not None):
        raise typer.BadParameter("--size is the size of the generated text, which this teacher or --corpus replaces")
    sentences, of = texts_for(source, teacher, text, size or SIZE, show.warn)
    unspoken = unspoken_in(source, sentences, show.warn)
    if source.card.warning:
        show.warn(f"{source.card.name}: {source.card.warning}")
    bill = source.to_pay(sentences)
    if bill and not yes:
        raise DistillError(f"teacher {source.card.name}: {bill}; specify --yes to agree to pay")
    if bill:
        show.warn(f"{source.card.name}: {bill}")
    with alone_in(out, 0), show.bar("recording") as progress:
        result = record(
            source,
            sentences,
            of,
            out,
            workers,
            progress,
            show.note,
            cluster,
        )
    if json:
        show.as_json(result | {"unspoken": unspoken, "out": str(out), "teacher": source.facts})
        return
    print(
        f"{out}: {result['utterances']} utterances, {result['seconds'] / 3600:.2f} hours; commercial use: "
        f"{show.allowed(source.commercial)} ({source.licence})"
    )
