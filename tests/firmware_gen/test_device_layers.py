"""The device's C code is layered: no file depends on itself, directly or indirectly."""

import re
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.support.paths import ROOT

TEMPLATES = ROOT / "firmware_gen" / "templates" / "device"
INCLUDE = re.compile(r'^#include "(\w+)\.h"', re.M)


def includes() -> dict[str, set[str]]:
    """Return the names of the other units that each unit includes. A unit is a .c file and its header."""
    units: dict[str, set[str]] = {}
    for file in TEMPLATES.rglob("*.[ch]*"):
        unit = file.name.split(".")[0]
        units.setdefault(unit, set()).update(set(INCLUDE.findall(file.read_text())) - {unit})
    return units


def test_no_two_units_of_the_device_need_each_other():
    units = includes()
    assert {"update", "voice_app", "model_app"} <= units.keys() and units["console"] and units["services"]
    list(TopologicalSorter(units).static_order())


def test_the_console_knows_neither_updates_nor_the_application():
    assert not includes()["console"] & {"update", "application", "services", "board"}


def test_a_circle_would_be_found(tmp_path, monkeypatch):
    (tmp_path / "one.c").write_text('#include "two.h"\n')
    (tmp_path / "two.c").write_text('#include "one.h"\n')
    monkeypatch.setattr("tests.firmware_gen.test_device_layers.TEMPLATES", tmp_path)
    with pytest.raises(CycleError):
        list(TopologicalSorter(includes()).static_order())
