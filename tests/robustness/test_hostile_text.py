"""Untrusted text remains text in exported C, CMake files, linker scripts and pages."""

import copy
import os
import re
import shutil
import subprocess
import tomllib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.paths import TINY
from tests.support.tflite_builder import ModelBuilder
from ticktalk.boards.board import load_board
from ticktalk.converter.corpora.sentences import source_of
from ticktalk.converter.errors import DistillError
from ticktalk.converter.export.toml import manifest_text
from ticktalk.converter.export.voice_folder import ledger_of
from ticktalk.converter.teachers.catalogue import read_card
from ticktalk.converter.teachers.teacher import Teacher
from ticktalk.firmware_gen.export import export_model, export_voice
from ticktalk.firmware_gen.project import escape
from ticktalk.runtime_sim.voice import load_voice

EXPORTS = int(os.environ.get("TICKTALK_EXPORTS", "15"))  # exports per test
ATTACK = 'heart". */ __asm__(".incbin \\"/etc/passwd\\""); /* "'
PIECES = (
    '"',
    "'",
    "*/",
    "/*",
    "//",
    "\\",
    "\n",
    "\r",
    "\u2028",
    "??/",
    "??'",
    "${X}",
    "$<1:x>",
    ");",
    "#include",
    "`",
    "<b>",
    "|",
    "](x)",
    "{{ 7 * 7 }}",
    "%% if",
    "\\\n",
    "\x00",
    "]]",
    "]=]",
    "\u202e",
    "é",
    "a",
)
hostile = st.lists(st.sampled_from(PIECES), min_size=1, max_size=8).map("".join)
TRIGRAPHS = {"=": "#", "/": "\\", "'": "^", "(": "[", ")": "]", "!": "|", "<": "{", ">": "}", "-": "~"}
TOKEN = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*|\.?\d[\w.]*|\S", re.S)


def tokens(text: str) -> list[str]:
    """Return the tokens of C or linker scripts after translation phases 1 to 3, without the text of literals."""
    text = re.sub(r"\?\?([=/'()!<>-])", lambda found: TRIGRAPHS[found[1]], text).replace("\\\n", "")
    found = (token for token in TOKEN.findall(text) if not token.startswith(("/*", "//")))
    return ['""' if token.startswith('"') else token for token in found]


def exported(folder, name: str, symbol: str, title: str):
    """Export the tiny voice, with `name` and `symbol` in its text fields, for a board with this title."""
    voice = load_voice(TINY)
    manifest = copy.deepcopy(voice.manifest)
    manifest["name"] = name
    manifest["teacher"] = dict.fromkeys(("name", "voice", "version", "licence", "terms", "text"), name)
    manifest["phonemes"]["symbols"] = {symbol: 1} | manifest["phonemes"]["symbols"]
    return export_voice(replace(voice, manifest=manifest), replace(load_board("qemu-m4"), title=title), folder)


def code_of(project) -> dict[str, list[str]]:
    """Return the tokens of every file that a compiler or linker reads, by path."""
    return {
        str(file.relative_to(project)): tokens(file.read_text())
        for file in sorted(project.rglob("*"))
        if file.suffix in (".c", ".h", ".ld")
    }


@pytest.fixture(scope="module")
def harmless(tmp_path_factory):
    """Return the folder of the same project, exported with harmless text."""
    return exported(tmp_path_factory.mktemp("harmless") / "project", "name", "x", "title")


@pytest.fixture(scope="module")
def harmless_code(harmless):
    """Return the tokens of the harmless project, by path."""
    return code_of(harmless)


@given(name=hostile, symbol=hostile, title=hostile)
@example(name=ATTACK, symbol=ATTACK, title=ATTACK)
@settings(max_examples=EXPORTS, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_voice_and_a_board_with_hostile_text_give_the_same_code(
    harmless, harmless_code, tmp_path_factory, name, symbol, title
):
    folder = tmp_path_factory.mktemp("hostile")
    project = exported(folder / "project", name, symbol, title)
    assert [path.name for path in folder.iterdir()] == ["project"]
    assert code_of(project) == harmless_code
    for file in ("CMakeLists.txt", "arm-none-eabi.cmake", "clang.cmake"):
        assert (project / file).read_text() == (
            harmless / file
        ).read_text()  # the board's name is the only text in this file
    page, plain = ((each / "README.md").read_text() for each in (project, harmless))
    assert len(page.splitlines()) == len(plain.splitlines()) and "<b>" not in page


def file_name(text: str) -> str:
    """Turn the text into a permitted file name that is not valid UTF-8."""
    return "".join(c for c in text if c not in "/\0")[:60] + "\udce9"


@given(stem=hostile, fields=st.tuples(*[hostile] * 4), voice=hostile, corpus=hostile, out=hostile)
@example(stem=ATTACK, fields=(ATTACK,) * 4, voice=ATTACK, corpus=ATTACK, out=ATTACK)
@example(stem="a\nb", fields=("a",) * 4, voice="a\u2028b", corpus="a\nb", out="a\nb")
@settings(max_examples=EXPORTS, deadline=None)
def test_a_teachers_card_and_a_corpus_with_hostile_text_give_a_voice_with_the_same_code(
    harmless, harmless_code, tmp_path_factory, stem, fields, voice, corpus, out
):
    """The text passes through all the usual stages: card and corpus, ledger, voice.toml, project."""
    folder = tmp_path_factory.mktemp("teacher")
    card, text, made = (folder / (prefix + file_name(name)) for prefix, name in zip("cto", (stem, corpus, out)))
    card = card.with_name(card.name + ".toml")
    keys = "voice", "licence", "terms", "warning"
    card.write_text(manifest_text({"engine": "flite"} | dict(zip(keys, fields))))
    if not "".join(fields).isprintable():
        with pytest.raises(DistillError) as caught:
            read_card(card)
        assert len(str(caught.value).removeprefix(str(card)).splitlines()) == 1
        readable = ["".join(filter(str.isprintable, field)) for field in fields]
        card.write_text(manifest_text({"engine": "flite"} | dict(zip(keys, readable))))
    text.write_text("Hello there.\n")
    teacher = Teacher(replace(read_card(card), voice=voice))
    shutil.copytree(TINY, made)
    manifest = tomllib.loads((TINY / "voice.toml").read_text())
    (made / "voice.toml").write_text(
        manifest_text(manifest | ledger_of(made, {"": teacher.facts | {"text": source_of(text)}}))
    )
    project = export_voice(load_voice(made), load_board("qemu-m4"), folder / "project")
    assert code_of(project) == harmless_code
    page, plain = ((each / "README.md").read_text() for each in (project, harmless))
    assert len(page.splitlines()) == len(plain.splitlines()) and "<b>" not in page


def model_with(text: str) -> bytes:
    """Return a .tflite file with one operator whose tensors have `text` in their names."""
    model = ModelBuilder()
    source = model.tensor((1, 4), "int8", 0.5, name=text + "0")
    target = model.tensor((1, 4), "int8", 0.5, name=text + "1")
    model.operator("RELU", [source], [target])
    return model.build([source], [target])


def exported_model(folder, text: str):
    """Export a model with `text` in its file name and in the names of its tensors, and return the project's folder."""
    file = folder / f"{''.join(c for c in text if c not in '/' + chr(0))}.tflite"
    file.write_bytes(model_with(text))
    return export_model(file, load_board("qemu-m4"), folder / "out")


@pytest.fixture(scope="module")
def harmless_model_code(tmp_path_factory):
    """Return the tokens of the same project with harmless names, by path."""
    return code_of(exported_model(tmp_path_factory.mktemp("model"), "x"))


@given(label=hostile)
@example(label=ATTACK)
@settings(max_examples=EXPORTS, deadline=None)
def test_tensors_and_files_with_hostile_names_give_the_same_code(harmless_model_code, tmp_path_factory, label):
    assert code_of(exported_model(tmp_path_factory.mktemp("models"), label)) == harmless_model_code


def test_the_attack_does_not_reach_the_compiler(tmp_path):
    project = exported(tmp_path / "project", ATTACK, ATTACK, ATTACK)
    for source in project.rglob("*.[ch]"):
        command = ["gcc", "-std=c11", "-fpreprocessed", "-E", "-P", source]
        seen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert ".incbin" not in re.sub(r'"(?:\\.|[^"\\])*"', '""', seen), source


@given(text=st.text())
@settings(deadline=None)
def test_text_is_harmless_in_every_language(text):
    for made in (escape.c(text), escape.cmake(text), escape.markdown(text), escape.one_line(text)):
        assert len(made.splitlines()) <= 1 and "\0" not in made
    assert tokens(f'/* {escape.c(text)} */ x "{escape.c(text)}" y') == ["x", '""', "y"]
    assert not set('"\\$;') & set(escape.cmake(text)) and not set("<>`|[]") & set(escape.markdown(text))


def test_code_is_printed_as_it_is_and_nothing_else():
    assert escape.for_template("graph/model.c.j2", escape.Code('f("x");')) == 'f("x");'
    assert escape.for_template("graph/model.c.j2", 'f("x"); */') == "f('x'); * /"


text = st.text(st.characters(exclude_categories=()) | st.sampled_from("\"'\\\n\x7f[]{}=#"))


def readable(found: str) -> str:
    """Return `found` in a form that can be stored in a file, with surrogates replaced."""
    return re.sub("[\ud800-\udfff]", "\ufffd", found)


@given(name=text, symbol=text, licence=text, number=st.floats())
def test_a_manifest_with_hostile_text_is_read_back_as_it_was(name, symbol, licence, number):
    manifest = {
        "schema": 1,
        "name": name,
        "phonemes": {"edge": 0, "symbols": {symbol: 1}},
        "graphs": {"phoneme": {"file": name, "outputs": [name, licence]}},
        "teacher": {"name": name, "licence": licence, "commercial": True},
        "scores": {name: number},
    }
    read = tomllib.loads(manifest_text(manifest).encode().decode())
    assert read["name"] == read["teacher"]["name"] == readable(name)
    assert read["phonemes"] == {"edge": 0, "symbols": {readable(symbol): 1}}
    assert read["graphs"] == {"phoneme": {"file": readable(name), "outputs": [readable(name), readable(licence)]}}
    assert read["teacher"] == {"name": readable(name), "licence": readable(licence), "commercial": True}
    assert list(read) == list(manifest) and list(read["scores"]) == [readable(name)]
    assert repr(read["scores"][readable(name)]) == repr(number)
