"""The programs in "Speech in your firmware in fifteen minutes" produce the simulator's samples."""

import re
import shutil
import subprocess
import wave

import pytest

from tests.support.paths import ROOT, SUPPORT
from tests.support.talker import talker
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.runtime_sim.speech import speak_text

PAGE = ROOT / "docs" / "how-to" / "speech-in-fifteen-minutes.md"
TEXT = "It's 7:30. Time to run!"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return export_library(talker(), "host", tmp_path_factory.mktemp("library") / "speech", LibraryOptions(name="voice"))


@pytest.fixture(scope="module")
def objects(library, tmp_path_factory):
    folder = tmp_path_factory.mktemp("objects")
    subprocess.run(["gcc", "-std=c11", "-O1", "-c", *sorted((library / "src").glob("*.c"))], cwd=folder, check=True)
    return sorted(folder.glob("*.o"))


@pytest.fixture(scope="module")
def expected():
    return b"".join(pcm.tobytes() for pcm in speak_text(talker(), TEXT))


def section(heading):
    return PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]


def test_its_bare_cortex_m4_speaks(expected, tmp_path):
    """The programs are built and run with the page's commands, on an emulated machine."""
    for tool in ("arm-none-eabi-gcc", "qemu-system-arm"):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")
    export_library(talker(), "cortex-m4", tmp_path / "speech", LibraryOptions(name="voice"))
    (code,) = re.findall(r"```c\n(.*?)```", section("A bare Cortex-M4"), re.DOTALL)
    (commands,) = re.findall(r"```sh\nticktalk [^\n]*\n(.*?)```", section("A bare Cortex-M4"), re.DOTALL)
    (tmp_path / "main.c").write_text(code)
    subprocess.run(["bash", "-ec", commands], cwd=tmp_path, stdin=subprocess.DEVNULL, timeout=300, check=True)
    assert (tmp_path / "speech.raw").read_bytes() == expected


@pytest.mark.parametrize("heading", ["A FreeRTOS task", "A C++ program", "A WAV file on your computer"])
def test_its_programs_speak(heading, library, objects, expected, tmp_path):
    ((language, code),) = re.findall(r"```(c|cpp)\n(.*?)```", section(heading), re.DOTALL)
    source = tmp_path / f"main.{language}"
    source.write_text(code)
    compiler = ["gcc", "-std=c11"] if language == "c" else ["g++", "-std=c++17"]
    include = [f"-I{library / 'src'}", "-isystem", SUPPORT / "sdks" / "freertos"]
    strict = ["-Wall", "-Wextra", "-Wconversion", "-Werror", "-O1"]
    subprocess.run([*compiler, *strict, *include, source, *objects, "-o", tmp_path / "program"], check=True)
    arguments = [TEXT, tmp_path / "out.wav"] if "WAV" in heading else []
    done = subprocess.run([tmp_path / "program", *arguments], capture_output=True, check=True)
    spoken = done.stdout
    if "WAV" in heading:
        with wave.open(str(tmp_path / "out.wav")) as file:
            assert file.getframerate() == 16000 and file.getnchannels() == 1
            spoken = file.readframes(file.getnframes())
    assert spoken == expected
