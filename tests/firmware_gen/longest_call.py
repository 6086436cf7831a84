"""Count the instructions of the longest calls: python -m tests.firmware_gen.longest_call [VOICE [ROWS [CORE]]].

An emulated core (m0plus, m4, m33 or m55) reads 200 of WordNet's short examples, drawn with a fixed seed, and texts that
take a long time to read. The program compares the longest calls with the limits in the library's report.
"""

import json
import random
import sys
import tempfile
from pathlib import Path

from tests.support.longest import longest_calls
from ticktalk.bundled import voice_folder
from ticktalk.converter.languages.en.sentences import general_sentences
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.runtime_sim.voice import load_voice

EXAMPLES, SEED, LONGEST = 200, 1, 32
HARD = ["Qwertzuiopasdfghjklyxcvbnmqwert-" * n for n in (1, 2, 8, 15)]
HARD += ["the " * 90, "of the " * 45, "a.b.c.d.e.f." * 10, "x-" * 90, "qwrt-" * 60, "1234567890123456789 " * 5]


def main() -> int:
    """Print the figures. Return 1 if a call took longer than the report states."""
    name, rows, core = (sys.argv[1:] + ["heart-nano", "4", "m4"][len(sys.argv) - 1 :])[:3]
    texts = [
        text
        for text in general_sentences()
        if text.isascii() and '"' not in text and "\\" not in text and len(text) <= LONGEST
    ]
    texts = random.Random(SEED).sample(texts, EXAMPLES)
    failed = False
    for what, chosen in ((f"{EXAMPLES} sentences", texts), ("hard texts", HARD)):
        with tempfile.TemporaryDirectory() as folder:
            library = Path(folder) / "library"
            export_library(
                load_voice(voice_folder(name)),
                f"cortex-{core}",
                library,
                LibraryOptions(name="one", rows_per_tick=int(rows)),
            )
            work = json.loads((library / "report.json").read_text())["work"]
            calls = longest_calls(library, core, chosen, Path(folder), timeout=3600)[:, 1:]
        reading, phonemes, frames = calls.max(0).tolist()
        print(
            f"{name}, {core}, {rows} rows, {what}: reading {reading}, phonemes {phonemes}, frames {frames}", flush=True
        )
        failed |= max(phonemes, frames) > work["longest_call_instructions"]
        failed |= reading > work["longest_reading_call_instructions"]
    print(f"limits: {work['longest_call_instructions']}, reading {work['longest_reading_call_instructions']}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
