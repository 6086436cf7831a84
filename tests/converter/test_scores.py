"""Test how the scores count words and word errors, without the models that produce the text."""

import re
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from ticktalk.converter.corpora.sentences import held_out_file, held_out_sentences
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.judging.evaluate import read_sentences
from ticktalk.converter.judging.scores import Judge, prepared
from ticktalk.converter.judging.words import character_errors, word_errors
from ticktalk.converter.languages.en import words
from ticktalk.runtime_sim.errors import TextError
from ticktalk.system.installing import pip_install

pytest.importorskip("whisper_normalizer", reason="pip install 'ticktalk[evaluate]'")


@pytest.mark.parametrize(
    "one, other",
    [
        ("It cost $95.", "it cost ninety-five dollars"),
        ("8,400 steps", "Eight thousand four hundred steps."),
        ("at 7:30", "at seven thirty"),
        ("on 7.30 a.m.", "on seven thirty AM"),
        ("It's 5:05", "it is five oh five"),
        ("7 o'clock", "seven o’clock"),
        ("at 7:00", "at seven"),
        ("nine hundred and forty", "940"),
        ("in 1984", "in nineteen eighty-four"),
        ("the 3rd of May", "the third of may"),
        ("12%", "twelve percent"),
        ("$3.50", "three dollars and fifty cents"),
        ("21°C", "twenty one degrees Celsius"),
        ("-3 degrees", "minus three degrees"),
        ("5km, 100 m", "five kilometers, one hundred metres"),
        ("more than a hundred years", "more than 100 years"),
        ("Call 555, 0199", "call five five five zero one nine nine"),
        ("colour, centre, organised, neighbour", "color center organized neighbor"),
        ("I'm sure it won't", "I am sure it will not"),
        ("I cannot work out", "i can not workout"),
        ("good-bye, e-mail", "goodbye email"),
        ("Lap 5, 12 seconds", "lap five twelve seconds"),
        ("Mr. Smith is OK", "mister Smith is okay"),
    ],
)
def test_spelling_does_not_count(one, other):
    assert word_errors(words(one), words(other)) == 0 == word_errors(words(other), words(one))


@pytest.mark.parametrize(
    "one, other, errors",
    [
        ("It cost $95.", "It cost $85.", 1),
        ("ninety five dollars", "ninety five", 1),
        ("minus three degrees", "three degrees", 1),
        ("three point five", "thirty five", 1),
        ("at 7:30", "at 7:13", 1),
        ("twenty six", "twenty", 1),
        ("platform four", "platform for", 1),
    ],
)
def test_what_is_misheard_counts(one, other, errors):
    assert word_errors(words(one), words(other)) == errors


@pytest.mark.parametrize(
    "said, heard, errors",
    [
        ("a b c", "a b c", 0),
        ("a b c", "a c", 1),
        ("a b c", "a x b c", 1),
        ("a b c", "a x c", 1),
        ("a b", "", 2),
        ("", "a", 1),
        ("a b c d", "b c d a", 2),
        ("stop the work out now", "stop a workout", 2),
        ("a b c d e", "abcde", 5),
        ("ab cd", "abc d", 0),
    ],
)
def test_word_errors(said, heard, errors):
    assert word_errors(said.split(), heard.split()) == errors


@settings(max_examples=100, deadline=None)
@given(some.text("abc", max_size=8), some.text("abc", max_size=8))
def test_words_of_one_letter_are_letters(one, other):
    """For one-letter words, both counts are the plain edit distance.

    Different word boundaries do not change the counts.
    """
    assert character_errors([one], [other]) == (word_errors(list(one), list(other)), len(one))


def test_letters_know_no_spaces():
    assert character_errors(["work", "out"], ["workout"]) == (0, 7)
    assert character_errors(["four", "steps"], ["for", "step"]) == (2, 9)


def test_recordings_of_any_kind_are_prepared_alike():
    wave = np.sin(np.arange(1600) * 0.1)
    whole = prepared((wave * 20000).astype(np.int16), 16000)
    assert whole.dtype == np.float32 and abs(np.abs(whole).max() - 0.7) < 1e-4
    assert np.abs(whole - prepared(wave, 16000)).max() < 1e-4
    assert not prepared(np.zeros(100, np.int16), 16000).any()


def test_sentences(tmp_path):
    assert read_sentences(held_out_file()) == held_out_sentences() and len(held_out_sentences()) >= 64
    file = tmp_path / "s.txt"
    file.write_text("# a remark\n\n  One.\nTwo.\nOne.\n")
    assert read_sentences(file) == ["One.", "Two."]
    file.write_text("\n")
    with pytest.raises(TextError, match="s.txt contains no text to speak"):
        read_sentences(file)
    with pytest.raises(DistillError, match="nothing-here"):
        read_sentences(tmp_path / "nothing-here")


@pytest.mark.parametrize("package", ["faster_whisper", "distillmos", "speechmos"])
def test_a_judge_that_lacks_a_package_says_so_at_once(monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(
        MissingToolError, match=re.escape(f"not installed: {pip_install('evaluate')} && pip install --no-deps")
    ):
        Judge()
