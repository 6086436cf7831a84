"""Run a fuzzer for a long time: python -m tests.robustness.fuzz KIND MINUTES FOLDER.

If FOLDER contains an earlier run, that run is resumed.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from tests.robustness.fuzz import COVERAGE, DICTIONARY, build_console, build_image, build_unpack, write_images
from tests.robustness.fuzz.sessions import SESSIONS, write_seeds


def main() -> int:
    """Fuzz, print the coverage of the corpus if LLVM's tools are installed, and return the fuzzer's exit code."""
    parser = argparse.ArgumentParser(prog="tests.robustness.fuzz", description=__doc__)
    parser.add_argument("kind", choices=[*SESSIONS, "unpack", "image"])
    parser.add_argument("minutes", type=float)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    folder, corpus = options.folder.resolve(), options.folder.resolve() / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    program = _build(options.kind, folder / "build")
    more = []
    if options.kind in SESSIONS:
        write_seeds(program, options.kind, corpus)
        more = [f"-dict={DICTIONARY}"]
    elif options.kind == "image":
        write_images(corpus)
    fuzzed = subprocess.run(
        [
            str(program),
            f"-max_total_time={options.minutes * 60:.0f}",
            "-max_len=2500",
            "-timeout=60",
            "-print_final_stats=1",
            f"-artifact_prefix={folder}/",
            *more,
            str(corpus),
        ]
    )
    _tell_coverage(_build(options.kind, folder / "covered", COVERAGE), corpus, folder)
    return fuzzed.returncode


def _build(kind: str, folder: Path, flags: tuple[str, ...] = ()) -> Path:
    if kind in SESSIONS:
        return build_console(kind, folder, flags)
    return build_image(folder, flags) if kind == "image" else build_unpack(folder, flags)


def _tell_coverage(program: Path, corpus: Path, folder: Path) -> None:
    raw, profile = folder / "coverage.profraw", folder / "coverage.profdata"
    try:
        subprocess.run(
            [str(program), "-runs=0", str(corpus)], env={"LLVM_PROFILE_FILE": str(raw)}, capture_output=True, check=True
        )
        subprocess.run(["llvm-profdata", "merge", "-o", str(profile), str(raw)], check=True)
        subprocess.run(["llvm-cov", "report", str(program), f"-instr-profile={profile}"], check=True)
    except FileNotFoundError as error:
        print(f"no coverage: {error.filename} is not installed (apt install llvm)")


if __name__ == "__main__":
    sys.exit(main())
