"""`ticktalk demo`: run all stages, from export to speech, for `make demo`."""

import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.left_out import told_left_out
from ticktalk.commands.support.options import Voice
from ticktalk.commands.support.playing import Play, play

if TYPE_CHECKING:
    from ticktalk.boards.board import Board as TargetBoard
    from ticktalk.proof.subject import VoiceSubject

EXAMPLE = 'ticktalk demo "Hello from my wrist." --board qemu-m33'

DIFFERS = 1
Text = Annotated[str | None, typer.Argument(help="Text for the watch to speak. Default: a greeting in its language.")]
Board = Annotated[str, typer.Option("--board", "-b", help="An emulated board.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for hello.wav, spectrogram.png and the C project.")]


def demo(
    text: Text = None,
    board: Board = "qemu-m4",
    voice: Voice = None,
    out: Out = Path("build/demo"),
    play_it: Play = False,
) -> None:
    """Export and verify a voice, flash it to an emulated watch, have the watch speak, and show the results."""
    import numpy as np

    from ticktalk.boards.attach import attach
    from ticktalk.boards.board import load_board
    from ticktalk.boards.virtual.qemu import require_qemu
    from ticktalk.bundled import voice_folder
    from ticktalk.firmware_gen.project.build import require_tools
    from ticktalk.proof.prove import prove
    from ticktalk.proof.subject import VoiceSubject
    from ticktalk.runtime_sim.examples import examples_of
    from ticktalk.runtime_sim.speech import speak_text
    from ticktalk.runtime_sim.voice import load_voice
    from ticktalk.speaking import Watch
    from ticktalk.spectrogram import draw, require_matplotlib, sketch
    from ticktalk.system.wav import write_wav

    started = time.monotonic()
    chosen = load_board(board)
    # Report missing programs and packages before the slow stages.
    require_qemu(chosen)
    require_tools("arm", "host")
    require_matplotlib()
    out.mkdir(parents=True, exist_ok=True)
    loaded = load_voice(voice_folder(voice))
    text = text or examples_of(loaded).greeting
    subject = VoiceSubject(loaded, text)
    show.note(f"{subject.name} on {chosen.name}: {text}")
    told_left_out(subject)
    # Compares every tensor of the first utterance; the samples of all utterances are compared below.
    subject.parts, subject.text = subject.parts[:1], None
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:  # no other program can be using this watch
        flash_file = Path(scratch, "flash")
        with show.bar("flashing") as progress:
            proof = prove(subject, chosen, out / "firmware", flash_file, show.note, progress)
        with attach(chosen, flash_file=flash_file) as serial, show.bar("speaking") as progress:
            watch = Watch(serial, chosen, subject.voice)
            speech = watch.say(text, progress)
    same = np.array_equal(speech.pcm, np.concatenate(list(speak_text(subject.voice, text))))
    write_wav(out / "hello.wav", speech.pcm, subject.sample_rate)
    draw(speech.pcm, subject.sample_rate, out / "spectrogram.png")

    seconds = len(speech.pcm) / subject.sample_rate
    exact = proof.bit_exact and same
    show.facts(
        {
            "bit-exact": f"{'yes' if exact else 'NO'}: {', '.join(['simulator', *proof.compared])}",
            "compared": f"{proof.tensors} tensors and {proof.samples} samples in each; "
            f"all {len(speech.pcm)} samples of the speech on {chosen.name}",
            "text": f"read by the watch with language pack {watch.pack}" if watch.pack else "read by this computer",
            "flash": f"{proof.flash_bytes} bytes",
            "RAM": f"{proof.ram_bytes} bytes, including {proof.stack_bytes} of stack",
            "instructions": f"{speech.instructions / seconds / 1e6:.1f} million instructions per second of speech",
            "speech": f"{seconds:.2f} s in {out / 'hello.wav'}",
            "picture": f"{opener()} {out / 'spectrogram.png'}",
            "time": f"{time.monotonic() - started:.0f} s",
        }
    )
    for line in sketch(speech.pcm):
        print(line)
    if play_it:
        play(out / "hello.wav")
    page, problem = out / "page.html", _page(subject, chosen, out / "page.html")
    print(problem or f"To hear it in a browser: {opener()} {page}")
    if not exact:
        raise typer.Exit(DIFFERS)


def opener() -> str:
    """Return the command that this system uses to open a file."""
    return {"darwin": "open", "win32": "start"}.get(sys.platform, "xdg-open")


def _page(subject: "VoiceSubject", board: "TargetBoard", file: Path) -> str:
    """Write the page on which the voice speaks, and return why there is none, or ""."""
    from ticktalk.firmware_gen.errors import BuildError, MissingToolError
    from ticktalk.page.page import write_page

    try:
        write_page(file, [subject.voice], [board], tell=show.note)
    except (BuildError, MissingToolError) as error:
        return f"Optional, to hear it in a browser: {error}"
    return ""
