"""Every protocol detects, skips and reports noise before and within responses.

An update either succeeds or ends with a one-line error, but never falsely reports success. The noise is added to the
device's responses, so that esptool receives it too.
"""

import random
import struct
import time
from dataclasses import dataclass, field

import pytest

from tests.boards import test_ambiq, test_esp, test_flash, test_stm32, test_update
from tests.support.flashing import Update, booted, update_of
from ticktalk.boards import noise
from ticktalk.boards.console import frames as console
from ticktalk.boards.errors import BoardsError
from ticktalk.boards.protocols import PROTOCOLS
from ticktalk.boards.protocols.ambiq import frames as ambiq
from ticktalk.boards.protocols.smp import frames as smp
from ticktalk.boards.virtual.pty_device import SimulatedDevice

pytestmark = pytest.mark.usefixtures("home", "quick")

SAID = "bytes on the line were not part of any response (first: '"
MOST = 120.0  # maximum duration, in seconds, of a small update on a busy machine
NOISES = {
    "random": random.Random(18).randbytes(40),
    "prompt": b"uart:~$ ",
    "log": b"[00:00:01.250,000] <inf> boot: yes, ready\r\n",
    "colours": b"\x1b[0m\x1b[1;32m",
    "NUL": bytes(5),
    "console mark": b"\x7e\x54\x84\xff\x03",
    "SMP marks": b"\x06\x09AAAA\x04\x14",
    "STM32 answers": b"\x79\x1f\x79",
    "Ambiq head": struct.pack("<IHH", 0, ambiq.STATUS, 512),
    "SLIP end": b"\xc0\x01",
}
CASES = {
    "smp": test_flash.SMALL,
    "stm32": update_of(test_stm32.SMALL.board, test_stm32.SMALL.make_watch, 0x400),
    "ambiq": test_ambiq.SMALL["secondary"],
    "esp": Update(test_esp.SMALL, test_esp.esp_watch, test_esp.application(20_000, 1), test_esp.application(20_000, 2)),
    "console": test_update.UPDATE,
}
OURS = [name for name in CASES if name != "esp"]  # esptool skips noise without reporting it


@dataclass
class Noisy:
    """A device that adds `noise` to a `share` of its responses.

    The noise precedes the response or, if `within` is true, falls in the middle of it.
    """

    far: object
    noise: bytes
    within: bool = False
    share: float = 1.0
    draw: random.Random = field(default_factory=lambda: random.Random(18))

    def feed(self, data: bytes) -> bytes:
        answer = self.far.feed(data)
        if not answer or self.draw.random() > self.share:
            return answer
        at = len(answer) // 2 if self.within else 0
        return answer[:at] + self.noise + answer[at:]

    def power_on(self) -> bytes:
        return self.far.power_on()


def attempt(case: str, tmp_path, file_of, far=lambda watch: watch) -> tuple[dict | None, str, list[str]]:
    """Update a device wrapped by `far`, and return (result, error, log).

    Checks that the update ends in time and does not falsely report success.
    """
    update, folder = CASES[case], tmp_path / "watch"
    if case == "console":
        test_update.known()
    folder.mkdir()
    watch, log, result, error = update.watch(folder), [], None, ""
    started = time.monotonic()
    with SimulatedDevice(far(watch)) as device:
        try:
            result = update.flash(device.path, file_of(update.new), log=log.append)
        except BoardsError as failure:
            error = str(failure)
            assert error.startswith(device.path) and "\n" not in error
    seconds = time.monotonic() - started
    boots = booted(update, watch, folder)
    assert boots == "new" or result is None
    assert boots != "none" or case == "esp"  # esp has only one slot, which an update erases at the start
    assert seconds < MOST
    return result, error, log


def test_every_protocol_with_a_device_is_here():
    assert set(CASES) - {"console"} == {name for name, protocol in PROTOCOLS.items() if protocol.simulated}


@pytest.mark.parametrize("case", CASES)
def test_a_line_without_noise_is_not_talked_about(tmp_path, file_of, case):
    result, error, log = attempt(case, tmp_path, file_of)
    assert error == "" and result["noise"] == {"bytes": 0, "first": ""}
    assert not any(SAID in line for line in log)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("case", OURS)
def test_noise_before_every_answer_is_skipped_and_told(tmp_path, file_of, case, noise):
    result, error, log = attempt(case, tmp_path, file_of, lambda watch: Noisy(watch, NOISES[noise]))
    assert error == "" and result["noise"]["bytes"] >= 10 * len(NOISES[noise])
    assert [line for line in log if SAID in line] == [
        f"{result['port']}: {result['noise']['bytes']} {SAID}{result['noise']['first']}')"
    ]


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("case", OURS)
def test_noise_within_some_answers_is_got_over(tmp_path, file_of, case, noise):
    result, error, _ = attempt(case, tmp_path, file_of, lambda watch: Noisy(watch, NOISES[noise], True, 0.05))
    assert error == "" and result["banner"]["product"] == "ticktalk"


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("case", OURS)
def test_noise_within_every_answer_ends_well_or_in_one_line(tmp_path, file_of, case, noise):
    _, _, log = attempt(case, tmp_path, file_of, lambda watch: Noisy(watch, NOISES[noise], True))
    assert sum(SAID in line for line in log) == 1  # even if the update fails


@test_esp.esptool
@pytest.mark.parametrize("within", [False, True], ids=["before", "within"])
@pytest.mark.parametrize("noise", ["random", "log", "NUL", "SLIP end"])
def test_esptool_gives_up_in_one_line(tmp_path, file_of, noise, within):
    """Noise prevents esptool from decoding a response.

    esptool does not report the bytes that it skips (docs/reference/protocols.md).
    """
    attempt("esp", tmp_path, file_of, lambda watch: Noisy(watch, NOISES[noise], within))


class Once:
    """A stand-in for the random number generator; it adds noise to only one response."""

    def __init__(self, number: int):
        self._left = number

    def random(self) -> int:
        self._left -= 1
        return self._left != 0


@test_esp.esptool
@pytest.mark.parametrize("number", [60, 120, 180])
def test_a_command_that_noise_broke_off_is_run_again(tmp_path, file_of, number):
    far = []

    def noisy(watch):
        far.append(Noisy(watch, NOISES["log"], False, 0.5, Once(number)))
        return far[0]

    result, error, _ = attempt("esp", tmp_path, file_of, noisy)
    assert error == "" and far[0].draw._left <= 0 and result["resent"] == 1


def test_noise_is_counted_without_the_frames_in_it(tmp_path):
    heard = noise.Noise()
    banner = console.encode(console.BANNER, b"product=ticktalk\n")
    for piece in (b"\x1b[0m", banner[:9], banner[9:], b"log\r\n", b"\x7e\x54\x84\xff\x03", banner):
        heard.skip(piece)
    assert heard.told() == {"bytes": 4 + 5 + 5, "first": r"\x1b[0mlog\r\n~T\x84\xff\x03"}
    assert str(heard) == rf"14 {SAID}\x1b[0mlog\r\n~T\x84\xff\x03')"


@pytest.mark.parametrize("decoder", [console.Decoder, ambiq.Decoder])
def test_a_head_of_noise_holds_no_message_up(decoder):
    one = {
        console.Decoder: console.encode(console.OK, b"x"),
        ambiq.Decoder: ambiq.encode(ambiq.ACK, bytes(12)),
    }[decoder]
    head = NOISES["console mark" if decoder is console.Decoder else "Ambiq head"]
    dropped = []
    made = decoder(dropped.append)
    assert made.feed(head + one) == [] and made.pending
    assert len(made.quiet()) == 1 and b"".join(dropped) == head
    assert made.quiet() == [] and not made.pending


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("case", ["console", "smp", "ambiq"])
def test_every_byte_is_of_a_message_or_dropped(case, size):
    draw, dropped = random.Random(size), []
    made, one = {
        "console": (console.Decoder(dropped.append), console.encode(console.OK, bytes(20))),
        "smp": (
            smp.Decoder(dropped=dropped.append),
            smp.encode(smp.Header(1, 0, 200, 0, 0, 0).pack() + bytes(200)),
        ),
        "ambiq": (ambiq.Decoder(dropped.append), ambiq.encode(ambiq.ACK, bytes(12))),
    }[case]
    stream = b"".join(part for _ in range(30) for part in (draw.choice(list(NOISES.values())), one))
    found = [got for at in range(0, len(stream), size) for got in made.feed(stream[at : at + size])]
    while case != "smp" and (more := made.quiet()):
        found += more
    made.end()
    assert len(found) >= 20 and len(found) * len(one) + sum(map(len, dropped)) == len(stream)
