"""Check that `make test` installs every package that a test needs.

A test is skipped without its package, which `make test` reports; but not to a developer who has more extras installed.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.skips import ALLOWED
from tests.support.paths import ROOT
from tests.test_structure import ROOMS

OURS = {*ROOMS, "scripts", "tests", "conftest"}
OTHERWISE = {name.partition("::")[0] for name in ALLOWED}  # files with tests that may be skipped


def installed_by_make_test() -> set[str]:
    """Return the names of the distributions that the Makefile's EXTRAS_TEST installs, with their dependencies."""
    extras = re.search(r"^EXTRAS_TEST := (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = {}
    waiting = [Requirement(f"ticktalk[{extras}]")]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if wanted.extras | {""} <= found.get(name, set()):
            continue
        found.setdefault(name, set()).update(wanted.extras | {""})
        if name == "ticktalk":
            chosen = [line for extra in wanted.extras for line in project["optional-dependencies"][extra]]
            waiting += map(Requirement, project["dependencies"] + chosen)
            continue
        try:
            lines = [Requirement(line) for line in requires(name) or []]
        except PackageNotFoundError:  # for another version of Python
            continue
        waiting += [
            line
            for line in lines
            if not line.marker or any(line.marker.evaluate({"extra": extra}) for extra in wanted.extras | {""})
        ]
    return set(found)


def needed(source: str) -> Iterator[str]:
    """Yield the top-level modules that a test imports, or without which it is skipped."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("importorskip", "find_spec")):
            names = [name.value for name in node.args[:1] if isinstance(name, ast.Constant)]
        else:
            continue
        yield from (name.partition(".")[0] for name in names)


def test_make_test_installs_what_tests_need():
    installed, providers = installed_by_make_test(), packages_distributions()
    missing = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in (ROOT / "tests").rglob("*.py")
        if path.name not in OTHERWISE
        for name in needed(path.read_text())
        if name not in OURS | sys.stdlib_module_names
        and not installed & set(map(canonicalize_name, providers.get(name, [])))
    }
    assert not missing
