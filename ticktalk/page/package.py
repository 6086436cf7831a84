"""Write a voice as an npm package: an ES module with types, for browsers and node.

write_package(Path("web"), load_voice("voices/heart"))
"""

import json
from pathlib import Path

from ticktalk import __version__
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.packages import spdx
from ticktalk.firmware_gen.project.notice import notice
from ticktalk.page.facts import facts_of
from ticktalk.page.page import read, script_with
from ticktalk.page.wasm import Module, compile_voice
from ticktalk.runtime_sim.examples import examples_of
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system import folders

KIND = "web package"


def write_package(out: Path, voice: Voice) -> Path:
    """Write the package of a voice to the folder `out`, and return its path.

    Raises BuildError, LanguageError, or MissingToolError if zig is not installed.
    """
    try:
        return folders.write(package_files(voice, compile_voice(voice)), out, KIND)
    except folders.NotOurs as error:
        raise BuildError(str(error)) from None


def package_files(voice: Voice, module: Module) -> dict[str, bytes]:
    """Return the files of a voice's package by name."""
    told = facts_of(voice, module.report)
    name = "ticktalk-" + (_in_names(told["name"]) or "voice")
    package = {
        "name": name,
        "version": __version__,
        "description": f"The voice {told['name']}: text to speech in WebAssembly, with the same samples as on a watch",
        "license": spdx(told["teacher"]["licence"] or "unknown", told["pack"]["licence"]),
        "type": "module",
        "exports": {".": {"types": f"./{name}.d.ts", "default": f"./{name}.js"}, "./wasm": f"./{name}.wasm"},
        "types": f"./{name}.d.ts",
        "files": [f"{name}.js", f"{name}.d.ts", f"{name}.wasm", "NOTICE"],
        "sideEffects": False,
    }
    facts = {key: told[key] for key in ("name", "language", "sample_rate", "hash", "symbols", "speakers")}
    script = (
        script_with("voice.js", "package.js")
        .replace("{{name}}", name)
        .replace("{{facts}}", json.dumps(facts, indent=2))
    )
    sentence = json.dumps(examples_of(voice).short)  # a string in JavaScript, whatever the pack contains
    files = {
        f"{name}.js": script,
        f"{name}.d.ts": read("voice.d.ts"),
        "package.json": json.dumps(package, indent=2) + "\n",
        "README.md": read("README.md.j2").replace("{{name}}", name).replace("{{sentence}}", sentence),
        "NOTICE": notice(module.report),
    }
    return {file: text.encode() for file, text in files.items()} | {f"{name}.wasm": module.wasm}


def _in_names(name: str) -> str:
    """Return a voice's name in a form that is valid in the names of packages and files."""
    return "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in name.lower()).split())[:64]
