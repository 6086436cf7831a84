"""`ticktalk keys`: show or create the key that signs firmware."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json, file_or_stdout

EXAMPLE = "ticktalk keys --new"

New = Annotated[bool, typer.Option("--new", help="Create a key if there is none. From then on, all images are signed.")]
Source = Annotated[
    Path | None,
    typer.Option("--c-source", callback=file_or_stdout, help="Write the public key as C source for building MCUboot."),
]


def keys(new: New = False, c_source: Source = None, json: Json = False) -> None:
    """Show or create the Ed25519 key that signs images."""
    from ticktalk.boards.errors import ImageError
    from ticktalk.boards.images.keys import default_key, key_hash, make_key, public_key, write_c_source

    path = default_key()
    if new:
        make_key(path)
    if not path.exists():
        raise ImageError(
            f"{path}: there is no key yet, so firmware is not signed; create one with 'ticktalk keys --new'"
        )
    if c_source is not None:
        write_c_source(path, c_source)
    facts = {"key": str(path), "sha256": key_hash(public_key(path))}
    with show.beside(c_source):
        if json:
            show.as_json(facts)
            return
        show.facts(
            {
                "private key": f"{path} (keep a copy in a safe place: a watch that trusts this key accepts no other "
                f"key)",
                "SHA-256 of the public key": facts["sha256"],
            }
        )
