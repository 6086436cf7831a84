"""The flashing engine: regions, what is skipped, resuming, faults on the line and in the device, signatures."""

import json
import os
import random
import shutil
from collections import Counter
from dataclasses import replace

import pytest

from boards import journal, ports
from boards.board import load_board
from boards.errors import BoardsError, DeviceError, ImageError, VerifyError
from boards.faults import FaultError, Faults, PowerCut, parse
from boards.flash import flash, plan
from boards.image import check_signature, make_image, read_image
from boards.keys import make_key, public_key
from boards.mcuboot import BootLoader
from boards.regions import regions
from boards.simulated import SimulatedDevice
from boards.simulated_watch import smp_watch
from boards.virtual_flash import Slot, VirtualFlash
from boards.virtual_watch import VirtualWatch

from .watch_firmware import firmware, voiced

M4 = load_board("qemu-m4")
VOICE = bytes(range(256)) * 400
OTHER = bytes(reversed(range(256))) * 400


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Nothing of the user's own is read or written."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def file_of(tmp_path):
    def write(image, name="image.bin"):
        (tmp_path / name).write_bytes(image)
        return tmp_path / name
    return write


def test_an_image_is_cut_where_the_linker_says():
    image = make_image(voiced(M4, voice=VOICE), M4)
    start, voice, code = regions(image, M4.page_size)
    assert (start.name, voice.name, code.name) == ("start", "voice", "code")
    assert image[voice.offset:voice.end] == VOICE and (start.offset, voice.end, code.end) == (0, code.offset, len(image))
    other = regions(make_image(voiced(M4, "newer", VOICE), M4), M4.page_size)
    assert other[1] == voice and other[0] != start and other[2] != code
    assert [part.name for part in regions(make_image(firmware(M4, padding=9000), M4), M4.page_size)] == ["firmware"]
    for at in (4080, 4084, 4088, 4092):              # a mark that points anywhere is no mark
        damaged = image[:at] + b"\x7f\x7f\x7f\x7f" + image[at + 4:]
        assert [part.name for part in regions(damaged, M4.page_size)] == ["firmware"]


def test_a_code_change_sends_no_voice_and_the_same_image_nothing(tmp_path, file_of):
    old = file_of(make_image(voiced(M4, voice=VOICE), M4), "old.bin")
    new = file_of(make_image(voiced(M4, "newer", VOICE), M4), "new.bin")
    first = flash(old, M4, flash_file=tmp_path / "flash")
    assert first["skipped"] == [] and first["sent_bytes"] == first["bytes"] and first["wire_bytes"] > first["bytes"]
    second = flash(new, M4, flash_file=tmp_path / "flash")
    assert second["skipped"] == ["voice"] and second["banner"]["name"] == "newer"
    assert second["wire_bytes"] < 0.12 * first["wire_bytes"]        # of a voice as small as this one
    assert (tmp_path / "flash").read_bytes()[:new.stat().st_size] == new.read_bytes()
    third = flash(new, M4, flash_file=tmp_path / "flash")
    assert third["sent_bytes"] == 0 and third["banner"]["name"] == "newer"
    fourth = flash(file_of(make_image(voiced(M4, "newer", OTHER), M4)), M4, flash_file=tmp_path / "flash")
    assert fourth["skipped"] == []                                  # the code region ends with the hash
    assert (tmp_path / "flash").read_bytes()[4096:4096 + len(OTHER)] == OTHER


def test_stock_mcuboot_gets_everything(tmp_path, file_of, monkeypatch):
    from boards.smp_server import SmpServer
    init = SmpServer.__init__
    monkeypatch.setattr(SmpServer, "__init__", lambda *args, **kwargs: init(*args, **kwargs, extended=False))
    for name in ("old", "new"):
        result = flash(file_of(make_image(voiced(M4, name, VOICE), M4)), M4, flash_file=tmp_path / "flash")
        assert result["skipped"] == [] and result["banner"]["name"] == name


def test_the_plan_names_bytes_minutes_and_hash_of_each_region():
    image = make_image(voiced(M4, voice=VOICE), M4)
    planned = plan(image, M4)
    assert [part["name"] for part in planned["regions"]] == ["start", "voice", "code"]
    assert sum(part["bytes"] for part in planned["regions"]) == len(image) and not planned["in_place"]
    assert planned["regions"][1]["address"] == M4.spare_address + 4096 and planned["regions"][1]["seconds"] > 10
    assert json.loads(json.dumps(planned)) == planned


# A small device, so that a thousand runs are minutes.
SMALL = replace(M4, name="small", slot_size=0x1_4000, spare_address=0xA000_0000)
IMAGES = {name: make_image(voiced(SMALL, name, VOICE[:0x4000]), SMALL) for name in ("old", "new")}


@pytest.fixture
def quick(monkeypatch):
    """Shorter patience: these lines have no length."""
    for module, name, seconds in (("smp_serial", "TIMEOUT", 0.06), ("smp_serial", "ERASE_TIMEOUT", 0.3), ("smp_loader", "PROBE", 0.06),
                                  ("flash", "PROBE", 0.06), ("flash", "IDENTIFY", 1.0), ("flash", "START", 0.5)):
        monkeypatch.setattr(f"boards.{module}.{name}", seconds)


def with_old(watch):
    """The old image runs, as if it had been flashed last year."""
    watch.loader.primary.erase()
    data = IMAGES["old"]
    watch.loader.primary.program(0, data + b"\xff" * (-len(data) % watch.flash.word))
    return watch


def booted(watch) -> str:
    """Which image starts when the power comes back."""
    watch.flash.faults = Faults()
    hash = watch.loader.boot().hash
    return next(name for name, image in IMAGES.items() if read_image(image).hash == hash)


def random_script(chance: random.Random, size: int) -> str:
    """One to four faults somewhere in an update that takes about `size` bytes on the line."""
    kinds = ["drop", "duplicate", "flip", "delay", "unplug", "cut", "drop-back", "duplicate-back", "flip-back", "nack", "erase-cut", "write-cut"]
    faults = []
    for kind in chance.choices(kinds, k=chance.randint(1, 4)):
        span = {"nack": 60, "erase-cut": 30, "write-cut": 400}.get(kind, size // 10 if kind.endswith("back") else size)
        amount = {"drop": f":{chance.choice((1, 1, 2, 40))}", "flip": f":{chance.randrange(8)}", "flip-back": f":{chance.randrange(8)}",
                  "delay": ":20", "unplug": ":5"}.get(kind, "")
        faults.append(f"{kind}@{chance.randrange(span)}{amount}")
    return " ".join(faults)


def run(make_watch, folder, script: str, file) -> tuple[str, str]:
    """(how `flash` ended, what boots afterwards) of one update from old to new with these faults."""
    faults = Faults()
    watch = with_old(make_watch(SMALL, folder, faults))
    faults.__init__(parse(script))
    try:
        with SimulatedDevice(watch, faults) as device:
            try:
                flash(file, SMALL, device.path, expect={"build": read_image(IMAGES["new"]).hash.hex()})
                outcome = "verified"
            except BoardsError as error:
                assert str(error).startswith(device.path) and "\n" not in str(error)
                outcome = str(error).removeprefix(device.path)
        if device.failure:
            raise device.failure
        return outcome, booted(watch)
    finally:
        watch.flash.close()


RUNS = int(os.environ.get("TICKTALK_FAULT_RUNS", 10))


def test_random_faults_never_end_in_a_brick_or_a_false_success(tmp_path, quick, file_of):
    file, seen = file_of(IMAGES["new"]), Counter()
    for seed in range(RUNS):
        script = random_script(random.Random(seed), 40_000)
        folder = tmp_path / str(seed)
        folder.mkdir()
        outcome, boots = run(smp_watch, folder, script, file)
        assert outcome != "verified" or boots == "new", (seed, script)
        seen[outcome == "verified", boots] += 1
        shutil.rmtree(folder)
    print(dict(seen))
    assert seen[True, "new"] > RUNS / 3
