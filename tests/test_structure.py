"""Check the rules of docs/explanation/architecture.md: permitted imports between packages, and the size of folders."""

import ast
import runpy
import tomllib
from collections.abc import Iterator

import pytest
import setuptools

from tests.support.paths import ROOT

ROOMS = ("boards", "converter", "firmware_gen", "languages", "runtime_sim", "voices", "ticktalk")
# Every package may also import itself and ticktalk.system. The command line may import all packages.
MAY_IMPORT = {"boards": set(), "converter": {"runtime_sim"}, "firmware_gen": {"runtime_sim"}, "runtime_sim": set()}
MOST_MODULES = 20
OPERATORS = ("runtime_sim/ops", "firmware_gen/kernels")  # folders with one file per operator


def modules() -> dict[str, str]:
    """Return the path of every module relative to the repository, keyed by import name."""
    found = {}
    for room in ROOMS:
        for file in sorted((ROOT / room).rglob("*.py")):
            path = file.relative_to(ROOT)
            name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            found[name if room == "ticktalk" else f"ticktalk.{name}"] = str(path)
    return found


def imported(path: str, known: dict[str, str]) -> Iterator[str]:
    """Yield the project's modules that a file imports anywhere, including inside functions."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            for name in node.names:
                whole = f"{node.module}.{name.name}"
                if whole in known or node.module in known:
                    yield whole if whole in known else node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in known)


@pytest.fixture(scope="module")
def graph() -> dict[str, set[str]]:
    """Return the modules that each module imports, keyed by module name."""
    known = modules()
    return {name: set(imported(path, known)) - {name} for name, path in known.items()}


def test_no_import_goes_in_a_circle(graph):
    waiting = {name: set(targets) for name, targets in graph.items()}
    while free := {name for name, targets in waiting.items() if not targets}:
        waiting = {name: targets - free for name, targets in waiting.items() if name not in free}
    assert not waiting, f"these import each other: {waiting}"


def test_no_arrow_between_rooms_runs_back(graph):
    wrong = []
    for name, targets in graph.items():
        room = name.split(".")[1] if "." in name else ""
        if room == "system":
            wrong += [(name, target) for target in targets if not target.startswith("ticktalk.system")]
        elif room in MAY_IMPORT:
            allowed = {"system", "voices", "languages", room, *MAY_IMPORT[room]}
            wrong += [
                (name, target) for target in targets if target.split(".")[1:2] and target.split(".")[1] not in allowed
            ]
    assert not wrong


def test_no_folder_has_too_many_modules():
    counts = {}
    for path in modules().values():
        folder, _, file = path.rpartition("/")
        if file != "__init__.py" and folder not in OPERATORS:
            counts[folder] = counts.get(folder, 0) + 1
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def test_only_operators_lie_where_operators_lie():
    ops, kernels = ({file.stem for file in (ROOT / folder).glob("*.py")} for folder in OPERATORS)
    assert ops == kernels


def test_an_install_adds_one_name(monkeypatch):
    asked = {}
    monkeypatch.setattr(setuptools, "setup", lambda **facts: asked.update(facts))
    monkeypatch.chdir(ROOT)
    runpy.run_path(str(ROOT / "setup.py"))
    assert {name.split(".")[0] for name in asked["packages"]} == {"ticktalk"}
    assert {"ticktalk.voices.heart-nano", "ticktalk.boards.catalogue", "ticktalk.runtime_sim.ops"} <= set(
        asked["packages"]
    )


def test_no_module_is_left_out_when_types_are_checked():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]
    assert settings["disallow_untyped_defs"]
    ours = [each for each in settings["overrides"] if any(name.startswith("ticktalk") for name in each["module"])]
    assert not ours, "mypy's configuration contains exceptions for modules of this project"
    assert not any(each.get("ignore_errors") for each in settings["overrides"])
