"""Helpers that compare the results of the Python front end and the generated C code for many byte strings."""

import random
import struct
import subprocess

from tests.support.object_cache import launcher
from ticktalk.firmware_gen.project.device import copied
from ticktalk.firmware_gen.text.export import text_files
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.readings import load_rows

SANITISED = ("-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
PIECES = (
    " ",
    "\n",
    ". ",
    ", ",
    "-",
    "'",
    '"',
    "/",
    ":",
    "%",
    "$",
    "5",
    "12",
    "A",
    "USA",
    "s",
    "@",
    "#",
    "😀",
    "é",
    "田",
    "—",
    "\u0301",
)


def compiled(front, folder, work=10):
    """Compile the front end and its test program with sanitizers, and return the program. Other tests check the
    warnings of all compilers; sanitizers cause false warnings.

    `work` limits the work of a call: by default, converting a word takes several calls.
    """
    (folder / "ticktalk.h").write_text(copied("ticktalk.h"))
    for name, contents in text_files(front, "x", host=True).items():
        (folder / name).write_text(contents)
    command = ["cc", "-std=c11", f"-DX_TEXT_WORK={work}", *SANITISED]
    for source in sorted(file.name for file in folder.glob("*.c")):  # one at a time, which ccache requires
        subprocess.run([*launcher(), *command, "-c", source], check=True, cwd=folder)
    subprocess.run([*command, "-o", "text", *sorted(file.name for file in folder.glob("*.o"))], check=True, cwd=folder)
    return folder / "text"


def spoken(program, texts, *arguments):
    """Return the sentences that the C code reads from each text."""
    data = b"".join(struct.pack("<I", len(t)) + t for t in texts)
    done = subprocess.run([program, *arguments], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[:2000]
    return [part.split("\n")[:-1] for part in done.stdout.decode().split("\x1e")[:-1]]


def tables():
    folder = frontend("en-us").pack.path
    return [row.text for name in ("readings.tsv", "heteronyms.tsv") for row in load_rows(folder / name)]


def broken(texts, count, seed, pieces=PIECES):
    """Yield `count` corrupted sentences: truncated, duplicated or joined, or with other characters and bytes
    inserted."""
    chance = random.Random(seed)
    for _ in range(count):
        text = bytearray(chance.choice(texts))
        for _ in range(chance.choice((1, 1, 2, 3, 6))):
            at = chance.randrange(len(text) + 1)
            what = chance.randrange(6)
            if what == 0:
                del text[at : at + chance.randrange(1, 4)]
            elif what == 1:
                text.insert(at, chance.randrange(256))
            elif what == 2:
                text[at:at] = chance.choice(texts)[: chance.randrange(1, 20)]
            elif what == 3:
                text[at:at] = chance.choice(pieces).encode()
            elif what == 4:
                text[at:at] = bytes(text[at : at + 12]) * chance.choice((1, 2, 30))
            elif chance.random() < 0.3:
                text = bytearray(bytes(text).upper())
        yield bytes(text)


def assert_same(program, texts, front, *arguments):
    """Assert that Python and the C code read every text in the same way."""
    heard = spoken(program, texts, *arguments)
    assert len(heard) == len(texts)
    for text, c in zip(texts, heard):
        assert front(text) == c, text
