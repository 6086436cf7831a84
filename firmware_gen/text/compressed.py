"""Keep compressed lexicons in the cache folder, because compressing one takes seconds.

packed = compressed(lexicon, chunks, phonemes, letters)  # as `compress` returns
"""

import contextlib
import hashlib
import json
from functools import cache
from pathlib import Path

from ticktalk.firmware_gen.text.compress import compress
from ticktalk.runtime_sim.text.match import ASCII
from ticktalk.system.files import read_bytes, write_bytes
from ticktalk.system.home import cache_folder

_CODE = ("clusters.py", "codes.py", "compress.py", "lexicon.py")  # the code that determines the bytes of a lexicon


def compressed(lexicon: dict[str, str], chunks: list[str], phonemes: list[str], letters: str = ASCII) -> bytes:
    """Return `compress(lexicon, chunks, phonemes, letters)`, from the cache if this code has compressed it before."""
    key = hashlib.sha256(_code() + json.dumps([lexicon, chunks, phonemes, letters]).encode()).hexdigest()
    file = cache_folder() / "lexicons" / key
    with contextlib.suppress(OSError):
        digest, packed = (stored := read_bytes(file))[:32], stored[32:]
        if hashlib.sha256(packed).digest() == digest:
            return packed
    packed = compress(lexicon, chunks, phonemes, letters)
    with contextlib.suppress(OSError):  # the folder is not writable
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, hashlib.sha256(packed).digest() + packed)
    return packed


@cache
def _code() -> bytes:
    return b"".join(hashlib.sha256((Path(__file__).parent / name).read_bytes()).digest() for name in _CODE)
