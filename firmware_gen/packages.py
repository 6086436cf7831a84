"""Turn the library of a voice into a package for an SDK, such as a Zephyr module or an Arduino library.

files = package_files("zephyr", description)

A package is a folder of templates/packages. Each template in the folder becomes a file with the same path in the
package, unless the rendered text is empty. NAME in a path is replaced with the library's prefix.
"""

import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.render import render
from ticktalk.runtime_sim.examples import examples_of
from ticktalk.runtime_sim.reading import packs_of
from ticktalk.runtime_sim.speech import utterances
from ticktalk.runtime_sim.voice import Voice

_TEMPLATES = Path(__file__).parent / "templates"
_ARM = ("cortex-m33", "cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m55")


@dataclass(frozen=True)
class Package:
    """A kind of package. `cores` lists the cores that its SDK supports, starting with the default."""

    title: str
    cores: tuple[str, ...]


PACKAGES = {
    "zephyr": Package("Zephyr module", (*_ARM, "rv32imc", "xtensa-lx7")),
    "esp-idf": Package("ESP-IDF component", ("xtensa-lx7", "rv32imc")),
    "arduino": Package("Arduino and PlatformIO library", ("xtensa-lx7", "rv32imc", "cortex-m33", "cortex-m0plus")),
    "pico-sdk": Package("Pico SDK library", ("cortex-m33", "cortex-m0plus", "rv32imc")),
    "cmsis-pack": Package("CMSIS-Pack", _ARM),
}


@dataclass(frozen=True)
class Description:
    """The description of a library that all packages use.

    `name` is the library's prefix, and `title` is the voice's name. `sources` are the .c files in the folder `include`,
    which also holds the headers. `isa` is one of compile_graph's instruction sets. Examples speak `sentence`, or the
    phoneme ids `ids` if the library cannot read text. `constant_bytes` and `state_bytes` are the estimated flash and
    RAM that the library needs. If `converted` is true, the examples play the samples of NAME_output.h.
    """

    name: str
    title: str
    version: str
    licence: str
    core: str
    isa: str
    sources: tuple[str, ...]
    text: bool
    sentence: str
    ids: tuple[int, ...]
    constant_bytes: int
    state_bytes: int
    converted: bool = False
    include: str = "src"

    @property
    def rate(self) -> str:
        """The name of the constant, without its prefix, for the sample rate of the examples."""
        return "OUTPUT_RATE" if self.converted else "SAMPLE_RATE"

    @property
    def hop(self) -> str:
        """The name of the constant, without its prefix, for the maximum number of samples that examples play at a
        time."""
        return "OUTPUT_HOP" if self.converted else "HOP"


def description(voice: Voice, sources: tuple[str, ...], facts: dict) -> Description:
    """Return the description of a voice's library. `facts` is the content of the report."""
    pack, sentence = facts["text"], examples_of(voice).short
    if packs_of(voice):
        ids = next(utterances(voice, sentence))[0]
    else:  # the exporter cannot convert text to ids, so the example speaks every sound
        edge = voice.manifest["phonemes"]["edge"]
        ids = [edge, *sorted(voice.manifest["phonemes"]["symbols"].values())[:40], edge]
    return Description(
        name=facts["prefix"],
        title=facts["name"],
        version=version("ticktalk"),
        licence=spdx(facts["teacher"].get("licence") or "unknown", *([pack["licence"]] if pack else [])),
        core=facts["core"],
        isa=facts["isa"],
        sources=sources,
        text=pack is not None,
        sentence=sentence,
        ids=tuple(ids),
        constant_bytes=facts["constant_bytes"] + (pack["flash_bytes"] if pack else 0),
        state_bytes=facts["static_bytes"] + (pack["state_bytes"] if pack else 0),
        converted=f"{facts['prefix']}_output.c" in sources and facts["output"]["channels"] == 1,
    )


def core_of(package: str, core: str | None) -> str:
    """Return the core of a package: `core`, or the package's default if it is None. Raises BuildError."""
    if package not in PACKAGES:
        raise BuildError(f"unknown package '{package}'; choose {', '.join(PACKAGES)}")
    cores = PACKAGES[package].cores
    if core is not None and core not in cores:
        raise BuildError(f"package '{package}' has no core '{core}'; choose {', '.join(cores)}")
    return core or cores[0]


def package_files(package: str, library: Description) -> dict[str, str]:
    """Return the text of a package's files by path, except the sources of the library."""
    folder = _TEMPLATES / "packages" / package.replace("-", "_")
    files = {
        path.relative_to(folder).as_posix().removesuffix(".j2").replace("NAME", library.name): render(
            path.relative_to(_TEMPLATES).as_posix(), library=library, kind=PACKAGES[package].title
        )
        for path in sorted(folder.rglob("*.j2"))
    }
    return {name: text for name, text in files.items() if text.strip()}


def spdx(*licences: str) -> str:
    """Return an SPDX expression for the licences. The expression refers to NOTICE if a licence has no SPDX
    identifier."""
    known = [each for each in dict.fromkeys(licences) if re.fullmatch(r"[A-Za-z]+-[A-Za-z0-9.-]+", each)]
    return " AND ".join(known) if len(known) == len(set(licences)) else "LicenseRef-NOTICE"
