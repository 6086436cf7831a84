"""`ticktalk language build`: a pack's generated files from its sources and its hand-written ones."""

from __future__ import annotations

import hashlib
import io
import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from ticktalk.converter.errors import DistillError
from ticktalk.converter.packs import choose, network, sources
from ticktalk.converter.packs.align import aligned
from ticktalk.runtime_sim.text.letters import Letters
from ticktalk.runtime_sim.text.pack import FILES, MANIFEST, SCHEMA
from ticktalk.system.files import read_text, replacing

LINES = 5_800  # of the lexicon: what 200 kB have room for beside the network, the rules and the code


def build(
    folder: Path, train: bool = False, lines: int = LINES, report: Callable[[str], None] = lambda what: None
) -> None:
    """Writes lexicon.txt, letters.npz and language.toml of the pack in `folder`. train: the network anew, else the one
    that is there stays. The facts at the head of language.toml (name, licence, sources) are kept."""
    file = folder / MANIFEST
    facts = tomllib.loads(read_text(file))
    words_facts = tomllib.loads(read_text(folder / "words.toml"))
    report("reading the sources")
    words = sources.entries()
    uses = sources.frequencies(sorted(words))
    network_file = folder / "letters.npz"
    if train or not network_file.exists():
        report("aligning letters with phonemes")
        chunks, pairs = aligned(words)
        report("training the network")
        tables = network.integers(network.train(words, chunks, pairs, uses), len(chunks))
        buffer = io.BytesIO()
        np.savez(buffer, **tables)  # type: ignore[arg-type]
        _write(network_file, buffer.getvalue())
    else:
        chunks = facts["chunks"]
        with np.load(network_file, allow_pickle=False) as archive:
            tables = {name: archive[name] for name in archive.files}
    report("reading all words with the network")
    letters = Letters(tables, chunks, str(network_file))
    lexicon = choose.choose(words, uses, words_facts, lambda ws: network.guesses(letters, ws), lines)
    _write(folder / "lexicon.txt", "".join(f"{word} {said}\n" for word, said in lexicon.items()).encode())
    _write(file, _manifest(folder, facts, chunks).encode())


def _write(file: Path, contents: bytes) -> None:
    with replacing(file) as path:
        Path(path).write_bytes(contents)


def _manifest(folder: Path, facts: dict, chunks: list[str]) -> str:
    names = {"characters": "characters.toml", "rules": "rules.toml", "words": "words.toml"}
    names |= {"lexicon": "lexicon.txt", "letters": "letters.npz"}
    quoted = lambda value: json.dumps(value, ensure_ascii=False)  # noqa: E731
    lines = ["# Made by `ticktalk language build`; what stands above `chunks` is kept.", f"schema = {SCHEMA}"]
    for key in ("name", "language", "phonemes", "licence"):
        if key not in facts:
            raise DistillError(f"{folder / MANIFEST}: key '{key}' is missing")
        lines.append(f"{key} = {quoted(facts[key])}")
    lines.append("sources = [")
    for source in facts["sources"]:
        lines.append("  { " + ", ".join(f"{key} = {quoted(value)}" for key, value in source.items()) + " },")
    lines += ["]", "", f"chunks = {quoted(chunks)}"]
    for name in FILES:
        digest = hashlib.sha256((folder / names[name]).read_bytes()).hexdigest()
        lines += ["", f"[files.{name}]", f'file = "{names[name]}"', f'sha256 = "{digest}"']
    return "\n".join(lines) + "\n"
