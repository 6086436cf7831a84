"""`ticktalk fit`: estimate on which boards a voice fits and is fast enough, and how long a battery lasts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json, file_or_stdout

if TYPE_CHECKING:
    from ticktalk.boards.board import Board
    from ticktalk.fit.fit import Fit
    from ticktalk.runtime_sim.voice import Voice

EXAMPLE = "ticktalk fit --board nucleo-l4r5zi"

Voices = Annotated[
    list[str] | None,
    typer.Option("--voice", "-v", help="A name from `ticktalk voices`, or a voice's folder. May be repeated."),
]
Boards = Annotated[
    list[str] | None,
    typer.Option("--board", "-b", help="A name from `ticktalk boards`, or a board's .toml file. May be repeated."),
]
TextFile = Annotated[
    Path | None, typer.Option("--text", help="File with texts that the watch will speak, one per line.")
]
Clock = Annotated[
    float | None,
    typer.Option("--mhz", min=1, max=2000, help="Estimate for this clock frequency, instead of the board's own."),
]
Html = Annotated[
    Path | None, typer.Option("--html", callback=file_or_stdout, help="Also write the table to this HTML file.")
]


def fit(
    voice: Voices = None,
    board: Boards = None,
    text: TextFile = None,
    mhz: Clock = None,
    html: Html = None,
    json: Json = False,
) -> None:
    """Estimate on which boards a voice fits and keeps up with speech, and how long a battery lasts."""
    from ticktalk.boards.board import all_boards, load_board
    from ticktalk.bundled import voice_folder
    from ticktalk.estimate import NEEDS, SENTENCE
    from ticktalk.fit.demand import Demand, packs, seconds_of
    from ticktalk.fit.fit import fit as fit_of
    from ticktalk.fit.fit import recommended
    from ticktalk.fit.texts import texts_in
    from ticktalk.runtime_sim.voice import load_voice
    from ticktalk.system.files import check_writable, write_text

    if html is not None:
        check_writable(html)
    texts = texts_in(text) if text is not None else []
    boards = [load_board(each) for each in dict.fromkeys(board or ())] or all_boards()
    voices = [load_voice(voice_folder(each)) for each in dict.fromkeys(voice or NEEDS)]
    scores = {each.manifest["name"]: _score(each) for each in voices}
    demands = {}
    for each in voices:
        show.note(f"{each.manifest['name']}: generating its code for {len({b.isa for b in boards})} instruction sets")
        for isa in {b.isa for b in boards}:
            demands[each.manifest["name"], isa] = Demand.of(each, isa)
    lengths = {each.manifest["name"]: max(seconds_of(each, texts), default=SENTENCE) for each in voices}
    fronts = {each.manifest["name"]: packs(each) for each in voices}
    found = [
        (
            each,
            [
                fit_of(
                    demands[name, each.isa],
                    each,
                    fronts[name],
                    lengths[name],
                    int(mhz * 1e6) if mhz else None,
                )
                for name in scores
            ],
        )
        for each in boards
    ]
    best = [(each, fits, recommended(fits, scores)) for each, fits in found]
    if html is not None:
        from ticktalk.fit.page import page_of

        write_text(html, page_of(best))
        with show.beside(html):
            print(f"{html}: open it in a browser" if html.is_file() else f"wrote {html}")
    if json:
        show.as_json(
            {
                each.name: {"recommended": chosen and chosen.voice, "voices": {f.voice: f.as_dict() for f in fits}}
                for each, fits, chosen in best
            }
        )
    elif len(best) == 1:
        _tell(*best[0])
    elif html is None:
        _list(best)


def _score(voice: "Voice") -> float:
    found = voice.manifest.get("scores", {}).get("distillmos")
    return found if isinstance(found, (int, float)) else 0.0


def _list(best: "list[tuple[Board, list[Fit], Fit | None]]") -> None:
    from ticktalk.fit.page import COLUMNS, LEGEND, cells

    show.table([COLUMNS, *(cells(each, of, chosen) for each, fits, chosen in best for of in fits)])
    show.paragraph(f"{LEGEND} `ticktalk fit --board BOARD` shows details and how each figure is derived.")


def _tell(board: "Board", fits: "list[Fit]", chosen: "Fit | None") -> None:
    from ticktalk.fit.page import details

    show.facts(
        {
            "board": f"{board.name}: {board.title}",
            "recommended": chosen.voice if chosen else _none(board, fits),
        }
    )
    for each in fits:
        print()
        show.facts(details(board, each))


def _none(board: "Board", fits: "list[Fit]") -> str:
    if all(each.problem for each in fits):
        return "none of these voices"
    return f"none, because no core like {board.core} has been measured, so the speed is unknown"
