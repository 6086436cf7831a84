"""Test which port is chosen, and that a port that is opened again is that of the same device."""

import json
import termios
from dataclasses import replace

import pytest
from serial.tools.list_ports_common import ListPortInfo

from ticktalk.boards import ports
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import UnpluggedError
from ticktalk.system.home import state_folder

M4 = load_board("qemu-m4")
pytestmark = pytest.mark.usefixtures("home")


def usb_port(path, vid, pid, number, interface=""):
    """Return a port as the system would list it. The test machine has no USB devices."""
    info = ListPortInfo(path)
    info.vid, info.pid, info.serial_number, info.description = vid, pid, number, "a cable"
    info.location = f"1-2:1.{interface}" if interface else "1-2"
    return info


@pytest.fixture
def plugged(monkeypatch):
    """Return the list of USB ports that the system reports. Tests modify this list."""
    found = []
    monkeypatch.setattr("serial.tools.list_ports.comports", lambda: found)
    return found


def test_a_port_is_remembered_and_never_guessed(plugged):
    plugged += [
        usb_port("/dev/ttyACM0", 0x0483, 0x374E, "A"),
        usb_port("/dev/ttyACM1", 0x0483, 0x374E, "B"),
        usb_port("/dev/ttyUSB0", 0x1A86, 0x7523, None),
    ]
    board = replace(M4, usb=("0483:374e",))
    with pytest.raises(ports.PortError, match=r"choose one with --port: /dev/ttyACM0 \(a cable\), /dev/ttyACM1"):
        ports.find_port(board)
    assert ports.find_port(replace(M4, usb=("1a86:7523",))) == "/dev/ttyUSB0"
    with pytest.raises(ports.PortError, match="no serial port with USB ID 1234:5678 found"):
        ports.find_port(replace(M4, usb=("1234:5678",)))
    ports.remember(board, "/dev/ttyACM1")
    assert ports.find_port(board) == "/dev/ttyACM1"
    plugged[0].device, plugged[1].device = plugged[1].device, plugged[0].device  # the ports swap their names
    assert ports.find_port(board) == "/dev/ttyACM0" and ports.device_name("/dev/ttyACM0") == "0483:374e:B"
    del plugged[1]  # the saved port is unplugged, and another port remains
    assert ports.find_port(board) == "/dev/ttyACM1"
    ports.remember(replace(M4, name="other"), "/dev/ttyUSB0")  # for a device without a serial number, no port is saved
    assert set(json.loads((state_folder() / "ports.json").read_text())) == {"qemu-m4"}


class Reopened:
    """Imitate the part of serial.Serial that `open_again` uses."""

    def __init__(self, port, fails=0):
        self.port, self.is_open, self._fails = port, True, fails

    def close(self):
        self.is_open = False

    def open(self):
        self._fails -= 1
        if self._fails >= 0:
            raise termios.error(5, "Input/output error")  # pyserial does not catch this error
        self.is_open = True


def test_what_is_opened_again_is_the_same_device(plugged):
    plugged += [usb_port("/dev/ttyACM0", 0x1366, 0x1061, "7", "0"), usb_port("/dev/ttyACM1", 0x1366, 0x1061, "7", "2")]
    name, port = ports.device_name("/dev/ttyACM1"), Reopened("/dev/ttyACM1", fails=2)
    ports.open_again(port, name, 1)
    assert port.port == "/dev/ttyACM1" and port.is_open  # the same interface of the device, not the first one
    plugged[1].device = "/dev/ttyACM4"
    ports.open_again(port, name, 0)
    assert port.port == "/dev/ttyACM4"
    plugged[:] = [usb_port("/dev/ttyACM4", 0x1366, 0x1061, "8", "2")]  # another watch has been connected instead
    with pytest.raises(UnpluggedError, match="^/dev/ttyACM4: no such port"):
        ports.open_again(port, name, 0)
    assert not port.is_open
    plain = Reopened("/dev/ttyS0")
    ports.open_again(plain, ports.device_name("/dev/ttyS0"), 0)
    assert plain.port == "/dev/ttyS0" and plain.is_open
