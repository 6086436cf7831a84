"""CLOCK: the divider of the core's clock, and the audio PLL."""

from ticktalk.boards.virtual.chips.core import Core
from ticktalk.boards.virtual.chips.nrf import clock

FASTEST = 128_000_000
DIVIDERS = 1, 2  # divider of the clock, by the code in HFCLKCTRL
CRYSTAL = 32_000_000
AUDIO_START = 1_000 * 10**6  # picoseconds after the crystal has started; not in the product specification
BANDS = (11_176_000, 11_402_000), (12_165_000, 12_411_000)  # frequencies of the audio PLL in hertz


class Clock(clock.Clock):
    """See nrf.clock."""

    READ_ONLY = clock.Clock.READ_ONLY | {
        "HFCLKSTAT": ("SRC", "STATE", "ALWAYSRUNNING"),
        "HFCLKAUDIORUN": ("STATUS",),
        "HFCLKAUDIOSTAT": ("STATE", "ALWAYSRUNNING"),
    }
    core: Core

    def reset(self) -> None:
        super().reset()
        self._starts = 0  # number of times that the audio PLL has been started or stopped

    def task_hfclkstart(self) -> None:
        if not self.field("HFCLKSRC", "SRC"):
            raise self.error("HFCLKSRC: only the crystal is modelled as a source")
        super().task_hfclkstart()

    def write_hfclkctrl(self, value: int) -> None:
        if value >= len(DIVIDERS):
            raise self.error(f"HFCLKCTRL: {value} is not a valid value of HCLK")
        self.values["HFCLKCTRL"] = value
        self.core.set_speed(FASTEST // DIVIDERS[value])

    def task_hfclkaudiostart(self) -> None:
        self._check_band()
        self.values["HFCLKAUDIORUN"] = self.registers["HFCLKAUDIORUN"].mask
        self._starts += 1
        start = self._starts
        if self.crystal:
            self.core.at(self.core.now() + clock.START + AUDIO_START, lambda time: self._audio_started(start))

    def task_hfclkaudiostop(self) -> None:
        self._starts += 1
        self.values["HFCLKAUDIORUN"] = self.values["HFCLKAUDIOSTAT"] = 0

    @property
    def audio_hz(self) -> float:
        """The frequency of the audio PLL in hertz. Raises ChipError if the PLL is not running."""
        if not self.field("HFCLKAUDIOSTAT", "STATE"):
            raise self.error("HFCLKAUDIOSTAT: the audio PLL is used before it is running")
        return self._audio_hz

    @property
    def _audio_hz(self) -> float:
        return CRYSTAL / 12 * (4 + self.values["HFCLKAUDIO_FREQUENCY"] / 65536)

    def _check_band(self) -> None:
        if not any(low <= self._audio_hz <= high for low, high in BANDS):
            raise self.error(f"HFCLKAUDIO_FREQUENCY: {self._audio_hz:.0f} Hz is outside the bands of the audio PLL")

    def _audio_started(self, start: int) -> None:
        if start == self._starts:
            self.values["HFCLKAUDIOSTAT"] = self.registers["HFCLKAUDIOSTAT"].field_mask("STATE")
            self.event("HFCLKAUDIOSTARTED")
