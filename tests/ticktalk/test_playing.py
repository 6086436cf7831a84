"""Test `--play`, with programs in place of a player and a sound card."""

import os

import pytest

from ticktalk.commands.support.playing import PLAYERS, play


@pytest.fixture
def player(tmp_path, monkeypatch):
    """Return a function that installs the only player: a shell script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def install(name, script):
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        os.chmod(folder / name, 0o755)

    return install


def test_the_installed_player_gets_the_file(player, tmp_path, capfd):
    player("aplay", 'echo "$@"')
    player("ffplay", "exit 1")
    file = tmp_path / "a file.wav"
    play(file)
    player("aplay", f'[ "$2" = "{file}" ] && exit 3; exit 4')
    play(file)
    assert "cannot be played: aplay failed: exit code 3" in capfd.readouterr().err


def test_without_a_player_the_names_are_told(player, tmp_path, capfd):
    play(tmp_path / "a.wav")
    told = " ".join(capfd.readouterr().err.split())
    assert f"a.wav: cannot be played: none of {', '.join(PLAYERS)} is installed" in told


def test_the_message_of_a_player_that_fails_is_told(player, tmp_path, capfd):
    player("pw-play", "echo first >&2; echo no sound card >&2; exit 1")
    play(tmp_path / "a.wav")
    assert "pw-play failed: no sound card" in " ".join(capfd.readouterr().err.split())
