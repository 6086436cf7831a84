"""The generated C code does not depend on the order of Python's sets, which differs from process to process."""

import os
import subprocess
import sys

CODE = """
import hashlib
from ticktalk.firmware_gen.text.export import text_files
from ticktalk.runtime_sim.text.bundled import frontend
files = text_files(frontend("en-us"), "x")
print(hashlib.sha256("".join(name + files[name] for name in sorted(files)).encode()).hexdigest())
"""


def test_the_tables_of_a_language_pack_are_the_same_in_every_process(tmp_path):
    made = {
        subprocess.run(
            [sys.executable, "-c", CODE],
            env=os.environ | {"PYTHONHASHSEED": seed, "XDG_CACHE_HOME": str(tmp_path / seed)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(made) == 1
