"""Prove how much stack each public function of an exported library needs, from gcc's stack usage and call graph.

python -m tests.firmware_gen.stack_proof [VOICE [PACK]]    prints a table for a Cortex-M4

A function needs its own frame plus the largest stack of any of its callees. The proof fails if it finds recursion, a
frame of unknown size, or an indirect call whose targets POINTERS does not list.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.paths import ROOT
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.runtime_sim.voice import load_voice

OPTIONS = ["-mcpu=cortex-m4", "-mthumb", "-std=c11", "-O2", "-ffreestanding"]
_DEVICE = (
    ROOT / "firmware_gen" / "templates" / "freestanding" / "memory.c"
)  # memcpy and similar functions, which an application may replace
# Functions that each file calls through pointers. File names omit the library's prefix. "user" is a function of the
# application, whose own stack must be added.
POINTERS = {".c": "user", "_text_characters.c": "user", "_text_scan.c": "_text_markup"}


class NoProof(Exception):
    """Raised if the stack cannot be bounded. The message states where and why."""


def compiled(sources: list[Path], include: Path, folder: Path) -> None:
    """Compile `sources` to objects, stack usage and call graphs in `folder`."""
    command = ["arm-none-eabi-gcc", *OPTIONS, "-fstack-usage", "-fcallgraph-info=su", f"-I{include}", "-c", *sources]
    subprocess.run(command, cwd=folder, check=True)


def call_graph(folder: Path, name: str) -> tuple[dict[str, int], dict[str, set[str]]]:
    """Return the frame size in bytes and the callees of each function of the library `name`.

    Static functions are named FILE:NAME.
    """
    frames: dict[str, int] = {}
    calls: dict[str, set[str]] = {}
    for path in sorted(folder.glob("*.ci")):
        text = re.sub(r'(?<=")[^":]*/(?=[^/":]+\.[ch]:)', "", path.read_text())
        for title, label in re.findall(r'^node: \{ title: "([^"]*)" label: "([^"]*)" \}', text, re.MULTILINE):
            size = re.search(r"(\d+) bytes \(([a-z,]+)\)", label)
            if not size or size[2] == "dynamic":
                raise NoProof(f"{title}: the size of its frame is unknown")
            frames[title] = int(size[1])
        edge = r'^edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)" label: "([^":]*):\d+:\d+"'
        for source, target, file in re.findall(edge, text, re.MULTILINE):
            if target == "__indirect_call":
                pointer = POINTERS.get(file.removeprefix(name))
                if pointer is None:
                    raise NoProof(f"{source}: calls through a pointer that POINTERS does not list")
                target = pointer if pointer == "user" else name + pointer
            calls.setdefault(source, set()).add(target)
    return frames, calls


def proven(folder: Path, name: str) -> dict[str, int]:
    """Return the maximum stack, in bytes, that each external function of the library `name` in `folder` needs."""
    frames, calls = call_graph(folder, name)
    known: dict[str, int] = {"user": 0}

    def most(function: str, above: tuple[str, ...]) -> int:
        if function in above:
            raise NoProof("recursion: " + " calls ".join((*above[above.index(function) :], function)))
        if function not in known:
            if function not in frames:
                raise NoProof(f"{above[-1] if above else function}: calls {function}, which is not known")
            deeper = (most(each, (*above, function)) for each in sorted(calls.get(function, ())))
            known[function] = frames[function] + max(deeper, default=0)
        return known[function]

    return {function: most(function, ()) for function in sorted(frames) if ":" not in function}


def library_stack(library: Path, name: str, folder: Path) -> dict[str, int]:
    """Compile an exported library in `folder`, with memcpy and similar functions, and return the result of `proven` for
    it."""
    compiled([*sorted((library / "src").glob("*.c")), _DEVICE], library / "src", folder)
    return proven(folder, name)


def main() -> int:
    """Print the table of docs/measurements/stack.md."""
    voice, pack = (sys.argv[1:] + ["heart-nano", "en-us"][len(sys.argv) - 1 :])[:2]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        library = export_library(
            load_voice(ROOT / "voices" / voice),
            "cortex-m4",
            folder / "library",
            LibraryOptions(name="voice", text=pack, output_rate=24000, stereo=True),
        )
        header = "".join((library / "src" / f"voice{end}.h").read_text() for end in ("", "_output"))
        (folder / "objects").mkdir()
        for function, size in library_stack(library, "voice", folder / "objects").items():
            if re.search(rf"\b{function}\(", header):
                print(f"| `{function}` | {size} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
