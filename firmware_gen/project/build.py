"""Build a project with CMake and check that the firmware fits the board."""

import importlib.util
import re
import shutil
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError, MissingToolError
from ticktalk.firmware_gen.project.report import measured_sizes, read_report
from ticktalk.system import processes

COMPILERS = ("gcc", "clang")
PACKAGES = {  # program -> Debian packages that contain it
    "cmake": "cmake",
    "ninja": "ninja-build",
    "arm-none-eabi-gcc": "gcc-arm-none-eabi",
    **dict.fromkeys((f"arm-none-eabi-{tool}" for tool in ("size", "nm", "objdump")), "binutils-arm-none-eabi"),
    "arm-none-eabi-g++": "gcc-arm-none-eabi libstdc++-arm-none-eabi-newlib",
    "cc": "gcc libc6-dev",
}
_OF_TARGET = {"arm": ("arm-none-eabi-gcc", "arm-none-eabi-size"), "host": ("cc",)}


def build(project: Path | str, target: str = "arm", sanitize: bool = False, compiler: str | None = None) -> Path:
    """Build a project folder incrementally, and return the path of build/firmware.elf or of the host program.

    `target` is "arm" for the board or "host" for this computer. For "host", `sanitize` enables the undefined-behaviour
    and address sanitisers. For "arm", `compiler` is one of COMPILERS. The default is the compiler specified for the
    export. An "arm" build also writes firmware.bin, the input of the image tool, to the same folder and records the
    sizes in report.json.

    Raises BuildError if the project does not compile or does not fit the board, or MissingToolError if a tool is not
    installed.
    """
    project = Path(project).resolve()
    report = read_report(project)
    if target not in ("arm", "host"):
        raise BuildError(f"unknown build target '{target}'; choose arm or host")
    compiler = checked_compiler(compiler or report["compiler"])
    require_tools(target, compiler=compiler)
    clang = clang_options() if target == "arm" and compiler == "clang" else []
    folder = project / ("build" if target == "arm" else "build-sanitize" if sanitize else "build-host")
    result = folder / ("firmware.elf" if target == "arm" else "speak" if report["kind"] == "voice" else "run")
    if not _configured(folder, project, target, compiler):
        shutil.rmtree(folder, ignore_errors=True)
        options = ["-G", "Ninja"] if shutil.which("ninja") else ["-G", "Unix Makefiles"]
        if target == "host":
            options += ["-DTICKTALK_HOST=ON", f"-DTICKTALK_SANITIZE={'ON' if sanitize else 'OFF'}"]
        _run(
            ["cmake", "-S", str(project), "-B", str(folder), *options, f"-DTICKTALK_COMPILER={compiler}", *clang],
            report,
        )
    _run(["cmake", "--build", str(folder), "--parallel"], report)
    if target == "arm":
        _measure(project, result)
    return result


def binary(elf: Path) -> Path:
    """Return the path of the raw binary that `build` writes next to an ELF file. The binary starts with the vector
    table."""
    return elf.with_suffix(".bin")


def checked_compiler(name: str) -> str:
    """Return `name`. Raises BuildError if `name` is not one of COMPILERS."""
    if name not in COMPILERS:
        raise BuildError(f"unknown compiler '{name}'; choose {' or '.join(COMPILERS)}")
    return name


def clang_options() -> list[str]:
    """Return the CMake options that locate clang for Arm.

    The clang in the ziglang package is preferred. The result is empty if zig or clang is on the PATH. Raises
    MissingToolError if none of them is available.
    """
    package = importlib.util.find_spec("ziglang")
    for folder in (package and package.submodule_search_locations) or []:
        zig = shutil.which("zig", path=folder)
        if zig:
            return [f"-DTICKTALK_ZIG={zig}"]
    if not shutil.which("zig") and not shutil.which("clang"):
        raise MissingToolError("clang is not installed: pip install ziglang")
    return []


def require_tools(*targets: str, compiler: str = "gcc", beside: tuple[str, ...] = ()) -> None:
    """Check that the tools for building `targets` ("arm", "host") and the additional programs in `beside` are
    installed.

    Call this first if lengthy work precedes the build. Raises MissingToolError, whose message lists all
    missing programs and the command that installs them."""
    tools = ["cmake", *(tool for target in targets for tool in _OF_TARGET[target]), *beside]
    if not shutil.which("make"):  # CMake needs either make or ninja
        tools.append("ninja")
    if missing := [tool for tool in dict.fromkeys(tools) if not shutil.which(tool)]:
        packages = dict.fromkeys(PACKAGES[tool] for tool in missing)
        verb = "is" if len(missing) == 1 else "are"
        raise MissingToolError(f"{', '.join(missing)} {verb} not installed: apt install {' '.join(packages)}")
    if "arm" in targets and compiler == "clang":
        clang_options()


def sizes(elf: Path) -> dict[str, int]:
    """Return the sizes of a built ELF file in bytes: `flash` (raw binary), `ram` (stack, data, tensors) and `stack`."""
    listing = processes.run(["arm-none-eabi-size", "-A", str(elf)], text=True, check=True).stdout
    section = {name: int(size) for name, size in re.findall(r"^(\.\w+)\s+(\d+)\s", listing, re.M)}
    ram = sum(section.get(name, 0) for name in (".stack", ".data", ".bss"))
    return {"flash": binary(elf).stat().st_size, "ram": ram, "stack": section[".stack"]}


def _configured(folder: Path, project: Path, target: str, compiler: str) -> bool:
    """Return whether CMake has configured `folder` for this project path, target and compiler.

    A project that has been moved must be configured again.
    """
    if not ((folder / "build.ninja").is_file() or (folder / "Makefile").is_file()):
        return False
    cache = (folder / "CMakeCache.txt").read_text(encoding="utf-8", errors="replace")
    wanted = {
        "CMAKE_HOME_DIRECTORY:INTERNAL": project,
        "TICKTALK_HOST:BOOL": "ON" if target == "host" else "OFF",
        "TICKTALK_COMPILER:STRING": compiler,
    }
    return all(f"{name}={value}\n" in cache for name, value in wanted.items())


def _measure(project: Path, elf: Path) -> None:
    size = sizes(elf)
    measured_sizes(project, size["flash"], size["ram"])


def _run(command: list[str], report: dict) -> None:
    """Run one build command. If the command fails, raise BuildError with the first error message in its output."""
    done = processes.run(command, tree=True, text=True, errors="replace")
    if done.returncode == 0:
        return
    output = done.stdout + done.stderr
    over = re.findall(r"region `(\w+)' overflowed by (\d+) bytes", output)
    if over:
        region, bytes_over = over[0]
        limit = report[f"{region}_limit"]
        raise BuildError(
            f"'{report['name']}' does not fit {report['board']}: it needs {limit + int(bytes_over)} bytes of {region}, "
            f"but only {limit} are available"
        )
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"\berror\b|Error", line)]
    raise BuildError(f"{command[0]} {command[1]} failed: {(telling or lines or ['no output'])[0]}")
