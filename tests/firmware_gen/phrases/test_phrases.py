"""Fixed phrases become named lists of phoneme ids, and a phrase that cannot be compiled
is rejected with an error that names it."""

import re
import subprocess

import pytest

from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.phrases.compiled import phrases_header
from ticktalk.firmware_gen.phrases.phrase_file import load_phrases, named
from ticktalk.firmware_gen.phrases.project import phrase_files
from ticktalk.firmware_gen.project.device import copied
from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.speech import ids_of
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.voice import load_voice

MAIN = r"""
#include <stdio.h>
#include "one_phrases.h"

int main(void)
{
    for (int i = 0; i < ONE_PHRASES; i++)
        for (int k = 0; k < one_phrases[i].count; k++, putchar('\n'))
            for (int j = 0; j < one_phrases[i].parts[k].count; j++)
                printf("%d ", one_phrases[i].parts[k].ids[j]);
    return one_phrases[ONE_PHRASE_go].count != 2;
}
"""


@pytest.fixture(scope="module")
def voice():
    return load_voice(voice_folder("heart-nano"))


def test_phrases_are_the_ids_of_their_utterances(voice, tmp_path):
    front = frontend("en-us")
    phrases = {"go": "Time to go. Now!", "evil": '*/ int x; /* "q" \\ ??/ //\\', "long": "word, " * 200}
    (tmp_path / "ticktalk.h").write_text(copied("ticktalk.h"))
    (tmp_path / "one_phrases.h").write_text(phrases_header(front, voice, phrases, "test", "one"))
    (tmp_path / "main.c").write_text(MAIN)
    flags = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-fsanitize=address,undefined")
    subprocess.run(["cc", *flags, "-o", tmp_path / "main", tmp_path / "main.c"], check=True)
    done = subprocess.run([tmp_path / "main"], capture_output=True, text=True)
    assert done.returncode == 0
    rows = [[int(number) for number in line.split()] for line in done.stdout.splitlines()]
    assert rows[:2] == [ids_of(voice, said) for said in front("Time to go. Now!")]
    assert rows[2] == ids_of(voice, front(phrases["evil"])[0])
    assert len(rows) > 4 and all(len(row) <= voice.manifest["phonemes"]["limit"] for row in rows)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("", "contains no phrases"),
        ("a = 5", "phrase 'a' is 5; write a = \"text\""),
        ("[a]\nb = 'c'", "phrase 'a' is {'b': 'c'}"),
        ('"a b" = "c"', "name 'a b' must be a C identifier"),
        ('1a = "c"', "name '1a' must be a C identifier"),
        ('"é" = "c"', "name 'é' must be a C identifier"),
        ('"a\\n*/" = "c"', "must be a C identifier"),
        ("a" * 61 + ' = "c"', "at most 60 characters"),
        ('a = "b"\na = "c"', "not valid TOML"),
        ("a = ", "not valid TOML"),
        ("a = " + "[" * 5000, "not valid TOML"),
        ("\n".join(f'a{k} = "b"' for k in range(1001)), "contains 1001 phrases, but at most 1000"),
    ],
)
def test_a_file_of_phrases_that_is_wrong_is_named(tmp_path, contents, message):
    file = tmp_path / "phrases.toml"
    file.write_text(contents)
    with pytest.raises(BuildError) as error:
        load_phrases(file)
    assert "phrases.toml" in str(error.value) and message in str(error.value) and "\n" not in str(error.value)


def test_a_phrase_without_a_sound_is_named(voice, tmp_path):
    file = tmp_path / "phrases.toml"
    file.write_text('quiet = "..."')
    with pytest.raises(BuildError, match="phrase quiet: '...' contains no text to speak"):
        phrase_files(voice, None, None, [file], "one")
    with pytest.raises(BuildError, match="nothing.toml: cannot be read"):
        phrase_files(voice, None, None, [tmp_path / "nothing.toml"], "one")


def test_a_name_in_two_files_is_refused(voice, tmp_path):
    files = [tmp_path / "a.toml", tmp_path / "b.toml"]
    for file in files:
        file.write_text('go = "Go."')
    with pytest.raises(BuildError, match="b.toml: phrase go is already in another file"):
        phrase_files(voice, None, None, files, "one")


def test_texts_are_named_by_their_words_and_equal_names_are_refused():
    assert named(["Time to go!", "12 o'clock", "Time to go!", "…"]) == {
        "time_to_go": "Time to go!", "p_12_o_clock": "12 o'clock", "phrase": "…",
    }  # fmt: skip
    with pytest.raises(BuildError, match="would both be named go"):
        named(["Go!", "Go?"])


def test_phrases_are_read_with_the_users_own_words(voice, tmp_path):
    words, file = tmp_path / "words.toml", tmp_path / "phrases.toml"
    words.write_text('schema = 1\n[words]\nblick = "/blˈʌk/"\n')
    file.write_text('a = "blick"')
    files = phrase_files(voice, "none", words, [file, "clock"], "one")
    wanted = ids_of(voice, "blˈʌk")
    assert ", ".join(map(str, wanted)) in files["one_phrases.h"]
    assert files.keys() == {"one_phrases.h", "one_pieces.h", "one_pieces.c"}
    words.write_text("schema = 1")
    with pytest.raises(LanguageError, match=re.escape("words.toml")):
        phrase_files(voice, "none", words, [file], "one")
