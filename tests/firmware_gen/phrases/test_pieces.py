"""Numbers and times that are assembled from pieces have exactly the phonemes of the front end."""

import random
import subprocess

import pytest

from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen.phrases.pieces import pieces_files
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.voice import load_voice

MAIN = r"""
#include <stdio.h>
#include <stdlib.h>
#include "one_pieces.h"

/* Lines: what, room, two numbers, digits. Prints the ids. */
int main(void)
{
    char what, digits[64];
    int a, b, room;
    while (scanf(" %c %d %d %d %63s", &what, &room, &a, &b, digits) == 5) {
        uint8_t *ids = malloc(room ? (size_t)room : 1); /* exactly as long, so that a sanitizer sees an overflow */
        struct one_say say;
        uint32_t count;
        one_say_begin(&say, ids, (uint32_t)room);
        switch (what) {
        case 't': one_say_time(&say, (uint32_t)a, (uint32_t)b); break;
        case 'T': one_say_time12(&say, (uint32_t)a, (uint32_t)b); break;
        case 'n': one_say_number(&say, a); break;
        case 'd': one_say_digits(&say, digits); break;
        case 'f': one_say_decimal(&say, a, (uint32_t)b); break;
        case 'q': one_say_quantity(&say, a, &one_say_kilometers); break;
        case 'i': one_say_ids(&say, (const uint8_t[]){(uint8_t)a, (uint8_t)b}, 2); break;
        case 'b': one_say_quantity(&say, a, &one_say_beats_per_minute); break;
        }
        count = one_say_end(&say);
        for (uint32_t k = 0; k < count; k++)
            printf("%d ", ids[k]);
        putchar('\n');
        free(ids);
    }
    return 0;
}
"""


@pytest.fixture(scope="module")
def front():
    return frontend("en-us")


@pytest.fixture(scope="module")
def heard(front, tmp_path_factory):
    """Return a function that runs the C code, built with sanitizers, and returns the phonemes of each line."""
    folder = tmp_path_factory.mktemp("pieces")
    voice = load_voice(voice_folder("heart"))
    for name, contents in (pieces_files(front, voice, "one") | {"main.c": MAIN}).items():
        (folder / name).write_text(contents)
    sanitised = ("-O1", "-g1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    command = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", *sanitised, "-o", folder / "say", *folder.glob("*.c")]
    subprocess.run(command, check=True)
    symbols = {number: symbol for symbol, number in voice.manifest["phonemes"]["symbols"].items()}

    def run(lines):
        done = subprocess.run([folder / "say"], input="\n".join(lines), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[:2000]
        rows = [[int(number) for number in row.split()] for row in done.stdout.split("\n")[:-1]]
        assert len(rows) == len(lines)
        assert all(row[0] == row[-1] == voice.manifest["phonemes"]["edge"] for row in rows if row)
        return ["".join(symbols[number] for number in row[1:-1]) for row in rows]

    return run


def read(front, text):
    """Return the front end's reading of `text`, with a full stop."""
    (said,) = front(text)
    return said + "."


def test_every_time_of_day_sounds_as_it_is_read(front, heard):
    times = [(h, m) for h in range(24) for m in range(60)]
    assert heard([f"t 200 {h} {m} -" for h, m in times]) == [read(front, f"{h:02}:{m:02}") for h, m in times]


def test_every_time_of_twelve_hours_sounds_as_it_is_read(front, heard):
    times = [(h, m) for h in range(24) for m in range(60)]
    texts = [f"{h % 12 or 12}:{m:02} {'AM' if h < 12 else 'PM'}" for h, m in times]
    assert heard([f"T 200 {h} {m} -" for h, m in times]) == [read(front, text) for text in texts]


def test_numbers_sound_as_they_are_read(front, heard):
    chance = random.Random(1)
    numbers = [*range(1100), 2**31 - 1, -(2**31), -1, 1_000_000, 1_000_001, 20_000, -300]
    numbers += [chance.randrange(-(2**31), 2**31) >> chance.randrange(31) for _ in range(2000)]
    assert heard([f"n 400 {n} 0 -" for n in numbers]) == [
        read(front, "minus " * (n < 0) + " ".join(front.scanner.numbers.cardinal(str(abs(n))))) for n in numbers
    ]
    plain = [n for n in numbers if abs(n) > 999]  # shorter numbers may be read as telephone numbers, such as 911
    assert heard([f"n 400 {n} 0 -" for n in plain]) == [read(front, f"{n:,}") for n in plain]


def test_decimals_and_quantities_sound_as_they_are_read(front, heard):
    lines = ["f 200 986 1 -", "f 200 -25 2 -", "f 200 5 0 -", "q 200 5 0 -", "q 200 1 0 -", "b 200 120 0 -"]
    texts = ["98.6", "-0.25", "5", "5 km", "1 km", "120 bpm"]
    assert heard(lines) == [read(front, text) for text in texts]
    assert heard(["d 200 0 0 10-5"]) == [read(front, "one zero five")]


def test_ids_of_a_phrase_are_said_as_they_are(heard):
    symbols = load_voice(voice_folder("heart")).manifest["phonemes"]["symbols"]
    assert heard([f"i 200 {symbols['m']} {symbols['A']} -", "i 3 1 1 -"]) == ["mA.", ""]


def test_what_does_not_fit_or_is_out_of_range_gives_nothing(heard):
    full = heard(["n 400 777777 0 -"])[0]
    size = len(full) + 2
    assert heard([f"n {size} 777777 0 -"]) == [full]
    assert not any(heard([f"n {room} 777777 0 -" for room in range(size)]))
    assert not any(heard(["t 200 24 0 -", "t 200 0 60 -", "T 200 24 0 -", "f 200 1 10 -", "d 200 0 0 x"]))
