"""The flash interface of the STM32L4+ (RM0432, chapter 3) in dual-bank mode, with 4 KiB pages and 64-bit words."""

from ticktalk.boards.virtual.chips.stm32.banked_flash import BankedFlash


class FlashL4(BankedFlash):
    """See BankedFlash."""

    BANK, PAGE, WORD = 0x10_0000, 0x1000, 8
    ERASING, PROGRAMMING = 22_020 * 10**6, 81_690_000  # typical durations (DS12023, table 58)
    READ_ONLY = {"SR": ("BSY", "PEMPTY"), "CR": ("OPTLOCK",), "OPTR": ("DBANK",)}
    ERRORS = (*("OPERR", "PROGERR", "WRPERR", "PGAERR", "SIZERR", "PGSERR", "MISERR", "FASTERR", "RDERR", "OPTVERR"),)
    OPERATIONS = ("PG", "PER", "MER1", "MER2", "FSTPG")
