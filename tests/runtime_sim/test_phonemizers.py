"""Convert text to phonemes. Phonemizers are found by name and report packages that are missing."""

import re
import sys

import pytest

from ticktalk.runtime_sim import phonemizers as package
from ticktalk.runtime_sim.errors import MissingToolError, VoiceError
from ticktalk.runtime_sim.phonemizers import hibari, phonemizer, phonemizers, rules, split
from ticktalk.system.installing import pip_install


def test_long_phoneme_strings_are_cut_at_clauses_then_words_then_anywhere():
    assert split("one, two three; four", 100) == ["one, two three; four"]
    assert split("one, two three; four", 10) == ["one,", "two three;", "four"]
    assert split("one two three", 7) == ["one two", "three"]
    assert split("abcdefgh", 3) == ["abc", "def", "gh"]
    assert split("  ", 1) == []


def test_phonemes_do_not_load_the_teachers_acoustic_model():
    pytest.importorskip("hibari")
    before = "onnxruntime" in sys.modules
    assert phonemizer("hibari")("Dr. Smith ran. He won.") == phonemizer("hibari")("Dr. Smith ran.") + phonemizer(
        "hibari"
    )("He won.")
    assert ("onnxruntime" in sys.modules) == before


def test_an_absent_phonemizer_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "hibari.g2p", None)
    hibari.sentences.cache_clear()
    with pytest.raises(MissingToolError, match=re.escape(pip_install("text"))):
        phonemizer("hibari")
    with pytest.raises(VoiceError, match="'espeak'.*hibari"):
        phonemizer("espeak")


def test_every_phonemizer_says_what_it_speaks_and_numbers_its_symbols_from_one():
    assert {"hibari", "espeak-ng"} <= set(phonemizers())
    for name in phonemizers():
        found, variant = rules(f"{name}:x")
        numbers = found.symbols().values()
        assert found.SPEAKS and variant == "x" and min(numbers) == 1 and len(set(numbers)) == len(numbers)
    assert rules("hibari")[0].variant("en-GB") == ("en-gb", "en-gb") and rules("hibari")[0].variant("de") is None


def test_a_phonemizer_is_found_by_the_name_of_its_file(tmp_path, monkeypatch):
    (tmp_path / "letter_by_letter.py").write_text(
        "def sentences(variant):\n    return lambda text: [' '.join(text + variant)]\n"
    )
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])
    assert phonemizer("letter-by-letter:!")("abc") == ["a b c !"]
