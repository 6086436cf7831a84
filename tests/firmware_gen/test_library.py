"""Test the C of several voices and a model in one program: arbitrary calls, symbols, headers, rate and marks."""

import subprocess
import zlib
from dataclasses import replace

import numpy as np
import pytest

from tests.support.compiled import HOST, compile_and_link
from tests.support.models import small_network
from tests.support.object_cache import launcher
from tests.support.paths import SUPPORT, TINY
from tests.support.speakers import with_speakers
from tests.support.talker import talker
from ticktalk.firmware_gen.library import model_library, voice_library
from ticktalk.firmware_gen.voice_code import voice_code
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.marked import Marked
from ticktalk.runtime_sim.prosody import NEUTRAL
from ticktalk.runtime_sim.speech import Speaker
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.utf8 import decoded
from ticktalk.runtime_sim.voice import load_voice

CALLS = 60_000
IDS, _TEXT, MARKUP, PHRASE = range(4)  # enum kind in library_main.c
PHRASES = {"go": "Go. Now!", "low": "Battery low"}
TEXTS = [
    b"",
    b"...",
    b"Yes.",
    b"7 km? No!",
    "Hi 😀 田. й".encode(),
    b"\xff\x00 a\xc3",
    b"A[[pause 3]] [[rate 150]][[pitch 2]]b[[volume 50]], [[expression 0]]c[[rate]]!",
    b"[[pause 12]]",
    b"A[[voice emma]]b, [[voice em]]c[[voice bob]] d [[voice]]e",
    b"8" * 130 + b" to www.a-b.com/" + b"x.y" * 20,
    b"One, two. " * 4,
]


@pytest.fixture(scope="module")
def voice():
    return load_voice(TINY)


@pytest.fixture(scope="module")
def other(voice):
    """Return a second voice with the same graphs but different durations and pitches."""
    tables = voice.tables | {
        "duration": np.minimum(voice.tables["duration"].astype(np.uint32) * 2, 60000).astype(np.uint16),
        "pitch": voice.tables["pitch"][::-1].copy(),
    }
    return replace(voice, tables=tables)


@pytest.fixture(scope="module")
def voices(other):
    """Return two voices with a language pack, by library prefix. The second one has several speakers."""
    one = talker()
    return {"one": one, "two": with_speakers(replace(one, tables=other.tables))}


def written(voices, folder):
    """Write the C code of both voices, with language packs and phrases, and of the model "net" to `folder`."""
    phrases = folder / "phrases.toml"
    phrases.write_text("".join(f'{name} = "{text}"\n' for name, text in PHRASES.items()))
    data = small_network()
    files = model_library(load_graph(data, "net"), data, "portable", "net").files
    for (name, voice), rows in zip(voices.items(), (4, 8)):
        library = voice_library(voice, "portable", name, rows=rows)
        files |= voice_code(voice, library, None, name, "ticktalk", "en-us", None, [phrases, "clock"])[0]
    texts = [", ".join(map(str, text)) or "0" for text in TEXTS]
    files["texts.h"] = "".join(f"static const uint8_t text_{k}[] = {{{each}}};\n" for k, each in enumerate(texts))
    rows = ", ".join(f"{{(const char *)text_{k}, {len(text)}}}" for k, text in enumerate(TEXTS))
    files["texts.h"] += f"static const struct {{ const char *bytes; size_t size; }} texts[] = {{{rows}}};\n"
    for file, content in files.items():
        (folder / file).write_text(content)


@pytest.fixture(scope="module")
def program(voices, tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    written(voices, folder)
    sources = [*sorted(folder.glob("*.c")), SUPPORT / "library_main.c"]
    return compile_and_link(folder, sources, HOST["gcc"], [], trace=False)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_random_calls_of_several_voices_at_once(program, voices, seed):
    """The samples equal the simulator's even if ids, texts and phrases are read in pieces, interleaved or
    interrupted."""
    done = subprocess.run([program, str(seed), str(CALLS)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    lines = [list(map(int, line.split())) for line in done.stdout.splitlines()]
    assert {tuple(line[:2]) for line in lines} == {(number, kind) for number in (1, 2) for kind in range(4)}
    expected = Expected(voices)
    for number, kind, which, first_seed, samples, crc, *more in dict.fromkeys(map(tuple, lines[:80])):
        if kind == IDS:
            pcm = expected.of_ids(number, tuple(more[1:]), first_seed)
        else:
            pcm, report = expected.of_text(number, kind, which, first_seed)
            assert more == report, (number, kind, which)
        assert (len(pcm) // 2, zlib.crc32(pcm)) == (samples, crc), (number, kind, which, first_seed, more)


class Expected:
    """The simulator's results for the lines of library_main.c, as bytes."""

    def __init__(self, voices):
        self.voices = list(voices.values())
        self.speakers = [Speaker(voice) for voice in self.voices]

    def of_ids(self, number, ids, seed, prosody=NEUTRAL):
        return self.speakers[number - 1].speak(list(ids), seed, prosody=prosody).tobytes()

    def of_text(self, number, kind, which, seed):
        """Return the samples of a text or phrase, and [utterances, characters without a name]."""
        text = list(PHRASES.values())[which].encode() if kind == PHRASE else TEXTS[which]
        voice, front = self.voices[number - 1], frontend("en-us")
        steps = list(Marked(front.with_speakers(voice.speakers), kind == MARKUP).steps(voice, [text], seed=seed))
        pcm = [
            self.of_ids(number, step.ids, step.seed, step.prosody)
            if step.ids
            else bytes(2 * step.silence(voice.manifest["sample_rate"]))
            for step in steps
        ]
        known = front.characters
        strange = [c for c in decoded(text) if c > "\x7f" and c not in known.plain and ord(c) not in known.named]
        return b"".join(pcm), [sum(1 for step in steps if step.ids), len(strange) * (kind != PHRASE)]


@pytest.fixture(scope="module")
def objects(program):
    """Return the object files of voice "one" and model "net", compiled with optimisation and without sanitizers."""
    found = []
    for file in sorted(file for name in ("one", "net") for file in program.parent.glob(f"{name}*.c")):
        found.append(file.with_suffix(".o"))
        command = [*launcher(), "gcc", "-std=c11", "-O2", "-fno-pic", "-c", file.name, "-o", found[-1]]
        subprocess.run(command, cwd=file.parent, check=True)
    return found


def test_every_external_symbol_has_the_prefix_and_no_data_is_written(objects):
    for file in objects:
        prefix = file.name.split("_")[0].removesuffix(".o")
        listing = subprocess.run(["nm", "--defined-only", "-P", file], capture_output=True, text=True, check=True)
        symbols = [line.split()[:2] for line in listing.stdout.splitlines()]
        assert all(name.startswith(prefix) for name, kind in symbols if kind.isupper()), file
        assert not [name for name, kind in symbols if kind in "bBdDcC"], file
        needed = subprocess.run(["nm", "--undefined-only", "-P", file], capture_output=True, text=True, check=True)
        wanted = {line.split()[0] for line in needed.stdout.splitlines()}
        assert {name for name in wanted if not name.startswith(prefix)} <= {"memcmp", "memcpy", "memmove", "memset"}, (
            file
        )


def test_the_headers_are_c_plus_plus(objects, tmp_path):
    """The headers compile even after standard headers that define common words as macros."""
    (tmp_path / "main.cc").write_text(
        '#include <complex>\n#include <complex.h>\n#include "one.h"\n#include "two.h"\n#include "net.h"\n'
        "static one first;\nstatic net graph;\n"
        "int main() { one_init(&first); net_invoke(&graph);\n"
        "const uint8_t ids[] = {0, 3, 0}; return one_begin(&first, ids, sizeof ids, 1) != TICKTALK_OK; }\n"
    )
    warnings = ["-Wall", "-Wextra", "-Werror", f"-I{objects[0].parent}"]
    command = ["g++", "-std=c++11", "-no-pie", *warnings, tmp_path / "main.cc", *objects, "-o", tmp_path / "main"]
    subprocess.run(command, check=True)
    subprocess.run([tmp_path / "main"], check=True)


def printed(voice, folder, main: str) -> list[list[int]]:
    """Compile `main` with the voice as library "one", run it, and return the numbers on each line of its output."""
    for name, text in voice_library(voice, "portable", "one").files.items():
        (folder / name).write_text(text)
    (folder / "main.c").write_text(f'#include "one.h"\n#include <stdio.h>\n{main}')
    sources = sorted(folder.glob("*.c"))
    program = compile_and_link(folder, sources, HOST["gcc"], [], trace=False)
    done = subprocess.run([program], capture_output=True, text=True, check=True)
    return [list(map(int, line.split())) for line in done.stdout.splitlines()]


def test_the_rate_can_change_in_the_middle(voice, tmp_path):
    """Phonemes before the change keep their boundaries, and those after it are spoken at the new rate."""
    ((at, samples),) = printed(
        voice,
        tmp_path,
        "int main(void)\n{\n    static struct one v;\n    static int16_t pcm[ONE_HOP];\n    static uint8_t ids[40];\n"
        "    unsigned samples = 0, at = 0;\n    for (int i = 0; i < 40; i++)\n        ids[i] = (uint8_t)(1 + i % 19);\n"
        "    one_init(&v);\n    one_begin(&v, ids, sizeof ids, 1);\n"
        "    while (!one_drained(&v)) {\n        samples += (unsigned)one_read(&v, pcm, ONE_HOP);\n"
        "        if (at == 0 && v.known >= 10) {\n            at = v.known;\n"
        "            one_set(&v, (struct ticktalk_prosody){512, 3, 128, 400, 0, 1});\n        }\n    }\n"
        '    printf("%u %u\\n", at, samples);\n    return 0;\n}\n',
    )
    ids = [1 + i % 19 for i in range(40)]
    whole, fast = (Speaker(voice).heads(ids, rate=rate)[0] for rate in (256, 512))
    rows = Speaker(voice).rows("phoneme", voice.tables["embedding"][np.asarray(ids)])["duration"][at:, 0]
    q6 = np.maximum(voice.tables["duration"][rows.astype(np.int64) + 128].astype(np.int64), (512 + 3) // 4).sum()
    assert samples == voice.manifest["hop"] * (whole[at - 1] + (4 * int(q6) + 256) // 512)
    assert fast[-1] * voice.manifest["hop"] < samples < whole[-1] * voice.manifest["hop"]


def test_words_begin_where_the_marks_say(voice, tmp_path):
    """Each mark is at the frame in which the first sound after a space begins."""
    symbols, edge = (voice.manifest["phonemes"][key] for key in ("symbols", "edge"))
    text = " a, b  cd . a"
    ids = [edge, *(symbols[c] for c in text if c in symbols), edge]
    marks = printed(
        voice,
        tmp_path,
        "int main(void)\n{\n    static struct one v;\n    static int16_t pcm[33];\n    struct ticktalk_mark mark;\n"
        f"    static const uint8_t ids[] = {{{', '.join(map(str, ids))}}};\n"
        "    unsigned read = 0;\n    one_init(&v);\n    one_begin(&v, ids, sizeof ids, 1);\n"
        "    while (!one_drained(&v)) {\n        read += (unsigned)one_read(&v, pcm, 33);\n"
        "        while (one_mark(&v, &mark))\n"
        '            printf("%u %u %u\\n", (unsigned)mark.word, (unsigned)mark.sample, read);\n'
        "    }\n    return 0;\n}\n",
    )
    starts = [0, *Speaker(voice).heads(ids)[0][:-1]]
    expected, parted = [], True
    for start, number in zip(starts, ids):
        symbol = next((c for c, n in symbols.items() if n == number), "")
        if symbol == " ":
            parted = True
        elif symbol.isalpha() and parted:
            expected.append(start * voice.manifest["hop"])
            parted = False
    assert [mark[:2] for mark in marks] == [[i, at] for i, at in enumerate(expected)] and len(marks) == 4
    assert all(at < read <= at + 33 for _, at, read in marks)
