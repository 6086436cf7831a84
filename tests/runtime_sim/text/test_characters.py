"""Convert UTF-8 to the characters that the rules support."""

import unicodedata

import pytest

from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.fold import MOST_RUN


@pytest.fixture(scope="module")
def characters():
    return frontend().characters


@pytest.mark.parametrize(
    "text, folded",
    [
        ("caf\u00e9", "cafe"),
        ("cafe\u0301", "cafe"),
        ("\u201cit\u2019s\u201d", "“it's”"),
        ("1\u00bd", "1 1⁄2"),
        ("\uff21\uff22\uff11", "AB1"),
        ("a\u200bb", "ab"),
        ("20\u2103", "20°C"),
        ("a \t b\r\n\r\n c", "a b\n\nc"),
        ("bell\x07end", "bell end"),
        ("\U0001f1fa\U0001f1f8", "US"),
    ],
)
def test_a_character_becomes_what_rules_know(characters, text, folded):
    assert characters.fold(text) == folded


def test_a_foreign_script_is_named_once_for_all_its_characters(characters):
    assert characters.fold("from \u7530\u4e2d \u7530").split() == ["from", "Chinese", "characters"]
    assert characters.fold("\U0001f602\U0001f602\U0001f602").split() == ["tears", "of", "joy"]
    assert characters.fold("\U0001f44d\U0001f3fd") == characters.fold("\U0001f44d")


def test_every_code_point_has_something_or_is_meant_to_have_nothing(characters):
    known = set(characters.code) if hasattr(characters, "code") else set(frontend().pack.characters["keep"])
    allowed = set(map(chr, range(32, 127))) | {"\n"} | known
    for code in range(0x110000):
        if 0xD800 <= code < 0xE000:
            continue
        folded = characters.fold(chr(code))
        assert set(folded) <= allowed, hex(code)
        if not folded:
            assert unicodedata.category(chr(code)) in ("Mn", "Me", "Cf", "Sk", "So"), hex(code)


def test_what_is_no_utf8_is_said_so(characters):
    assert characters.fold(b"ok \xff\xfe end").split() == ["ok", "unreadable", "character", "end"]
    assert characters.fold(b"\xe2\x82").split() == ["unreadable", "character"]


def test_nothing_without_white_space_is_longer_than_a_run(characters):
    folded = characters.fold("a" * 1000 + " " + "é" * 500)
    assert max(map(len, folded.split())) == MOST_RUN
    assert len(folded.replace(" ", "")) == 1500
