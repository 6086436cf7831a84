"""Every form of export has a notice and an SBOM, and is reproducible byte for byte."""

import importlib.util
import os
import subprocess
import sys

import pytest

from tests.firmware_gen.test_sbom import checked
from tests.support.forms import write_every_form
from tests.support.paths import ROOT

TFLM = importlib.util.find_spec("tflite_micro") is not None


@pytest.fixture(scope="module")
def forms(tmp_path_factory):
    """Return the folders with all forms of export."""
    return write_every_form(tmp_path_factory.mktemp("forms"), TFLM)


def test_every_form_has_a_notice_and_a_bill_of_materials(forms):
    for folder in forms:
        bill = checked(folder)
        assert "./NOTICE" in {each["fileName"] for each in bill["files"]}, folder
        told = (folder / "NOTICE").read_text()
        first, underline = told.splitlines()[:2]
        assert underline == "=" * len(first) and "no rights to its output" in told
        assert ("the SHA-256" in told) == ("model" in folder.name) == first.startswith("The model ")
        assert ("contains TensorFlow Lite Micro (Apache-2.0)" in told) == folder.name.startswith("tflm")


def test_every_form_is_the_same_in_another_process_and_folder(forms, tmp_path):
    """The other process has a different hash seed, time zone and language."""
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.support.forms", tmp_path / "other" / "place"]
    command += [] if TFLM else ["--without-tflm"]
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    for folder in forms:
        files = [file.relative_to(folder) for file in sorted(folder.rglob("*")) if file.is_file()]
        other = tmp_path / "other" / "place" / folder.name
        assert len(files) > 10 and files == [f.relative_to(other) for f in sorted(other.rglob("*")) if f.is_file()]
        changed = [file for file in files if (folder / file).read_bytes() != (other / file).read_bytes()]
        assert not changed, (folder.name, changed)
