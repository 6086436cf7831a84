"""Test the folder of an exported library: CMake, make, the example of its README, cores, work, and prefixes."""

import json
import re
import subprocess

import numpy as np
import pytest

from tests.support.compiled import HOST, STRICT, compile_and_link
from tests.support.longest import longest_calls, sums
from tests.support.models import small_network
from tests.support.paths import TINY
from tests.support.talker import talker
from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen.burst import weights_read
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library import check_prefix, voice_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.runtime_sim.output_rate import OutputRate
from ticktalk.runtime_sim.speech import speak_text
from ticktalk.runtime_sim.voice import load_voice


@pytest.fixture(scope="module")
def voice():
    return load_voice(TINY)


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
