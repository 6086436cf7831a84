"""The models of the MPU: what regions deny, and which settings the architecture does not allow."""

import importlib.util
import re

import pytest

from tests.support.paths import ROOT

pytestmark = pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn")
TYPE, CTRL, RNR, RBAR, RASR = range(0, 20, 4)
RLAR = RASR
ON = [(CTRL, 5)]


@pytest.fixture(params=["Mpu6", "Mpu7", "Mpu8"])
def mpu(request):
    return make(request.param)


def make(name):
    from ticktalk.boards.virtual.chips import mpu

    return getattr(mpu, name)(None, lambda: None)


def denied(mpu, writes, in_hard_fault=False):
    for offset, value in writes:
        mpu.write(offset, 4, value)
    return [(area.start, area.end, area.readable) for area in mpu.denied(in_hard_fault)]


def test_it_has_eight_regions_and_denies_nothing_after_a_reset(mpu):
    assert mpu.read(TYPE, 4) == 8 << 8 and not mpu.denied()
    mpu.write(CTRL, 4, 5)
    assert mpu.read(CTRL, 4) == 5 and not mpu.denied()


@pytest.mark.parametrize(
    "name, writes, areas",
    [
        ("Mpu6", [(RBAR, 0x1FFF_FF10), (RASR, 0x1000_000F)], [(0x1FFF_FF00, 0x2000_0000, False)]),
        ("Mpu7", [(RBAR, 0x2000_0010), (RASR, 0x1508_0009)], [(0x2000_0000, 0x2000_0020, True)]),
        # the higher number counts: region 1 allows what region 0 denies
        (
            "Mpu7",
            [(RBAR, 0x2000_0010), (RASR, 0x11), (RBAR + 8, 0x2000_0111), (RASR + 8, 0x0300_000F)],
            [(0x2000_0000, 0x2000_0100, False)],
        ),
        ("Mpu7", [(RBAR, 0x2000_0010), (RASR, 0xFE0F)], [(0x2000_0000, 0x2000_0020, False)]),  # subregion 0 only
        ("Mpu8", [(RBAR, 0x2000_0004), (RLAR, 0x2000_0041)], [(0x2000_0000, 0x2000_0060, True)]),
        ("Mpu8", [(RBAR, 0x2000_0000), (RLAR, 0x2000_0041)], []),
        # where two regions overlap, even a read is a fault; the alias writes region 1
        (
            "Mpu8",
            [(RBAR, 0x2000_0000), (RLAR, 0x2000_0041), (RBAR + 8, 0x2000_0042), (RLAR + 8, 0x2000_0081)],
            [(0x2000_0040, 0x2000_0060, False)],
        ),
    ],
)
def test_regions_deny_accesses_while_the_mpu_is_on(name, writes, areas):
    mpu = make(name)
    assert not denied(mpu, writes)
    assert denied(mpu, ON) == areas and not denied(mpu, ON, in_hard_fault=True)
    assert denied(mpu, [(CTRL, 7)], in_hard_fault=True) == areas
    assert not denied(mpu, [(CTRL, 0)])


@pytest.mark.parametrize(
    "name, writes, words",
    [
        ("Mpu6", [(RASR, 0x0B)], "RASR: a region of 64 bytes, but the smallest has 256"),
        ("Mpu6", [(RBAR + 8, 0)], "MPU has no register at offset 0x14"),
        ("Mpu7", [(RASR, 0x07)], "RASR: a region of 16 bytes, but the smallest has 32"),
        ("Mpu7", [(RBAR, 0x2000_0030), (RASR, 0x0B)], "RBAR: 0x20000020 is not a multiple of the region's size, 0x40"),
        ("Mpu7", [(RASR, 0x0400_000B)], "RASR: 4 is a reserved value of AP"),
        ("Mpu7", [(RASR, 0x010B)], "RASR: a region of 64 bytes has no subregions"),
        ("Mpu7", [(RNR, 8)], "RNR: there is no region 8"),
        ("Mpu7", [(CTRL, 1)], "CTRL: denying everything outside the regions is not modelled"),
        ("Mpu7", [(CTRL, 6)], "CTRL: HFNMIENA requires ENABLE"),
        ("Mpu8", [(RLAR, 0x11)], "RLAR: write of 0x00000011 changes reserved bits 0x10"),
        ("Mpu8", [(RNR, 8)], "RNR: write of 0x00000008 changes reserved bits 0x8"),
    ],
)
def test_a_setting_that_the_architecture_does_not_allow_is_an_error(name, writes, words):
    from ticktalk.boards.virtual.chips.errors import ChipError

    with pytest.raises(ChipError, match=words):
        denied(make(name), writes)


def test_the_firmware_has_the_registers_at_their_addresses():
    from ticktalk.boards.virtual.chips.facts import load_facts

    text = (ROOT / "firmware_gen" / "templates" / "device" / "crash.c").read_text()
    used = {name: int(address, 16) for name, address in re.findall(r"define MPU_(\w+) WORD\((0x\w+)u\)", text)}
    assert set(used) == {"CTRL", "RBAR", "RASR"}
    facts = load_facts("mpu")
    for block in ("PMSAv6", "PMSAv7"):
        assert (
            used.items()
            <= {name: facts.bases[block] + register.offset for name, register in facts.registers[block].items()}.items()
        )
