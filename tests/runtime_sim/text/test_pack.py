"""An invalid language pack is refused with a one-line error that states what is wrong and where."""

import hashlib
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.bundled import HERE, pack_folder, pack_names
from ticktalk.runtime_sim.text.few import FewLetters
from ticktalk.runtime_sim.text.letters import Letters
from ticktalk.runtime_sim.text.pack import load_pack


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(HERE / "en-us", tmp_path / "pack")
    return tmp_path / "pack"


def test_the_bundled_packs_are_found_by_name_and_any_by_its_folder(folder):
    assert "en-us" in pack_names()
    assert load_pack(pack_folder(str(folder))).hash == load_pack(pack_folder("en-us")).hash
    with pytest.raises(LanguageError, match="no language pack 'xx'.*en-us"):
        pack_folder("xx")


def changed(folder, old, new):
    file = folder / "language.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    "old, new, complaint",
    [
        ("schema = 1", "schema = 2", "schema = 2, but this program reads schema 1"),
        ('licence = "', 'license = "', "key 'licence' is None"),
        ('file = "lexicon.txt"', 'file = "../lexicon.txt"', "must be a bare file name"),
        ("[files.letters]", "[files.other]", "key 'files.letters'"),
        ("schema = 1", "schema = [", "not valid TOML"),
    ],
)
def test_a_wrong_manifest_is_named(folder, old, new, complaint):
    changed(folder, old, new)
    with pytest.raises(LanguageError, match="language.toml") as error:
        load_pack(folder)
    assert complaint in str(error.value) and "\n" not in str(error.value) and error.value.exit_code == 3


def test_a_file_that_is_missing_or_changed_is_named(folder, tmp_path):
    (folder / "rules.toml").write_text("changed = true\n")
    with pytest.raises(LanguageError, match=r"rules.toml: SHA-256 does not match"):
        load_pack(folder)
    (folder / "rules.toml").unlink()
    with pytest.raises(LanguageError, match=r"rules.toml: cannot be read"):
        load_pack(folder)
    with pytest.raises(LanguageError, match="it has no language.toml"):
        load_pack(tmp_path)


def test_a_lexicon_that_is_none_is_refused(folder):
    contents = b"oneword\n"
    old = hashlib.sha256((folder / "lexicon.txt").read_bytes()).hexdigest()
    (folder / "lexicon.txt").write_bytes(contents)
    changed(folder, old, hashlib.sha256(contents).hexdigest())
    with pytest.raises(LanguageError, match="each line must be a word"):
        load_pack(folder)


MANY = " ".join(a + b for a in ("zyx", "qov", "wub", "jurn") for b in ("ak", "omil", "estin", "ubrant"))


@pytest.mark.parametrize(
    ("text", "loaded"),
    [
        ("It is time to call home.", "False"),
        ("It is time, zyxo.", "False"),
        (MANY, "True"),
        (MANY.replace(" ", "|"), "True"),
    ],
)
def test_numpy_is_imported_only_for_many_letters_that_the_network_reads(text, loaded):
    code = (
        "import sys\nfrom ticktalk.runtime_sim.text.bundled import frontend\n"
        f"for part in {text!r}.split('|'):\n    frontend()(part)\nprint('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"{loaded}\n"


@pytest.mark.parametrize("name", pack_names())
def test_few_words_are_read_without_numpy_as_with_it(name):
    pack = load_pack(HERE / name)
    chunks = pack.manifest["chunks"]
    chance = random.Random(5)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=chance.randint(1, 32))) for _ in range(60)]
    assert FewLetters(pack.network, chunks).read(["", *words]) == Letters(pack.letters, chunks).read(["", *words])


def test_rules_are_cached_and_a_broken_cache_is_not_used(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    first = load_pack(folder)
    cached = sorted((tmp_path / "cache").rglob("*.json"))
    assert len(cached) == 3
    cached[0].write_text("")
    cached[1].write_text("[" * 100_000)
    assert load_pack(folder) == first


def test_rules_load_where_nothing_can_be_cached(folder, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_pack(folder).rules == load_pack(HERE / "en-us").rules


def test_a_network_that_cannot_be_loaded_is_named(folder):
    contents = b"not an archive"
    old = hashlib.sha256((folder / "letters.npz").read_bytes()).hexdigest()
    (folder / "letters.npz").write_bytes(contents)
    changed(folder, old, hashlib.sha256(contents).hexdigest())
    with pytest.raises(LanguageError, match=r"letters.npz: cannot be read"):
        load_pack(folder).letters  # noqa: B018


def test_a_network_of_other_types_is_refused():
    tables = dict(load_pack(HERE / "en-us").letters)
    chunks = load_pack(HERE / "en-us").manifest["chunks"]
    with pytest.raises(LanguageError, match="table 'up0' is missing or is not int8"):
        Letters({**tables, "up0": tables["up0"].astype(np.int16)}, chunks)
    with pytest.raises(LanguageError, match="table 'up0' must have weights that are multiples of 16"):
        Letters({**tables, "up0": tables["up0"] + np.int8(1)}, chunks)
    with pytest.raises(LanguageError, match="outputs, but 1 chunks"):
        Letters(tables, chunks[:1])


def test_the_sources_have_permissive_licences_or_ship_nothing():
    for source in load_pack(HERE / "en-us").manifest["sources"]:
        assert source["licence"] in ("Apache-2.0", "MIT", "BSD-2-Clause", "BSD-3-Clause") or "nothing" in source["what"]


@pytest.fixture
def smaller(folder, tmp_path):
    """A pack that extends `folder`."""
    shutil.copytree(HERE / "en-us-small", tmp_path / "small")
    changed(tmp_path / "small", 'extends = "en-us"', 'extends = "pack"')
    return tmp_path / "small"


def test_a_pack_that_extends_another_shares_its_files(smaller, folder):
    pack, base = load_pack(smaller), load_pack(folder)
    assert pack.words == base.words and pack.tests == folder and pack.files["rules"] == folder / "rules.toml"
    assert pack.lexicon != base.lexicon and pack.files["lexicon"] == smaller / "lexicon.txt"
    assert "names" not in pack.characters and "names" in base.characters
    assert pack.hash != base.hash
    changed(smaller, '  "characters.names",\n', "")
    assert load_pack(smaller).hash != pack.hash


def test_a_rule_goes_with_the_table_that_it_needs(smaller):
    changed(smaller, '  "characters.names",\n', '  "rules.tables.airline",\n  "rules.rule.hashtag",\n')
    changed(smaller, "without = [\n", 'without = [\n  "rules.tables.unit.kcal",\n')
    small = load_pack(smaller)
    names = {rule["name"] for rule in small.rules["rule"]}
    assert "flight" not in names and "hashtag" not in names and "code" in names
    assert "kcal" not in small.rules["tables"]["unit"] and "km" in small.rules["tables"]["unit"]


@pytest.mark.parametrize(
    "old, new, complaint",
    [
        ('extends = "pack"', 'extends = "../pack"', "must be the name of a folder next to this one"),
        ('extends = "pack"', 'extends = "small"', "extends = 'small', which itself extends another pack"),
        ('extends = "pack"', 'extends = "none"', "not a language pack"),
        ('"characters.names"', '"characters.nomes"', "'characters.nomes' is not a part of the pack"),
        ('"characters.names"', '"characters.block.1E01"', "'characters.block.1E01' is not a part of the pack"),
        ('"characters.names"', '"lexicon.a"', "'lexicon.a' is not a part of the pack"),
        ("without = [", "without = 5\nwithin = [", "key 'without' must be a list of strings"),
    ],
)
def test_a_wrong_extension_is_named(smaller, old, new, complaint):
    changed(smaller, old, new)
    with pytest.raises(LanguageError) as error:
        load_pack(smaller)
    assert complaint in str(error.value) and "\n" not in str(error.value) and error.value.exit_code == 3
