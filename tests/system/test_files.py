"""Write output files to paths of all kinds."""

import os
import stat
import subprocess
import sys
import threading

import pytest

from ticktalk.system.files import check_writable, read_bytes, read_text, replacing, write_bytes, write_text


def test_a_file_is_there_when_the_block_has_ended(tmp_path):
    with replacing(tmp_path / "a") as part:
        part.write_text("new")
        assert not (tmp_path / "a").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and (tmp_path / "a").read_text() == "new"


def test_a_block_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    (tmp_path / "a").write_text("old")
    with pytest.raises(RuntimeError), replacing(tmp_path / "a") as part:
        part.write_text("half")
        raise RuntimeError
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and (tmp_path / "a").read_text() == "old"


def test_a_neighbour_with_a_temporary_name_is_left_alone(tmp_path):
    (tmp_path / "a.part").write_text("mine")
    write_text(tmp_path / "a", "new")
    assert (tmp_path / "a.part").read_text() == "mine"


def test_a_symbolic_link_is_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "target").write_text("old")
    (tmp_path / "link").symlink_to("elsewhere/target")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "elsewhere" / "target").read_text() == "new"


def test_a_symbolic_link_to_nothing_makes_what_it_points_to(tmp_path):
    (tmp_path / "link").symlink_to("target")
    write_text(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "target").read_text() == "new"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
def test_the_permissions_of_the_old_file_are_kept(tmp_path, mode):
    (tmp_path / "a").write_text("old")
    (tmp_path / "a").chmod(mode)
    write_text(tmp_path / "a", "new")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == mode


def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "a", "new")
        write_text(tmp_path / "secret", "new", mode=0o600)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_a_fifo_gets_the_bytes_and_stays_a_fifo(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    heard = []
    reader = threading.Thread(target=lambda: heard.append((tmp_path / "fifo").read_bytes()))
    reader.start()
    write_bytes(tmp_path / "fifo", b"sound" * 100_000)
    reader.join(10)
    assert heard == [b"sound" * 100_000] and stat.S_ISFIFO((tmp_path / "fifo").stat().st_mode)


def test_a_fifo_whose_reader_leaves_is_an_error_that_names_it(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    reader = threading.Thread(target=lambda: open(tmp_path / "fifo", "rb").read(1))
    reader.start()
    with pytest.raises(BrokenPipeError) as caught:
        write_bytes(tmp_path / "fifo", bytes(1 << 22))
    reader.join(10)
    assert caught.value.filename == str(tmp_path / "fifo")


def test_a_device_stays_a_device(tmp_path):
    node = tmp_path / "null"
    try:
        os.mknod(node, 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        node.open("wb").close()
    except PermissionError:  # not root, or devices are not allowed
        node.unlink(missing_ok=True)
        node.symlink_to("/dev/null")
    write_bytes(node, b"gone")
    assert stat.S_ISCHR(node.stat().st_mode) and stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("path", ["nothing/a", "folder", "file/a"])
def test_an_error_names_the_path_that_was_given(tmp_path, path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for write in (check_writable, lambda path: write_bytes(path, b"")):
        with pytest.raises(OSError) as caught:
            write(tmp_path / path)
        assert caught.value.filename == str(tmp_path / path)


def test_asking_whether_a_file_can_be_written_changes_nothing(tmp_path):
    (tmp_path / "a").write_text("old")
    check_writable(tmp_path / "a")
    check_writable(tmp_path / "b")
    check_writable("/dev/null")
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and (tmp_path / "a").read_text() == "old"


def test_a_file_without_end_is_an_error(tmp_path):
    for read in (read_bytes, read_text):
        with pytest.raises(OSError, match="is larger than 1 MB") as caught:
            read("/dev/zero", 1 << 20)
        assert caught.value.filename == "/dev/zero"
    (tmp_path / "a").write_text("é")
    assert read_text(tmp_path / "a") == "é" and read_bytes(tmp_path / "a", 2) == "é".encode()


@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_standard_output_gets_the_bytes_behind_what_it_has(tmp_path, kind):
    program = (
        "from ticktalk.system.files import STDOUT, write_bytes; print('before'); write_bytes(STDOUT, bytes(3)); "
        "write_bytes('/proc/self/fd/1', b'!')"
    )
    command = [sys.executable, "-c", program]
    if kind == "pipe":
        held = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    else:
        with (tmp_path / "out").open("wb") as out:
            out.write(b"mine\n")
            out.flush()
            subprocess.run(command, stdout=out, check=True)
        held = (tmp_path / "out").read_bytes()
        assert held.startswith(b"mine\n")
    assert held.endswith(b"before\n\0\0\0!")
