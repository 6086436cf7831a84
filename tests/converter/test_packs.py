"""Build a whole language pack from its sources, with few words and a short training run."""

import re
import shutil
from pathlib import Path

import pytest

from ticktalk.converter.errors import DistillError
from ticktalk.converter.export.voice_folder import packs_for
from ticktalk.converter.packs import build, choose, network, sources
from ticktalk.converter.packs.align import aligned, phonemes
from ticktalk.converter.packs.sources import Entry
from ticktalk.runtime_sim.text.bundled import HERE, frontend
from ticktalk.runtime_sim.text.endings import endings
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.pack import load_pack


@pytest.fixture(scope="module")
def words():
    pytest.importorskip("hibari")
    return {word: entry for k, (word, entry) in enumerate(sorted(sources.entries().items())) if k % 40 == 0}


def test_letters_and_phonemes_are_aligned_whole(words):
    chunks, pairs = aligned(words)
    assert len(pairs) > 0.8 * len(words) and len(chunks) <= network.OUTPUTS
    for word, parts in pairs.items():
        assert len(parts) == len(word) and "".join(parts) == words[word].said
        assert set(parts) <= set(chunks)
        assert max(len(phonemes(part)) for part in parts) <= 3


def test_words_that_are_judged_by_are_never_trained_on():
    held = [word for word in map(str, range(22_000)) if sources.held_out(word)]
    assert 800 < len(held) < 1200


def test_a_lexicon_has_what_would_be_read_wrongly_and_nothing_twice():
    facts = {"sounds": {"tapped": "A"}, "ending": [{"letters": "s", "stems": [""], "say": [["t", "s"], ["", "z"]]}]}
    assert endings(facts["ending"])
    words = {
        "the": Entry("ðə", True, {}),
        "cat": Entry("kˈæt", True, {}),
        "cats": Entry("kˈæts", True, {}),
        "dog": Entry("dˈɔɡ", True, {}),
        "use": Entry("jˈuz", True, {"N": "jˈus"}),
    }
    uses = {"the": 7.0, "use": 6.0, "cat": 5.0, "cats": 4.0, "dog": 3.0}
    read = {"the": "ðə", "cat": "kˈAt", "cats": "x", "dog": "dˈɔɡ", "use": "jˈuz"}
    chosen = choose.choose(words, uses, facts, lambda _: read, 100, always=1, short=1)
    assert chosen == {"the": "ðə", "use": "jˈuz", "useN": "jˈus", "cat": "kˈæt"}
    chosen = choose.choose(words, uses, facts, lambda _: read, 100, always=0, short=5)
    assert chosen == {"the": "ðə", "use": "jˈuz", "useN": "jˈus", "cat": "kˈæt", "cats": "kˈæts", "dog": "dˈɔɡ"}


def test_misread_words_of_the_rules_come_before_frequent_ones():
    facts = {"sounds": {"tapped": "A"}, "ending": []}
    words = {w: Entry(said, True, {}) for w, said in {"often": "ˈɔfᵊn", "ohm": "ˈOm", "mile": "mˈIl"}.items()}
    uses = {"often": 6.0, "mile": 4.0, "ohm": 2.0}
    read = {"often": "ˈɔfᵊn", "ohm": "x", "mile": "mˈIl"}
    chosen = choose.choose(words, uses, facts, lambda _: read, 1, 1, 0, frozenset({"ohm", "mile", "unknown"}))
    assert chosen == {"ohm": "ˈOm"}


def test_a_common_form_that_the_sources_lack_brings_its_stem():
    ending = {"letters": "s", "stems": [""], "say": [["t", "s"], ["", "z"]], "guess": True}
    facts = {"sounds": {"tapped": "A"}, "ending": [ending]}
    words = {"bat": Entry("bˈæt", True, {}), "owl": Entry("ˈWl", True, {}), "use": Entry("jˈuz", True, {"N": "jˈus"})}
    uses = {"owls": 5.0, "owl": 4.0, "bats": 3.5, "bat": 3.4, "uses": 3.3, "use": 3.25, "xs": 3.0}
    read = {"bat": "bˈæt", "owl": "ˈOl", "use": "jˈuz", "bats": "x", "owls": "x", "uses": "x"}
    chosen = choose.choose(words, uses, facts, lambda asked: {w: read[w] for w in asked}, 100, always=0, short=0)
    assert chosen == {"owl": "ˈWl", "use": "jˈuz", "useN": "jˈus"}


def test_names_are_chosen_like_words(tmp_path):
    (tmp_path / "names.txt").write_text("ian ˈiən\n")
    assert sources.named(tmp_path / "names.txt") == {"ian": Entry("ˈiən", False, {})}
    assert sources.named(tmp_path / "none.txt") == {}


def sizes(folder, **sizes):
    """Set the sizes of a pack before it is built."""
    file = folder / "language.toml"
    line = "build = { " + ", ".join(f"{key} = {value}" for key, value in sizes.items()) + " }"
    file.write_text(re.sub("^build = .*", line, file.read_text(), flags=re.M))


def test_a_pack_is_built_and_built_again_the_same(words, tmp_path, monkeypatch):
    folder = tmp_path / "pack"
    shutil.copytree(HERE / "en-us", folder)
    monkeypatch.setattr(sources, "entries", lambda: words)
    monkeypatch.setattr(sources, "frequencies", lambda known, language: {word: 7 - len(word) / 4 for word in known})
    monkeypatch.setattr(sources, "common_words", lambda count, language, letters: ["abbots"])
    monkeypatch.setattr(network, "STEPS", 40)
    monkeypatch.setattr(network, "INTEGER_FROM", 20)
    sizes(folder, channels=16, hidden=32, blocks=2, lines=300, always=250, short=250)
    build.build(folder, train=True)
    first = load_pack(folder)
    assert len(first.lexicon) >= 300 and first.letters["up1"].shape == (16, 32) and "up2" not in first.letters
    assert first.letters["out"].shape[1] == len(first.manifest["chunks"])
    assert Frontend(first)("Zyxo at 7:30.")[0].endswith(".")
    build.build(folder)
    assert load_pack(folder).hash == first.hash


def test_a_smaller_pack_is_built_with_what_it_shares(words, tmp_path, monkeypatch):
    for name in ("en-us", "en-us-small"):
        shutil.copytree(HERE / name, tmp_path / name)
    folder = tmp_path / "en-us-small"
    monkeypatch.setattr(sources, "entries", lambda: words)
    monkeypatch.setattr(sources, "frequencies", lambda known, language: {word: 7 - len(word) / 4 for word in known})
    monkeypatch.setattr(sources, "common_words", lambda count, language, letters: ["abbots"])
    sizes(folder, channels=32, hidden=32, blocks=3, lines=100, always=0, short=10)
    build.build(folder)
    assert 100 <= len(load_pack(folder).lexicon) < 300
    assert sorted(load_pack(folder).manifest["files"]) == ["letters", "lexicon"]
    assert "without = [" in (folder / "language.toml").read_text()


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("language.toml", 'name = "en-us"', "name = 5", "language.toml: key 'name' is 5, but must be text"),
        ("language.toml", "licence =", "license =", "language.toml: key 'licence' is None"),
        ("language.toml", "always = ", "always = true # ", "not valid TOML"),
        ("language.toml", "always = ", "always = true, once = ", "key 'build.always' is .*must be a whole number"),
        ("language.toml", "channels = ", "channels = 9", "key 'build.channels' is 9.*must be a multiple of 8"),
        ("language.toml", "build = ", "built = ", "key 'build.channels' is None"),
        ("language.toml", "sources = [", "sources = [5, ", "key 'sources' is .* list of tables of texts"),
        ("language.toml", "schema = 1", 'schema = 1\nextends = "../es"', "key 'extends' is '../es'"),
        ("language.toml", "chunks = ", "chunk = ", "key 'chunks' is None, .*; pass --train"),
        ("rules.toml", "", "[", "rules.toml: not valid TOML"),
        ("words.toml", "[letters]", "[letter]", "words.toml: key 'letters' is None"),
        ("words.toml", "[letters]", "[letters]\n'%' = 'x'", "words.toml: key 'letters' has '%'; use only"),
        ("words.toml", "[sounds]", "[sound]", "words.toml: key 'sounds.tapped' is missing"),
        ("names.txt", "", "Anna\n", "names.txt: line 1 is 'Anna', but must be a word, a space and"),
    ],
)
def test_a_mistake_in_what_a_pack_is_built_from_is_named_and_changes_nothing(tmp_path, file, old, new, said):
    folder = Path(shutil.copytree(HERE / "en-us", tmp_path / "pack"))
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1) if old else new + text)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(DistillError, match=said):
        build.build(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_language_without_frequencies():
    pytest.importorskip("wordfreq")
    with pytest.raises(DistillError, match="wordfreq has no words of the language 'zz'; set `name`"):
        sources.common_words(10, "zz")


def test_a_new_voice_names_the_packs_whose_phonemes_it_has():
    symbols = frontend("en-us").symbols
    assert packs_for("en-us", symbols) == packs_for("EN-US", symbols) == ["en-us", "en-us-small"]
    assert packs_for("en-us", symbols[1:]) == packs_for("de", symbols) == []
    assert packs_for("fr-fr", frontend("fr").symbols) == ["fr"]
