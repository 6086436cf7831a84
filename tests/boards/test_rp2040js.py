"""An overrun of the Raspberry Pi Pico's UART on rp2040js, an independent model (tests/support/pico/chip.mjs)."""

import shutil

import pytest

from tests.support.pico import powered, unpacked
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.boards.images.formats import uf2_of
from ticktalk.boards.ports import receive, send
from ticktalk.firmware_gen.project.build import binary

PICO = load_board("pico")
FIFO = 32  # bytes that the UART holds
pytestmark = pytest.mark.skipif(not shutil.which("node"), reason="needs node")


@pytest.fixture
def image(firmware_of):
    return binary(firmware_of(PICO)[1]).read_bytes()


def test_requests_that_overrun_the_uart_are_lost_and_later_ones_are_answered(image, tmp_path):
    hello, asked, kinds, decoder = frames.encode(frames.HELLO), 8, [], frames.Decoder()
    with powered(uf2_of(image, PICO), unpacked(tmp_path), tmp_path, asked * len(hello)) as chip:
        port = chip.console._port
        for request, last, count in (
            (hello * asked, frames.BANNER, FIFO // len(hello)),
            (frames.encode(frames.ASK_STATS), frames.STATS, 1),
        ):
            send(port, request)
            while kinds.count(last) < count:
                kinds += [kind for kind, _ in decoder.feed(receive(port, 60))]
    assert kinds == [frames.BANNER] * (FIFO // len(hello)) + [frames.STATS]
