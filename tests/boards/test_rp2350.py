"""The firmware for the Raspberry Pi Pico 2 runs on the model of its chip, and the model refuses what the chip does not
allow."""

import importlib.util
import re
import struct

import pytest

from tests.support.chips import as_played, wait
from tests.support.paths import ROOT, TINY
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.boards.virtual.faults import Faults, parse
from ticktalk.boards.virtual.nor_flash import VirtualFlash
from ticktalk.firmware_gen.chips import settings
from ticktalk.firmware_gen.project.build import binary
from ticktalk.runtime_sim.speech import speak
from ticktalk.runtime_sim.voice import load_voice

PICO2 = load_board("pico2")
IDS = [0, 3, 7, 4, 0] * 4
pytestmark = pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn")


class Pico:
    """A Pico 2 with `image` in its flash. `said` holds what the Pico has sent, and `record` what its amplifier has
    received."""

    def __init__(self, image: bytes, folder, crystal: bool = True, script: str = ""):
        from ticktalk.boards.virtual.chips.rp2.bus import AliasBus
        from ticktalk.boards.virtual.chips.rp2350.chip import Rp2350
        from ticktalk.boards.virtual.chips.sound_record import SoundRecord

        file = folder / "flash"
        file.write_bytes(image.ljust(PICO2.flash.size, b"\xff"))
        self.said, self.record = bytearray(), SoundRecord()
        flash = VirtualFlash(file, PICO2.flash.size, faults=Faults(parse(script)))
        self.chip = chip = Rp2350(PICO2, flash, self.record, self.said.append, crystal)
        self.bus = AliasBus(chip.clocks, [(chip._facts.bases[name], each) for name, each in chip._peripherals.items()])

    def ask(self, kind: int, payload: bytes = b"") -> list[tuple[int, bytes]]:
        """Send a message, run until the core waits for the next one, and return the responses."""
        self.said.clear()
        self.chip.uart.incoming.add(frames.encode(kind, payload))
        wait(self.chip)
        return list(frames.Decoder().feed(bytes(self.said)))

    def write(self, address: int, value: int) -> None:
        self.bus.write(address - 0x4000_0000, 4, value)


@pytest.fixture
def image(firmware_of):
    return binary(firmware_of(PICO2)[1]).read_bytes()


def test_the_image_speaks_from_reset_to_the_amplifier_and_returns_to_the_drive(image, tmp_path):
    pico = Pico(image, tmp_path)
    pico.chip.start()
    wait(pico.chip)
    [(kind, banner)] = frames.Decoder().feed(bytes(pico.said))
    assert kind == frames.BANNER and b"clock=crystal\nclock_hz=150000000\nsound=ready\n" in banner
    assert pico.chip.qmi.continuous
    pcm = speak(load_voice(TINY), IDS, seed=1).tobytes()
    assert len(pcm) // 2 > PICO2.sound.queue  # so that it is played while it is computed
    answers = pico.ask(frames.SPEAK, struct.pack("<BI", 0, 1) + bytes(IDS))
    assert b"".join(payload[4:] for kind, payload in answers if kind == frames.PCM) == pcm
    expected = as_played(pcm, settings(PICO2, 16_000).sound)
    assert pico.record.samples.startswith(expected) and not any(pico.record.samples[len(expected) :])
    [(_, stats)] = pico.ask(frames.ASK_STATS)
    assert b"sound_hz=16000\nsound_underruns=0\n" in stats and not pico.record.underruns
    assert {part["hertz"] for part in pico.record.parts} == {16_000}
    pico.chip.uart.incoming.add(frames.encode(frames.BOOT))
    while not pico.chip.rom_entered:
        pico.chip.run()


def test_without_a_crystal_it_runs_from_the_ring_oscillator_and_says_so(image, tmp_path):
    pico = Pico(image, tmp_path, crystal=False)
    pico.chip.start()
    wait(pico.chip)
    [(_, banner)] = frames.Decoder().feed(bytes(pico.said))
    assert b"clock=slow, because the PLL does not start\nclock_hz=11000000\n" in banner


def test_a_request_that_loses_bytes_to_an_overrun_is_ignored_and_the_next_is_answered(image, tmp_path):
    pico = Pico(image, tmp_path, script="overrun@3 overrun@5")
    pico.chip.start()
    wait(pico.chip)
    assert pico.ask(frames.HELLO) == [] and pico.chip.uart.lost
    assert [kind for kind, _ in pico.ask(frames.HELLO)] == [frames.BANNER]


def test_a_failed_transfer_of_the_dma_is_told_and_the_firmware_goes_on(image, tmp_path):
    pico = Pico(image, tmp_path, script="dma-error@300")
    pico.chip.start()
    wait(pico.chip)
    answers = pico.ask(frames.SPEAK, struct.pack("<BI", 0, 1) + bytes(IDS))
    pcm = b"".join(payload[4:] for kind, payload in answers if kind == frames.PCM)
    assert pcm == speak(load_voice(TINY), IDS, seed=1).tobytes()
    [(_, banner)], [(_, stats)] = pico.ask(frames.HELLO), pico.ask(frames.ASK_STATS)
    assert b"sound=failed\n" in banner and b"sound_hz=0\n" in stats


def test_a_core_that_hangs_is_reset_by_the_watchdog(image, tmp_path):
    from ticktalk.boards.virtual.chips.errors import Reset

    pico = Pico(image, tmp_path)
    pico.chip.start()
    wait(pico.chip)
    start = pico.chip.core.now()
    pico.chip.watchdog.write_load(1_000_000)
    pico.chip.core.load(PICO2.ram.address, b"\xfe\xe7")  # an endless loop
    pico.chip.core._go(PICO2.ram.address | 1)
    pico.chip.core.sleeping = False
    pico.write(0x400D_A000, 1 << 30)  # the alias that sets ENABLE
    with pytest.raises(Reset, match="the watchdog resets the chip"):
        wait(pico.chip)
    assert 1 <= (pico.chip.core.now() - start) / 1e12 < 1.01


@pytest.mark.parametrize(
    "address, value, words",
    [
        (0x4007_0030, 1, "RESETS RESET: UART0 is accessed while it is in reset"),
        (0x4001_003C, 1, "CLK_SYS_CTRL: AUXSRC is changed while it is in use"),
        (0x4001_0030, 2, "CLK_REF_CTRL: source 2 is not running"),
        (0x4001_8008, 1 << 25, "PSM WDSEL: write of 0x02000000 changes reserved bits"),
        (0x4004_8000, 0xD1E_AA0, "XOSC CTRL: 0xd1eaa0 does not start a 12 MHz crystal"),
        (0x4004_8000, 0xFAB_AA0, "XOSC STARTUP: 0 microseconds are too short"),
        (0x400D_000C, 1, "QMI M0_TIMING: too fast for the flash"),
        (0x400D_0010, 0x0004_82A8, "QMI M0_RFMT: no command, but the flash expects one"),
        (0x400D_A000, 1 << 30, "WATCHDOG CTRL: counts ticks of 0 cycles"),
        (0x400A_8000, 0, "no peripheral there"),
    ],
)
def test_what_the_chip_does_not_allow_is_an_error(address, value, words, tmp_path):
    from ticktalk.boards.virtual.chips.errors import ChipError

    with pytest.raises(ChipError, match=words):
        Pico(b"", tmp_path).write(address, value)


def test_a_pin_must_be_connected_and_its_pad_not_isolated(image, tmp_path):
    from ticktalk.boards.virtual.chips.errors import ChipError

    pico = Pico(image, tmp_path)
    pico.chip.start()
    wait(pico.chip)
    pico.write(0x4003_A004, 1 << 8)  # the alias that sets ISO of GP0
    with pytest.raises(ChipError, match="UART0 is used, but the pad of pin GP0 is isolated or off"):
        pico.ask(frames.HELLO)
    pico.write(0x4003_B004, 1 << 8)
    pico.write(0x4002_8004, 5)
    with pytest.raises(ChipError, match="UART0 is used, but pin GP0 has function 5 instead of 2"):
        pico.ask(frames.HELLO)


@pytest.mark.parametrize("number, instruction", [(0, 0x6801), (3, 0xF82F), (5, 0x0844), (5, 0x0000)])
def test_only_the_drivers_i2s_program_is_understood_by_the_amplifier(number, instruction):
    """One instruction is replaced: the bit clock is inverted, a sample has one more bit, and so on."""
    from ticktalk.boards.virtual.chips.rp2.pio_program import Machine

    source = (ROOT / "firmware_gen" / "templates" / "device" / "drivers" / "rp2" / "audio.c").read_text()
    program = [int(found, 16) for found in re.findall(r"(0x\w{4}), /\* \d: ", source)]
    words = [0x8001_7FFE, 0x1234_ABCD]
    assert Machine(program, 7, pc=7).heard(words) == [0x8001, 0x7FFE, 0x1234]
    program[number] = instruction
    assert Machine(program, 7, pc=7).heard(words) != [0x8001, 0x7FFE, 0x1234]


def test_a_buffer_that_the_firmware_has_not_refilled_in_time_is_an_underrun(tmp_path):
    pico = Pico(b"", tmp_path)
    pico.write(0x4002_3000, 1 << 2 | 1 << 11)  # releases DMA and PIO0
    pico.chip.core.stall(10**9)
    for channel in (0, 1):
        base = 0x5000_0000 + 0x40 * channel
        for offset, value in ((0x00, PICO2.ram.address), (0x04, 0x5020_0010), (0x08, 2)):
            pico.write(base + offset, value)
        pico.write(base + 0x10, 1 | 2 << 2 | 1 << 4 | (1 - channel) << 13)
    pico.write(0x5000_000C, 1 | 2 << 2 | 1 << 4 | 1 << 13)
    dma = pico.chip._peripherals["DMA"]
    assert all(dma.pull(time) for time in range(3)) and not pico.record.underruns
    assert dma.pull(3) and pico.record.underruns == [3]  # channel 0 starts again
    pico.write(0x5000_040C, 3)  # acknowledges both
    assert dma.pull(4) and dma.pull(5) and pico.record.underruns == [3]
