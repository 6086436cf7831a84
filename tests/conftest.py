"""Fixtures that several files of tests use."""

import pytest


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Nothing of the user's own is read or written."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def file_of(tmp_path):
    """Writes an image into a file; gives its path."""
    def write(image, name="image.bin"):
        (tmp_path / name).write_bytes(image)
        return tmp_path / name
    return write


@pytest.fixture
def quick(monkeypatch):
    """Shorter patience: the lines of tests have no length."""
    for module, name, seconds in (("smp_serial", "TIMEOUT", 0.06), ("smp_serial", "ERASE_TIMEOUT", 0.3), ("smp_loader", "PROBE", 0.06),
                                  ("stm32_serial", "TIMEOUT", 0.05), ("stm32_serial", "ERASE_TIMEOUT", 0.3), ("stm32_serial", "QUIET", 0.01),
                                  ("stm32_loader", "PROBE", 0.05), ("ambiq_serial", "TIMEOUT", 0.2), ("ambiq_serial", "PROGRAM_TIMEOUT", 0.6),
                                  ("ambiq_serial", "QUIET", 0.01), ("ambiq_serial", "SETTLE", 0.06), ("ambiq_loader", "PROBE", 0.15),
                                  ("console_loader", "TIMEOUT", 0.3), ("console_loader", "PROBE", 0.3),
                                  ("flash", "PROBE", 0.06), ("flash", "IDENTIFY", 1.0), ("flash", "START", 0.5), ("flash", "RETURN", 0.2)):
        monkeypatch.setattr(f"boards.{module}.{name}", seconds)
