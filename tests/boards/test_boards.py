"""Test board files, images and ports.

Valid files can be loaded, and invalid files cause a one-line error that states the problem.
"""

import ast
import os
import pty
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.paths import ROOT
from tests.support.watch_firmware import firmware
from ticktalk.boards import ports
from ticktalk.boards.board import CATALOGUE, all_boards, board_names, load_board
from ticktalk.boards.errors import BoardError, ImageError, PortError
from ticktalk.boards.flash.planning import require_protocol
from ticktalk.boards.images.mcuboot import check_for_board, make_image, read_image
from ticktalk.boards.protocols import NONE, PROTOCOLS
from ticktalk.boards.virtual.bootloader_watch import watch_of

BOARDS = ROOT / "boards"
M4 = load_board("qemu-m4")


def test_every_board_file_is_good_and_has_room_for_a_voice():
    boards = all_boards()
    assert {b.name for b in boards} >= {"qemu-m4", "qemu-m33", "qemu-m55"}
    for board in boards:
        if board.qemu:
            assert board.code_limit >= 1_600_000 and board.ram.size == 256 * 1024


def test_loading_all_boards_pulls_in_nothing_heavy():
    """Loading must be fast, because `ticktalk boards` must respond immediately."""
    program = (
        "import sys\nfrom ticktalk.boards.board import all_boards; all_boards()\n"
        "print(*({'numpy', 'serial', 'smp', 'cbor2', 'imgtool', 'rich'} & set(sys.modules)))"
    )
    assert not subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()


@pytest.mark.parametrize(
    "old, new, words",
    [
        ("slot_size", "slot_sise", ["unknown key 'slot_sise'", "did you mean 'slot_size'?"]),
        ("clock_hz = 25_000_000  ", "clock_khz = 25  ", ["'clock_khz'", "did you mean 'clock_hz'?"]),
        ("irq = 0", "irk = 0", ["'uart.irk'", "did you mean 'irq'?"]),
        ("irq = 0", "", ["'uart.irq' is missing"]),
        ("irq = 0", "irq = 4000", ["'uart.irq' is 4000"]),
        ("irq = 0", 'irq = "0"', ["'uart.irq' must be an integer"]),
        ("irq = 0", "irq = true", ["'uart.irq' must be an integer"]),
        ('core = "cortex-m4"', 'core = "cortex-m5"', ["'core'", "'cortex-m5'", "did you mean"]),
        ('name = "ram"', 'name = "rom"', ["exactly one region named 'ram'"]),
        ("size = 0x4_0000", "size = 0x4_0000_0000", ["'memories[1].size'"]),
        ("slot_address = 0x0001_0000", "slot_address = 0x0000_0000", ["'slot_address'", "flash"]),
        ("header_size = 0x200", "header_size = 0x100", ["multiple of 0x200"]),
        ("address = 0x2000_0000", "address = 0x0002_0000", ["'flash' and 'ram' overlap"]),
        ('name = "qemu-m4"', 'name = "qemu-m5"', ["'name' is 'qemu-m5'"]),
        ("[uart]", "[uart", ["not valid TOML", "line"]),
        ('driver = "cmsdk"', 'driver = "../cmsdk"', ["'uart.driver' is '../cmsdk', but must match"]),
        ("window = ", "# window = ", ["'secondary.window' is missing"]),
    ],
)
def test_a_wrong_board_file_is_named_with_its_key(tmp_path, old, new, words):
    text = (CATALOGUE / "qemu-m4.toml").read_text()
    assert old in text
    path = tmp_path / "qemu-m4.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(BoardError) as caught:
        load_board(path)
    message = str(caught.value)
    assert caught.value.exit_code == 5 and "\n" not in message
    assert all(word in message for word in ["qemu-m4.toml", *words]), message


def test_a_board_that_is_not_there(tmp_path):
    with pytest.raises(BoardError, match="did you mean 'qemu-m4'.*qemu-m33, qemu-m4, qemu-m55"):
        load_board("qemu-m5_4")
    with pytest.raises(BoardError, match="nowhere.toml: cannot be read"):
        load_board(tmp_path / "nowhere.toml")
    assert "qemu-m55" in board_names()


def test_imgtool_accepts_our_image_and_we_read_what_imgtool_says(tmp_path):
    from click.testing import CliRunner
    from imgtool.main import imgtool

    image = make_image(firmware(M4), M4, "1.2.3")
    path = tmp_path / "image.bin"
    path.write_bytes(image)
    told = CliRunner().invoke(imgtool, ["verify", str(path)]).output
    about = read_image(image)
    assert "Image was correctly validated" in told
    assert f"Image digest: {about.hash.hex()}" in told and "Image version: 1.2.3+0" in told
    assert (about.version, about.size, about.address) == ("1.2.3", len(image), M4.slot_address)
    assert read_image(image + b"\xff" * 1000) == about  # the slot is larger than the image
    assert make_image(firmware(M4), M4, "1.2.3") == image  # the same input gives the same bytes


def test_an_image_too_big_is_refused_with_the_sizes():
    big = firmware(M4, padding=M4.code_limit)
    with pytest.raises(ImageError, match=f"too big for qemu-m4: {len(big)} bytes .* holds {M4.code_limit}") as caught:
        make_image(big, M4)
    assert caught.value.exit_code == 6
    with pytest.raises(ImageError, match="qemu-m4"):  # the image fits, but its hash does not
        make_image(big[: M4.code_limit - 8], M4)


IMAGE = make_image(firmware(M4, padding=2000), M4)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(IMAGE) * 8 - 1))
def test_any_flipped_bit_is_found(bit):
    damaged = bytearray(IMAGE)
    damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ImageError):
        read_image(bytes(damaged))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600), st.integers(0, len(IMAGE)))
def test_no_bytes_make_the_reader_fail_otherwise(junk, cut):
    for data in (junk, IMAGE[:cut] + junk if cut < len(IMAGE) else junk, IMAGE[:28] + junk):
        with pytest.raises(ImageError):
            read_image(data)


def test_an_image_for_another_board_is_refused():
    with pytest.raises(
        ImageError, match="built to run at 0x10010000, but qemu-m4's slot is at 0x10000; export it for this board"
    ):
        check_for_board(make_image(firmware(load_board("qemu-m33")), load_board("qemu-m33")), M4)


def test_code_linked_for_another_board_is_refused():
    with pytest.raises(ImageError, match="initial stack pointer 0x38040000 is not in qemu-m4's RAM"):
        make_image(firmware(load_board("qemu-m33")), M4)


def test_port_not_there_not_a_port_and_busy(tmp_path):
    with pytest.raises(PortError, match="^/dev/ttyNOT0: no such port") as caught:
        ports.open_port("/dev/ttyNOT0", 115200)
    assert caught.value.exit_code == 7
    file = tmp_path / "file"
    file.write_text("")
    for path in (file, tmp_path):
        with pytest.raises(PortError, match="not a serial port"):
            ports.open_port(str(path), 115200)
    master, slave = pty.openpty()
    with ports.open_port(os.ttyname(slave), 115200):
        with pytest.raises(PortError, match=f"^{os.ttyname(slave)}: the port is busy; close the program"):
            ports.open_port(os.ttyname(slave), 115200)
    os.close(slave), os.close(master)


def test_port_without_permission():
    """If the tests run as root, the child process switches to the user nobody, because root can open every port."""
    import serial  # noqa: F401 - imported before the child changes its user

    master, slave = pty.openpty()
    os.chmod(os.ttyname(slave), 0)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setuid(65534)
            ports.open_port(os.ttyname(slave), 115200)
        except PortError as error:
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    with open(read) as said:
        assert f"{os.ttyname(slave)}: permission denied; on Debian, run 'sudo usermod -aG dialout" in said.read()
    os.close(slave), os.close(master)


def test_one_port_is_taken_several_are_listed_and_none_is_told(monkeypatch):
    """The system's list of ports is replaced, because the test machine has no USB devices."""
    from serial.tools import list_ports, list_ports_common

    def plugged(*names):
        infos = []
        for name in names:
            infos.append(list_ports_common.ListPortInfo(name))
            infos[-1].vid, infos[-1].description = (0x1234 if "USB" in name else None), "a cable"
        monkeypatch.setattr(list_ports, "comports", lambda: infos)

    plugged("/dev/ttyS0", "/dev/ttyUSB0")
    assert ports.find_port() == "/dev/ttyUSB0"
    plugged("/dev/ttyS0")
    with pytest.raises(PortError, match="no serial port found"):
        ports.find_port()
    plugged("/dev/ttyUSB1", "/dev/ttyUSB0")
    with pytest.raises(PortError, match=r"choose one with --port: /dev/ttyUSB0 \(a cable\), /dev/ttyUSB1"):
        ports.find_port()


def test_receive_waits_no_longer_than_told():
    master, slave = pty.openpty()
    with ports.open_port(os.ttyname(slave), 115200) as port:
        started = time.monotonic()
        assert ports.receive(port, 0.2) == b""
        assert 0.15 < time.monotonic() - started < 10
    os.close(slave), os.close(master)


def test_a_board_without_a_serial_path_says_what_works(tmp_path):
    for board in all_boards():
        if board.protocol != "none":
            require_protocol(board)
        else:
            with pytest.raises(
                BoardError, match=f"ticktalk cannot flash {board.name} over a serial port: .{{40}}"
            ) as caught:
                require_protocol(board)
            assert caught.value.exit_code == 5 and board.instead in str(caught.value)
    text = (CATALOGUE / "pinetime.toml").read_text()
    (tmp_path / "pinetime.toml").write_text(
        "\n".join(line for line in text.splitlines() if not line.startswith("instead"))
    )
    with pytest.raises(BoardError, match="'instead' is missing"):
        load_board(tmp_path / "pinetime.toml")


def test_every_board_says_how_it_was_checked_and_by_what():
    names = {board.name for board in all_boards()}
    assert names >= {
        "stm32u5a9j-dk",
        "nucleo-l4r5zi",
        "nrf5340-audio-dk",
        "zswatch",
        "t-watch-s3",
        "pebble-time-2",
        "apollo4-blue-plus-evb",
        "apollo510-evb",
        "alif-e7",
        "pico",
        "pinetime",
        "bangle-js-2",
    }
    for board in all_boards():
        assert board.provenance.checked and board.provenance.sources and board.boot_entry and board.audio
        assert board.uart or "not tested on hardware" in board.provenance.checked


def test_the_protocols_are_listed_once():
    """Apart from the modules in a protocol's own folder, only one module in boards/ may name the protocol."""
    listing = BOARDS / "protocols" / "__init__.py"
    for file in BOARDS.rglob("*.py"):
        texts = {node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant)}
        named = set(PROTOCOLS) & {text for text in texts if isinstance(text, str)}
        own = {name for name in PROTOCOLS if BOARDS / "protocols" / name in file.parents}
        assert named == set(PROTOCOLS) if file == listing else named <= own, f"{file} names {named}"


def test_each_protocol_has_a_folder_and_what_the_list_says_of_it():
    folders = {file.parent.name for file in BOARDS.glob("protocols/*/__init__.py")}
    assert folders == set(PROTOCOLS)
    for name, protocol in PROTOCOLS.items():
        assert protocol.name == name and callable(protocol.part("line_seconds"))
        loader = protocol.part(protocol.loader)
        assert all(callable(getattr(loader, step)) for step in ("probe", "runs", "keeps", "write", "verify", "start"))
        assert not protocol.simulated or callable(watch_of(name))
    assert {board.protocol for board in all_boards()} <= {*PROTOCOLS, NONE}


def test_reading_board_files_loads_no_protocol():
    program = (
        "import sys\nfrom ticktalk.boards.board import all_boards; all_boards()\n"
        "print(*(name for name in sys.modules if name.startswith('ticktalk.boards.protocols.')))"
    )
    assert not subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()


def test_every_protocol_says_what_it_cannot_do_and_is_timed_if_it_is_ours():
    from ticktalk.bench.line_speed import MEASURED, measured

    for protocol in PROTOCOLS.values():
        assert protocol.cannot and (protocol.simulated or protocol.tool or protocol.drive)
    assert set(measured()) == set(MEASURED) and {load_board(MEASURED[name][0]).protocol for name in MEASURED} == set(
        MEASURED
    )
