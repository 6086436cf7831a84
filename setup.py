"""Map the top-level packages to subpackages of `ticktalk` (pyproject.toml contains everything else)."""

from pathlib import Path

from setuptools import find_namespace_packages, setup

ROOMS = ("boards", "converter", "firmware_gen", "languages", "runtime_sim", "voices")
HERE = Path(__file__).parent


def packages(folder: str, name: str) -> list[str]:
    """Return `folder` and all folders below it, including data folders, as package names that start with `name`."""
    return [
        name,
        *(f"{name}.{below}" for below in find_namespace_packages(str(HERE / folder), exclude=["*__pycache__*"])),
    ]


setup(
    packages=[
        *packages("ticktalk", "ticktalk"),
        *(name for room in ROOMS for name in packages(room, f"ticktalk.{room}")),
    ]
)
