"""`ticktalk bench`: measure a voice or model on an emulated board, and compare it with other implementations."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Board, Json, Model, Stream, Voice, subject_of

EXAMPLE = "ticktalk bench --board qemu-m33 --voice heart-nano"

DIFFERS = 1
Against = Annotated[
    str | None,
    typer.Option("--against", help="Also measure these implementations, comma-separated: bakenn, cmsis-nn, tflm."),
]
Tree = Annotated[
    Path | None, typer.Option(help="For --against tflm: a tflite-micro tree with a library built for the core.")
]
Calls = Annotated[Path | None, typer.Option(help="For --against cmsis-nn: a CMSIS-NN tree with libraries.")]
Pictures = Annotated[
    Path | None,
    typer.Option("--pictures", help="Folder for plots of instructions and arena usage."),
]
Compiler = Annotated[str, typer.Option(help="Compiler to build with: gcc, clang, or both to compare them.")]
OTHERS = ("bakenn", "cmsis-nn", "tflm")


def bench(
    board: Board,
    voice: Voice = None,
    model: Model = None,
    against: Against = None,
    tflm_tree: Tree = None,
    cmsis_nn_tree: Calls = None,
    pictures: Pictures = None,
    compiler: Compiler = "gcc",
    stream: Stream = False,
    json: Json = False,
) -> None:
    """Count instructions exactly on the emulated board, by operator and by class, and break down flash and RAM.

    For a real board, count on the emulated board with the same core, and estimate the time.
    """
    others = [name.strip() for name in against.split(",")] if against else []
    for name in others:
        if name not in OTHERS:
            raise typer.BadParameter(f"--against accepts {', '.join(OTHERS)}, but not '{name}'")
    trees = {"tflm": tflm_tree, "cmsis-nn": cmsis_nn_tree}
    for name, tree in trees.items():
        if name in others and not tree:
            raise typer.BadParameter(f"--against {name} requires --{name}-tree, a folder in which it was built")
    from ticktalk.bench.compilers import better, verdict
    from ticktalk.bench.measure import measure
    from ticktalk.bench.real_board import emulated, on_board
    from ticktalk.boards.board import load_board
    from ticktalk.boards.virtual.qemu import require_qemu
    from ticktalk.firmware_gen.project.build import COMPILERS, require_tools
    from ticktalk.proof.subject import VoiceSubject
    from ticktalk.spectrogram import require_matplotlib

    if compiler not in (*COMPILERS, "both"):
        raise typer.BadParameter(f"--compiler accepts {', '.join(COMPILERS)} or both, but not '{compiler}'")
    compilers = COMPILERS if compiler == "both" else (compiler,)
    wanted = load_board(board)
    chosen = emulated(wanted)
    require_qemu(chosen)
    for each in compilers:
        require_tools("arm", compiler=each, beside=("cc", "arm-none-eabi-nm", "arm-none-eabi-objdump"))
    if pictures:
        require_matplotlib()
    subject = subject_of(voice, model, stream=stream)
    if subject.kind == "voice":  # without the language pack; the voice's training front end reads the text
        trained = subject.voice.manifest["phonemes"]["phonemizer"]
        subject = VoiceSubject(subject.voice, front_end=trained, pack="none")
    for name in others:
        if name != "tflm" and subject.kind != "model":
            raise typer.BadParameter(f"--against {name} requires --model, because {name} does not support voices")
    for name in others:  # check before the measurements, which take minutes
        from ticktalk.bench.others import require

        require(name, chosen, trees)
    compiled = {each: measure(subject, chosen, show.note, each, wanted.flash_timing) for each in compilers}
    measurements = list(compiled.values())
    for name in others:
        from ticktalk.bench.others import measure as measure_other

        measurements += measure_other(name, subject, chosen, measurements[0], show.note, trees)
    real = on_board(measurements[0], wanted) if wanted is not chosen else None
    if pictures:
        from ticktalk.bench.pictures import draw

        for path in draw(subject, chosen, measurements[0], pictures):
            show.note(f"wrote {path}")
    if json:
        show.as_json(
            {
                "board": chosen.name,
                "core": chosen.core,
                "isa": chosen.isa,
                "kind": subject.kind,
                "name": subject.name,
                "better_compiler": better(compiled),
                "on_board": real and real.as_dict(),
                "implementations": {each.implementation: each.as_dict() for each in measurements},
            }
        )
    else:
        from ticktalk.commands.support.bench_table import show as show_tables

        show_tables(measurements, f"{subject.name} on {chosen.name} ({chosen.core}, {chosen.isa})")
        if real is not None:
            print(real.told())
        if len(compiled) > 1:
            print(verdict(compiled))
    if not all(each.exact for each in compiled.values()):
        raise typer.Exit(DIFFERS)
