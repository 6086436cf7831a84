"""cppcheck's MISRA addon reports only violations of rules for which docs/reference/misra.md gives a reason.

By default, only the core files for one instruction set are checked, as gcc builds them. TICKTALK_MISRA=all checks all
files for all instruction sets, and all combinations of their preprocessor conditions.
"""

import os
import re
import subprocess
from pathlib import Path
from shutil import which

import pytest

from tests.support.cppcheck import as_built
from tests.support.models import small_network
from tests.support.paths import ROOT
from tests.support.speakers import with_speakers
from tests.support.talker import talker
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions

PAGE = ROOT / "docs" / "reference" / "misra.md"
ALL = os.environ.get("TICKTALK_MISRA") == "all"
# The core files exclude the text front end, because checking it takes minutes.
CORE = ("one.c", "one_frame.c", "one_vocoder.c", "one_vocoder_fft.c", "one_utterances.c", "net.c")
DATA = ("_tables", "_weights")  # files without code


def listed() -> set[str]:
    """Return the rules that the documentation lists."""
    cells = re.findall(r"^- ([\d., ]+): ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {rule for cell in cells for rule in cell.split(", ")}


def findings(sources: list[Path], options: list[str]) -> dict[str, str]:
    """Return the violated rules that the addon reports, each with one location."""
    command = ["cppcheck", "--addon=misra", "--std=c11", "--quiet", "--enable=style", "--template={id} {file}:{line}"]
    done = subprocess.run([*command, *options, *sources], capture_output=True, text=True, check=True)
    return dict(re.findall(r"^misra-c2012-([\d.]+) (.*)$", done.stderr, re.MULTILINE))


@pytest.mark.skipif(not which("cppcheck"), reason="needs cppcheck")
@pytest.mark.parametrize("core", ["cortex-m0plus", "cortex-m4", "cortex-m55"] if ALL else ["cortex-m4"])
def test_only_rules_with_a_reason_are_broken(core, tmp_path):
    (tmp_path / "small.tflite").write_bytes(small_network())
    every = {"phrases": ["clock"], "output_rate": 8000, "stereo": True, "weights": "external"}
    one = export_library(with_speakers(talker()), core, tmp_path / "one", LibraryOptions(name="one", **every)) / "src"
    net = export_library(tmp_path / "small.tflite", core, tmp_path / "net", LibraryOptions(name="net")) / "src"
    code = [path for folder in (one, net) for path in folder.glob("*.c") if not path.stem.endswith(DATA)]
    sources = sorted(path for path in code if ALL or path.name in CORE)
    found = findings(sources, [f"-I{one}", f"-I{net}", *([] if ALL else as_built("dsp"))])
    assert len(found) > 10  # otherwise the addon has not run
    unlisted = {rule: place for rule, place in found.items() if rule not in listed()}
    assert not unlisted, f"no reason in {PAGE.name}: {unlisted}"
