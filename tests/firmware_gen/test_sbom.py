"""SPDX's own tools accept the SBOM of an export as SPDX 2.3. The SBOM lists every file (see also
test_every_form.py)."""

import hashlib
import json
from dataclasses import replace

import pytest

from tests.support.paths import TINY
from tests.support.talker import talker
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.runtime_sim.voice import load_voice

parser = pytest.importorskip("spdx_tools.spdx.parser.parse_anything")
validation = pytest.importorskip("spdx_tools.spdx.validation.document_validator")


def checked(folder) -> dict:
    """Return the SBOM in an exported folder after checking it with spdx-tools and against the folder's files."""
    path = folder / "sbom.spdx.json"
    document = parser.parse_file(str(path))
    assert not [message.validation_message for message in validation.validate_full_spdx_document(document)]
    found = json.loads(path.read_text())
    hashes = {each["fileName"]: each["checksums"][1]["checksumValue"] for each in found["files"]}
    ours = [file for file in folder.rglob("*") if file.is_file() and file != path and file.name != ".ticktalk"]
    names = {f"./{file.relative_to(folder).as_posix()}": file for file in ours}
    assert hashes == {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in names.items()}
    return found


def test_the_sbom_of_a_voice_names_its_teacher_and_its_language_pack(tmp_path):
    voice = talker()
    voice = replace(voice, manifest=voice.manifest | {"teacher": {"name": "t", "voice": "v", "licence": "ask them"}})
    found = checked(export_library(voice, "cortex-m4", tmp_path / "out", LibraryOptions(name="one")))
    licences = {each["name"]: each["licenseDeclared"] for each in found["packages"]}
    assert licences["generated C code"] == "Apache-2.0" and licences["language pack en-us"] == "Apache-2.0"
    assert licences["misaki"] == "Apache-2.0" and licences["t v"] == "LicenseRef-1"
    assert [each["extractedText"] for each in found["hasExtractedLicensingInfos"]] == ["ask them"]


def test_the_date_of_the_sbom_is_source_date_epoch(tmp_path, monkeypatch):
    voice = load_voice(TINY)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    folder = export_library(voice, "cortex-m4", tmp_path / "dated", LibraryOptions(name="one", text="none"))
    assert json.loads((folder / "sbom.spdx.json").read_text())["creationInfo"]["created"] == "1970-01-02T00:00:00Z"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(BuildError, match="SOURCE_DATE_EPOCH is 'yesterday'; set it to the seconds since 1970"):
        export_library(voice, "cortex-m4", tmp_path / "undated", LibraryOptions(name="one", text="none"))
