"""Check that rules and figures in the docs match the code."""

import re

import pytest

from tests.support.paths import ROOT
from ticktalk.bench import cycles
from ticktalk.bench.symbols import Instruction
from ticktalk.boards.board import load_board
from ticktalk.estimate import NEEDS


def page(name: str) -> str:
    """Return a page's text with each run of white space collapsed to one space."""
    return " ".join((ROOT / "docs" / name).read_text().split())


def numbers(pattern: str, text: str) -> list[int]:
    """Return the numbers captured by the only match of `pattern`."""
    (found,) = re.finditer(pattern, text)
    return [int(group) for group in found.groups()]


def listed(items) -> str:
    """Return the items as a list in a sentence."""
    *most, last = map(str, items)
    return f"{', '.join(most)} and {last}"


def of_block(core: str, *lines: str) -> int:
    """Return the estimated cycles of a block of instructions on `core`."""
    return cycles.cycles_of_block([Instruction(*line.split(" ", 1)) for line in lines], core)


def test_the_rules_for_cycles_in_bench_md_are_the_codes():
    rules, m4 = page("reference/bench.md"), "cortex-m4"
    load, again = numbers(r"a load takes (\d+) cycles, or (\d+) right after a single load or store", rules)
    assert of_block(m4, "ldr r0, [r1]") == load
    assert of_block(m4, "ldr r0, [r1]", "ldr r2, [r1]") == load + again
    assert numbers(r"a store (\d+);", rules) == [of_block(m4, "str r0, [r1]")]
    (several,) = numbers(r"n registers (\d+) \+ n;", rules)
    assert of_block(m4, "push {r4-r7}") == several + 4
    assert numbers(r"a taken branch 1 \+ (\d+);", rules) == [cycles.REFILL]
    assert numbers(r"a division (\d+); any other instruction (\d+)\.", rules) == [
        cycles.DIVISION,
        of_block(m4, "adds r0, r0, #1"),
    ]


def test_the_rules_of_a_core_that_overlaps_in_bench_md_are_the_codes():
    m55 = page("reference/bench.md").split("ARMScheduleM55.td")[1]
    alone, late = numbers(r"takes (\d+) cycle, or (\d+) if the next one reads a late result", m55)
    after = "adds r2, r3, #1"
    assert of_block("cortex-m55", "ldr r0, [r1]", after) == alone + 1
    assert of_block("cortex-m55", "ldr r3, [r1]", after) == late + 1
    vector, other = numbers(r"a vector instruction (\d+), or (\d+) if the next one uses another pipeline", m55)
    multiply, load = "vmladava.s8 r4, q0, q1", "vldrb.u8 q2, [r0]"
    assert of_block("cortex-m55", multiply, multiply) == vector + 1
    assert of_block("cortex-m55", multiply, load) == other + 1
    (end,) = numbers(r"the end of a low-overhead loop (\d+)", m55)
    assert of_block("cortex-m55", "adds r0, r0, #1", "letp lr, 0") == 1 + end
    assert cycles.refill_of_block([Instruction("letp", "lr, 0")]) == 0


@pytest.mark.parametrize(("position", "what"), [(0, "QEMU:"), (1, "per instruction")])
def test_what_boards_md_says_of_speeds_is_the_estimates(position, what):
    text = page("reference/board-files.md")
    for isa in ("dsp", "mve"):
        figures = listed(need.speed[isa][position] for need in NEEDS.values())
        assert re.search(rf"{what} [^;]*?{isa.upper()} {re.escape(figures)}", text), figures


def test_what_boards_md_says_of_multiply_adds_is_the_estimates():
    text = page("reference/board-files.md")
    assert f"For {listed(f'`{voice}`' for voice in NEEDS)}, the estimate is" in text
    assert f"({listed(f'{need.macs / 1e6:.1f}' for need in NEEDS.values())} million)" in text


@pytest.mark.parametrize(("position", "before"), [(0, "A Cortex-M0+ takes"), (1, "instructions of")])
def test_what_boards_md_says_of_a_cortex_m0plus_is_the_estimates(position, before):
    figures = listed(need.speed["cortex-m0plus"][position] for need in NEEDS.values())
    assert f"{before} {figures} " in page("reference/board-files.md")


def test_the_estimates_of_the_first_sound_are_those_measured():
    nano, heart = (NEEDS[voice].first["dsp"] / 1e6 for voice in ("heart-nano", "heart"))
    assert f"`heart-nano` takes 6.7 to {nano} million instructions" in page("how-to/integrate-the-c.md")
    assert f"four texts of ten words | 35 M | 22.8 to {heart} M" in page("measurements/text.md")
    speed = NEEDS["heart-nano"].speed
    assert NEEDS["heart-nano"].first_sound(load_board("nrf52840-dk")) == pytest.approx(nano * speed["dsp"][1] / 64)
    slower = speed["cortex-m0plus"][0] / speed["dsp"][0] * speed["cortex-m0plus"][1]
    assert NEEDS["heart-nano"].first_sound(load_board("pico")) == pytest.approx(nano * slower / 125)


def test_the_board_that_boards_md_shows_is_as_fast_as_the_command_says():
    board = load_board("stm32u5a9j-dk")
    factors = [f"{need.real_time_factor(board):.2f}" for need in NEEDS.values()]
    assert re.search(
        rf"stm32u5a9j-dk M33 160 MHz firmware {' '.join(map(re.escape, factors))} ",
        page("reference/board-files.md"),
    )


def test_the_readme_tells_the_disk_that_the_two_commands_check_for():
    """The figures are for a machine on which nothing has been installed yet.

    The sizes include Debian packages, apt's temporary files, and `.venv`.
    """
    script = (ROOT / "scripts" / "debian-packages").read_text()
    table = (ROOT / "scripts" / "debian-packages.txt").read_text().splitlines()
    rows = [line.split() for line in table if line and not line.startswith("#")]
    needed = {}
    for goal, venv in (("demo", r"demo\) venv=(\d+)"), ("test", r"\*\) venv=(\d+)")):
        packages = sum(int(row[-1]) * 5 // 4 for row in rows if goal == "test" or row[0] == "demo")
        needed[goal] = (packages + numbers(venv, script)[0]) / 1000
    text = " ".join((ROOT / "README.md").read_text().split())
    demo, test = numbers(r"They need (\d+) and (\d+) GB of disk space", text)
    assert 0 <= demo - needed["demo"] < 1 and 0 <= test - needed["test"] < 2
