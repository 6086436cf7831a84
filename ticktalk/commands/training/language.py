"""`ticktalk language`: list language packs or build one."""

from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json

EXAMPLE = "ticktalk language build en-us"

Action = Annotated[str, typer.Argument(help="list, or build.")]
Name = Annotated[str | None, typer.Argument(help="The pack to build: its name, or a folder with a language.toml.")]
Train = Annotated[bool, typer.Option("--train", help="Also retrain the network, which takes about half an hour.")]


def language(action: Action = "list", name: Name = None, train: Train = False, json: Json = False) -> None:
    """List the language packs, or build one from its sources."""
    from ticktalk.runtime_sim.text.bundled import pack_folder, pack_names
    from ticktalk.runtime_sim.text.pack import load_pack

    if action == "build":
        from ticktalk.converter.packs.build import build

        build(pack_folder(name), train, report=show.note)
        names = [name]
    elif action == "list":
        names = [name] if name else list(pack_names())
    else:
        raise typer.BadParameter(f"{action!r}: must be either list or build", param_hint="'ACTION'")
    packs = {}
    for each in names:
        pack = load_pack(pack_folder(each))
        packs[pack.manifest["name"]] = {
            "language": pack.manifest["language"],
            "licence": pack.manifest["licence"],
            "words": len(pack.lexicon),
            "network_bytes": sum(table.nbytes for table in pack.letters.values()),
            "hash": pack.hash,
            "sources": pack.manifest["sources"],
        }
    if json:
        show.as_json(packs)
        return
    show.table(
        [
            ("PACK", "LANGUAGE", "WORDS", "NETWORK", "LICENCE"),
            *(
                (key, p["language"], str(p["words"]), show.kib(p["network_bytes"]), p["licence"])
                for key, p in packs.items()
            ),
        ]
    )
