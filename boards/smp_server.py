"""MCUboot's serial recovery, the device's side: bytes of the line in, bytes out, flash changed.

It answers as MCUboot's boot_serial does (versions with MCUMGR_PARAMS, ECHO and IMG_GRP_HASH switched on): upload into
the primary slot, image state, echo, parameters, reset. Errors are told as {"rc": n}, whatever SMP version asks.
"""

from collections.abc import Callable

from .errors import ImageError
from .image import read_image
from .smp_frames import (ECHO, HEADER, IMAGE, LINE, OS, PARAMETERS, READ, RESET, STATE, UPLOAD, WRITE, Decoder, Header,
                         encode)
from .virtual_flash import ERASED, WORD, FlashError, VirtualFlash

OK, UNKNOWN, NO_MEMORY, INVALID, NOT_FOUND, UNSUPPORTED = 0, 1, 2, 3, 5, 8
ANSWER = 128 + 36        # bytes of CBOR an answer may have, as in MCUboot's default build


class SmpServer:
    """One power-on of the boot loader. `feed` what the line brings, send back what it returns.

    `buffer` is the size of the receive buffer, told as buf_size: a larger packet is dropped without a word.
    `log` is called with one line per event. `reset_requested` turns true once the answer to a reset is out.
    """

    def __init__(self, flash: VirtualFlash, buffer: int = 1024, log: Callable[[str], None] = lambda line: None):
        self.reset_requested = False
        self._flash, self._buffer, self._log = flash, buffer, log
        self._decoder = Decoder(largest=buffer, line=LINE + 1)
        self._expected = 0        # offset of the next chunk
        self._size = 0            # of the image being uploaded

    def feed(self, data: bytes) -> bytes:
        """The answers to whatever packets `data` completes."""
        return b"".join(self._answer(packet) for packet in self._decoder.feed(data))

    def _answer(self, packet: bytes) -> bytes:
        import cbor2
        header = Header.unpack(packet)
        if header.op not in (READ, WRITE):
            return b""
        try:
            request = cbor2.loads(packet[HEADER.size:]) if header.length else {}
        except Exception:                    # cbor2 raises its own and ValueError, EOFError, ... : all mean "not CBOR"
            request = None
        handler = {(OS, ECHO): self._echo, (OS, PARAMETERS): self._parameters, (OS, RESET): self._reset,
                   (IMAGE, STATE): self._state, (IMAGE, UPLOAD): self._upload}.get((header.group, header.command))
        if handler is None:
            answer = {"rc": UNSUPPORTED}
        elif not isinstance(request, dict):
            answer = {"rc": INVALID}
        else:
            answer = handler(header, request)
        body = cbor2.dumps(answer)
        if len(body) > ANSWER:
            body = cbor2.dumps({"rc": NO_MEMORY})
        back = Header(header.op + 1, header.version, len(body), header.group, header.sequence, header.command)
        return encode(back.pack() + body)

    def _echo(self, header, request):
        text = request.get("d")
        return {"r": text} if isinstance(text, str) else {"rc": INVALID}

    def _parameters(self, header, request):
        return {"buf_size": self._buffer, "buf_count": 1}

    def _reset(self, header, request):
        self._log("reset")
        self.reset_requested = True
        return {"rc": OK}

    def _state(self, header, request):
        if header.op != READ:
            return {"rc": UNSUPPORTED}       # one slot: nothing to test, swap or confirm
        try:
            image = read_image(self._flash.read())
        except ImageError:
            return {"images": []}
        return {"images": [{"slot": 0, "version": image.version, "hash": image.hash}]}

    def _upload(self, header, request):
        offset, data = request.get("off"), request.get("data")
        if header.op != WRITE or not _count(offset) or not isinstance(data, bytes):
            return {"rc": INVALID}
        if offset == 0:
            size, number = request.get("len"), request.get("image", 0)
            if not _count(number) or number > 1:     # MCUboot takes 0 and 1 for its only image
                return {"rc": NOT_FOUND}
            if not _count(size) or size > self._flash.size:
                return {"rc": INVALID}
            self._flash.erase(0, self._flash.size)
            self._expected, self._size = 0, size
            self._log(f"upload of {size} bytes")
        elif offset != self._expected:
            return {"rc": OK, "off": self._expected}
        if self._expected + len(data) > self._size:
            return {"rc": INVALID}
        # Only whole words can be written; what is over is asked for again, unless it is the image's end.
        taken = len(data)
        if self._expected + taken < self._size:
            taken -= taken % WORD
        padded = data[:taken] + bytes([ERASED]) * (-taken % WORD)
        try:
            self._flash.program(self._expected, padded)
        except FlashError as error:
            self._log(str(error))
            return {"rc": INVALID}
        self._expected += taken
        if self._expected == self._size:
            self._log(f"upload complete: {self._size} bytes")
        return {"rc": OK, "off": self._expected}


def _count(value) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 0xFFFF_FFFF
