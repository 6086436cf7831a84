"""Write a page on which voices speak: a single, self-contained HTML file that makes no network requests.

write_page(Path("page.html"), [load_voice("voices/heart-nano")], [load_board("pico")])
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ticktalk import __version__
from ticktalk.boards.board import Board
from ticktalk.page.facts import board_table, facts_of, on_board
from ticktalk.page.wasm import Module, compile_voice
from ticktalk.runtime_sim.speech import speak_text
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import write_text

_HERE = Path(__file__).parent
TEXT = "Good morning. It is seven thirty, and this is your watch speaking."


@dataclass(frozen=True)
class Spoken:
    """A voice on the page: its module, its facts, and the hashes of its samples."""

    module: Module
    facts: dict

    @property
    def data(self) -> dict:
        """The facts that the script needs."""
        return {key: self.facts[key] for key in ("name", "sample_rate", "symbols", "proof")}


def sentences() -> list[str]:
    """Return the sentences of the proof, which contain numbers, times, units, abbreviations, markup characters and
    emoji."""
    return (_HERE / "sentences.txt").read_text(encoding="utf-8").splitlines()


def sums(voice: Voice, texts: Sequence[str]) -> list[dict]:
    """Return, for each text, the number of simulated samples and their SHA-256 (int16, little-endian)."""
    found = []
    for text in texts:
        pcm = np.concatenate([np.zeros(0, np.int16), *speak_text(voice, text)])
        found.append({"samples": len(pcm), "sha256": hashlib.sha256(pcm.astype("<i2").tobytes()).hexdigest()})
    return found


def write_page(
    out: Path,
    voices: Sequence[Voice],
    boards: Sequence[Board] = (),
    image: dict | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> None:
    """Write the page to `out`. If `boards` is empty, the page contains the table of all boards. `image` is the result
    of `of_image` for the firmware that will be flashed. `tell` is called with progress messages.

    Raises BuildError, LanguageError, VoiceError, or MissingToolError if zig is not installed.
    """
    spoken = []
    for voice in voices:
        name = voice.manifest["name"]
        tell(f"compiling {name} to WebAssembly")
        module = compile_voice(voice)
        told = facts_of(voice, module.report) | {"boards": [on_board(voice, board) for board in boards]}
        tell(f"simulating {len(sentences())} sentences with {name}")
        spoken.append(Spoken(module, told | {"proof": sums(voice, sentences())}))
    write_text(out, render(spoken, board_table() if not boards else [], image))


def render(spoken: Sequence[Spoken], table: list[dict], image: dict | None = None) -> str:
    """Return the page. All text is escaped, and the page's policy allows only its own script."""
    environment = Environment(
        loader=PackageLoader("ticktalk", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = read("page.css")
    script = script_with("page.js")
    data = {"voices": [each.data for each in spoken], "sentences": sentences()}
    return environment.get_template("page.html.j2").render(
        title="ticktalk",
        text=TEXT,
        voices=[each.facts for each in spoken],
        sentences=sentences(),
        table=table,
        image=image,
        source=_source(),
        versions={"ticktalk": __version__, "Compiler:": spoken[0].module.compiler},
        data=script_data(data),
        modules=[packed(each.module.wasm) for each in spoken],
        style=Markup(style),
        script=Markup(script),
        style_hash=_policy_hash(style),
        script_hash=_policy_hash(script),
    )


def packed(wasm: bytes) -> str:
    """Return a module as base64 of its compressed bytes."""
    return base64.b64encode(gzip.compress(wasm, 9, mtime=0)).decode()


def script_data(data: object) -> Markup:
    """Return JSON that is safe as the content of a <script> element: no string in it can end the element."""
    return Markup(json.dumps(data).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _policy_hash(content: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}"


def script_with(name: str) -> str:
    """Return voice.js and the script `name`, which uses it, as one script."""
    return read("voice.js").replace("export class", "class") + read(name)


def read(name: str) -> str:
    """Return a file of this folder."""
    return (_HERE / name).read_text(encoding="utf-8")


def _source() -> str:
    from ticktalk.estimate import SOURCE

    return SOURCE
