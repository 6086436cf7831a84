"""Test SMP: framing, the boot loader's strict checks, and uploads over a line that loses and corrupts bytes.

The framing is compared with that of the `smp` package.
"""

import hashlib
import os
import pty
import random
import select
import threading
import time
import tty

import cbor2
import pytest
import smp.image_management
import smp.os_management
import smp.packet
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.watch_firmware import firmware
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.images.mcuboot import make_image
from ticktalk.boards.ports import open_port
from ticktalk.boards.protocols.smp import frames
from ticktalk.boards.protocols.smp.client import SmpClient, chunk, upload_cost
from ticktalk.boards.virtual.bootloaders.smp import SmpServer
from ticktalk.boards.virtual.mcuboot import BootLoader
from ticktalk.boards.virtual.nor_flash import PAGE, FlashError, Slot, VirtualFlash

M4 = load_board("qemu-m4")
bodies = st.binary(max_size=900)


def server_of(flash, **options):
    """Return the boot loader of a device with a single slot."""
    return SmpServer(BootLoader(M4, Slot(flash, 0, flash.size), None), **options)


def packet(op, group, command, body, sequence=7):
    data = cbor2.dumps(body) if isinstance(body, dict) else body
    return frames.Header(op, 1, len(data), group, sequence, command).pack() + data


def ask(server, op, group, command, body):
    """Return the CBOR map in the server's response, or None if there is no response."""
    answers = frames.Decoder().feed(server.feed(frames.encode(packet(op, group, command, body))))
    return cbor2.loads(answers[0][8:]) if answers else None


@given(bodies)
def test_the_smp_package_and_we_frame_alike(body):
    whole = packet(frames.WRITE, 1, 1, body)
    ours = frames.encode(whole)
    assert ours == b"".join(smp.packet.encode(whole, line_length=128))
    assert frames.encoded_size(len(whole)) == len(ours)
    assert max(map(len, ours.splitlines(keepends=True))) <= 127
    decoder = smp.packet.decode()
    next(decoder)
    with pytest.raises(StopIteration) as stop:
        for line in ours.splitlines(keepends=True):
            decoder.send(line)
    assert stop.value.value == whole
    assert frames.Decoder(line=128).feed(ours) == [whole]


def test_the_smp_package_reads_our_upload_request():
    image = bytes(range(256)) * 9
    first = smp.image_management.ImageUploadWriteRequest.loads(packet(frames.WRITE, 1, 1, chunk(image, 0, 1024)))
    assert (first.off, first.len, first.image, first.data) == (0, len(image), 0, image[: len(first.data)])
    assert len(first.data) > 900 and len(frames.encode(first.BYTES)) > 0 and len(first.BYTES) + 4 <= 1024


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])  # slow on a busy machine
@given(bodies, bodies, st.binary(max_size=60), st.data())
def test_noise_and_cuts_never_make_another_packet(one, two, noise, data):
    first, second = packet(0, 0, 0, one), packet(2, 1, 1, two)
    wire = bytearray(frames.encode(first))
    bit = data.draw(st.integers(0, len(wire) * 8 - 1))
    wire[bit // 8] ^= 1 << bit % 8
    decoder, got, stream = frames.Decoder(), [], noise + b"\n" + bytes(wire) + b"\n" + frames.encode(second)
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        got += decoder.feed(stream[:size])
        stream = stream[size:]
    assert got[-1] == second  # the decoder has resynchronised
    assert set(got[:-1]) <= {first}  # only frames that were sent


BEFORE = {
    "a prompt": b"uart:~$ ",
    "colours": b"\x1b[1;32m\x1b[0m",
    "NUL": b"\0",
    "CR": b"\r",
    "a log line without a newline": b"[00:00:01.250,000] <inf> boot: slot 0 is valid",
    "half a marker": b"\x06\x04",
    "a marker without a frame": b"\x06\x09 \x04\x14 ",
}


@pytest.mark.parametrize("before", BEFORE.values(), ids=BEFORE)
@pytest.mark.parametrize("size", [1, 7, 4096], ids="{} bytes a read".format)
def test_a_frame_is_found_wherever_in_a_line_it_begins(before, size):
    first, second = packet(1, 0, 0, bytes(300)), packet(3, 1, 1, b"\xa0")
    lines = (frames.encode(first) + frames.encode(second)).splitlines(keepends=True)
    stream = b"".join(before + line for line in lines)
    decoder = frames.Decoder()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [got for piece in pieces for got in decoder.feed(piece)] == [first, second]


def test_a_log_between_the_answers_costs_no_time(flash):
    """Each lost response would cause a timeout of at least a second."""

    def chatty(data):
        return b"".join(b"\x1b[0muart:~$ " + line for line in data.splitlines(keepends=True))

    with Device(flash, answer_fault=chatty) as path, open_port(path, 921600) as port:
        client = SmpClient(port)
        client.upload(IMAGE, buffer=1024)
        assert client.resent == 0
    assert flash.read(0, len(IMAGE)) == IMAGE


def test_text_without_a_newline_is_not_kept():
    decoder = frames.Decoder()
    for _ in range(1000):
        assert decoder.feed(b"no newline " * 100) == []
    assert decoder.feed(frames.encode(packet(1, 0, 0, b""))) == [packet(1, 0, 0, b"")]


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_the_boot_loader_survives_any_bytes(tmp_path_factory, pieces):
    flash = VirtualFlash(tmp_path_factory.mktemp("flash") / "flash", 2 * PAGE)
    server = server_of(flash)
    for piece in pieces:
        server.feed(piece)
        for command in (0, 1, 5, 6, 99):
            server.feed(frames.encode(packet(frames.WRITE, 1, command, piece)))
            server.feed(frames.encode(packet(frames.READ, 0, command, piece)))
    assert ask(server, frames.WRITE, 0, 0, {"d": "still here"}) == {"r": "still here"}
    flash.close()


@pytest.fixture
def flash(tmp_path):
    made = VirtualFlash(tmp_path / "flash", M4.slot_size)
    yield made
    made.close()


def upload(server, **body):
    return ask(server, frames.WRITE, frames.IMAGE, frames.UPLOAD, body)


def test_flash_must_be_erased_and_written_in_words(flash):
    flash.program(8, b"abcd")
    with pytest.raises(FlashError, match="not erased"):
        flash.program(8, b"efgh")
    for offset, data in ((2, b"abcd"), (0, b"abc")):
        with pytest.raises(FlashError, match="words"):
            flash.program(offset, data)
    with pytest.raises(FlashError, match="past the end of the flash"):
        flash.program(M4.slot_size, b"abcd")
    with pytest.raises(FlashError, match="pages"):
        flash.erase(0, 100)
    flash.erase(0, PAGE)
    flash.program(8, b"efgh")
    assert flash.read(8, 4) == b"efgh"


def test_the_boot_loader_is_strict(flash):
    server = server_of(flash)
    invalid = {"rc": 3}
    assert upload(server, off=4, data=b"late") == {"rc": 0, "off": 0}  # no upload has begun
    assert upload(server, off=0, data=b"abcd") == invalid  # no length
    assert upload(server, off=0, len=M4.slot_size + 1, data=b"abcd") == invalid
    assert upload(server, off=0, len=8, data="text") == invalid
    assert upload(server, off=-1, len=8, data=b"abcd") == invalid
    assert upload(server, off=0, len=8, image=2, data=b"abcd") == {"rc": 5}
    assert upload(server, off=0, len=10, data=b"abcdef") == {
        "rc": 0,
        "off": 4,
    }  # the last two bytes do not fill a word, so they must be sent again
    assert upload(server, off=0xFFFF, data=b"efgh") == {
        "rc": 0,
        "off": 4,
    }  # the response to a wrong offset contains the correct one
    assert upload(server, off=4, data=b"efghijk") == invalid  # beyond the announced length
    assert upload(server, off=4, data=b"efghij") == {"rc": 0, "off": 10}
    assert flash.read(0, 13) == b"abcdefghij\xff\xff\xff"
    assert ask(server, frames.READ, frames.IMAGE, frames.STATE, {}) == {"images": []}
    assert ask(server, frames.WRITE, frames.IMAGE, frames.STATE, {"confirm": True}) == {"rc": 8}
    assert ask(server, frames.WRITE, frames.IMAGE, frames.ERASE, {}) == {"rc": 8}
    assert ask(server, frames.READ, 64, 0, {}) == invalid
    assert ask(server, frames.READ, 64, 2, {}) == {"rc": 8}
    assert ask(server, frames.WRITE, frames.OS, frames.ECHO, {"d": "x" * 300}) == {"rc": 2}
    assert ask(server, frames.WRITE, frames.OS, frames.ECHO, b"\xff\xff") == invalid


def test_the_boot_loader_drops_what_does_not_fit(flash):
    server = server_of(flash, buffer=256)
    assert ask(server, frames.READ, frames.OS, frames.PARAMETERS, {}) == {"buf_size": 256, "buf_count": 1}
    assert upload(server, off=0, len=400, data=bytes(300)) is None
    exact = packet(frames.WRITE, 0, 99, bytes(256 - 4 - 8))
    assert server.feed(frames.encode(exact)) and not server.feed(frames.encode(exact + b"x"))
    long_line = frames.encode(packet(frames.READ, 0, 6, {"d": "x" * 120}), line=200)
    assert not server.feed(long_line)
    assert ask(server, frames.READ, frames.OS, frames.PARAMETERS, {})


@pytest.fixture
def two_slots(flash):
    """Return (server, boot loader) for a device with a secondary slot."""
    half = M4.slot_size // 2
    loader = BootLoader(M4, Slot(flash, 0, half), Slot(flash, half, half))
    flash.program(0, bytes(range(256)) * 64)
    return SmpServer(loader, buffer=8192), loader


def test_hashes_are_of_whole_blocks_or_flash_could_be_read_by_them(two_slots):
    server, loader = two_slots

    def hash_of(offset, length, slot=0):
        return ask(server, frames.READ, frames.OURS, frames.RANGE_HASH, {"slot": slot, "off": offset, "len": length})

    for offset, length in ((0, 1), (0, 0), (0, 4095), (0, 4097), (1, 4096), (4, 4092), (2048, 4096), (0, 6144)):
        assert hash_of(offset, length) == {"rc": 3}
    for slot in (0, 1):
        for offset, length in ((0, 4096), (4096, 8192)):
            held = (loader.primary, loader.secondary)[slot].read(offset, length)
            assert hash_of(offset, length, slot) == {"sha": hashlib.sha256(held).digest()}
    assert hash_of(loader.primary.size, 4096) == {"rc": 5}


def test_only_whole_blocks_are_copied_into_an_upload(two_slots):
    """If copying part of a block were allowed, a host could read the flash byte by byte.

    The host could make the device copy one byte into an image, and then ask whether the image is valid.
    """
    server, loader = two_slots
    assert upload(server, off=0, len=9000, image=2, data=bytes(4092)) == {"rc": 0, "off": 4092}

    def copy(offset, length):
        return ask(server, frames.WRITE, frames.OURS, frames.COPY, {"off": offset, "len": length})

    assert copy(4092, 4) == copy(4092, 4096) == copy(4092, 0) == {"rc": 3}
    assert upload(server, off=4092, data=bytes(4)) == {"rc": 0, "off": 4096}
    assert copy(4096, 4) == copy(4096, 4097) == {"rc": 3}
    assert copy(4096, 4096) == {"rc": 0, "off": 8192}
    assert loader.secondary.read(0, 8192) == bytes(4096) + bytes(range(256)) * 16


class Device:
    """A boot loader on a pty. `fault` may alter the bytes of each read, and `answer_fault` may alter each response.

    After `restart`, the boot loader no longer knows about its upload, as after a power cut.
    """

    def __init__(self, flash, fault=lambda data: data, answer_fault=lambda data: data):
        self.server, self._flash = server_of(flash), flash
        self._fault, self._answer_fault = fault, answer_fault
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self):
        self._thread.start()
        return os.ttyname(self._slave)

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        os.close(self._slave), os.close(self._master)

    def restart(self):
        self.server = server_of(self._flash)

    def _run(self):
        while not self._stop.is_set():
            if select.select([self._master], [], [], 0.02)[0]:
                answer = self.server.feed(self._fault(os.read(self._master, 4096)))
                os.write(self._master, self._answer_fault(answer))


@pytest.fixture
def quick(monkeypatch):
    """Shorten the timeouts, because the simulated line has no delay."""
    monkeypatch.setattr("ticktalk.boards.protocols.smp.client.TIMEOUT", 0.05)
    monkeypatch.setattr("ticktalk.boards.protocols.smp.client.ERASE_TIMEOUT", 0.3)
    monkeypatch.setattr("ticktalk.boards.protocols.smp.client.TRIES", 8)


IMAGE = make_image(firmware(M4, padding=30_000), M4)


@pytest.mark.parametrize("seed", range(4))
def test_upload_over_a_line_that_loses_and_flips(flash, quick, seed):
    chance = random.Random(seed)

    def fault(data):
        if chance.random() < 0.1:
            return b""
        if data and chance.random() < 0.1:
            data = bytearray(data)
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(data)

    with Device(flash, fault, fault) as path, open_port(path, 921600) as port:
        client = SmpClient(port)
        client.upload(IMAGE, buffer=1024)
        assert client.resent > 0
        assert flash.read(0, len(IMAGE)) == IMAGE


def test_an_upload_that_ended_within_a_block_goes_on_with_bytes_until_it_is_whole(flash, two_slots):
    server, loader = two_slots
    image = bytes(4096) + loader.primary.read(4096, 8192) + b"the end."
    device, copies = Device(flash), [range(4096, 12288)]
    device.server = server
    with device as path, open_port(path, 921600) as port:
        client = SmpClient(port)
        assert upload(server, off=0, len=len(image), image=2, data=image[:5000]) == {"rc": 0, "off": 5000}
        client.upload(image, buffer=1024, slot=2, start=5000, copies=copies)
    assert loader.secondary.read(0, len(image)) == image
    assert client.wire < 6000  # the rest of one block was sent, and the other block was copied


def test_upload_follows_a_device_that_starts_over(flash, quick):
    device = Device(flash)
    with device as path, open_port(path, 115200) as port:
        seen = []

        def progress(done, total):
            seen.append(done)
            if len(seen) == 10:
                device.restart()

        SmpClient(port).upload(IMAGE, progress)
        assert seen != sorted(seen) and seen[-1] == len(IMAGE)
        assert flash.read(0, len(IMAGE)) == IMAGE


def test_echo_parameters_and_refusals(flash):
    with Device(flash) as path, open_port(path, 115200) as port:
        client = SmpClient(port)
        assert client.echo("hello") == "hello"
        assert client.parameters() == {"buf_size": 1024, "buf_count": 1}
        assert client.images() == []
        with pytest.raises(DeviceError, match=f"^{path}: the boot loader refused upload at 0: invalid value"):
            client.upload(bytes(M4.slot_size + 1))


def test_a_boot_loader_that_never_takes_a_byte_is_given_up(flash):
    device = Device(flash)
    device.server._take = lambda data: {"rc": 0, "off": 0}
    with device as path, open_port(path, 115200) as port:
        with pytest.raises(DeviceError, match="the upload is stuck at byte 0 of"):
            SmpClient(port).upload(IMAGE)


def test_a_silent_device_is_named_with_what_was_awaited(quick):
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    with open_port(path, 115200) as port:
        started = time.monotonic()
        with pytest.raises(DeviceError, match=f"^{path}: no response to parameters after 3 tries") as caught:
            SmpClient(port).parameters(timeout=0.1, tries=3)
        assert caught.value.exit_code == 8 and time.monotonic() - started < 15
    os.close(slave), os.close(master)


def test_a_device_that_stops_answering_mid_upload(flash, quick):
    count = [0]

    def dies(data):
        count[0] += len(data)
        return data if count[0] < 10_000 else b""

    with Device(flash, dies) as path, open_port(path, 115200) as port:
        with pytest.raises(DeviceError, match=r"no response to upload at \d+ after"):
            SmpClient(port).upload(IMAGE)


def test_the_planned_cost_is_what_an_upload_costs(flash):
    sent = [0]

    def count(data):
        sent[0] += len(data)
        return data

    with Device(flash, count) as path, open_port(path, 115200) as port:
        SmpClient(port).upload(IMAGE, buffer=1024)
    planned, trips = upload_cost(len(IMAGE), 1024)
    assert sent[0] <= planned < sent[0] * 1.1 and trips == -(-len(IMAGE) // 992)
