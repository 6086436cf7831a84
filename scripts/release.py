"""Build the wheel and the source distribution of the last commit, and write them to dist/. Called by `make wheel`.

Each distribution is built twice, in folders with different names, and both builds must be byte-identical. The wheel is
then installed in a new environment and tested from a different folder. Files have the commit's timestamp
(SOURCE_DATE_EPOCH).
"""

import gzip
import io
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

from ticktalk import __version__
from ticktalk.system import signals

ROOT = Path(__file__).parent.parent
BUILD = "from setuptools import build_meta; build_meta.build_{kind}('out')"


def main(arguments: list[str] | None = None) -> None:
    tag = (sys.argv[1:] if arguments is None else arguments) == ["--tag"]
    if tag:
        check_ready(__version__)
    elif git("status", "--porcelain"):
        print("wheel: uncommitted changes are not included", file=sys.stderr)
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct"))
    os.umask(0o022)
    with tempfile.TemporaryDirectory() as folder:
        first, second = (built(Path(folder) / name, epoch) for name in ("one", "two-of-them"))
        for name in first:
            if first[name] != second[name]:
                sys.exit(f"wheel: two builds of {name} differ")
        [wheel] = (name for name in first if name.endswith(".whl"))
        (Path(folder) / wheel).write_bytes(first[wheel])
        tried(Path(folder) / wheel, Path(folder) / "elsewhere")
    (ROOT / "dist").mkdir(exist_ok=True)
    for name, data in first.items():
        (ROOT / "dist" / name).write_bytes(data)
        print(f"dist/{name}: {len(data) / 1e6:.1f} MB")
    if tag:
        print(f'git tag -a v{__version__} -m "ticktalk {__version__}" && git push origin v{__version__}')


def check_ready(version: str) -> None:
    """Exit with an error unless the version is ready for release.

    Everything must be committed, the newest section of the changelog must be for this version and have a date, and the
    tag must not exist yet.
    """
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (.*)$", changelog, re.MULTILINE)
    if git("status", "--porcelain"):
        sys.exit("release: commit everything first")
    if not newest or not re.fullmatch(rf"{re.escape(version)} - \d{{4}}-\d\d-\d\d", newest[1]):
        sys.exit(
            f"release: the newest section of CHANGELOG.md must be '{version} - YYYY-MM-DD', to match "
            "ticktalk.__version__"
        )
    if git("tag", "--list", f"v{version}"):
        sys.exit(f"release: tag v{version} already exists; increase __version__ in ticktalk/__init__.py")


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def built(folder: Path, epoch: int) -> dict[str, bytes]:
    """Build both distributions of the last commit in `folder`, and return their contents by file name."""
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as file:
        file.extractall(folder)  # not every Python 3.11 knows `filter`
    environment = os.environ | {"SOURCE_DATE_EPOCH": str(epoch)}
    for kind in ("wheel", "sdist"):
        command = [sys.executable, "-c", BUILD.format(kind=kind)]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"wheel: build_{kind} failed:\n{done.stderr}")
    return {
        path.name: as_of(epoch, path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
        for path in sorted((folder / "out").iterdir())
    }


def as_of(epoch: int, archive: bytes) -> bytes:
    """Return the .tar.gz without the build time and the user name that setuptools stores."""
    tar, packed = io.BytesIO(), io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as old,
        tarfile.open(fileobj=tar, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda member: member.name):
            content = old.extractfile(member)
            member.mtime, member.uid, member.gid, member.uname, member.gname = epoch, 0, 0, "", ""
            member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            member.pax_headers = {}
            new.addfile(member, content)
    with gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=epoch) as file:
        file.write(tar.getvalue())
    return packed.getvalue()


def tried(wheel: Path, folder: Path) -> None:
    """Install the wheel in a new environment in `folder`, with the versions in constraints.txt, and try it out."""
    venv.create(folder / "env", with_pip=True)
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    clean |= {"PIP_CONSTRAINT": str(ROOT / "constraints.txt"), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}

    def run(program: str, *arguments: str) -> str:
        command = [str(folder / "env" / "bin" / program), *arguments]
        done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"wheel: {' '.join([program, *arguments])}: exit {done.returncode}\n{done.stderr}")
        return done.stdout

    run("pip", "install", "--quiet", f"{wheel}[text]")
    version = run("ticktalk", "--version").split()[-1]
    if wheel.name.split("-")[1] != version:
        sys.exit(f"wheel: {wheel.name} reports version {version}")
    for arguments in (("boards",), ("voices",), ("simulate", "Time to run.", "--voice", "heart", "-o", "out.wav")):
        run("ticktalk", *arguments)
    if (folder / "out.wav").read_bytes()[:4] != b"RIFF":
        sys.exit("wheel: simulate wrote no WAV file")


if __name__ == "__main__":
    sys.exit(signals.run(main))
