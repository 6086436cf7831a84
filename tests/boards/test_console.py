"""Test the console client with damaged frames, misbehaving devices, and real firmware in QEMU.

Every kind of request is sent to the firmware.
"""

import os
import pty
import shutil
import struct
import threading
import time
import tty
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.paths import TINY
from tests.support.watch_firmware import BUILD, firmware
from ticktalk.boards.attach import attach
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.boards.console.client import Console
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.images.mcuboot import make_image
from ticktalk.boards.ports import open_port
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.project.build import binary, build
from ticktalk.runtime_sim.speech import speak
from ticktalk.runtime_sim.voice import load_voice

M4 = load_board("qemu-m4")


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])  # slow on a busy machine
@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=4), st.data())
def test_frames_survive_any_cutting(messages, data):
    stream = b"".join(frames.encode(*message) for message in messages)
    decoder, got = frames.Decoder(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        got += decoder.feed(stream[:size])
        stream = stream[size:]
    assert got == messages


@settings(max_examples=200)
@given(st.binary(max_size=200), st.binary(max_size=300), st.data())
def test_a_damaged_frame_is_passed_over(noise, payload, data):
    """After noise and a flipped bit, the decoder resynchronises within the maximum length of a frame."""
    damaged = bytearray(frames.encode(0x82, payload))
    bit = data.draw(st.integers(0, len(damaged) * 8 - 1))
    damaged[bit // 8] ^= 1 << bit % 8
    good = [(0x81, b"good"), (0x84, b"")] * 100
    decoder = frames.Decoder()
    got = decoder.feed(noise + bytes(damaged) + b"".join(frames.encode(*g) for g in good))
    assert (0x82, payload) not in got
    assert got[-2:] == good[-2:] and len(got) >= 1


def test_a_payload_over_the_limit_is_refused():
    assert len(frames.encode(2, bytes(1024))) == 1031
    with pytest.raises(ValueError):
        frames.encode(2, bytes(1025))


@pytest.fixture(scope="module")
def console(tmp_path_factory):
    """Return a console of firmware that supports every request. A virtual watch runs that firmware in QEMU."""
    flash = tmp_path_factory.mktemp("watch") / "flash"
    image = make_image(firmware(M4), M4)
    flash.write_bytes(image + b"\xff" * (M4.slot_size - len(image)))
    with attach(M4, flash_file=flash) as port:
        yield Console(port)


def test_hello(console):
    banner = console.hello(5)
    assert (banner["product"], banner["board"], banner["build"], banner["limit"]) == (
        "ticktalk",
        "qemu-m4",
        BUILD,
        "400",
    )


def test_speak(console):
    blocks = []
    result = console.speak([0, 7, 255, 0], seed=3, on_pcm=blocks.append)
    want = [k * 100 + n for k in (0, 7, 255, 0) for n in range(100)]
    assert list(struct.unpack("<400h", result.pcm)) == want
    assert b"".join(blocks) == result.pcm and len(blocks) == 4
    assert result.instructions > 1000 and result.traces == []


def test_a_hop_that_fits_no_frame_comes_in_several(tmp_path):
    """With the maximum hop (512 samples), the emulated board sends every sample, and every frame is short enough."""
    voice = load_voice(shutil.copytree(TINY, tmp_path / "voice"))
    manifest = voice.path / "voice.toml"
    text = manifest.read_text().replace("hop = 200", "hop = 512").replace("n_fft = 800", "n_fft = 1024")
    manifest.write_text(text)
    voice, ids, blocks = load_voice(voice.path), [0, 3, 7, 0], []
    project = export_voice(voice, M4, tmp_path / "project")
    image = make_image(binary(build(project, "arm")).read_bytes(), M4)
    (tmp_path / "flash").write_bytes(image + b"\xff" * (M4.slot_size - len(image)))
    with attach(M4, flash_file=tmp_path / "flash") as port:
        told = Console(port).speak(ids, seed=1, on_pcm=blocks.append)
    assert told.pcm == speak(voice, ids, seed=1).tobytes() and len(told.pcm) > 1024
    assert {len(block) for block in blocks} == {1020, 4}


def test_tensors_traces_and_dumps(console):
    tensor = bytes(i * 7 & 0xFF for i in range(3000))
    console.write(tensor)
    assert console.read(3000) == tensor
    console.dump(0, 0)
    result = console.run(trace=True)
    after = bytes((b + 1) & 0xFF for b in tensor)
    assert result.dumps == {(0, 0, 0): after}
    assert [(t.graph, t.tensor, t.invocation, t.size, t.crc) for t in result.traces] == [
        (0, 0, 0, 3000, zlib.crc32(after))
    ]
    assert console.read(3000) == after
    assert console.run().dumps == {}


def test_prosody(console):
    console.prosody(384, -3, 128)
    for wrong in (
        (65536, 0, 256),
        (-1, 0, 256),
        (256, 128, 256),
        (256, 0, 70000),
        (256, 0, 256, -1),
    ):  # values out of range
        with pytest.raises(DeviceError, match="PROSODY cannot hold rate"):
            console.prosody(*wrong)


def test_statistics(console):
    assert console.stats() == {"instructions": 12, "stack_bytes": 34, "stack_size": 56, "arena_bytes": 3000}


def test_the_firmwares_refusals_are_told(console):
    with pytest.raises(DeviceError, match="refused WRITE: bad argument"):
        console.write(b"x", input=1)
    with pytest.raises(DeviceError, match="refused READ: bad argument"):
        console.read(4000)
    with pytest.raises(DeviceError, match="do not fit into one SPEAK"):
        console.speak([1] * 1020)
    assert console.hello()["name"] == "tiny"


class Impostor:
    """A device on a real pty that responds to its first request with prepared bytes."""

    def __init__(self, answer):
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self._thread = threading.Thread(target=self._run, args=(answer,), daemon=True)

    def __enter__(self):
        self._thread.start()
        return os.ttyname(self._slave)

    def __exit__(self, *_):
        os.close(self._slave)
        self._thread.join(1)
        os.close(self._master)

    def _run(self, answer):
        try:
            os.read(self._master, 4096)
            os.write(self._master, answer)
        except OSError:
            pass


def pcm(offset, *samples):
    return frames.encode(frames.PCM, struct.pack(f"<I{len(samples)}h", offset, *samples))


def done(samples, data, status=0):
    return frames.encode(frames.DONE, struct.pack("<BIIQ", status, samples, zlib.crc32(data), 5))


GOOD = struct.pack("<4h", 1, 2, 3, 4)


@pytest.mark.parametrize(
    "answer, words",
    [
        (b"", "waited 0.3 s for SPEAK to finish, but received nothing"),
        (pcm(0, 1, 2), "waited 0.3 s for SPEAK to finish"),
        (pcm(0, 1, 2) + pcm(3, 4) + done(4, GOOD), "samples are missing after the first 2"),
        (pcm(0, 1, 2) + done(4, GOOD), "received 2 of 4 samples"),
        (pcm(0, 1, 2) + pcm(2, 3, 5) + done(4, GOOD), "the CRC is wrong"),
        (pcm(0, 1, 2) + pcm(2, 3, 4) + done(4, GOOD, status=9), "SPEAK failed in the firmware with status 9"),
        (frames.encode(frames.ERROR, b"\x05no voice"), r"refused SPEAK: not supported by this firmware \(no voice\)"),
        (frames.encode(frames.DONE, b"\0"), "DONE has the wrong length"),
        (frames.encode(frames.TRACE, b"\0"), "TRACE has the wrong length"),
    ],
)
def test_a_firmware_that_misbehaves(answer, words):
    with Impostor(answer) as path, open_port(path, 115200) as port:
        with pytest.raises(DeviceError, match=words) as caught:
            Console(port).speak([1, 2], silence=0.3)
        assert str(caught.value).startswith(path) and caught.value.exit_code == 8


@pytest.mark.parametrize(
    "answer, words",
    [
        (frames.encode(frames.UTTERANCE, b"\1\0\0"), "an UTTERANCE has no seed"),
        (frames.encode(frames.TEXT_WANTED, struct.pack("<I", 3)), "requests text beyond the end or out of order"),
        (frames.encode(frames.TEXT_WANTED, b"\2"), "requests text beyond the end or out of order"),
        (2 * frames.encode(frames.TEXT_WANTED, struct.pack("<I", 2)), "requests text beyond the end or out of order"),
        (pcm(1, 1, 2), "samples are missing after the first 0"),
        (frames.encode(frames.ERROR, b"\x05"), "refused TEXT: not supported by this firmware"),
        (b"", "waited 0.3 s for TEXT to finish, but received nothing"),
    ],
)
def test_a_firmware_that_reads_badly(answer, words):
    with Impostor(answer) as path, open_port(path, 115200) as port:
        with pytest.raises(DeviceError, match=words) as caught:
            Console(port).speak_text(b"abcd", piece=2, silence=0.3)
        assert str(caught.value).startswith(path) and caught.value.exit_code == 8


def test_earlier_firmware_gets_only_the_settings_that_are_needed_and_refuses_the_rest(monkeypatch):
    ask, sent, words = (
        Console._ask,
        [],
        "wrong length; earlier firmware has no expression, speakers or whisper: flash the voice again",
    )
    monkeypatch.setattr(Console, "_ask", lambda *given: sent.append(len(given[2])) or ask(*given))
    for more, length in (({}, 5), ({"expression": 128}, 7), ({"speaker": 1}, 8), ({"whisper": 1}, 9)):
        answer = frames.encode(frames.ERROR, b"\x02") if more else frames.encode(frames.OK)
        with Impostor(answer) as path, open_port(path, 115200) as port:
            console = Console(port)
            if more:
                with pytest.raises(DeviceError, match=r"cannot hold rate 256, pitch 0, .* speaker 256"):
                    console.prosody(speaker=256)
                with pytest.raises(DeviceError) as caught:
                    console.prosody(**more)
                assert words in str(caught.value)
            else:
                console.prosody()
        assert sent.pop() == length


def test_a_long_text_may_have_a_long_answer(monkeypatch):
    monkeypatch.setattr("ticktalk.boards.console.client.MOST_BYTES", 20)
    monkeypatch.setattr("ticktalk.boards.console.client.MOST_PER_BYTE", 30)
    answer = pcm(0, 1, 2) + pcm(2, 3, 4) + done(4, GOOD)
    with Impostor(answer) as path, open_port(path, 115200) as port:
        assert Console(port).speak_text(b"abcd", piece=2, silence=1).pcm == GOOD
    with Impostor(answer) as path, open_port(path, 115200) as port, pytest.raises(DeviceError, match="is too long"):
        Console(port).speak_text(b"abcd", silence=1)


def test_what_is_right_passes_the_same_checks():
    with (
        Impostor(b"\x7e\x54junk" + pcm(0, 1, 2) + pcm(2, 3, 4) + done(4, GOOD)) as path,
        open_port(path, 115200) as port,
    ):
        result = Console(port).speak([1, 2], silence=1)
        assert (result.pcm, result.instructions) == (GOOD, 5)


def test_an_unplugged_port_is_told():
    master, slave = pty.openpty()
    path = os.ttyname(slave)
    with open_port(path, 115200) as port:
        os.close(slave)
        threading.Timer(0.2, os.close, (master,)).start()
        started = time.monotonic()
        with pytest.raises(DeviceError, match=f"^{path}: the port disappeared"):
            Console(port).wait_banner(5)
        assert time.monotonic() - started < 15
