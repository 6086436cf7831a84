"""Estimates as text: a row of a table, the details of one board, and a page."""

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from ticktalk.boards.board import Board
from ticktalk.boards.board_tables import Power
from ticktalk.estimate import SOURCE
from ticktalk.fit.fit import BATTERY_MAH, Fit

COLUMNS = ("BOARD", "VOICE", "PACK", "FLASH", "RAM", "TIME", "START", "BURST", "FROM", "CHARGE", "HOURS")
LEGEND = (
    "PACK: the language pack. TIME: seconds of computation per second of speech. START: seconds from the text of a "
    f"sentence to its first sound. BURST: longest time between two samples. FROM: the lowest clock that keeps up with "
    "speech. CHARGE: to compute a second of speech, where the chip's current is known. HOURS: of speech from a battery "
    f"of {BATTERY_MAH} mAh, without amplifier, display and sleep. -: unknown. *: recommended; without a star, no voice "
    "fits and is fast enough, or the core has not been measured."
)
Estimates = Sequence[tuple[Board, Sequence[Fit], Fit | None]]


def cells(board: Board, fit: Fit, chosen: Fit | None) -> tuple[str, ...]:
    """Return the row of a table with COLUMNS for a voice on a board. `chosen` is the recommended one."""
    row = (board.name, fit.voice + "*" * (fit is chosen))
    if fit.problem:
        return (*row, fit.problem.partition(":")[0].partition(" (")[0], *[""] * (len(COLUMNS) - 3))
    return (
        *row,
        fit.pack or "-",
        f"{fit.flash / 1e3:.0f} kB",
        f"{fit.ram / 1e3:.0f} kB",
        _number(fit.factor, ".2f"),
        _number(fit.start, ".2f", " s"),
        _number(fit.burst_ms, ".0f", " ms"),
        _number(fit.least_mhz, ".0f", " MHz"),
        _number(fit.charge_uah, ".2f", " µAh"),
        _number(fit.hours, ".0f"),
    )


def details(board: Board, fit: Fit) -> dict[str, object]:
    """Return the facts about a voice on a board, each figure with its derivation."""
    timing, power = board.flash_timing, board.power
    found: dict[str, object] = {"voice": fit.voice}
    if fit.problem:
        found["problem"] = fit.problem
    found |= {
        "flash": f"{fit.flash:,} of {fit.flash_limit:,} bytes, with {fit.pack or 'no language pack'}, and an "
        "estimate for the code of complete firmware",
        "RAM": f"{fit.ram:,} of {fit.ram_limit:,} bytes, with stack, console and the queue of samples",
        "time": _unknown(fit.factor, f"no core like {board.core} has been measured")
        or f"{fit.factor:.2f} s per second of speech at {fit.mhz:.0f} MHz; 1.00 from {fit.least_mhz:.0f} MHz on. "
        f"Derived from {SOURCE}; "
        + (
            f"{fit.wait_factor:.2f} s of this are flash wait states while weights are read: {timing.wait_states} "
            f"cycles per {timing.line_bytes} bytes, which are not cached"
            if timing and fit.wait_factor is not None
            else "without flash wait states, which are not in the board file"
        ),
        "start": _unknown(fit.start, "not counted for this voice or core")
        or f"{fit.start:.2f} s from the text of a {fit.longest:.1f} s sentence to its first sound"
        + _before(board, fit),
        "burst": _unknown(fit.burst_ms, "no limit is known for a graph or core like this one")
        or f"at most {fit.burst_ms:.0f} ms between two samples; the queue holds {fit.queue}",
        "charge": _unknown(fit.charge_uah, "the board file states no current")
        or f"{fit.charge_uah:.2f} µAh to compute a second of speech; {BATTERY_MAH} mAh last for {fit.hours:.0f} hours "
        f"of speech, without amplifier, display and sleep. Derived from {_amperes(power)}",
    }
    return found


def page_of(best: Estimates) -> str:
    """Return the estimates as a page without scripts. All text is escaped."""
    environment = Environment(
        loader=PackageLoader("ticktalk", "fit"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    boards = [
        {
            "name": board.name,
            "title": board.title,
            "chosen": chosen.voice if chosen else None,
            "rows": [cells(board, fit, chosen)[1:] for fit in fits],
            "details": [details(board, fit) for fit in fits],
        }
        for board, fits, chosen in best
    ]
    return environment.get_template("fit.html.j2").render(columns=COLUMNS[1:], legend=LEGEND, boards=boards)


def _before(board: Board, fit: Fit) -> str:
    """Return what happens before the first sound."""
    if fit.first is None or fit.factor is None:
        return ""
    if board.sound is not None:
        return (
            f": {fit.first:.2f} s, and {fit.factor:.2f} s per second of speech until {fit.queue} samples are queued or "
            "the text is complete"
        )
    return f", if your code computes {fit.ahead} samples ahead, which avoids gaps" if fit.ahead else ""


def _amperes(power: Power | None) -> str:
    return f"{power.active_ua / 1000:.1f} mA while computing ({power.source})" if power else ""


def _number(value: float | None, form: str, unit: str = "") -> str:
    return "-" if value is None else f"{value:{form}}{unit}"


def _unknown(value: float | None, why: str) -> str:
    return f"unknown: {why}" if value is None else ""
