"""Words and word errors, as the scores count them; the models behind them are not needed here."""

import numpy as np
import pytest

from converter.evaluate import HELD_OUT, read_sentences
from converter.errors import DistillError
from converter.scores import prepared
from converter.words import spoken, word_errors, words


@pytest.mark.parametrize("number, text", [(0, "zero"), (13, "thirteen"), (72, "seventy two"), (100, "one hundred"),
                                          (8405, "eight thousand four hundred five"), (30000, "thirty thousand"),
                                          (123456, "one hundred twenty three thousand four hundred fifty six")])
def test_numbers_are_spoken(number, text):
    assert spoken(number) == text


def test_spelling_does_not_count():
    assert words("It's 7:30, and 72% is done!") == words("its seven thirty and seventy two percent is done")


@pytest.mark.parametrize("said, heard, errors", [("a b c", "a b c", 0), ("a b c", "a c", 1), ("a b c", "a x b c", 1),
                                                 ("a b c", "a x c", 1), ("a b", "", 2), ("", "a", 1), ("a b c d", "b c d a", 2)])
def test_word_errors(said, heard, errors):
    assert word_errors(said.split(), heard.split()) == errors


def test_recordings_of_any_kind_are_prepared_alike():
    wave = np.sin(np.arange(1600) * 0.1)
    whole = prepared((wave * 20000).astype(np.int16), 16000)
    assert whole.dtype == np.float32 and abs(np.abs(whole).max() - 0.7) < 1e-4
    assert np.abs(whole - prepared(wave, 16000)).max() < 1e-4
    assert not prepared(np.zeros(100, np.int16), 16000).any()


def test_sentences(tmp_path):
    assert len(read_sentences(HELD_OUT)) >= 32
    file = tmp_path / "s.txt"
    file.write_text("# a remark\n\n  One.\nTwo.\n")
    assert read_sentences(file) == ["One.", "Two."]
    file.write_text("\n")
    with pytest.raises(DistillError, match="no sentences"):
        read_sentences(file)
    with pytest.raises(DistillError, match="nothing-here"):
        read_sentences(tmp_path / "nothing-here")
