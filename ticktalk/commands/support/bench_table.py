"""Print measurements as tables."""

from collections.abc import Callable
from functools import partial

from rich.console import JustifyMethod
from rich.table import Table

from ticktalk.bench.measure import Measurement, per
from ticktalk.commands.support.show import console_of_width


def show(measurements: list[Measurement], title: str) -> None:
    """Print a side-by-side comparison, then a breakdown of ticktalk's instructions."""
    console = console_of_width(140)
    console.print(_sides(measurements, title))
    ours = measurements[0]
    console.print(_classes(measurements))
    if ours.operators:
        console.print(_operators(ours))
    if ours.cycles_table:
        console.print(f"cycles: {ours.cycles_table}", soft_wrap=True)
    for each in measurements:
        if each.refused:
            console.print(f"{each.implementation}: {each.refused}", soft_wrap=True)


def _sides(measurements: list[Measurement], title: str) -> Table:
    table = Table(title=title)
    table.add_column("")
    for each in measurements:
        table.add_column(each.implementation, justify="right")
    rows: dict[str, Callable[[Measurement], str]] = {
        "same as the simulator": lambda m: "yes" if m.exact else "NO",
        "instructions": lambda m: _number(m.instructions),
        "per second of speech": lambda m: _number(per(m.instructions, m.seconds)),
        "to the first sample": lambda m: _number(m.first_sample),
        "multiply-adds": lambda m: _number(m.macs),
        "per multiply-add": lambda m: _ratio(per(m.instructions, m.macs)),
        "estimated cycles": lambda m: _number(m.cycles),
        **{f"flash: {part}": partial(_flash, part) for part in ("code", "tables", "weights", "biases", "console")},
        "code and tables": lambda m: _number(m.code_and_tables),
        "with biases": lambda m: _number(m.code_and_tables + m.flash.get("biases", 0)),
        "weights and biases / in the model": lambda m: _ratio(m.weights_to_model, 4),
        **{f"RAM: {part}": partial(_ram, part) for part in ("arena", "lines", "buffers", "stack", "static")},
    }
    for name, value in rows.items():
        cells = ["refused" if each.refused else value(each) for each in measurements]
        if any(value(each) for each in measurements if not each.refused):
            table.add_row(name, *cells)
    return table


def _flash(part: str, measurement: Measurement) -> str:
    return _number(measurement.flash.get(part))


def _ram(part: str, measurement: Measurement) -> str:
    return _number(measurement.ram.get(part))


def _classes(measurements: list[Measurement]) -> Table:
    table = Table(title="instructions by class")
    table.add_column("class")
    told = [each for each in measurements if each.classes]
    for each in told:
        table.add_column(each.implementation, justify="right")
        table.add_column("%", justify="right")
    for name in sorted(
        {name for each in told for name in each.classes}, key=lambda name: -told[0].classes.get(name, 0)
    ):
        counts = [each.classes.get(name, 0) for each in told]
        cells = [
            (_number(count), f"{100 * count / sum(each.classes.values()):.1f}") for count, each in zip(counts, told)
        ]
        table.add_row(name, *(text for cell in cells for text in cell))
    return table


def _operators(ours: Measurement) -> Table:
    table = Table(title="instructions by operator")
    columns: tuple[tuple[str, JustifyMethod], ...] = (
        ("graph", "left"),
        ("operator", "left"),
        ("output", "left"),
        ("multiply-adds", "right"),
        ("instructions", "right"),
        ("%", "right"),
        ("each", "right"),
        ("cycles", "right"),
    )
    for name, justify in columns:
        table.add_column(name, justify=justify)
    whole = sum(each["instructions"] for each in ours.operators) + sum(ours.outside.values())
    for each in ours.operators:
        table.add_row(
            each["graph"],
            f"{each['index']} {each['name']}",
            "x".join(map(str, each["shape"])),
            _number(each["macs"] or None),
            _number(each["instructions"]),
            f"{100 * each['instructions'] / whole:.1f}",
            _ratio(each["instructions_per_mac"]),
            _number(each["cycles"]),
        )
    for name, instructions in ours.outside.items():
        table.add_row("", name, "", "", _number(instructions), f"{100 * instructions / whole:.1f}", "", "")
    return table


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _ratio(value: float | None, places: int = 2) -> str:
    return "" if value is None else f"{value:.{places}f}"
