"""Make Unicorn stop before an access that the MPU denies."""

from collections.abc import Callable

import unicorn

from ticktalk.boards.virtual.chips.mpu import Area

PAGE = 0x400  # unit of Unicorn's own protection
LONGEST = 8  # bytes per access
READ_EXECUTE = unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC
KINDS = ((unicorn.UC_HOOK_MEM_WRITE, True), (unicorn.UC_HOOK_MEM_READ, False))


class Guard:
    """The denied areas. `memories` lists (address, size, writable). `refused(address)` is called for an access that is
    denied.

    Unicorn calls a hook before it accesses memory, and only then checks whether the page is protected. So the hook
    protects the page: the instruction fails and has no effect. Areas outside of `memories` need no hook, because every
    access fails there."""

    def __init__(self, uc: unicorn.Uc, memories: list[tuple[int, int, bool]], refused: Callable[[int], None]):
        self._uc, self._memories, self._refused = uc, memories, refused
        self._areas: list[Area] = []
        self._hooks: list[int] = []
        self._protected: tuple[int, int] | None = None  # page and its normal protection

    def set(self, areas: list[Area]) -> None:
        """Deny accesses to these areas only. Not allowed during a run."""
        while self._hooks:
            self._uc.hook_del(self._hooks.pop())
        self._areas = areas
        for area in areas:
            for address, size, writable in self._memories:
                start, end = max(area.start, address), min(area.end, address + size)
                if start < end:
                    self._hook(area, start, end, unicorn.UC_PROT_ALL if writable else READ_EXECUTE)

    def denies(self, address: int, size: int, write: bool) -> int | None:
        """Return the first address of an access that is denied, or None."""
        denied = [area for area in self._areas if write or not area.readable]
        starts = [max(address, area.start) for area in denied if address < area.end and area.start < address + size]
        return min(starts, default=None)

    def end_run(self) -> None:
        """Allow Unicorn to access the page again."""
        if self._protected:
            page, normal = self._protected
            self._uc.mem_protect(page, PAGE, normal)
            self._protected = None

    def _hook(self, area: Area, start: int, end: int, normal: int) -> None:
        for page in range(start // PAGE * PAGE, end, PAGE):
            self._uc.mem_protect(page, PAGE, normal)  # from now on, Unicorn can change its protection during a run

        def hook(uc: unicorn.Uc, kind: int, address: int, size: int, value: int, data: object) -> None:
            first = self.denies(address, size, kind == unicorn.UC_MEM_WRITE)
            if first is not None and not self._protected:
                page = address // PAGE * PAGE
                self._protected = page, normal
                uc.mem_protect(page, PAGE, unicorn.UC_PROT_NONE)
                self._refused(first)

        for kind, write in KINDS:
            if write or not area.readable:
                self._hooks.append(self._uc.hook_add(kind, hook, begin=max(0, start - LONGEST), end=end - 1))
