"""Write the software bill of materials (SBOM) of an exported folder as SPDX 2.3 in JSON.

text = sbom(files, facts)

The SBOM lists every file with its hashes. The packages in the SBOM are the generated C, the voice, the voice's teacher,
the language pack and the sources of the pack. Repeated exports give the same text, because the date is
SOURCE_DATE_EPOCH or 1970-01-01.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.escape import one_line

NAME = "sbom.spdx.json"
# Licences that SPDX lists under an identifier. Any other licence becomes a LicenseRef with the recorded text.
_KNOWN = {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-SA-4.0"} | {
    "CC-BY-SA-3.0", "CC-BY-SA-4.0", "CC0-1.0", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later",
    "ISC", "LGPL-2.1-or-later", "LGPL-3.0-or-later", "MIT", "MPL-2.0", "Unlicense", "Zlib",
}  # fmt: skip
_UNKNOWN = "NOASSERTION"


class _Licences:
    """Names licences, and collects the text of those that have no SPDX identifier."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}

    def name(self, licence: str | None) -> str:
        if not licence or licence == "unknown":
            return _UNKNOWN
        if licence in _KNOWN:
            return licence
        return self.texts.setdefault(one_line(licence), f"LicenseRef-{len(self.texts) + 1}")

    def extracted(self) -> list[dict]:
        return [{"licenseId": name, "name": name, "extractedText": text} for text, name in self.texts.items()]


def sbom(files: Mapping[str, str | bytes], facts: dict) -> str:
    """Return the text of the SBOM for `files`, which maps paths to contents. `facts` holds kind, name, hash, teacher
    and text.

    Raises BuildError if SOURCE_DATE_EPOCH is not a number of seconds.
    """
    contents = {path: text.encode() if isinstance(text, str) else text for path, text in sorted(files.items())}
    licences = _Licences()
    listed = [_file(number, path, content) for number, (path, content) in enumerate(contents.items(), 1)]
    teacher, pack = facts.get("teacher") or {}, facts.get("text")
    code = _package("code", "generated C code", version("ticktalk"), "Apache-2.0", licences)
    code |= {
        "filesAnalyzed": True,
        "packageVerificationCode": {"packageVerificationCodeValue": _verification(contents)},
        "licenseInfoFromFiles": [_UNKNOWN],
        "comment": "The authors of ticktalk claim no rights to its output.",
    }
    source = _package("source", f"{facts['kind']} {facts['name']}", None, teacher.get("licence"), licences)
    source |= {"checksums": [{"algorithm": "SHA256", "checksumValue": facts["hash"]}]}
    packages, relations = [code, source], [("DOCUMENT", "DESCRIBES", "code"), ("code", "GENERATED_FROM", "source")]
    if teacher:
        name = " ".join(filter(None, (teacher.get("name") or "unknown teacher", teacher.get("voice"))))
        packages.append(_package("teacher", name, teacher.get("version"), teacher.get("licence"), licences))
        relations.append(("source", "GENERATED_FROM", "teacher"))
    if pack:
        packages.append(_package("pack", f"language pack {pack['pack']}", None, pack["licence"], licences))
        packages[-1] |= {"checksums": [{"algorithm": "SHA256", "checksumValue": pack["hash"]}]}
        relations.append(("code", "GENERATED_FROM", "pack"))
        for number, each in enumerate(pack["sources"], 1):
            of = _package(f"pack-source-{number}", each["name"], each["version"], each["licence"], licences)
            packages.append(of | {"comment": one_line(each["what"])})
            relations.append(("pack", "GENERATED_FROM", f"pack-source-{number}"))
    relations += [("code", "CONTAINS", each["SPDXID"].removeprefix("SPDXRef-")) for each in listed]
    digest = hashlib.sha256("".join(each["checksums"][1]["checksumValue"] for each in listed).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": one_line(facts["name"]),
        "documentNamespace": f"https://spdx.org/spdxdocs/ticktalk-{digest}",
        "creationInfo": {"created": _created(), "creators": [f"Tool: ticktalk-{version('ticktalk')}"]},
        "packages": packages,
        "files": listed,
        "relationships": [
            {"spdxElementId": f"SPDXRef-{of}", "relationshipType": kind, "relatedSpdxElement": f"SPDXRef-{to}"}
            for of, kind, to in relations
        ],
    }
    if licences.texts:
        document["hasExtractedLicensingInfos"] = licences.extracted()
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _created() -> str:
    """Return the creation date of the document."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or "0"
    try:
        return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        raise BuildError(f"SOURCE_DATE_EPOCH is {seconds!r}; set it to the seconds since 1970, or unset it") from None


def _file(number: int, path: str, content: bytes) -> dict:
    return {
        "SPDXID": f"SPDXRef-file-{number}",
        "fileName": f"./{path}",
        "checksums": [
            {"algorithm": "SHA1", "checksumValue": hashlib.sha1(content).hexdigest()},
            {"algorithm": "SHA256", "checksumValue": hashlib.sha256(content).hexdigest()},
        ],
        "licenseConcluded": _UNKNOWN,
        "licenseInfoInFiles": [_UNKNOWN],
        "copyrightText": _UNKNOWN,
    }


def _package(name: str, title: str, release: str | None, licence: str | None, licences: _Licences) -> dict:
    named = licences.name(licence)
    found = {
        "SPDXID": f"SPDXRef-{name}",
        "name": one_line(title),
        "downloadLocation": _UNKNOWN,
        "filesAnalyzed": False,
        "licenseConcluded": named,
        "licenseDeclared": named,
        "copyrightText": _UNKNOWN,
    }
    return found | ({"versionInfo": one_line(release)} if release else {})


def _verification(contents: Mapping[str, bytes]) -> str:
    """Return the package verification code: the SHA-1 of the files' SHA-1 hashes in ascending order."""
    hashes = sorted(hashlib.sha1(content).hexdigest() for content in contents.values())
    return hashlib.sha1("".join(hashes).encode()).hexdigest()
