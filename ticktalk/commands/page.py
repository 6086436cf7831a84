"""`ticktalk page`: write a page on which voices speak in the browser, or a package for the web."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import AcceptNoncommercial, file_or_stdout

EXAMPLE = "ticktalk page --voice heart-nano --board pico"

Voices = Annotated[
    list[str] | None,
    typer.Option("--voice", "-v", help="A name from `ticktalk voices`, or a voice's folder. May be repeated."),
]
Boards = Annotated[
    list[str] | None,
    typer.Option(
        "--board",
        "-b",
        help="Show the voices' memory and speed on this board. May be repeated. Default: a table of all boards.",
    ),
]
Image = Annotated[
    Path | None,
    typer.Option("--image", help="Show the version, hashes and signature of this image for --board."),
]
Package = Annotated[
    Path | None,
    typer.Option("--package", help="Write an npm package to this folder, instead of a page."),
]
Graph = Annotated[
    Path | None,
    typer.Option("--model", "-m", help="An int8 .tflite file, instead of a voice."),
]
Out = Annotated[Path, typer.Option("--out", "-o", callback=file_or_stdout, help="HTML file to write.")]


def page(
    voice: Voices = None,
    model: Graph = None,
    board: Boards = None,
    out: Out = Path("page.html"),
    image: Image = None,
    package: Package = None,
    accept_noncommercial: AcceptNoncommercial = False,
) -> None:
    """Write a page on which voices speak in any browser, with the firmware's C code and without a network."""
    from ticktalk.boards.board import load_board
    from ticktalk.bundled import DEFAULT, voice_folder
    from ticktalk.page.facts import of_image
    from ticktalk.page.package import write_package
    from ticktalk.page.page import write_page
    from ticktalk.page.wasm import zig
    from ticktalk.runtime_sim.licence import check_licence
    from ticktalk.runtime_sim.voice import load_voice
    from ticktalk.system.files import check_writable

    if package is not None and (board or len(voice or ()) > 1):
        raise typer.BadParameter("--package requires exactly one --voice and no --board")
    if image is not None and (package is not None or len(board or ()) != 1):
        raise typer.BadParameter("--image requires exactly one --board, and cannot be combined with --package")
    if model is not None and (voice or package is not None):
        raise typer.BadParameter("--model cannot be combined with --voice or --package")
    zig()  # report a missing compiler before the slow stages
    if package is None:
        check_writable(out)
    boards = [load_board(each) for each in dict.fromkeys(board or ())]
    shown = of_image(image, boards[0]) if image is not None else None
    if model is not None:
        from ticktalk.page.model import write_model_page

        write_model_page(out, model, boards, shown, show.note)
        _tell(out)
        return
    voices = [load_voice(voice_folder(each)) for each in dict.fromkeys(voice or [DEFAULT])]
    for each in voices:
        if told := check_licence(each.manifest, accept_noncommercial):
            show.warn(told)
    if package is not None:
        written = write_package(package, voices[0])
        print(f"{package}: see {written / 'README.md'}")
        return
    write_page(out, voices, boards, shown, show.note)
    _tell(out)


def _tell(out: Path) -> None:
    with show.beside(out):
        print(f"{out}: open it in a browser ({out.stat().st_size / 1e6:.2f} MB)" if out.is_file() else f"wrote {out}")
