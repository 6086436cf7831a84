"""`ticktalk export`: write the C project."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import (
    AcceptNoncommercial,
    BoardOrNone,
    Equaliser,
    Json,
    Loudness,
    Model,
    OutputRate,
    Stereo,
    Stream,
    Voice,
    Words,
)

if TYPE_CHECKING:
    from ticktalk.boards.board import Board
    from ticktalk.runtime_sim.voice import Voice as LoadedVoice

EXAMPLE = "ticktalk export --board qemu-m4 --voice heart-nano -o firmware"

Folder = Annotated[Path, typer.Option("--out", "-o", help="Folder to create.")]
Compiler = Annotated[
    str,
    typer.Option(help="Compiler to target: gcc or clang."),
]
Text = Annotated[
    str | None,
    typer.Option(
        "--text",
        help="Language pack for the firmware: a name, a folder, or none. Default: the voice's own, if it fits.",
    ),
]
Phrases = Annotated[
    list[str] | None,
    typer.Option(
        "--phrases",
        help='File of fixed phrases, one name = "text" per line; or clock: numbers, units and times. May be repeated.',
    ),
]
Name = Annotated[
    str | None,
    typer.Option(
        help="Prefix of the C files and symbols. Default: voice or model; the voice's own name for --library."
    ),
]
AsLibrary = Annotated[
    bool, typer.Option("--library", help="Write a library for --board or --core, instead of complete firmware.")
]
Rows = Annotated[
    int,
    typer.Option(
        min=2,
        max=32,
        help="Frames that a library computes at a time. With more, weights are read less often.",
    ),
]
Core = Annotated[
    str | None,
    typer.Option(help="Core of the library: cortex-m0plus to cortex-m55, rv32imc, xtensa-lx7, host."),
]
Weights = Annotated[
    str,
    typer.Option(help="A library's weights: inside the code, or external (a file that you map into memory)."),
]
Arena = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Most bytes of a model's arena. If necessary, the first layers are computed in bands of rows. "
        "Default: the free RAM of the board.",
    ),
]
AsUf2 = Annotated[bool, typer.Option("--uf2", help="Also build firmware.uf2, for a boot loader that is a USB drive.")]
Package = Annotated[
    str | None,
    typer.Option(
        help="With --library, write a voice's library as a package: zephyr, esp-idf, arduino, pico-sdk, cmsis-pack. "
        "With --runtime tflm, write a sketch: arduino."
    ),
]
Runtime = Annotated[str, typer.Option(help="ticktalk: C without dependencies. tflm: C for your TFLite Micro tree.")]


def export(
    out: Folder,
    board: BoardOrNone = None,
    voice: Voice = None,
    model: Model = None,
    runtime: Runtime = "ticktalk",
    compiler: Compiler = "gcc",
    stream: Stream = False,
    text: Text = None,
    words: Words = None,
    phrases: Phrases = None,
    name: Name = None,
    library: AsLibrary = False,
    core: Core = None,
    package: Package = None,
    rows_per_tick: Rows = 4,
    weights: Weights = "inside",
    output_rate: OutputRate = None,
    stereo: Stereo = False,
    arena: Arena = None,
    loudness: Loudness = None,
    equaliser: Equaliser = None,
    uf2: AsUf2 = False,
    accept_noncommercial: AcceptNoncommercial = False,
    json: Json = False,
) -> None:
    """Write complete firmware for a board, or a C library for your own firmware."""
    from ticktalk.boards.board import load_board
    from ticktalk.bundled import voice_folder
    from ticktalk.firmware_gen.export import export_model, export_voice
    from ticktalk.firmware_gen.export_library import CORES, check_core, export_library
    from ticktalk.firmware_gen.library import RUNTIMES, check_prefix
    from ticktalk.firmware_gen.library_options import LibraryOptions
    from ticktalk.firmware_gen.project.build import COMPILERS, require_tools
    from ticktalk.firmware_gen.tflm_sketch import export_sketch
    from ticktalk.fit.speed import check_speed
    from ticktalk.runtime_sim.licence import check_licence
    from ticktalk.runtime_sim.voice import load_voice, with_sound

    if runtime not in RUNTIMES:
        raise typer.BadParameter(f"unknown runtime '{runtime}'; choose {' or '.join(RUNTIMES)}")
    if model is not None and voice is not None:
        raise typer.BadParameter("--model cannot be combined with --voice")
    if text is not None and model is not None:
        raise typer.BadParameter("--text cannot be combined with --model, because models do not speak")
    if model is not None and (words is not None or phrases):
        raise typer.BadParameter("--words and --phrases cannot be combined with --model, because models do not speak")
    if model is not None and (loudness is not None or equaliser is not None):
        raise typer.BadParameter(
            "--loudness and --equaliser cannot be combined with --model, because models do not speak"
        )
    if stream and (model is None or runtime != "ticktalk"):
        raise typer.BadParameter("--stream requires --model and --runtime ticktalk, because voices always stream")
    if arena is not None and (model is None or stream or runtime != "ticktalk"):
        raise typer.BadParameter("--arena requires --model and --runtime ticktalk, without --stream")
    if compiler not in COMPILERS:
        raise typer.BadParameter(f"unknown compiler '{compiler}'; choose {' or '.join(COMPILERS)}")
    if compiler != "gcc" and runtime != "ticktalk":
        raise typer.BadParameter(
            f"runtime '{runtime}' requires --compiler gcc, because it links a library built with gcc"
        )
    options = LibraryOptions(
        name, stream, text, words, phrases or (), rows_per_tick, package, weights, output_rate, stereo, arena
    )
    sketch = runtime == "tflm" and package is not None and not library
    if sketch and package != "arduino":
        raise typer.BadParameter(
            f"--runtime tflm does not support --package {package}; use --package arduino, or omit --package"
        )
    if not library and (needing := [each for each in options.for_voices() if not (sketch and each == "--package")]):
        raise typer.BadParameter(f"{' and '.join(needing)}: allowed only with --library")
    if name is not None:
        check_prefix(name)
    if uf2:
        if board is None or library:
            raise typer.BadParameter("--uf2 requires --board, because only firmware for a board can be flashed")
        load_board(board).need_uf2()
        require_tools("arm", compiler=compiler)
    if library:
        if core is not None and board is not None:
            raise typer.BadParameter("--library accepts only one of --board and --core")
        if core is board is package is None:
            raise typer.BadParameter(f"--library requires --board BOARD or --core CORE: {', '.join(CORES)}")
        if core is not None:
            check_core(core)
        if runtime != "ticktalk":
            raise typer.BadParameter("--library needs --runtime ticktalk")
        chosen = load_board(board) if board is not None else None
        source = model if model is not None else with_sound(load_voice(voice_folder(voice)), loudness, equaliser)
        if problem := options.problem(None if isinstance(source, Path) else source):
            raise typer.BadParameter(problem)
        show.note(f"writing a C library for {chosen.name if chosen else core or package} to {out}")
        if not isinstance(source, Path) and (told := check_licence(source.manifest, accept_noncommercial)):
            show.warn(told)
        project = export_library(source, core, out, options, chosen)
        if not isinstance(source, Path):
            _warn_without_text(project, source, text)
        _finish(project, json)
        return
    if sketch:
        if board is not None or core is not None:
            raise typer.BadParameter(
                "an Arduino sketch needs neither --board nor --core, because Arduino selects the board"
            )
        show.note(f"writing an Arduino sketch to {out}")
        source = model if model is not None else with_sound(load_voice(voice_folder(voice)), loudness, equaliser)
        if not isinstance(source, Path) and (told := check_licence(source.manifest, accept_noncommercial)):
            show.warn(told)
        _finish(export_sketch(source, out, name, text, words, phrases or ()), json)
        return
    if board is None or core is not None:
        raise typer.BadParameter("specify --board BOARD for firmware, or --library --core CORE for a library")
    chosen = load_board(board)
    show.note(f"writing a C project for {chosen.name} to {out}")
    if model is not None:
        project = export_model(model, chosen, out, runtime, stream, compiler, name or "model", arena)
    else:
        loaded = with_sound(load_voice(voice_folder(voice)), loudness, equaliser)
        if told := check_licence(loaded.manifest, accept_noncommercial):
            show.warn(told)
        check_speed(loaded, chosen)
        project = export_voice(loaded, chosen, out, runtime, compiler, text, words, phrases or (), name or "voice")
        _warn_without_text(project, loaded, text)
    if uf2:
        _build_uf2(project, chosen)
    _finish(project, json)


def _build_uf2(project: Path, board: "Board") -> None:
    """Build the project, and write firmware.uf2 to its folder."""
    from ticktalk.boards.images.formats import check_image, uf2_of
    from ticktalk.firmware_gen.project.build import binary, build
    from ticktalk.system.files import write_bytes

    show.note(f"building {project / 'firmware.uf2'}")
    data = binary(build(project)).read_bytes()
    check_image(data, board, "firmware.bin")
    write_bytes(project / "firmware.uf2", uf2_of(data, board))


def _warn_without_text(project: Path, voice: "LoadedVoice", text: str | None) -> None:
    """Warn if the voice's language pack does not fit on the board."""
    from ticktalk.firmware_gen.project.report import read_report
    from ticktalk.runtime_sim.reading import packs_of

    if text is None and packs_of(voice) and (why := read_report(project)["no_text"]):
        show.warn(f"without a language pack, so the watch cannot read text: {why}")


def _finish(project: Path, json: bool) -> None:
    from ticktalk.firmware_gen.project.report import read_report

    report = read_report(project)
    if json:
        show.as_json({"out": str(project), "report": report})
    else:
        print(f"{project}: see {project / 'README.md'}")
        if work := report.get("work"):
            print(
                f"longest call: at most {work['longest_call_instructions'] / 1e6:.1f} M instructions; "
                f"constants read per second of speech: {report['weights_read_per_second'] / 1e6:.1f} MB"
            )
