"""`ticktalk verify`: check that all implementations compute the same bytes."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.left_out import told_left_out
from ticktalk.commands.support.options import (
    Board,
    Equaliser,
    Json,
    Loudness,
    Model,
    OutputRate,
    Phonemes,
    Phonemizer,
    Port,
    Stereo,
    Stream,
    Voice,
    front_end_option,
    subject_of,
)

if TYPE_CHECKING:
    from ticktalk.proof.prove import Proof

EXAMPLE = 'ticktalk verify --board qemu-m4 --voice heart-nano --text "It is noon."'

DIFFERS = 1
Text = Annotated[
    str | None, typer.Option("--text", "-t", help="Text for the voice to speak. Default: a short sentence.")
]


def verify(
    board: Board,
    voice: Voice = None,
    model: Model = None,
    text: Text = None,
    phonemizer: Phonemizer = None,
    phonemes: Phonemes = False,
    stream: Stream = False,
    output_rate: OutputRate = None,
    stereo: Stereo = False,
    loudness: Loudness = None,
    equaliser: Equaliser = None,
    port: Port = None,
    json: Json = False,
) -> None:
    """Compare every tensor and sample of the simulator, TFLite Micro, LiteRT, and the C code on the host and the board.

    If the firmware has a language pack, the C code also reads the text itself.
    """
    from ticktalk.boards.board import load_board
    from ticktalk.proof.prove import prove

    chosen = load_board(board)
    front_end = front_end_option(phonemizer, phonemes)
    subject = subject_of(voice, model, text, stream, front_end, output_rate, stereo, loudness, equaliser)
    told_left_out(subject)
    proof = prove(subject, chosen, log=show.note, port=port)
    if json:
        show.as_json(as_dict(proof) | {"left_out": subject.left_out})
    else:
        show.facts(
            {
                "bit-exact": "yes" if proof.bit_exact else "NO",
                "between": ", ".join(["simulator", *proof.compared]),
                **_not_compared(proof),
                "tensors": proof.tensors,
                "samples": proof.samples,
                **_not_computed(proof),
                **({"text read": f"{proof.text_bytes} bytes, with the same samples"} if proof.text_bytes else {}),
                "multiply-adds": proof.macs,
                "instructions": proof.instructions,
                "flash": f"{proof.flash_bytes} bytes",
                "RAM": f"{proof.ram_bytes} bytes",
                "stack used": f"{proof.stack_bytes} bytes",
            }
        )
    if not proof.bit_exact:
        raise typer.Exit(DIFFERS)


def _not_compared(proof: "Proof") -> dict[str, str]:
    """Return a row with the implementations that were not compared, if any."""
    missing = [name for name in proof.agreements if name not in proof.compared]
    return {"not compared": f"{', '.join(missing)} (see above for the reasons)"} if missing else {}


def _not_computed(proof: "Proof") -> dict[str, str]:
    """Return a row that states what was proven to be unnecessary, if anything."""
    words = {"channels": "channels", "macs": "multiply-adds", "weights": "bytes of weights"}
    parts = [f"{found['removed']:,} of {found['of']:,} {words[name]}" for name, found in proof.simplified.items()]
    return {"proven unnecessary": ", ".join(parts)} if any(f["removed"] for f in proof.simplified.values()) else {}


def as_dict(proof: "Proof") -> dict:
    """Return the proof as a JSON object."""
    implementations = {
        name: asdict(agreement) | {"bit_exact": None if agreement.skipped else agreement.difference is None}
        for name, agreement in proof.agreements.items()
    }
    return {
        "bit_exact": proof.bit_exact,
        "implementations": implementations,
        "tensors": proof.tensors,
        "samples": proof.samples,
        "text_bytes": proof.text_bytes,
        "macs": proof.macs,
        "instructions": proof.instructions,
        "flash_bytes": proof.flash_bytes,
        "ram_bytes": proof.ram_bytes,
        "stack_bytes": proof.stack_bytes,
        "simplified": proof.simplified,
    }
