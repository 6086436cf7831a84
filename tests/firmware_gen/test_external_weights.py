"""With weights outside the code, the library checks the contents at their address, and speaks the same samples."""

import subprocess
import zlib

import numpy as np
import pytest

from tests.firmware_gen.test_builds import MACHINES
from tests.support.compiled import HERE, HOST, STRICT, compile_and_link
from tests.support.paths import SUPPORT, TINY
from tests.support.speakers import with_speakers
from ticktalk.boards.board import load_board
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.runtime_sim.prosody import Prosody
from ticktalk.runtime_sim.speech import Speaker
from ticktalk.runtime_sim.voice import load_voice

IDS = [1 + i % 19 for i in range(9)]
MAIN = """
#include "one.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct one v;
static const uint8_t ids[] = {IDS};

static int refused(const void *weights, size_t bytes)
{
    static const struct ticktalk_phrase_part part = {ids, sizeof ids};
    static const struct ticktalk_phrase phrase = {&part, 1};
    int16_t pcm;

    return one_init(&v, weights, bytes) == TICKTALK_BAD_WEIGHTS
           && one_begin(&v, ids, sizeof ids, 1) == TICKTALK_BAD_WEIGHTS
           && one_begin_phrase(&v, &phrase) == TICKTALK_BAD_WEIGHTS && one_drained(&v) && one_read(&v, &pcm, 1) == 0;
}

int main(int argc, char **argv)
{
    static const size_t sizes[] = {1, 7, 33, 200, 501};
    static int16_t pcm[501];
    uint8_t *weights = aligned_alloc(16, ONE_WEIGHTS_BYTES), *moved = malloc(ONE_WEIGHTS_BYTES + 16);
    FILE *in = fopen(argv[argc - 1], "rb");

    if (!in || !weights || !moved || fread(weights, 1, ONE_WEIGHTS_BYTES, in) != ONE_WEIGHTS_BYTES || fgetc(in) != EOF)
        return 1;
    for (size_t i = 1; i < 16; i++) {
        memcpy(moved + i, weights, ONE_WEIGHTS_BYTES);
        if ((uintptr_t)(moved + i) % ONE_WEIGHTS_ALIGN && !refused(moved + i, ONE_WEIGHTS_BYTES))
            return 2;
    }
    if (!refused(NULL, ONE_WEIGHTS_BYTES) || !refused(weights, ONE_WEIGHTS_BYTES - 1) || !refused(weights, 0))
        return 3;
    for (size_t i = 0; i < ONE_WEIGHTS_BYTES; i += i < 64 ? 1 : 997) {
        weights[i] ^= (uint8_t)(1 << i % 8);
        if (!refused(weights, ONE_WEIGHTS_BYTES))
            return 4;
        weights[i] ^= (uint8_t)(1 << i % 8);
    }
    if (one_init(&v, weights, ONE_WEIGHTS_BYTES) != TICKTALK_OK
        || one_set(&v, (struct ticktalk_prosody){TICKTALK_ONE, 0, TICKTALK_ONE, TICKTALK_ONE, 1, 0}) != TICKTALK_OK
        || one_begin(&v, ids, sizeof ids, 1) != TICKTALK_OK)
        return 5;
    for (size_t k = 0; !one_drained(&v); k++)
        fwrite(pcm, sizeof pcm[0], one_read(&v, pcm, sizes[k % 5]), stdout);
    free(weights);
    free(moved);
    return fclose(in);
}
""".replace("{IDS}", "{" + ", ".join(map(str, IDS)) + "}")
BARE = """
#include "watch_kernels/harness.h"
#include "one.h"

void run_cases(void)
{
    static struct one v;
    static int16_t pcm[ONE_HOP];
    static const uint8_t ids[] = {IDS};

    if (one_init(&v, (const void *)0x21000000, ONE_WEIGHTS_BYTES) != TICKTALK_OK)
        return;
    one_set(&v, (struct ticktalk_prosody){TICKTALK_ONE, 0, TICKTALK_ONE, TICKTALK_ONE, 1, 0});
    one_begin(&v, ids, sizeof ids, 1);
    while (!one_drained(&v)) {
        const size_t samples = one_read(&v, pcm, ONE_HOP);
        tt_trace(0, 0, pcm, (uint32_t)(samples * sizeof pcm[0]));
    }
}
""".replace("{IDS}", "{" + ", ".join(map(str, IDS)) + "}")


@pytest.fixture(scope="module")
def voice():
    return with_speakers(load_voice(TINY))


@pytest.fixture(scope="module")
def expected(voice):
    return Speaker(voice).speak(IDS, 1, prosody=Prosody(speaker=1)).tobytes()


@pytest.mark.parametrize("core", ["host", "cortex-m55"])
def test_only_the_right_weights_are_read_and_nothing_beyond_them(core, voice, expected, tmp_path):
    """The host program is built with sanitizers, reads varying numbers of samples, and first tries all kinds of wrong
    weights."""
    folder = export_library(
        voice, core, tmp_path / "speech", LibraryOptions(name="one", text="none", weights="external", rows_per_tick=7)
    )
    assert not list((folder / "src").glob("*weights*"))
    (tmp_path / "main.c").write_text(MAIN)
    sources = [tmp_path / "main.c", *sorted((folder / "src").glob("*.c"))]
    program = compile_and_link(tmp_path, sources, HOST["gcc"], [], trace=False, include=(folder / "src",))
    done = subprocess.run([program, folder / "one.weights.bin"], capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == expected


def test_the_header_names_the_library_and_its_checksum(voice, tmp_path):
    folder = export_library(
        voice, "cortex-m4", tmp_path / "speech", LibraryOptions(name="one", text="none", weights="external")
    )
    data = (folder / "one.weights.bin").read_bytes()
    fields = np.frombuffer(data, "<u4", 3, 4).tolist()
    assert data[:4] == b"TTWB" and fields == [1, len(data) - 64, zlib.crc32(data[64:])]
    assert data[16:64] == b"one".ljust(48, b"\0") and len(data) % 16 == 0
    assert "one_init(&voice, weights, weight_bytes)" not in (folder / "README.md").read_text()  # speaks only ids


def test_weights_elsewhere_on_an_emulated_core(voice, expected, tmp_path):
    """QEMU loads the file into separate memory, from which a Cortex-M4 speaks the same samples."""
    folder = export_library(
        voice, "cortex-m4", tmp_path / "speech", LibraryOptions(name="one", text="none", weights="external")
    )
    core, machine, script, *_ = MACHINES["m4"]
    (tmp_path / "main.c").write_text(BARE)
    code = '-DTICKTALK_CODE=__attribute__((section(".text.fast")))'
    command = ["arm-none-eabi-gcc", "-mthumb", *core.split(), "-O2", *STRICT, code, f"-I{folder / 'src'}"]
    sources = [tmp_path / "main.c", *sorted((folder / "src").glob("*.c")), HERE / "bare.c"]
    link = ["--specs=picolibc.specs", "-nostartfiles", f"-T{HERE / script}", f"-I{SUPPORT}", f"-I{HERE}"]
    subprocess.run([*command, *sources, *link, "-o", tmp_path / "program"], check=True)
    subprocess.run(
        ["arm-none-eabi-gcc", *command[1:], "-c", folder / "src" / "one_vocoder_fft.c", "-o", tmp_path / "fft.o"],
        check=True,
    )
    sections = subprocess.run(
        ["arm-none-eabi-objdump", "-h", tmp_path / "fft.o"], capture_output=True, text=True, check=True
    )
    assert ".text.fast" in sections.stdout
    qemu = ["qemu-system-arm", "-M", machine, "-display", "none", "-monitor", "none", "-serial", "none"]
    qemu += ["-semihosting-config", "enable=on,target=native", "-kernel", tmp_path / "program"]
    qemu += ["-device", f"loader,file={folder / 'one.weights.bin'},addr=0x21000000,force-raw=on"]
    done = subprocess.run(qemu, capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
    pcm, rest = b"", done.stdout
    while rest:
        size = int.from_bytes(rest[8:12], "little")
        pcm, rest = pcm + rest[12 : 12 + size], rest[12 + size :]
    assert pcm == expected


def test_a_board_with_a_package_of_its_own_has_a_plain_library_for_external_weights(voice, tmp_path):
    watch = load_board("t-watch-s3")
    folder = export_library(
        voice, None, tmp_path / "x", LibraryOptions(name="one", text="none", weights="external"), board=watch
    )
    assert (folder / "one.weights.bin").is_file() and not (folder / "idf_component.yml").exists()


def test_what_cannot_have_external_weights_is_refused(voice, tmp_path):
    with pytest.raises(BuildError, match="a package has its weights in the code"):
        export_library(voice, None, tmp_path / "x", LibraryOptions(package="zephyr", weights="external"))
    with pytest.raises(BuildError, match="--weights moon: choose inside or external"):
        export_library(voice, "host", tmp_path / "x", LibraryOptions(weights="moon"))
