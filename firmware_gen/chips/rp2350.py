"""The RP2350. See rp2."""

from ticktalk.firmware_gen.chips import rp2
from ticktalk.firmware_gen.chips.settings import Settings
from ticktalk.firmware_gen.project.target import Target

FAMILY = rp2.Family(fastest=150_000_000, usual=150_000_000, ring=11_000_000)


def settings(board: Target, sample_rate: int) -> Settings:
    """See `chips.settings`."""
    return rp2.settings(board, sample_rate, FAMILY)
