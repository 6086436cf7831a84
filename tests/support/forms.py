"""Write one export of every form: python -m tests.support.forms FOLDER."""

import sys
from pathlib import Path

from tests.support.models import small_network
from tests.support.paths import TINY
from ticktalk.boards.board import load_board
from ticktalk.firmware_gen.export import export_model, export_voice
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.firmware_gen.packages import PACKAGES
from ticktalk.firmware_gen.tflm_sketch import export_sketch
from ticktalk.runtime_sim.voice import load_voice


def write_every_form(folder: Path, tflm: bool = True) -> list[Path]:
    """Write a voice and a model without a language pack to folders in `folder`, and return them."""
    voice, model = load_voice(TINY), folder / "small.tflite"
    folder.mkdir(parents=True, exist_ok=True)
    model.write_bytes(small_network())
    plain = {"name": "one", "text": "none"}
    return [
        *(
            export_library(voice, None, folder / package, LibraryOptions(package=package, **plain))
            for package in PACKAGES
        ),
        export_library(
            voice, "cortex-m55", folder / "library", LibraryOptions(output_rate=22050, stereo=True, **plain)
        ),
        export_library(voice, "cortex-m4", folder / "external", LibraryOptions(weights="external", **plain)),
        export_library(voice, None, folder / "board", LibraryOptions(**plain), board=load_board("t-watch-s3")),
        export_library(model, "cortex-m4", folder / "model-library", LibraryOptions(name="net")),
        *(
            export_voice(voice, load_board(board), folder / board, text="none")
            for board in ("qemu-m4", "pico", "feather-stm32f405")
        ),
        export_model(model, load_board("qemu-m4"), folder / "model"),
        *([export_voice(voice, load_board("qemu-m4"), folder / "tflm", "tflm", text="none")] if tflm else []),
        *([export_model(model, load_board("qemu-m55"), folder / "tflm-model", "tflm")] if tflm else []),
        *([export_sketch(voice, folder / "tflm-sketch", text="none")] if tflm else []),
        *([export_sketch(model, folder / "tflm-model-sketch")] if tflm else []),
    ]


if __name__ == "__main__":
    write_every_form(Path(sys.argv[1]), tflm=sys.argv[2:] != ["--without-tflm"])
