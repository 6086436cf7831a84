"""Write a page on which voices speak: a single, self-contained HTML file that makes no network requests.

write_page(Path("page.html"), [load_voice("voices/heart-nano")], [load_board("pico")])
"""

import base64
import gzip
import hashlib
import json
import platform
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ticktalk import __version__
from ticktalk.boards.board import Board, all_boards
from ticktalk.estimate import SOURCE
from ticktalk.page.costs import KEEPS_UP, NO, SLOW, UNKNOWN, Costs, grouped
from ticktalk.page.facts import facts_of
from ticktalk.page.wasm import Module, compile_voice
from ticktalk.runtime_sim.examples import examples_of
from ticktalk.runtime_sim.speech import speak_text
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import write_text

_HERE = Path(__file__).parent

SAYS = {
    KEEPS_UP: "fits and keeps up on",
    SLOW: "is too slow to speak without delay on",
    UNKNOWN: "fits, speed unknown, on",
    NO: "does not fit on",
}


@dataclass(frozen=True)
class Spoken:
    """A voice on the page: its module, its facts, and the hashes of its samples."""

    module: Module
    facts: dict

    @property
    def data(self) -> dict:
        """The facts that the script needs."""
        return {key: self.facts[key] for key in ("name", "sample_rate", "symbols", "speakers", "greeting", "proof")}


def sums(voice: Voice, texts: Sequence[str]) -> list[dict]:
    """Return each text with the number of its simulated samples and their SHA-256 (int16, little-endian)."""
    found = []
    for text in texts:
        pcm = np.concatenate([np.zeros(0, np.int16), *speak_text(voice, text)])
        found.append(
            {"text": text, "samples": len(pcm), "sha256": hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest()}
        )
    return found


def write_page(
    out: Path,
    voices: Sequence[Voice],
    boards: Sequence[Board] = (),
    image: dict | None = None,
    tell: Callable[[str], None] = lambda line: None,
    built: dict | None = None,
) -> None:
    """Write the page to `out`: all boards in a table, and each of `boards` in detail. `image` holds the facts of the
    firmware that will be flashed, from `of_image`, and `built` is its report. `tell` receives progress messages.

    Raises BuildError, LanguageError, VoiceError, or MissingToolError if zig is not installed.
    """
    spoken = []
    for voice in voices:
        name = voice.manifest["name"]
        tell(f"compiling {name} to WebAssembly")
        module = compile_voice(voice)
        texts = examples_of(voice).sentences
        tell(f"estimating its cost and simulating {len(texts)} sentences")
        told = {"proof": sums(voice, texts), **costs_of(voice, all_boards(), boards, built)}
        spoken.append(Spoken(module, facts_of(voice, module.report) | told))
    write_text(out, render(spoken, image))


def costs_of(voice: Voice, table: Sequence[Board], boards: Sequence[Board], built: dict | None = None) -> dict:
    """Return the costs of a voice: one row for each board of `table`, and all facts about each of `boards`."""
    costs = Costs(voice)
    rows = [costs.row(board) for board in table]
    shown = [costs.on(board, built) for board in boards]
    return {"rows": rows, "groups": grouped(shown or rows), "boards": shown}


def render(spoken: Sequence[Spoken], image: dict | None = None) -> str:
    """Return the page. All text is escaped, and the page's policy allows only its own script."""
    voices = [each.facts for each in spoken]
    return page_of(
        "page.html.j2",
        ("voice.js", "common.js", "page.js"),
        {"voices": [each.data for each in spoken]},
        [each.module for each in spoken],
        title="Hear the firmware before you flash it",
        description="Speaks what you type with the C code of the firmware.",
        voices=voices,
        proofs=proofs(voices),
        image=image,
        source=SOURCE,
        says=SAYS,
        commands=commands(voices),
        versions=versions(spoken[0].module),
    )


def proofs(voices: Sequence[dict]) -> list[dict]:
    """Return the sentences of each table of sums, and the numbers of the voices that speak them."""
    found: dict[tuple[str, ...], list[int]] = {}
    for number, voice in enumerate(voices):
        found.setdefault(tuple(each["text"] for each in voice["proof"]), []).append(number)
    return [{"sentences": texts, "voices": numbers} for texts, numbers in found.items()]


def versions(module: Module) -> dict[str, str]:
    """Return the versions of everything that was used to make the page."""
    return {
        "ticktalk": __version__,
        "the compiler": module.compiler,
        "Python": platform.python_version(),
        "NumPy": np.__version__,
    }


def commands(voices: Sequence[dict]) -> list[dict]:
    """Return the command lines that flash or export the voices for the boards of the page, or for the first suitable
    board."""
    found = []
    for voice in voices:
        name = shlex.quote(voice["name"])
        for board in voice["boards"] or [row for row in voice["rows"] if row["whole"] and not row["problem"]][:1]:
            if board["problem"]:
                continue
            where = f"--board {shlex.quote(board['name'])} --voice {name}"
            if board["whole"]:
                what = f"Shows what would be flashed onto {board['title']}, then flashes it:"
                found.append({"what": what, "line": f"ticktalk flash {where} --dry-run"})
                found.append({"what": "", "line": f"ticktalk flash {where}"})
            else:
                what = f"Writes the C for your own firmware of {board['title']}:"
                found.append({"what": what, "line": f"ticktalk export {where} --library --out library"})
    return found


def page_of(
    template: str, scripts: Sequence[str], data: dict, modules: Sequence[Module], title: str, **values: object
) -> str:
    """Return a page rendered from `template`. The page contains the joined scripts, their facts `data`, and the modules
    that they load."""
    environment = Environment(
        loader=PackageLoader("ticktalk", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, script = read("page.css"), script_with(*scripts)
    return environment.get_template(template).render(
        title=title,
        data=script_data(data),
        modules=[packed(each.wasm) for each in modules],
        style=Markup(style),
        script=Markup(script),
        style_hash=_policy_hash(style),
        script_hash=_policy_hash(script),
        **values,
    )


def packed(wasm: bytes) -> str:
    """Return a module as base64 of its compressed bytes."""
    return base64.b64encode(gzip.compress(wasm, 9, mtime=0)).decode()


def script_data(data: object) -> Markup:
    """Return JSON that is safe as the content of a <script> element: no string in it can end the element."""
    return Markup(json.dumps(data).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _policy_hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def script_with(*names: str) -> str:
    """Join several scripts into one, and return it. Only a package exports its class."""
    return "".join(read(name) for name in names).replace("export class Voice", "class Voice")


def read(name: str) -> str:
    """Return a file of this folder."""
    return (_HERE / name).read_text(encoding="utf-8")
