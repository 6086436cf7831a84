"""Output folders created by ticktalk are replaced, and the user's own folders are refused."""

import json
import os
from pathlib import Path

import pytest

from ticktalk.system import folders
from ticktalk.system.folders import MARKER, NotOurs, write

OLD = {"report.json": b"old", "src/a.c": b"a", "src/gone/b.c": b"b"}
NEW = {"report.json": b"new", "src/a.c": b"a", "src/c.c": b"c"}


def held(folder: Path) -> dict[str, bytes]:
    """Return the contents of every file in a folder and its subfolders, except the marker, by relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != MARKER
    }


def test_a_folder_is_made_and_made_anew(tmp_path):
    write(OLD, tmp_path / "p", "project")
    assert held(tmp_path / "p") == OLD
    write(NEW, tmp_path / "p", "project")
    assert held(tmp_path / "p") == NEW and not (tmp_path / "p" / "src" / "gone").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_a_file_that_is_the_same_keeps_its_date(tmp_path):
    write(OLD, tmp_path / "p", "project")
    os.utime(tmp_path / "p" / "src" / "a.c", (1, 1))
    write(NEW, tmp_path / "p", "project")
    assert (tmp_path / "p" / "src" / "a.c").stat().st_mtime == 1


@pytest.mark.parametrize("own", ["report.json", "thesis.txt", ".git/config"])
def test_a_folder_without_our_marker_is_refused_whatever_its_files_are_called(tmp_path, own):
    file = tmp_path / "mine" / own
    file.parent.mkdir(parents=True)
    file.write_text("years of work")
    with pytest.raises(NotOurs, match="mine: exists, but is not a project"):
        write(NEW, tmp_path / "mine", "project")
    assert held(tmp_path / "mine") == {own: b"years of work"}


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", '{"made by": "me"}', '{"made by": "ticktalk", "kind": "cake"}', "[" * 10**5]
)
def test_a_marker_that_does_not_say_so_is_none(tmp_path, text):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / MARKER).write_text(text)
    with pytest.raises(NotOurs):
        write(NEW, tmp_path / "mine", "project")


def test_what_somebody_added_stays(tmp_path):
    write(OLD, tmp_path / "p", "project")
    added = {".git/config": b"git", "build/firmware.elf": b"elf", "src/mine.c": b"mine", "src/gone/mine.c": b"too"}
    for name, content in added.items():
        (tmp_path / "p" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "p" / name).write_bytes(content)
    write(NEW, tmp_path / "p", "project")
    assert held(tmp_path / "p") == NEW | added


@pytest.mark.parametrize("name", ["src/c.c", "src/c.c/deeper"])
def test_what_somebody_added_where_a_file_of_ours_goes_is_refused(tmp_path, name):
    write(OLD, tmp_path / "p", "project")
    (tmp_path / "p" / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "p" / name).write_text("mine")
    with pytest.raises(NotOurs, match="its path is needed"):
        write(NEW, tmp_path / "p", "project")
    assert held(tmp_path / "p") == OLD | {name: b"mine"}


def test_a_marker_that_names_files_outside_deletes_nothing_there(tmp_path):
    write(OLD, tmp_path / "p", "project")
    (tmp_path / "precious").write_text("mine")
    marker = tmp_path / "p" / MARKER
    names = ["../precious", str(tmp_path / "precious"), "src/../../precious"]
    marker.write_text(json.dumps(json.loads(marker.read_text()) | {"files": names}))
    (tmp_path / "p" / "report.json").unlink()
    (tmp_path / "p" / "src" / "a.c").unlink()
    write(NEW, tmp_path / "p", "project")
    assert (tmp_path / "precious").read_text() == "mine"


def test_a_symbolic_link_to_a_folder_of_ours_is_followed(tmp_path):
    write(OLD, tmp_path / "p", "project")
    (tmp_path / "link").symlink_to("p")
    write(NEW, tmp_path / "link", "project")
    assert (tmp_path / "link").is_symlink() and held(tmp_path / "p") == NEW


def test_a_symbolic_link_within_is_not_followed(tmp_path):
    write({"src/a.c": b"a"}, tmp_path / "p", "project")
    (tmp_path / "precious").write_text("mine")
    (tmp_path / "p" / "src" / "a.c").unlink()
    (tmp_path / "p" / "src" / "a.c").symlink_to(tmp_path / "precious")
    write({"src/a.c": b"new"}, tmp_path / "p", "project")
    assert (tmp_path / "precious").read_text() == "mine" and held(tmp_path / "p") == {"src/a.c": b"new"}


def test_the_working_directory_stays_the_same_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(OLD, Path("."), "project")
    write(NEW, Path("."), "project")
    assert held(Path(".")) == NEW


@pytest.mark.parametrize("moves", range(5))
def test_a_move_that_fails_leaves_the_folder_as_it_was(tmp_path, monkeypatch, moves):
    write(OLD, tmp_path / "p", "project")
    (tmp_path / "p" / "mine").write_text("mine")
    before, rename, count = held(tmp_path / "p"), Path.rename, iter(range(100))

    def failing(self, target):
        if next(count) == moves:
            raise KeyboardInterrupt
        return rename(self, target)

    monkeypatch.setattr(folders.Path, "rename", failing)
    with pytest.raises(KeyboardInterrupt):
        write(NEW, tmp_path / "p", "project")
    assert held(tmp_path / "p") == before
    assert {path.name for path in (tmp_path / "p").iterdir()} == {"report.json", "src", "mine", MARKER}
