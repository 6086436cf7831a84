"""Test the commands `phonemes` and `language`, and `evaluate --text`."""

import json

import pytest

from tests.support.front import ticktalk
from ticktalk.commands.support.reading import judge_reading
from ticktalk.converter.packs import espeak, judge
from ticktalk.runtime_sim.text.bundled import frontend


def good(done):
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_phonemes_are_printed_a_sentence_a_line(tmp_path):
    lines = good(ticktalk("phonemes", "It's 7:30. Go!", cache=tmp_path)).splitlines()
    assert len(lines) == 2 and lines[0].endswith(".") and lines[1].endswith("!")
    facts = json.loads(good(ticktalk("phonemes", "It's 7:30. Go!", "--json", cache=tmp_path)))
    assert [s["phonemes"] for s in facts["sentences"]] == lines
    assert facts["sentences"][0]["words"] == "It's seven thirty ."


def test_a_pack_that_there_is_not_is_named(tmp_path):
    done = ticktalk("phonemes", "hi", "--language", "xx", cache=tmp_path)
    assert done.returncode == 3 and "no language pack 'xx'" in done.stderr
    assert ticktalk("phonemes", "hi", "--dates", "ymd", cache=tmp_path).returncode == 2
    assert ticktalk("language", "make", "en-us", cache=tmp_path).returncode == 2


def test_the_packs_and_their_licences_are_listed(tmp_path):
    packs = json.loads(good(ticktalk("language", "--json", cache=tmp_path)))
    assert packs["en-us"]["licence"] == "Apache-2.0" and packs["en-us"]["words"] > 5000
    assert "en-us" in good(ticktalk("language", cache=tmp_path))


def test_evaluate_counts_readings_by_category(tmp_path):
    facts = json.loads(good(ticktalk("evaluate", "--text", "--json", cache=tmp_path)))
    right, rows = facts["readings"]["held"]
    assert sum(c["held"][1] for c in facts["categories"].values()) == rows and right / rows >= 0.97
    assert facts["heteronyms"][1] >= 200
    assert 190_000 < facts["flash_bytes"] == sum(facts["bytes"].values()) < 205_000


def test_a_pack_is_judged_by_unseen_words_and_running_text(monkeypatch):
    pytest.importorskip("hibari")
    monkeypatch.setattr(judge, "SENTENCES", 60)
    small = frontend("en-us-small")
    words = judge.unseen_words(small)
    assert words["words"] > 4000 and words["right"] > 48 and words["phoneme_error"] < 10
    tokens = judge.agreement(small)
    assert 300 < tokens["tokens"] < 900 and 90 < tokens["same"] < 100


def test_a_spanish_pack_is_judged_by_espeak(monkeypatch, capsys):
    monkeypatch.setattr(judge, "SENTENCES", 8)
    monkeypatch.setattr(espeak, "WORDS", 1000)
    judge_reading("es", json=True)
    facts = json.loads(capsys.readouterr().out)
    assert facts["heteronyms"] == [0, 0] and (facts["unseen"] is None or facts["unseen"]["right"] > 80)
    assert facts["agreement"]["judge"] == "espeak-ng:es" and facts["agreement"]["same"] > 95


def test_edits_are_counted():
    assert [judge.edits(*pair) for pair in (("abc", "abc"), ("abc", "ac"), ("", "ab"), ("abcd", "bcx"))] == [0, 1, 2, 2]


def test_own_words_are_read_and_a_wrong_file_is_named(tmp_path):
    file = tmp_path / "words.toml"
    file.write_text('schema = 1\n[words]\nblick = "/blˈʌk/"\n')
    assert good(ticktalk("phonemes", "blick [x](/ˈɛ/)", "--words", file, cache=tmp_path)) == "blˈʌk ˈɛ\n"
    file.write_text('schema = 1\n[words]\nblick = "/blʁk/"\n')
    done = ticktalk("phonemes", "blick", "--words", file, cache=tmp_path)
    assert done.returncode == 3 and "words.toml: word 'blick'" in done.stderr and "ʁ" in done.stderr


def test_a_phoneme_that_the_voice_lacks_is_named(tmp_path):
    done = ticktalk("phonemes", "[Bach](/bɑx/)", cache=tmp_path)
    assert done.returncode == 0 and "[Bach](/bɑx/): the voice has no phoneme x" in done.stderr


def test_markup_and_ssml_are_interpreted_only_if_asked_for(tmp_path):
    plain = good(ticktalk("phonemes", "Hi [[pause 500]] you", cache=tmp_path))
    assert len(plain.splitlines()) == 1
    lines = good(ticktalk("phonemes", "Hi [[pause 500]] you", "--markup", cache=tmp_path)).splitlines()
    ssml = '<speak>Hi <break time="500ms"/> you</speak>'
    assert lines[1] == "[[pause 500]]" and len(lines) == 3
    assert good(ticktalk("phonemes", ssml, "--ssml", cache=tmp_path)).splitlines() == lines
    facts = json.loads(good(ticktalk("phonemes", ssml, "--ssml", "--json", cache=tmp_path)))
    assert facts["sentences"][1] == {"event": "pause", "value": 500}
    marked = '<speak>One <emphasis level="strong">two</emphasis> three.</speak>'
    (sentence,) = json.loads(good(ticktalk("phonemes", marked, "--ssml", "--json", cache=tmp_path)))["sentences"]
    assert sentence == {"words": "One two three .", "phonemes": "wˈʌn tꜝu θɹˈi."}
    done = ticktalk("phonemes", "<speak>\n<audio/></speak>", "--ssml", cache=tmp_path)
    assert done.returncode == 2 and "SSML, line 2: <audio> is not supported" in done.stderr


def test_phrases_are_written_as_a_c_header(tmp_path):
    header = tmp_path / "phrases.h"
    good(ticktalk("phonemes", "Time to go.\nBattery low.", "--c", header, "--voice", "heart-nano", cache=tmp_path))
    assert "PHRASE_time_to_go" in header.read_text() and "PHRASE_battery_low" in header.read_text()
    done = ticktalk("phonemes", "Go!\nGo?", "--c", tmp_path / "other.h", cache=tmp_path)
    assert done.returncode == 6 and "both be named go" in done.stderr and not (tmp_path / "other.h").exists()
    assert ticktalk("phonemes", " ", "--c", tmp_path / "other.h", cache=tmp_path).returncode == 2
    assert ticktalk("phonemes", "a", "--c", tmp_path / "other.h", "--ssml", cache=tmp_path).returncode == 2


def test_bytes_that_are_not_utf8_are_read_as_on_the_watch(tmp_path):
    header, broken = tmp_path / "phrases.h", "Go \udcff now"  # the argument contains the byte 0xFF
    read = " ".join(frontend("en-us")(b"Go \xff now")) + "\n"
    assert good(ticktalk("phonemes", broken, "--markup", cache=tmp_path)) == read
    assert good(ticktalk("phonemes", broken, "--c", header, cache=tmp_path)) == read
    assert "PHRASE_go_now" in header.read_text()
    assert good(ticktalk("phonemes", f"<speak>{broken}</speak>", "--ssml", cache=tmp_path)) == read
