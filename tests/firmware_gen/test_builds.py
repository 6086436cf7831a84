"""The library builds without warnings and computes the same results with every compiler and option that a user may
choose.

By default, only the builds that differ most are tried. TICKTALK_BUILDS=all tries all of BUILDS. test_compilers.py tests
zig.
"""

import importlib.util
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support.compiled import HERE
from tests.support.models import small_network
from tests.support.object_cache import launcher
from tests.support.paths import ROOT, SUPPORT
from tests.support.speakers import with_speakers
from tests.support.talker import talker
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.prosody import Prosody
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.runtime_sim.speech import Speaker, speak_text

IDS = [1 + i % 19 for i in range(9)]
TEXT = "At 7:30."
SAMPLES, OUTPUT, READ = 0, 3, 5  # traces of library_bare.c, except for the instruction counts
COUNTS = (1, 4, 6)
WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wsign-conversion",
    "-Wshadow",
    "-Wundef",
    "-Wdouble-promotion",
    "-Wcast-align",
    "-Wcast-qual",
    "-Wpointer-arith",
    "-Wwrite-strings",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wredundant-decls",
    "-Wnested-externs",
    "-Wold-style-definition",
    "-Wvla",
    "-Wformat=2",
    "-Werror",
]
GCC_WARNINGS = [
    "-Wcast-align=strict",
    "-Wlogical-op",
    "-Wduplicated-cond",
    "-Wduplicated-branches",
    "-Wjump-misses-init",
    "-Wnull-dereference",
]
# Clang options for bare-metal Arm code that is linked with gcc's libraries.
BARE = ["-fshort-enums", "-fno-unwind-tables", "-fno-asynchronous-unwind-tables"]
STRING = ROOT / "firmware_gen" / "templates" / "freestanding"  # clang for Arm has no string.h
PIC = "-msingle-pic-base -mpic-register=r9 -fPIC -mno-pic-data-is-text-relative"  # for loadable apps
# Options for a core, QEMU machine, linker script, counter address, and counter ticks per instruction.
MACHINES = {
    "m4": ("-mcpu=cortex-m4", "mps2-an386", "m4.ld", "0x40028018u", 16 / 5),
    "m0plus": ("-mcpu=cortex-m0plus", "mps2-an386", "m4.ld", "0x40028018u", 16 / 5),  # runs on an M4
    "m55": ("-mcpu=cortex-m55 -mfloat-abi=hard", "mps3-an547", "m55.ld", "0x59302018u", 64 / 25),
}


@dataclass(frozen=True)
class Build:
    """A way to build the library. `quick` builds run in every test run."""

    core: str
    options: str
    compiler: str = "gcc"
    quick: bool = False

    def __str__(self) -> str:
        return f"{self.compiler} {self.core} {self.options}"


def _builds() -> list[Build]:
    found = []
    for core in MACHINES:
        for level in ("-O0", "-O1", "-Og", "-Os", "-O2", "-O3"):
            found.append(Build(core, level, quick=(core, level) == ("m0plus", "-Os")))
            found += [
                Build(core, f"{level} {o}") for o in ("-fno-omit-frame-pointer", "-ffixed-r9", PIC, "-fno-inline")
            ]
            both = f"{level} -ffixed-r9 -fno-omit-frame-pointer"
            found.append(Build(core, both, quick=(core, level) == ("m55", "-O3")))
        for options in (
            "-O2 -flto",
            "-O2 -fpie",
            "-O2 -mno-unaligned-access",
            "-O2 -fno-common -fshort-enums -fno-strict-aliasing",
            "-O2 -fstack-protector-all -ftrivial-auto-var-init=pattern",
            "-Os -fno-builtin -ffunction-sections -fdata-sections",
            "-O3 -funroll-loops -ffast-math",
        ):
            found.append(Build(core, options, quick=core == "m4" and "-flto" in options))
        for compiler in ("clang", "zig"):
            for options in ("-O0", "-Os", "-O2", "-O3", "-O2 -ffixed-r9", "-O2 -fomit-frame-pointer -fpie"):
                found.append(Build(core, options, compiler))
    hard = "-O2 -mfpu=fpv4-sp-d16 -mfloat-abi="
    found += [Build("m4", hard + abi) for abi in ("soft", "softfp", "hard")]
    return found


BUILDS = _builds()
CHOSEN = BUILDS if os.environ.get("TICKTALK_BUILDS") == "all" else [build for build in BUILDS if build.quick]


@pytest.fixture(scope="module")
def voice():
    return with_speakers(talker())


@pytest.fixture(scope="module")
def libraries(voice, tmp_path_factory):
    """Return a function that maps a core to the folders with the sources of voice "one" and model "net"."""
    folder, made = tmp_path_factory.mktemp("libraries"), {}
    (folder / "small.tflite").write_bytes(small_network())

    def of(core: str) -> list[Path]:
        if core not in made:
            one = export_library(voice, core, folder / f"one-{core}", LibraryOptions(name="one"))
            net = export_library(folder / "small.tflite", core, folder / f"net-{core}", LibraryOptions(name="net"))
            made[core] = [one / "src", net / "src"]
        return made[core]

    return of


@pytest.fixture(scope="module")
def expected(voice):
    """Return the simulator's results: the samples of IDS, the model's output, and the samples of TEXT."""
    graph = load_graph(small_network(), "net")
    values = (37 * np.arange(6 * 8 * 4)).astype(np.uint8).view(np.int8).reshape(1, 6, 8, 4)
    last = Prosody(speaker=len(voice.speakers) - 1)
    read = b"".join(pcm.tobytes() for pcm in speak_text(voice, TEXT, prosody=last))
    return (
        Speaker(voice).speak(IDS, 1, prosody=last).tobytes(),
        Simulator(graph).run([values])[graph.outputs[0]].tobytes(),
        read,
    )


def zig() -> str:
    package = importlib.util.find_spec("ziglang")
    return str(Path(package.submodule_search_locations[0]) / "zig")


def compiler_of(build: Build) -> list[str]:
    """Return the compile command, including its warning flags."""
    if build.compiler == "gcc":
        return [*launcher(), "arm-none-eabi-gcc", "-mthumb", *MACHINES[build.core][0].split(), *WARNINGS, *GCC_WARNINGS]
    if build.compiler == "clang":
        return [
            "clang",
            "--target=arm-none-eabi",
            "-mthumb",
            *MACHINES[build.core][0].split(),
            *WARNINGS,
            f"-I{STRING}",
        ]
    features = {"m4": "+dsp", "m0plus": "", "m55": "+dsp+mve"}[build.core]
    target = "thumb-freestanding-eabi" + ("hf" if build.core == "m55" else "")
    return [
        zig(),
        "cc",
        "-fno-sanitize=all",
        "-target",
        target,
        f"-mcpu=cortex_{build.core}{features}",
        *WARNINGS,
        *BARE,
        f"-I{STRING}",
    ]


def compile_all(command: list, sources: list[Path], folder: Path) -> list[Path]:
    """Compile each source, two at a time. A warning is an error."""

    def one(source: Path) -> Path:
        target = folder / f"{source.stem}.o"
        done = subprocess.run([*command, "-c", source, "-o", target], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return target

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(one, sources))


def traces(build: Build, folders: list[Path], tmp_path: Path) -> dict[int, bytes]:
    """Build library_bare.c with the library, and run it in an emulated machine. Return the traces by number."""
    core, machine, script, counter, ticks = MACHINES[build.core]
    include = [f"-I{folder}" for folder in folders]
    sources = [source for folder in folders for source in sorted(folder.glob("*.c"))]
    command = [*compiler_of(build), "-std=c11", "-ffreestanding", *build.options.split(), *include]
    objects = compile_all(command, sources, tmp_path)
    abi = [option for option in build.options.split() if option.startswith(("-mfloat-abi", "-mfpu"))]
    link = ["arm-none-eabi-gcc", "-mthumb", *core.split(), *abi, "--specs=picolibc.specs"]
    # Needed because the assembler would treat the table's own name as an offset.
    link.append("-Wl,--defsym=r9_value=" + ("_GLOBAL_OFFSET_TABLE_" if PIC in build.options else "stack_top"))
    (tmp_path / "ids.h").write_text(
        f'static const uint8_t ids[] = {{{", ".join(map(str, IDS))}}};\nstatic const char text[] = "{TEXT}";\n'
    )
    main = [
        "-DR9=r9_value",
        f"-DCOUNTER={counter}",
        f"-DTICKS_Q8={round(256 * ticks)}",
        f"-I{tmp_path}",
        f"-I{SUPPORT}",
    ]
    objects += compile_all([*link, "-O1", *include, *main], [SUPPORT / "library_bare.c", HERE / "bare.c"], tmp_path)
    lto = ["-flto", "-O2"] if "-flto" in build.options else []
    program = tmp_path / "program"
    done = subprocess.run(
        [*link, *lto, *objects, "-nostartfiles", f"-T{HERE / script}", "-o", program], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    qemu = ["qemu-system-arm", "-M", machine, "-display", "none", "-monitor", "none", "-serial", "none"]
    qemu += ["-icount", "shift=7,align=off,sleep=off", "-semihosting-config", "enable=on,target=native"]
    done = subprocess.run([*qemu, "-kernel", program], capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    assert done.returncode == 0
    found: dict[int, bytes] = {}
    rest = done.stdout
    while rest:
        what, _, size = np.frombuffer(rest[:12], "<i4").tolist()
        found[what] = found.get(what, b"") + rest[12 : 12 + size]
        rest = rest[12 + size :]
    return found


@pytest.mark.parametrize("build", CHOSEN, ids=str)
def test_it_computes_the_same_however_it_is_built(build, libraries, expected, tmp_path):
    found = traces(build, libraries(f"cortex-{build.core}"), tmp_path)
    assert (found[SAMPLES], found[OUTPUT], found[READ]) == expected


@pytest.mark.long  # a figure of docs/how-to/integrate-the-c.md
@pytest.mark.parametrize("core", ["m4", "m55"])
def test_without_optimisation_it_takes_at_most_three_times_the_instructions(core, libraries, expected, tmp_path):
    took = {}
    for level in ("-O0", "-O2"):
        (tmp_path / level).mkdir()
        found = traces(Build(core, level), libraries(f"cortex-{core}"), tmp_path / level)
        assert (found[SAMPLES], found[OUTPUT], found[READ]) == expected
        took[level] = [int.from_bytes(found[what], "little") for what in COUNTS]
    print(core, took)  # `pytest -rP` shows the figures of docs/how-to/integrate-the-c.md
    assert all(slow < 3 * fast for slow, fast in zip(took["-O0"], took["-O2"])), took


# Compilers of the library, and of the C++ program that uses it.
HOST = {"gcc": (["gcc", *GCC_WARNINGS], "g++"), "clang": (["clang"], "clang++"), "zig": (["zig"], "g++")}


@pytest.mark.parametrize("isa", ["host", "cortex-m4", "cortex-m55"] if CHOSEN is BUILDS else ["cortex-m4"])
@pytest.mark.parametrize("name", HOST if CHOSEN is BUILDS else ["clang"])
def test_it_computes_the_same_on_a_computer(name, isa, libraries, expected, tmp_path):
    """The code for a core also compiles as plain C elsewhere. The headers compile as C++17 without warnings."""
    command, plus = HOST[name]
    command = [zig(), "cc", "-fno-sanitize=all"] if name == "zig" else command
    folders = libraries(isa)
    include = [f"-I{folder}" for folder in folders]
    sources = [source for folder in folders for source in sorted(folder.glob("*.c"))]
    objects = compile_all([*command, *WARNINGS, "-std=c11", "-O2", *include], sources, tmp_path)
    (tmp_path / "main.cc").write_text(
        '#include "one.h"\n#include "net.h"\n#include <cstdio>\n'
        "static one voice;\nstatic net graph;\nstatic int16_t pcm[ONE_HOP];\n"
        f"static const uint8_t ids[] = {{{', '.join(map(str, IDS))}}};\n"
        "int main()\n{\n    one_init(&voice);\n"
        "    one_set(&voice, {TICKTALK_ONE, 0, TICKTALK_ONE, TICKTALK_ONE, ONE_SPEAKERS - 1, 0});\n"
        "    if (one_begin(&voice, ids, sizeof ids, 1) != TICKTALK_OK)\n        return 1;\n"
        "    while (!one_drained(&voice))\n"
        "        fwrite(pcm, sizeof pcm[0], one_read(&voice, pcm, ONE_HOP), stdout);\n"
        "    for (unsigned i = 0; i < NET_INPUT_0_BYTES; i++)\n"
        "        net_input_0(&graph)[i] = static_cast<int8_t>(i * 37);\n"
        "    net_invoke(&graph);\n"
        "    fwrite(net_output_0(&graph), 1, NET_OUTPUT_0_BYTES, stdout);\n    return 0;\n}\n"
    )
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror", "-std=c++17", "-O1"]
    subprocess.run([plus, *strict, *include, tmp_path / "main.cc", *objects, "-o", tmp_path / "main"], check=True)
    assert subprocess.run([tmp_path / "main"], capture_output=True, check=True).stdout == b"".join(expected[:2])


def test_a_big_endian_machine_is_refused(libraries):
    (folder, _) = libraries("cortex-m0plus")
    command = ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-mbig-endian", "-ffreestanding", "-fsyntax-only"]
    done = subprocess.run([*command, folder / "one_phoneme.c"], capture_output=True, text=True)
    assert done.returncode != 0 and "needs a little-endian machine" in done.stderr


def test_weights_and_tables_go_to_the_sections_that_the_user_names(libraries, tmp_path):
    sections = {"WEIGHTS": ".external", "TABLES": ".slow"}
    named = [f'-DTICKTALK_{what}=__attribute__((section("{section}")))' for what, section in sections.items()]
    folders = libraries("cortex-m4")
    tables = [folders[0] / name for name in ("one_tables.c", "one_vocoder_tables.c")]
    sources = [*folders[0].glob("*_weights.c"), *tables, *folders[1].glob("*_weights.c")]
    command = [*compiler_of(Build("m4", "")), "-std=c11", "-O2", *named, *(f"-I{folder}" for folder in folders)]
    for file in compile_all(command, sources, tmp_path):
        listing = subprocess.run(["arm-none-eabi-objdump", "-t", file], capture_output=True, text=True, check=True)
        where = {fields[-3] for line in listing.stdout.splitlines() if " O " in line and (fields := line.split())}
        assert where == {sections["WEIGHTS" if file.stem.endswith("_weights") else "TABLES"]}, file
