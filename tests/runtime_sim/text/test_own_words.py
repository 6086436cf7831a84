"""Test custom words: the file, the two tables and the inline form."""

import pytest

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.user.inline import unknown_phonemes
from ticktalk.runtime_sim.text.user.words_file import load_words


@pytest.fixture
def front():
    return frontend("en-us")


@pytest.fixture
def words(tmp_path, front):
    """Write a words.toml and return the words in it."""

    def write(contents):
        file = tmp_path / "words.toml"
        file.write_text(contents)
        return load_words(file, front)

    return write


def said(front, text):
    return " ".join(front(text))


def test_a_word_is_read_as_its_phonemes_or_its_respelling(words, front):
    own = words('schema = 1\n[words]\nNguyen = "/wˈɪn/"\nticktalk = "tick talk"\n"Château" = "shatto"')
    assert own["ticktalk"] == said(front, "tick talk")
    mine = front.with_words(own)
    assert said(mine, "Nguyen") == "wˈɪn"
    assert said(mine, "the château of ticktalk.") == said(front, f"the château of [x](/{own['ticktalk']}/).")
    assert said(mine, "CHÂTEAU") == said(front, "shatto")


def test_own_words_take_precedence_over_rules_lexicon_weak_forms_and_spelling(front):
    mine = front.with_words({"Jan": "jˈɑn", "km": "kˈɑm", "lead": "lˈid", "the": "ðˈʌ", "USA": "ˈusə", "Dr.": "dˈɑ"})
    assert said(mine, "Jan lead the USA") == "jˈɑn lˈid ðˈʌ ˈusə"
    assert said(mine, "Dr. Jan") == "dˈɑ jˈɑn"
    assert said(mine, "January") == said(front, "January")


def test_a_capital_in_a_spelling_matches_only_a_capital(front):
    mine = front.with_words({"Polish": "pˈOlɪʃ", "ipod": "pˈɑd"})
    assert said(mine, "Polish") == "pˈOlɪʃ"
    assert said(mine, "polish") == said(front, "polish")
    assert said(mine, "iPod IPOD Ipod") == "pˈɑd pˈɑd pˈɑd"


def test_endings_are_added_to_own_words(front):
    mine = front.with_words({"Nguyen": "wˈɪn", "blick": "blˈɪk", "New York": "nˈu jˌɔɹk"})
    assert said(mine, "Nguyen's") == "wˈɪnz"
    assert said(mine, "New York's") == "nˈu jˌɔɹks"
    assert said(mine, "blicked blicking blicks") == "blˈɪkt blˈɪkɪŋ blˈɪks"


def test_the_longest_spelling_wins_and_words_are_whole(front):
    mine = front.with_words({"York": "jˈɔk", "New York": "nˈu jˌɔɹk", "5G": "fˌIvʤˈi"})
    assert said(mine, "New York, York, Yorkshire") == f"nˈu jˌɔɹk, jˈɔk, {said(front, 'Yorkshire')}"
    assert said(mine, "5G") == "fˌIvʤˈi"
    assert said(mine, "15G") == said(front, "15G")


def test_words_of_the_application_take_precedence_over_compiled_ones(front):
    assert said(front.with_words({"blick": "blˈɪk"}, {"blick": "blˈʌk"}), "blick") == "blˈʌk"


def test_a_front_end_with_words_leaves_the_other_as_it_was(front):
    before = said(front, "blick")
    front.with_words({"blick": "blˈʌk"})
    assert said(front, "blick") == before


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("", "schema = None, but this program reads schema 1"),
        ("schema = 2", "schema = 2"),
        ("schema = 1", "key 'words' is missing or empty"),
        ("schema = 1\nword = 1", "unknown key 'word'"),
        ("schema = 1\n[words]", "key 'words' is missing or empty"),
        ("schema = 1\n[words]\na = 5", "word 'a': 5 must be a string"),
        ("schema = 1\n[words]\na = ''", "word 'a': the pronunciation is empty"),
        ("schema = 1\n[words]\na = '/æ'", "word 'a': '/æ' must end with a slash"),
        ("schema = 1\n[words]\na = '/ʁɔ/'", "word 'a': 'ʁɔ' contains ʁ, which the voice lacks"),
        ("schema = 1\n[words]\na = '/ˈ/'", "must contain a phoneme"),
        ("schema = 1\n[words]\na = '/æ  æ/'", "single spaces"),
        (f"schema = 1\n[words]\na = '/{'æ' * 97}/'", "97 phonemes, but at most 96"),
        (f"schema = 1\n[words]\n{'a' * 33} = '/æ/'", "the spelling has 33 characters, but at most 32"),
        ("schema = 1\n[words]\n'' = '/æ/'", "a spelling must be one line"),
        ("schema = 1\n[words]\n'café' = '/æ/'\n'cafe' = '/æ/'", "'cafe' is already in this file"),
        ("schema = 1\n[words\n", "not valid TOML"),
        ("schema = " + "[" * 5000, "not valid TOML"),
    ],
)
def test_a_file_that_is_wrong_is_named_with_the_key(words, contents, message):
    with pytest.raises(LanguageError) as error:
        words(contents)
    assert "words.toml" in str(error.value) and message in str(error.value) and "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path, front):
    with pytest.raises(LanguageError, match="nothing.toml: cannot be read"):
        load_words(tmp_path / "nothing.toml", front)


def test_the_inline_form_is_said_with_its_phonemes(front):
    assert said(front, "Hi [Nguyen](/wˈɪn/)!") == f"{said(front, 'hi')} wˈɪn!"
    assert said(front, "[New York](/nˈu jˌɔɹk/)'s") == "nˈu jˌɔɹks"


@pytest.mark.parametrize(
    "form", ["[a](/about/)", "[a](/x/y/)", "[](/æ/)", "[a](/ˈ/)", "[a] (/æ/)", "[a](/æ)", "[a](/ æ/)"]
)
def test_a_malformed_inline_form_is_read_as_text(front, form):
    assert said(front, form)
    assert "/" not in "".join(front.spoken(form))  # spoken() writes phonemes between slashes


def test_unknown_phonemes_of_inline_forms_are_named(front):
    text = "[Nguyen](/ŋwʁən/) and [Bach](/bɑx/) but [x](/æ/), [docs](/a/b/)"
    assert unknown_phonemes(text, front.alphabet) == {"[Nguyen](/ŋwʁən/)": "ʁ", "[Bach](/bɑx/)": "x"}


def test_phonemes_outside_the_inline_form_keep_their_names(front):
    assert said(front, "æon") == said(front, "aeon")
    assert "symbol" in " ".join(front.spoken("](/ˈ"))
