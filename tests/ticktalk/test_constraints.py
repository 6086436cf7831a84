"""constraints.txt pins an exact version of every requirement in pyproject.toml, for each supported Python version."""

import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import ROOT

EXTRAS = ("text", "oracle", "demo", "corpus", "convert", "docs", "test", "check")


def pins(environment: dict) -> dict[str, str]:
    """Return the version to which each package is pinned.

    Two different pins for the same Python version are an error.
    """
    found = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        requirement = Requirement(line.partition("#")[0]) if line.partition("#")[0].strip() else None
        if requirement and (requirement.marker is None or requirement.marker.evaluate(environment)):
            (version,) = requirement.specifier
            assert version.operator == "==" and found.setdefault(requirement.name, version.version) == version.version
    return found


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_every_requirement_has_one_exact_version_that_it_allows(python):
    environment = {"python_version": python, "python_full_version": f"{python}.2", "extra": ""}
    pinned = pins(environment)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in EXTRAS for line in project["optional-dependencies"][extra])]
    for requirement in map(Requirement, lines):
        if requirement.name == "ticktalk" or (requirement.marker and not requirement.marker.evaluate(environment)):
            continue
        version = pinned.get(canonicalize_name(requirement.name))
        assert version and requirement.specifier.contains(version, prereleases=True), (str(requirement), version)
