"""Measure the coverage and the cyclomatic complexity of the exported C: python -m tests.firmware_gen.c_figures.

Needs gcc, gcovr and lizard; `make figures` installs the last two. The program builds a small model and a tiny voice
(with the pack en-us, phrases, custom words and a 22.05 kHz output) for the host, without optimisation. The program then
runs the test programs on fixed inputs: random calls, texts, and randomly corrupted texts.

The output consists of tables, summarised in docs/measurements/c-code.md, and every line that did not run.
"""

import csv
import io
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.firmware_gen.phrases.test_pieces import MAIN as PIECES_MAIN
from tests.firmware_gen.test_library import written
from tests.firmware_gen.test_output import MAIN as OUTPUT_MAIN
from tests.firmware_gen.text.same import broken, spoken, tables
from tests.firmware_gen.text.test_same_markup import MORE as MARKUP_PIECES
from tests.firmware_gen.text.test_same_markup import TEXTS as MARKUP_TEXTS
from tests.firmware_gen.text.test_same_text import RARE
from tests.firmware_gen.text.test_same_words import COMPILED, FILLED, REFUSED
from tests.firmware_gen.text.test_same_words import MORE as WORD_PIECES
from tests.firmware_gen.text.test_same_words import TEXTS as WORD_TEXTS
from tests.support.paths import SUPPORT
from tests.support.talker import talker
from ticktalk.firmware_gen.output_source import output_files
from ticktalk.firmware_gen.text.export import text_files
from ticktalk.runtime_sim.text.bundled import frontend

PARTS = {  # file names without the prefix, by purpose
    "interface, utterances": r"one\.[ch]|one_utterances\..",
    "reading text": r"one_text.*",
    "fixed phrases, numbers, times": r"one_pieces\..",
    "vocoder": r"one_vocoder.*|tt_(math|vector)\.h",
    "graphs": r"one_(phoneme|frame)\..|net\..|tt_int8\.h",
    "output rate": r"one_output\..",
}
LIMIT = 15  # lizard's default
CALLS, SEEDS = 60_000, (1, 2)
COMPILER = ["gcc", "-std=c11", "-O0", "-DTICKTALK_AS_BUILT"]  # without TICKTALK_AS_BUILT, gcc optimises the kernels
RUN_MAIN = """
#include "one.h"

static void play(void *user, const int16_t *samples, size_t count) { *(size_t *)user += count + (samples == 0); }

int main(void)
{
    static struct one v;
    size_t count = 0;

    one_init(&v);
    one_begin_text(&v, "It's 7:30. Time to run!", 23);
    one_run(&v, play, &count);
    return count == 0;
}
"""
PIECES = [f"{what} 200 {hour} {minute} -" for what in "tT" for hour in range(25) for minute in (0, 5, 12, 45, 60)]
PIECES += [f"n {room} {n} 0 -" for n in (0, 13, 21, 100, 777777, 1 << 20, -(1 << 31)) for room in (*range(9), 400)]
PIECES += [
    "f 200 986 1 -",
    "f 200 -25 2 -",
    "f 200 1 10 -",
    "q 200 5 0 -",
    "q 200 1 0 -",
    "d 200 0 0 10-5",
    "d 9 0 0 x",
    "i 9 1 2 -",
]


def instrumented(folder: Path) -> list[Path]:
    """Write the C code to `folder`, compile it, and return the objects. Coverage is measured only for "one" and
    "net"."""
    voice = talker()
    written({"one": voice, "two": voice}, folder)
    texts = text_files(frontend("en-us").with_words(COMPILED, FILLED), "one", host=True)
    (folder / "text_main").write_text(texts.pop("one_text_main.c"))
    for name, text in {**texts, **output_files(voice, "one", 22050, True)}.items():
        (folder / name).write_text(text)
    for source in folder.glob("*.c"):
        counts = [] if source.name.startswith("two") or source.stem.endswith("_names") else ["--coverage"]
        subprocess.run([*COMPILER, *counts, "-c", source], cwd=folder, check=True)
    return sorted(folder.glob("*.o"))


def program(folder: Path, objects: list[Path], name: str, main: str) -> Path:
    """Link the C program `main` with the objects that it uses."""
    source = folder / "mains" / f"{name}.c"
    source.parent.mkdir(exist_ok=True)
    source.write_text(main)
    subprocess.run(
        [*COMPILER, f"-I{folder}", source, *objects, "--coverage", "-fno-profile-arcs", "-o", folder / name],
        cwd=source.parent,
        check=True,
    )
    return folder / name


def run(folder: Path) -> None:
    """Build all programs in `folder` and run them."""
    objects = instrumented(folder)
    calls = program(folder, objects, "calls", (SUPPORT / "library_main.c").read_text())
    for seed in SEEDS:
        subprocess.run([calls, str(seed), str(CALLS)], stdout=subprocess.DEVNULL, check=True)
    for name, main, lines in (("run", RUN_MAIN, []), ("output", OUTPUT_MAIN, []), ("pieces", PIECES_MAIN, PIECES)):
        made = program(folder, objects, name, main)
        subprocess.run([made], input="\n".join(lines).encode(), stdout=subprocess.DEVNULL, check=True)
    read_texts(program(folder, objects, "text", (folder / "text_main").read_text()), folder / "words")


def read_texts(made: Path, words: Path) -> None:
    """Read the texts of the tests."""
    texts = [*tables(), *RARE]
    spoken(made, [*texts, *broken(texts, 1000, 1), *broken(texts, 1000, 2)])
    spoken(made, texts[:50], "--known")
    marked = [text.encode() for text in MARKUP_TEXTS]
    spoken(made, [*marked, *broken(marked, 600, 1, MARKUP_PIECES)], "--markup")
    words.write_text("".join(f"{word}\t{said}\n" for word, said in FILLED.items()))
    own = [text.encode() for text in WORD_TEXTS]
    spoken(made, [*own, *texts, *broken(own, 300, 1, WORD_PIECES)], words)
    for line in REFUSED:
        words.write_text(line + "\n")
        subprocess.run([made, words], stdin=subprocess.DEVNULL, check=False)


def coverage(folder: Path) -> tuple[list[str], list[str]]:
    """Return the table's lines, and the source lines that did not run."""
    many = ["--gcov-suspicious-hits-threshold", "1000000000000"]
    told = subprocess.run(
        ["gcovr", "--root", folder, *many, "--json", "-", folder], capture_output=True, text=True, check=True
    )
    files = {each["file"]: each["lines"] for each in json.loads(told.stdout)["files"]}
    rows, missed = [], []
    total = [0, 0, 0, 0]
    for part, pattern in PARTS.items():
        sums = [0, 0, 0, 0]
        for file in sorted(name for name in files if re.fullmatch(pattern, name) and "_tables" not in name):
            text = (folder / file).read_text().splitlines()
            for line in files[file]:
                branches = [each["count"] > 0 for each in line["branches"]]
                sums = [a + b for a, b in zip(sums, (1, line["count"] > 0, len(branches), sum(branches)), strict=True)]
                if not line["count"]:
                    at = line["line_number"]
                    missed.append(f"{file}:{at} {line.get('function_name', '')}: {text[at - 1].strip()}")
        rows.append(_row(part, sums))
        total = [a + b for a, b in zip(total, sums, strict=True)]
    return [*rows, _row("all", total)], missed


def _row(part: str, sums: list[int]) -> str:
    lines, ran, branches, taken = sums
    return f"| {part} | {lines:,} | {ran / lines:.1%} | {branches:,} | {taken / branches:.1%} |"


def complexity(folder: Path) -> list[str]:
    """Return one row for all functions, followed by the rows of the functions above LIMIT."""
    files = [path for path in folder.glob("*.[ch]") if re.match("one|net|tt_", path.name)]
    told = subprocess.run(["lizard", "--csv", "-l", "cpp", *files], capture_output=True, text=True, check=True)
    found = sorted(((int(row[1]), row[7]) for row in csv.reader(io.StringIO(told.stdout))), reverse=True)
    over = [(number, name) for number, name in found if number > LIMIT]
    mean = sum(number for number, _ in found) / len(found)
    head = f"{len(found)} functions, mean {mean:.1f}, {len(over)} above {LIMIT}"
    return [head, *(f"| `{name}` | {number} |" for number, name in over)]


def main() -> int:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        run(folder)
        rows, missed = coverage(folder)
        print(*complexity(folder), "", *rows, "", *missed, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
