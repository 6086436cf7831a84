"""Block A of a SAI (RM0432, chapter 53; RM0456, chapter 69)."""

from ticktalk.boards.virtual.chips.sound_stream import STEP
from ticktalk.boards.virtual.chips.stm32.dma import RoutedDma
from ticktalk.boards.virtual.chips.stm32.sound import SoundOutput

REQUESTS = {"SAI1": 36, "SAI2": 38}  # request numbers of block A
THRESHOLDS = (1, 2, 4, 6, 8)  # for each value of FTH, the number of words below which the FIFO requests more
FORMAT = {
    "ACR1": {"MODE": 0, "PRTCFG": 0, "DS": 4, "LSBFIRST": 0, "CKSTR": 1, "SYNCEN": 0, "MONO": 0, "OSR": 0},
    "AFRCR": {"FRL": 31, "FSALL": 15, "FSDEF": 1, "FSPOL": 0, "FSOFF": 1},
    "ASLOTR": {"FBOFF": 0, "SLOTSZ": 0, "NBSLOT": 1, "SLOTEN": 3},
}


class Sai(SoundOutput[RoutedDma]):
    """A SAI. See SoundOutput. A subclass names the fields of ACR1 that turn off the master clock."""

    NO_MASTER_CLOCK: dict[str, int] = {}
    READ_ONLY = {"ASR": ("OVRUDR", "MUTEDET", "WCKCFG", "FREQ", "CNRDY", "AFSDET", "LFSDET", "FLVL")}
    ENABLE, DATA = ("ACR1", "SAIEN"), (0x20, "ADR")

    def reset(self) -> None:
        super().reset()
        self._fifo = b""

    @property
    def rate(self) -> float:
        return self._clock_hz() / (max(1, self.field("ACR1", "MCKDIV")) * (self.field("AFRCR", "FRL") + 1))

    def write_acr1(self, value: int) -> None:
        enable = self.registers["ACR1"].field_mask("SAIEN")
        asks = self.registers["ACR1"].field_mask("DMAEN")
        was, self.values["ACR1"] = self.values["ACR1"], value
        if was & enable and (was ^ value) & ~(enable | asks):
            raise self.error("ACR1: changed while the block is on")
        if value & asks and not was & asks:
            self._fill(self.core.now())
        self._switched(was)

    def write_acr2(self, value: int) -> None:
        self._locked("ACR2")
        flush = self.registers["ACR2"].field_mask("FFLUSH")
        self.values["ACR2"] = value & ~flush
        if value & flush:
            if self.field("ACR1", "DMAEN"):
                raise self.error("ACR2: FFLUSH while DMAEN is 1")
            self._fifo = b""

    def write_afrcr(self, value: int) -> None:
        self._locked("AFRCR")
        self.values["AFRCR"] = value

    def write_aslotr(self, value: int) -> None:
        self._locked("ASLOTR")
        self.values["ASLOTR"] = value

    def write_aclrfr(self, value: int) -> None:
        self.values["ASR"] &= ~value

    def write_adr(self, value: int) -> None:
        raise self.error("ADR: writes by the core are not modelled")

    def read_asr(self) -> int:
        words = len(self._fifo) // 2
        level = 0 if not words else 5 if words == 8 else 1 + words // 2
        return self.values["ASR"] | level << self.registers["ASR"].fields["FLVL"][0]

    def _locked(self, register: str) -> None:
        if self.field("ACR1", "SAIEN"):
            raise self.error(f"{register}: written while the block is on")

    def _check(self) -> None:
        for register, wanted in (*FORMAT.items(), ("ACR1", self.NO_MASTER_CLOCK)):
            found = {name: self.field(register, name) for name in wanted}
            if found != wanted:
                raise self.error(f"{register}: {found} is not modelled")
        if not self._fifo:
            raise self.error("ACR1: SAIEN while the FIFO is empty")

    def _fill(self, time: int, extra: int = 0) -> None:
        """Fetch data until the FIFO requests no more. First replace `extra` halfwords, which the block has sent in the
        meantime."""
        if self.field("ACR1", "DMAEN"):
            wanted = extra + max(0, THRESHOLDS[min(4, self.field("ACR2", "FTH"))] - len(self._fifo) // 2)
            self._fifo += self._dma.take(REQUESTS[self.name], self._address, wanted, time)

    def _frames(self, time: int) -> bytes:
        self._fill(time, 2 * STEP)
        sent, self._fifo = self._fifo[: 4 * STEP], self._fifo[4 * STEP :]
        if len(sent) < 4 * STEP:
            self.set_field("ASR", "OVRUDR", 1)
        return sent
