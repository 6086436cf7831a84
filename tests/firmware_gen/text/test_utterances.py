"""The C code divides text into the same utterances as the simulator, even for a voice limited to short utterances."""

import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.firmware_gen.text.same import SANITISED, broken, tables
from tests.support.object_cache import launcher
from ticktalk.boards.board import load_board
from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen.project.device import copied
from ticktalk.firmware_gen.text.reading import reading_of
from ticktalk.runtime_sim.emphasis import LEVELS
from ticktalk.runtime_sim.marked import Marked
from ticktalk.runtime_sim.speech import utterances
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.voice import load_voice

MARKS = (b"[[emphasis]]", b"[[emphasis strong]]", b"[[emphasis reduced]]")
COMPILER = ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", *SANITISED]
HARNESS = """
#include <stdio.h>
#include <stdlib.h>
#include "voice.h"
#include "voice_text.h"
#include "voice_utterances.h"

static void utterances(const struct voice_text *reader)
{
    static uint8_t ids[VOICE_MAX_IDS];
    uint32_t count;

    for (uint32_t k = 0; (count = voice_utterances_ids(reader->sounds, reader->length, k, ids)) != 0; k++) {
        fwrite(&count, sizeof count, 1, stdout);
        fwrite(ids, 1, count, stdout);
    }
}

int main(void)
{
    static const struct voice_text_options options = {.markup = voice_text_markup};
    static struct voice_text reader;
    enum voice_text_found found;
    uint32_t size, none = 0;

    while (fread(&size, sizeof size, 1, stdin)) {
        char *text = malloc(size ? size : 1);

        if (!text || fread(text, 1, size, stdin) != size)
            return 1;
        voice_text_begin(&reader, text, size, &options);
        while ((found = voice_text_next(&reader)) != VOICE_TEXT_END)
            if (found == VOICE_TEXT_SENTENCE)
                utterances(&reader);
        fwrite(&none, sizeof none, 1, stdout);
        free(text);
    }
    return 0;
}
"""


@pytest.fixture(scope="module")
def heart():
    return load_voice(voice_folder("heart-nano"))


@pytest.fixture(scope="module")
def folder(heart, tmp_path_factory):
    """Return a folder with the C code of a voice's pack, including its own compiled files."""
    folder = tmp_path_factory.mktemp("utterances")
    reading, _ = reading_of(heart, load_board("qemu-m4"), "en-us", 0, 0, "voice", library=False)
    for name, text in reading.files.items():
        (folder / name).write_text(text)
    for header in ("ticktalk.h", "graph/tt_build.h"):
        (folder / Path(header).name).write_text(copied(header))
    (folder / "main.c").write_text(HARNESS)
    for source in sorted(folder.glob("voice_text_*.c")):  # one at a time, which ccache requires
        subprocess.run([*launcher(), *COMPILER, "-c", source.name], check=True, cwd=folder)
    return folder


@pytest.mark.parametrize("limit", [7, pytest.param(40, marks=pytest.mark.long), 400])
def test_texts_are_divided_alike(folder, heart, limit):
    (folder / "voice.h").write_text(f"#include <stdbool.h>\n#include <stdint.h>\nenum {{ VOICE_MAX_IDS = {limit} }};\n")
    program = folder / f"program-{limit}"
    objects = sorted(folder.glob("voice_text_*.o"))
    subprocess.run([*COMPILER, "-o", program, "voice_utterances.c", "main.c", *objects], check=True, cwd=folder)
    phonemes = heart.manifest["phonemes"] | {"limit": limit}
    voice = replace(heart, manifest=heart.manifest | {"phonemes": phonemes})
    texts = [*tables()[::5], *broken(tables(), 150, seed=9)]
    texts += [b", ".join(tables()[:40]), b"antidisestablishmentarianism " * 30, b"ABCDEFGHIJKLMNOP-" * 20, b"!", b""]
    texts += [mark + text for mark in MARKS for text in tables()[::40]]
    done = subprocess.run([program], input=b"".join(struct.pack("<I", len(t)) + t for t in texts), capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[:2000]
    at, longest, ids = 0, 0, set()
    for text in texts:
        found = []
        while count := int.from_bytes(done.stdout[at : at + 4], "little"):
            found.append(list(done.stdout[at + 4 : at + 4 + count]))
            at += 4 + count
        at += 4
        if text.startswith(MARKS):
            assert found == [step.ids for step in Marked(frontend("en-us"), markup=True).steps(voice, [text])], text
        else:
            assert found == [ids for ids, _ in utterances(voice, text, front_end="ticktalk:en-us")], text
        longest = max([longest, *map(len, found)])
        ids.update(*found)
    assert at == len(done.stdout) and longest <= limit and {voice.symbols[mark] for mark in LEVELS} <= ids
