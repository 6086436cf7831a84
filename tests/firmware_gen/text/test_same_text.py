"""Python and the generated C convert every text to the same phonemes.

The texts come from the language pack's tables, with and without random corruptions.
"""

import random
import struct
import subprocess

import pytest

from ticktalk.firmware_gen.text.export import text_files
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.readings import load_rows

TEXTS = 1000
SANITISED = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
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


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """Return a program, built with sanitizers, that runs the front end's C on texts from its standard input."""
    folder = tmp_path_factory.mktemp("text")
    for name, contents in text_files(frontend("en-us"), host=True).items():
        (folder / name).write_text(contents)
    command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", *SANITISED, "-o", folder / "text"]
    subprocess.run([*command, *sorted(folder.glob("*.c"))], check=True)
    return folder / "text"


def spoken(program, texts):
    """Return the sentences that the C program writes for each text."""
    done = subprocess.run([program], input=b"".join(struct.pack("<I", len(t)) + t for t in texts), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[:2000]
    return [part.split("\n")[:-1] for part in done.stdout.decode().split("\x1e")[:-1]]


def tables():
    folder = frontend("en-us").pack.path
    return [row.text for name in ("readings.tsv", "heteronyms.tsv") for row in load_rows(folder / name)]


def broken(texts, count, seed):
    """Yield `count` corrupted texts: truncated, duplicated or joined, or with other characters and bytes inserted."""
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
                text[at:at] = chance.choice(PIECES).encode()
            elif what == 4:
                text[at:at] = bytes(text[at : at + 12]) * chance.choice((1, 2, 30))
            elif chance.random() < 0.3:
                text = bytearray(bytes(text).upper())
        yield bytes(text)


def assert_same(program, texts):
    english = frontend("en-us")
    heard = spoken(program, texts)
    assert len(heard) == len(texts)
    for text, c in zip(texts, heard):
        assert english(text) == c, text


def test_the_tables_are_read_alike(program):
    assert_same(program, tables())


@pytest.mark.parametrize("seed", [1, 2])
def test_broken_texts_are_read_alike(program, seed):
    assert_same(program, list(broken(tables(), TEXTS, seed)))


def test_long_texts_are_read_alike(program):
    chance = random.Random(5)
    long = b" ".join(chance.choices(tables(), k=600))
    noise = bytes(chance.randrange(256) for _ in range(20_000))
    assert_same(
        program, [long, noise, b"\0" * 3000, b"a" * 5000, b"A" * 5000, b"1" * 3000, b"." * 3000, b"x. " * 2000, b""]
    )
