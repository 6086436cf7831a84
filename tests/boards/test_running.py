"""After the restart, either a hash proves that the new image is running, or `flash` reports that this is not proven."""

import json
from dataclasses import replace
from functools import partial

import pytest
from typer.testing import CliRunner

from tests.support.hand_made import body_of, hand_made
from tests.support.watch_firmware import BUILD, voiced
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.boards.errors import VerifyError
from ticktalk.boards.flash import flash
from ticktalk.boards.flash.running import announced
from ticktalk.boards.images.mcuboot import make_image
from ticktalk.boards.virtual.bootloaders.smp import smp_watch
from ticktalk.boards.virtual.pty_device import SimulatedDevice
from ticktalk.boards.virtual.simulated_watch import SimulatedWatch
from ticktalk.cli import app
from ticktalk.flashing import UNPROVEN

pytestmark = pytest.mark.usefixtures("home", "quick")
SMALL = replace(load_board("qemu-m4"), name="small", slot_size=0x1_4000, secondary_address=0xA000_0000, secondary=None)
NRF = load_board("nrf5340-audio-dk")


def foreign(board, filling: bytes = b"new") -> bytes:
    """Return an image that contains no ticktalk firmware."""
    return hand_made(board, body=body_of(board) + filling * 1000)


class Mute(SimulatedWatch):
    """A watch whose firmware never sends anything."""

    def _start(self, image) -> bytes:
        return b""

    def _firmware(self, kind: int) -> bytes:
        return b""


class Lists(Mute):
    """A watch with an SMP server in its firmware, or with a boot loader that waits before it starts the image."""

    starts = 0

    def _start(self, image) -> bytes:
        self.starts += 1
        self._server = self._serve()
        return b""


class Announces(SimulatedWatch):
    """A watch whose firmware has a console, but reports only its build and not the running image's hash."""

    build = BUILD  # build of the firmware that is already installed

    def _start(self, image) -> bytes:
        told = announced(self.loader.primary.read()) or {"board": self.board.name, "build": self.build}
        lines = {"product": "ticktalk", "name": "tiny"} | told
        self._banner = frames.encode(
            frames.BANNER, "".join(f"{key}={value}\n" for key, value in lines.items()).encode()
        )
        return self._banner


def watch_of(kind: type[SimulatedWatch], board, folder, old: bytes) -> SimulatedWatch:
    """Return a watch of this kind on which `old` is installed."""
    made = smp_watch(board, folder)
    made.loader.primary.program(0, old + b"\xff" * (-len(old) % made.flash.word))
    return kind(board, made.flash, made.loader, made._serve)


def refuse(watch: SimulatedWatch) -> None:
    """Make the boot loader discard the pending image.

    MCUboot discards an image if its signature is not trusted or its version is older.
    """
    boot = watch.loader.boot

    def boot_the_old():
        watch.loader.secondary.erase()
        return boot()

    watch.loader.boot = boot_the_old


def into_boot_loader(watch: SimulatedWatch) -> None:
    """Start the boot loader once, as if a button were held down. The next reset starts the image."""
    watch.power_on = lambda: setattr(watch, "_server", watch._serve()) or b""


@pytest.fixture
def update(tmp_path, file_of):
    """Return a function that flashes an image onto a watch that is running another image.

    The function returns the result of `flash` and the watch.
    """

    def run(kind, new: bytes, *, old: bytes, board=SMALL, refused: bool = False, pin: bool = True, **options):
        watch = watch_of(kind, board, tmp_path, old)
        if pin:
            into_boot_loader(watch)
        if refused:
            refuse(watch)
        with SimulatedDevice(watch) as device:
            return flash(file_of(new), board, device.path, **options), watch

    return run


def test_a_foreign_image_is_proven_by_the_image_list_after_the_restart(update):
    told, watch = update(Lists, foreign(SMALL), old=foreign(SMALL, b"old"), speaks=False)
    assert told["proven"] and told["banner"] is None
    assert told["running"] == "the image list contains its hash after the restart"
    assert watch.starts == 2  # at the second start, the boot loader does not wait


def test_a_foreign_image_that_is_not_taken_over_is_no_success(update):
    with pytest.raises(VerifyError, match="the image in the image list after the restart has hash"):
        update(Lists, foreign(SMALL), old=foreign(SMALL, b"old"), refused=True, speaks=False)


@pytest.mark.parametrize("refused", [False, True])
def test_what_cannot_be_asked_is_not_said_to_run(update, refused):
    told, _ = update(Mute, foreign(SMALL), old=foreign(SMALL, b"old"), refused=refused, speaks=False)
    assert not told["proven"] and told["running"].startswith(
        "the running image is unknown: no ticktalk firmware responds"
    )


def test_a_build_that_ran_before_proves_nothing_and_another_one_does(update):
    """If the boot loader refuses a later version of the same build, the old version looks like the new one."""
    new, old = (make_image(voiced(SMALL), SMALL, version) for version in ("2.0.0", "1.0.0"))
    told, _ = update(Announces, new, old=old, refused=True)
    assert told["banner"]["build"] == BUILD and not told["proven"] and "may have the same build" in told["running"]


def test_the_same_build_is_proof_where_it_replaced_the_image_that_ran_before(update):
    board = replace(SMALL, secondary_address=None)
    new, old = (make_image(voiced(board), board, version) for version in ("2.0.0", "1.0.0"))
    told, watch = update(Announces, new, old=old, board=board)
    assert told["proven"] and "the previous image was overwritten" in told["running"]
    assert watch.loader.primary.read(0, len(new)) == new


def test_a_build_that_did_not_run_before_is_proof(update, monkeypatch):
    monkeypatch.setattr(Announces, "build", "a" * 64)
    told, _ = update(Announces, make_image(voiced(SMALL), SMALL), old=foreign(SMALL, b"old"), pin=False)
    assert told["proven"] and told["before"]["build"] == "a" * 64 and told["banner"]["build"] == BUILD


@pytest.mark.parametrize("json_wanted", [False, True])
def test_the_command_says_plainly_that_nothing_is_proven(tmp_path, file_of, json_wanted):
    watch = watch_of(Mute, NRF, tmp_path, foreign(NRF, b"old"))
    into_boot_loader(watch)
    line = ["flash", "--board", NRF.name, "--image", str(file_of(foreign(NRF)))]
    with SimulatedDevice(watch) as device:
        done = CliRunner().invoke(app, [*line, "--port", device.path, *["--json"] * json_wanted])
    assert done.exit_code == UNPROVEN == 13, done.stderr
    if json_wanted:
        assert json.loads(done.stdout)["proven"] is False
    else:
        assert "NOT PROVEN to run" in done.stdout and "the running image is unknown" in done.stdout


def test_a_fleet_with_an_error_ends_in_the_errors_code_else_says_what_is_unproven(tmp_path, file_of):
    watch = watch_of(Mute, NRF, tmp_path, foreign(NRF, b"old"))
    into_boot_loader(watch)
    file = file_of(foreign(NRF))
    with SimulatedDevice(watch) as device:
        listed = partial('[[watch]]\nboard = "{}"\nport = "{}"\n'.format, NRF.name)
        for ports, code in (([device.path], UNPROVEN), ([device.path, "/dev/ttyNONE"], 7)):
            (tmp_path / "fleet.toml").write_text("".join(map(listed, ports)))
            done = CliRunner().invoke(app, ["flash", "--fleet", str(tmp_path / "fleet.toml"), "--image", str(file)])
            assert done.exit_code == code, done.stdout + done.stderr
            into_boot_loader(watch)
            watch.power_on()
    assert "NOT PROVEN" in done.stdout
