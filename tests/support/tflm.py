"""A stand-in for a tflite-micro tree and its library, for tests of projects that link TensorFlow Lite Micro.

The stand-in reproduces the properties of the real tree that have broken projects: headers of downloaded libraries, a
tensor whose layout depends on TF_LITE_STATIC_MEMORY, unused parameters, virtual destructors, an interpreter with a
destructor of its own, and release libraries without MicroPrintf."""

import subprocess
from pathlib import Path

from tests.support.paths import SUPPORT

STAND_IN = SUPPORT / "tflm_stand_in"
_DOWNLOADS = STAND_IN / "tensorflow/lite/micro/tools/make/downloads"
INCLUDES = tuple(f"-I{path}" for path in (STAND_IN, _DOWNLOADS / "flatbuffers/include", _DOWNLOADS / "gemmlowp"))
_FLAGS = ("-std=c++17", "-Os", "-fno-rtti", "-fno-exceptions", "-fno-threadsafe-statics")
_STATIC = ("-DTF_LITE_STATIC_MEMORY",)


def library(
    folder: Path,
    prefix: str = "",
    flags: tuple[str, ...] = (),
    release: bool = False,
    static: tuple[str, ...] = _STATIC,
) -> Path:
    """Build libtensorflow-microlite.a in `folder` with TFLM's flags, and return its path.

    `prefix` is the prefix of the compiler's programs. A `release` library has no error messages. Arduino's libraries
    are built without the options `static`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for source in sorted(STAND_IN.rglob("*.cc")):
        made.append(folder / f"{source.stem}.o")
        stripped = ["-DNDEBUG", "-DTF_LITE_STRIP_ERROR_STRINGS"] if release else []
        command = [f"{prefix}g++", *_FLAGS, *static, *flags, *stripped, *INCLUDES, "-c", source, "-o", made[-1]]
        subprocess.run(command, check=True)
    result = folder / "libtensorflow-microlite.a"
    subprocess.run([f"{prefix}ar", "rcs", result, *made], check=True)
    return result
