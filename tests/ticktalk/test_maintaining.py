"""Test the output of maintainers' commands: tables in docs/, release files, and test durations."""

import gzip
import io
import re
import subprocess
import sys
import tarfile

import pytest

from scripts import durations, release, tables
from tests.support.paths import ROOT
from ticktalk import __version__


@pytest.mark.parametrize("page", sorted(tables.pages()))
def test_a_page_has_the_tables_that_make_tables_writes(page):
    assert (ROOT / "docs" / page).read_text(encoding="utf-8") == tables.pages()[page]


def test_a_page_that_differs_is_named_and_stays_as_it_is(tmp_path, monkeypatch, capsys):
    text = (ROOT / "docs" / "reference" / "board-files.md").read_text(encoding="utf-8")
    (tmp_path / "reference").mkdir()
    for page, whole in tables.pages().items():
        (tmp_path / page).write_text(whole, encoding="utf-8")
    (tmp_path / "reference" / "board-files.md").write_text(text.replace("32 to 65536", "33 to 65536"), encoding="utf-8")
    monkeypatch.setattr(tables, "DOCS", tmp_path)
    assert tables.main([tables.CHECK]) == 1
    assert capsys.readouterr().out == "docs/reference/board-files.md: differs from the code: run make tables\n"
    assert "33 to 65536" in (tmp_path / "reference" / "board-files.md").read_text(encoding="utf-8")
    assert tables.main([]) == 0 and tables.main([tables.CHECK]) == 0
    assert (tmp_path / "reference" / "board-files.md").read_text(encoding="utf-8") == text


def test_operators_md_names_the_operators_that_there_are():
    listed = (ROOT / "docs" / "reference" / "operators.md").read_text().partition("\n- ")[2].partition("\n\n")[0]
    names = " ".join(item.partition(":")[0] for item in listed.split("\n- "))
    named = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", names))
    files = (ROOT / "runtime_sim" / "ops").glob("[!_]*.py")
    assert named == {path.stem.upper() for path in files}


def packed(when: int, owner: str, *names: str) -> bytes:
    """Return a .tar.gz file with timestamps and owners, like the ones that setuptools creates."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as file:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname, member.mode = 4, when, owner, 0o664
            file.addfile(member, io.BytesIO(name[:4].encode()))
    return gzip.compress(tar.getvalue(), mtime=when)


def test_a_source_distribution_does_not_tell_when_and_by_whom_it_was_made():
    one = release.as_of(1000, packed(5, "me", "t-1/a.py", "t-1/b.py"))
    assert one == release.as_of(1000, packed(77, "you", "t-1/b.py", "t-1/a.py"))
    with tarfile.open(fileobj=io.BytesIO(one)) as file:
        assert [(member.name, member.mtime, member.uid) for member in file] == [
            ("t-1/a.py", 1000, 0),
            ("t-1/b.py", 1000, 0),
        ]
        assert file.extractfile("t-1/b.py").read() == b"t-1/"


def test_durations_are_those_of_tests_that_ran(tmp_path):
    (tmp_path / "test_slow.py").write_text("import time\ndef test_a(): time.sleep(0.3)\ndef test_b(): pass\n")
    command = [sys.executable, "scripts/durations.py", tmp_path / "out" / "table.txt", "-q", "-n0", tmp_path]
    done = subprocess.run([*command, f"--rootdir={tmp_path}"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    written = (tmp_path / "out" / "table.txt").read_text()
    assert re.search(r"^2 tests in ", written) and re.search(r" 0\.[3-9] +2 +test_slow\.py$", written, re.MULTILINE)
    slowest = written.partition("slowest tests\n")[2].splitlines()
    assert [line.split()[1] for line in slowest] == ["test_slow.py::test_a", "test_slow.py::test_b"]
    assert len(durations.measured(b"<testsuites/>")) == 0


@pytest.mark.parametrize(
    ("status", "section", "tags", "words"),
    [
        (" M a.py", "1.2.3 - 2026-01-01", "", "commit everything"),
        ("", "1.2.2 - 2026-01-01", "", "newest section"),
        ("", "Unreleased", "", "newest section"),
        ("", "1.2.3 - 2026-01-01", "v1.2.3", "already exists"),
    ],
)
def test_a_release_that_is_not_ready_is_refused(tmp_path, monkeypatch, status, section, tags, words):
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {section}\n\n## 1.2.2 - 2025-01-01\n")
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "git", lambda *arguments: {"status": status, "tag": tags}[arguments[0]])
    with pytest.raises(SystemExit, match=words):
        release.check_ready("1.2.3")


def test_the_changelog_is_ready_for_this_version():
    assert f"\n## {__version__} - " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
