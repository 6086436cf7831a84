"""Test the speech library with several voices and a model in one program, and with arbitrary calls of an
application."""

import json
import re
import subprocess
import zlib
from dataclasses import replace

import numpy as np
import pytest

from tests.support.compiled import HOST, STRICT, compile_and_link
from tests.support.longest import longest_calls, sums
from tests.support.models import small_network
from tests.support.object_cache import launcher
from tests.support.paths import SUPPORT, TINY
from tests.support.speakers import with_speakers
from tests.support.talker import talker
from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen.burst import weights_read
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library import check_prefix, model_library, voice_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.firmware_gen.voice_code import voice_code
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.marked import Marked
from ticktalk.runtime_sim.output_rate import OutputRate
from ticktalk.runtime_sim.prosody import NEUTRAL
from ticktalk.runtime_sim.speech import Speaker, speak_text
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
        "            one_set(&v, (struct ticktalk_prosody){512, 3, 128, 400, 0});\n        }\n    }\n"
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


def test_two_libraries_in_one_cmake_project(voice, tmp_path):
    """One library is added with add_subdirectory, and the other is installed and found with find_package.

    Both libraries are compiled with only the user's flags.
    """
    small = tmp_path / "small.tflite"
    small.write_bytes(small_network())
    export_library(voice, "host", tmp_path / "speech", LibraryOptions(name="one", text="none"))
    export_library(small, "host", tmp_path / "net", LibraryOptions(name="net"))
    run = {"check": True, "capture_output": True, "text": True}
    subprocess.run(["cmake", "-S", tmp_path / "net", "-B", tmp_path / "net-build"], **run)
    subprocess.run(["cmake", "--build", tmp_path / "net-build"], **run)
    subprocess.run(["cmake", "--install", tmp_path / "net-build", "--prefix", tmp_path / "usr"], **run)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.c").write_text(
        '#include "net.h"\n#include "one.h"\nint main(void)\n{\n    static struct one v;\n    static struct net n;\n'
        "    static const uint8_t ids[] = {0, 3, 0};\n    one_init(&v);\n    net_invoke(&n);\n"
        "    return one_begin(&v, ids, sizeof ids, 1) != TICKTALK_OK;\n}\n"
    )
    (tmp_path / "app" / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(app C)\nset(CMAKE_EXPORT_COMPILE_COMMANDS ON)\n"
        f'set(CMAKE_C_FLAGS "-Os -Wall -Wextra -Werror -DMINE")\nadd_subdirectory({tmp_path}/speech speech)\n'
        "find_package(ticktalk_net REQUIRED)\nadd_executable(app main.c)\n"
        "target_link_libraries(app PRIVATE ticktalk::one ticktalk::net)\n"
    )
    built = tmp_path / "app-build"
    subprocess.run(["cmake", "-S", tmp_path / "app", "-B", built, f"-DCMAKE_PREFIX_PATH={tmp_path / 'usr'}"], **run)
    subprocess.run(["cmake", "--build", built], **run)
    subprocess.run([built / "app"], check=True)
    commands = [each["command"] for each in json.loads((built / "compile_commands.json").read_text())]
    assert len(commands) > 5 and all("-Os" in each and "-DMINE" in each and "-O2" not in each for each in commands)


@pytest.mark.parametrize("rate, stereo", [(None, False), pytest.param(24000, True, marks=pytest.mark.long)])
def test_the_example_of_the_readme_speaks_a_text(rate, stereo, tmp_path):
    """The example has at most twelve lines, and its samples equal the simulator's."""
    voice, text = talker(), "It's 7:30. Time to run!"
    folder = export_library(
        voice, "host", tmp_path / "speech", LibraryOptions(name="one", output_rate=rate, stereo=stereo)
    )
    (example,) = re.findall(r"```c\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    assert len(example.splitlines()) <= 12
    (tmp_path / "main.c").write_text(
        "#include <stdint.h>\n#include <stdio.h>\nvoid say(void *i2s, const char *text, size_t bytes);\n"
        "static void i2s_write(FILE *to, const void *samples, size_t bytes)\n{\n    fwrite(samples, 1, bytes, to);\n}\n"
        f'{example}int main(void)\n{{\n    say(stdout, "{text}", {len(text)});\n    return 0;\n}}\n'
    )
    sources = [tmp_path / "main.c", *sorted((folder / "src").glob("*.c"))]
    program = compile_and_link(tmp_path, sources, HOST["gcc"], [], trace=False, include=(folder / "src",))
    spoken = subprocess.run([program], capture_output=True, check=True).stdout
    pcm = np.concatenate(list(speak_text(voice, text)))
    if rate:
        output = OutputRate(16000, rate)
        pcm = np.concatenate([output.push(pcm), output.finish()])
    assert spoken == pcm.repeat(2 if stereo else 1).tobytes() and spoken


def test_make_with_the_list_of_sources(voice, tmp_path):
    export_library(voice, "host", tmp_path / "speech", LibraryOptions(name="one", text="none"))
    (tmp_path / "main.c").write_text('#include "one.h"\nint main(void) { return ONE_HOP == 0; }\n')
    (tmp_path / "Makefile").write_text(
        "include speech/sources.mk\napp: main.c $(ONE_SOURCES)\n\t$(CC) -O1 -I$(ONE_INCLUDE) $^ -o $@\n"
    )
    subprocess.run(["make", "-C", tmp_path, "app"], check=True, capture_output=True)
    subprocess.run([tmp_path / "app"], check=True)


# test_builds.py compiles libraries for three cores, with more warnings.
@pytest.mark.parametrize(
    "core",
    [
        "cortex-m4",
        *(pytest.param(f"cortex-m{name}", marks=pytest.mark.long) for name in ("0plus", "3", "7", "33", "55")),
    ],
)
def test_a_library_for_each_arm_core(core, voice, tmp_path):
    """The library compiles without warnings under strict options. Export options that do not apply are refused."""
    folder = export_library(voice, core, tmp_path / "speech", LibraryOptions(name="one", text="none"))
    flags = ["-mthumb", "-O2", "-ffreestanding", *STRICT, f"-I{folder / 'src'}"]
    flags += ["-mfloat-abi=hard"] if core == "cortex-m55" else []
    objects = []
    for file in sorted((folder / "src").glob("*.c")):
        objects.append(tmp_path / f"{file.stem}.o")
        subprocess.run(["arm-none-eabi-gcc", f"-mcpu={core}", *flags, "-c", file, "-o", objects[-1]], check=True)
    listing = subprocess.run(
        ["arm-none-eabi-nm", "--defined-only", *objects], capture_output=True, text=True, check=True
    )
    assert not re.search(r" [bBdDcC] ", listing.stdout)


def test_more_rows_per_tick_read_the_weights_less_often(voice, tmp_path):
    read = {}
    for rows in (2, 4, 16):
        folder = export_library(
            voice, "host", tmp_path / str(rows), LibraryOptions(name="one", text="none", rows_per_tick=rows)
        )
        report = json.loads((folder / "report.json").read_text())
        read[rows] = report["weights_read_per_second"]
        assert f"#define ONE_FRAME_ROWS {rows}\n" in (folder / "src" / "one_frame.h").read_text()
    # Without staging, the portable kernels read all weights again for every two rows.
    assert read[2] == pytest.approx(read[4], rel=0.05) and 7.5 * read[16] < read[4] < 9 * read[16]
    with pytest.raises(BuildError, match="--rows-per-tick 33: must be from 2 to 32"):
        export_library(voice, "host", tmp_path / "x", LibraryOptions(rows_per_tick=33))


def test_heart_at_16_rows_reads_a_quarter_of_the_bytes():
    """With 4 rows, a Cortex-M4 reads 21 MB per second of speech."""
    heart = load_voice(voice_folder("heart"))
    read = {rows: weights_read(heart, voice_library(heart, "dsp", "one", rows=rows), rows) for rows in (4, 16)}
    assert 20.3e6 < read[4] < 21e6 and read[16] < 21e6 / 4


@pytest.mark.parametrize(
    ("core", "rows"),
    [*(pytest.param(core, 4, marks=pytest.mark.long) for core in ("m4", "m0plus")), ("m4", 7), ("m55", 4)],
)
def test_no_call_takes_longer_than_the_report_says(core, rows, tmp_path):
    """The calls run on an emulated core. The limits are also tight, except for the limit for reading.

    The limits are less tight on a Cortex-M55, because the rows of such a small voice do not fill a vector.
    """
    tight = 4 if core == "m55" else 2.5
    voice = talker()
    options = LibraryOptions(name="one", rows_per_tick=rows)
    folder = export_library(voice, f"cortex-{core}", tmp_path / "speech", options)
    work = json.loads((folder / "report.json").read_text())["work"]
    texts = ["Yes.", "It's 7:30. Time to run!", "Gate B12, please.", "No mail today.", "(a) x-ray; 24 C"]
    calls = longest_calls(folder, core, texts, tmp_path)
    assert calls[:, 0].tolist() == [sums(np.concatenate(list(speak_text(voice, text)))) for text in texts]
    reading, phonemes, frames = calls[:, 1:].max(0).tolist()
    assert reading <= work["longest_reading_call_instructions"]
    assert phonemes <= work["phoneme_tick_instructions"] < tight * phonemes
    assert frames <= work["longest_call_instructions"] < tight * frames


def test_the_queue_that_the_readme_names_covers_the_longest_pause(voice, tmp_path):
    folder = export_library(voice, "cortex-m33", tmp_path / "speech", LibraryOptions(name="one", text="none"))
    work = json.loads((folder / "report.json").read_text())["work"]
    assert work["pause_instructions"] == sum(
        work[f"{part}_instructions"] for part in ("phoneme_tick", "frame_tick", "hop")
    )
    samples = work["hop"] + -(-work["sample_rate"] * work["pause_instructions"] * 14 // (10 * 64_000_000))
    assert f"that is {samples} samples at 64 MHz" in (folder / "README.md").read_text()


@pytest.mark.parametrize("core", ["host", "rv32imc", "xtensa-lx7"])
def test_no_limit_is_invented_for_a_core_that_was_not_counted(core, voice, tmp_path):
    folder = export_library(voice, core, tmp_path / "speech", LibraryOptions(name="one", text="none"))
    assert json.loads((folder / "report.json").read_text())["work"] is None
    assert "Plan the processor time" not in (folder / "README.md").read_text()


def test_an_unknown_core_is_refused(voice, tmp_path):
    with pytest.raises(BuildError, match="unknown core 'z80'; choose cortex-m0plus, "):
        export_library(voice, "z80", tmp_path / "x")


@pytest.mark.parametrize("name", ["", "Heart", "a-b", "9lives", "x" * 32, "tt_x", "trace", "ticktalk", "a b", "é"])
def test_a_prefix_that_is_no_identifier_is_refused(name):
    with pytest.raises(BuildError, match="--name .*must be a lower-case C identifier"):
        check_prefix(name)


@pytest.mark.parametrize("name", ["one_text", "one_frame", "one_say_2", "my_voice_output"])
def test_a_prefix_that_would_share_symbols_with_another_is_refused(name):
    with pytest.raises(
        BuildError, match=rf"^--name {name}: '_[a-z]+' would make names that a voice with the prefix '(one|my_voice)'"
    ):
        check_prefix(name)


def test_every_symbol_of_a_voice_has_a_part_that_no_prefix_may_contain(tmp_path):
    """The other symbols belong to the interface, and cannot contain a prefix."""
    folder = export_library(
        talker(), "host", tmp_path / "speech", LibraryOptions(name="one", phrases=["clock"], output_rate=8000)
    )
    subprocess.run(["gcc", "-O1", "-c", *(folder / "src").glob("*.c")], cwd=tmp_path, check=True)
    listing = subprocess.run(["nm", "-g", "--defined-only", *tmp_path.glob("*.o")], capture_output=True, text=True)
    symbols = {line.split()[-1].removeprefix("one_") for line in listing.stdout.splitlines() if len(line.split()) == 3}
    assert len(symbols) > 200
    single = {symbol for symbol in symbols if "_" not in symbol}
    for symbol in symbols - single - {"begin_phrase", "begin_text", "begin_text_with"}:
        with pytest.raises(BuildError, match="would make names"):
            check_prefix(f"one_{symbol.split('_')[0]}")
