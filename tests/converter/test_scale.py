"""Recording on a Ray cluster and training in several processes produce the same results as on one machine."""

import hashlib
import multiprocessing
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.support.front import ticktalk
from tests.support.minimal_training import EPOCH, lines_of, started
from tests.support.paths import ROOT
from tests.support.sentences import SENTENCES
from ticktalk.converter.corpora import recordings
from ticktalk.converter.corpora.recordings import prepare, record
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.geometry import GEOMETRY
from ticktalk.converter.storage import shard_folder, shards
from ticktalk.converter.storage.shard_folder import make_shards
from ticktalk.converter.teachers.catalogue import find_card, make_teacher, same_teacher
from ticktalk.converter.training import processes
from ticktalk.system.installing import pip_install

pytest.importorskip("soxr", reason="pip install 'ticktalk[corpus]'")
pytest.importorskip("hibari", reason="pip install 'ticktalk[corpus]'")

needs_ray = pytest.mark.skipif(not find_spec("ray"), reason="pip install 'ticktalk[ray]'")
needs_espeak = pytest.mark.skipif(not shutil.which("espeak-ng"), reason="needs espeak-ng")
needs_keras = pytest.mark.skipif(not find_spec("keras"), reason="pip install 'ticktalk[convert]'")
SPOKEN = SENTENCES[:3]  # fewer sentences for hibari, which is slower


def contents(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file in the folder and its subfolders, by relative path."""
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def in_a_process(function, *arguments):
    """Run `function` in its own process and return its result.

    This function keeps Ray out of the process that runs the other tests.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def killed_once(folder: Path, *task):
    """Record a shard in a worker process that is killed on its first attempt at shard 1."""
    marker = folder.parent.with_suffix(".killed")
    if folder.name == "0001" and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return recordings._recordings(folder, *task)


def killed_always(folder: Path, *task):
    """Kill the worker on every attempt, as if memory had run out."""
    os.kill(os.getpid(), signal.SIGKILL)


def broken(folder: Path, *task):
    """Imitate a worker that is unable to use its teacher."""
    raise DistillError(f"{folder}: the teacher is unfit")


def on_a_cluster(out: Path, spoken: list[str]) -> list[str]:
    """Make shards in `out` with two workers of a running cluster, and return the error messages.

    hibari synthesises the sentences in `spoken`."""
    os.environ |= {"PYTHONPATH": str(ROOT), "RAY_AUTH_MODE": "disabled", "RAY_worker_niceness": "0"}
    from ray.cluster_utils import Cluster

    shard_folder.SENTENCES_A_SHARD = 2
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    out.mkdir()
    said = []
    try:
        espeak = prepare("espeak-ng", out / "espeak")
        make_shards(
            killed_once,
            [
                (folder, group, espeak.card, espeak.identity, GEOMETRY.rate)
                for folder, group in shard_folder.grouped(SENTENCES, out / "espeak")
            ],
            None,
            cluster.address,
            lambda folder: None,
        )
        shard_folder.SENTENCES_A_SHARD = 1
        shards.synthesise(spoken, make_teacher("hibari"), out / "hibari", cluster=cluster.address)
        for make in (broken, killed_always):
            try:
                make_shards(make, [(out / "none" / "0000",)], None, cluster.address, lambda folder: None)
            except DistillError as error:
                said.append(str(error))
    finally:
        cluster.shutdown()
    return said


@needs_ray
@needs_espeak
@pytest.mark.parametrize("spoken", [[], pytest.param(SPOKEN, marks=pytest.mark.long)], ids=["espeak-ng", "both"])
def test_a_cluster_makes_the_shards_that_this_machine_makes(spoken, tmp_path, monkeypatch):
    """One worker is killed during the run."""
    pytest.importorskip("onnxruntime")
    said = in_a_process(on_a_cluster, tmp_path / "ray", spoken)
    monkeypatch.setattr(shard_folder, "SENTENCES_A_SHARD", 2)
    record(prepare("espeak-ng", tmp_path / "here" / "espeak"), SENTENCES, "a test", tmp_path / "here" / "espeak", 2)
    monkeypatch.setattr(shard_folder, "SENTENCES_A_SHARD", 1)
    shards.synthesise(spoken, make_teacher("hibari"), tmp_path / "here" / "hibari", 1)
    (tmp_path / "here" / "espeak" / "corpus.json").unlink()  # only `record` writes this file
    assert (tmp_path / "ray" / "espeak.killed").exists()
    (tmp_path / "ray" / "espeak.killed").unlink()
    assert contents(tmp_path / "ray") == contents(tmp_path / "here")
    assert len(contents(tmp_path / "ray")) == 3 * 3 + 4 * len(spoken)
    assert said[0] == f"{tmp_path}/ray/none/0000: the teacher is unfit"
    assert said[1].startswith(f"{tmp_path}/ray/none/0000: the worker was lost 4 times")


@pytest.mark.long
@needs_ray
@needs_espeak
def test_a_corpus_on_a_cluster_that_is_started_here(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_worker_niceness", "0")
    (tmp_path / "text.txt").write_text("\n".join(SENTENCES))
    arguments = ["corpus", "--teacher", "espeak-ng", "--corpus", tmp_path / "text.txt", "--workers", 2]
    for name, more in (("ray", ("--cluster", "local")), ("here", ())):
        done = ticktalk(*arguments, "-o", tmp_path / name, *more, cache=tmp_path)
        assert done.returncode == 0 and "6 utterances" in done.stdout, done
    assert contents(tmp_path / "ray") == contents(tmp_path / "here")


def test_without_ray(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(
        MissingToolError, match=re.escape(f"--cluster requires the package ray: {pip_install('ray')}")
    ) as caught:
        make_shards(broken, [(tmp_path,)], None, "local", lambda folder: None)
    assert caught.value.exit_code == 10


@needs_ray
@pytest.mark.parametrize("address", ["nowhere:port", "nowhere.invalid:6379", "ray://127.0.0.1:1", "127.0.0.1:99999"])
def test_a_cluster_that_is_not_there(tmp_path, address):
    """Ray itself would wait for minutes."""
    with pytest.raises(DistillError, match=f"--cluster {address}: cannot connect to Ray: .*; is it HOST:PORT of"):
        make_shards(broken, [(tmp_path,)], None, address, lambda folder: None)


def test_answers_that_are_paid_for_are_not_asked_for_by_a_cluster(tmp_path, monkeypatch):
    pytest.importorskip("httpx")
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    with pytest.raises(DistillError, match="openai: --cluster cannot be used .*omit --cluster"):
        record(prepare("openai", tmp_path), SENTENCES, "a test", tmp_path, cluster="local")


@needs_espeak
def test_a_worker_with_another_version_of_the_teacher():
    with pytest.raises(
        DistillError, match=f"teacher espeak-ng on {os.uname().nodename} is .*the same version on every machine"
    ):
        same_teacher(find_card("espeak-ng"), "espeak-ng 1.0")


def test_a_worker_of_this_machine_that_is_killed(tmp_path):
    with pytest.raises(DistillError, match=f"a worker was killed .* {tmp_path}; run the command again"):
        make_shards(killed_always, [(tmp_path / "0000",), (tmp_path / "0001",)], 2, None, lambda folder: None)


@needs_espeak
def test_a_synthesis_that_is_killed_goes_on_to_the_same_shards(tmp_path):
    """The killed run leaves a half-written shard behind."""
    code = """import sys; import ticktalk.converter.storage.shard_folder as f; f.SENTENCES_A_SHARD = 1
from pathlib import Path; from ticktalk.converter.corpora.recordings import *
out = Path(sys.argv[1])
record(prepare("espeak-ng", out), sys.argv[2:], "a test", out, 1, lambda done, total: print(done, flush=True))"""

    def recording(name: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "-c", code, tmp_path / name, *SENTENCES], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )

    running = recording("killed")
    while (line := running.stdout.readline()) and line != "3\n":
        pass
    running.kill()
    assert running.wait() == -signal.SIGKILL and (tmp_path / "killed" / "0002").is_dir()
    (tmp_path / "killed" / "0005.partial").mkdir(exist_ok=True)
    for name in ("killed", "whole"):
        assert recording(name).communicate()[0].endswith("6\n")
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_features_with_a_flipped_bit_are_named_and_made_again(tmp_path):
    pytest.importorskip("onnxruntime")
    teacher, told = make_teacher("hibari"), []
    folders = shards.synthesise(SPOKEN[:1], teacher, tmp_path, 1)
    good, file = contents(tmp_path), folders[0] / "spectrum.npy"
    data = bytearray(file.read_bytes())
    data[5000] ^= 1
    file.write_bytes(data)
    with pytest.raises(DistillError, match="0000/spectrum.npy: corrupted: its SHA-256"):
        shards.load_features(folders)
    shards.synthesise(SPOKEN[:1], teacher, tmp_path, 1, report=told.append)
    assert contents(tmp_path) == good and len(told) == 1 and "0000/spectrum.npy" in told[0]


def test_a_process_waits_for_what_another_one_synthesises(tmp_path):
    pytest.importorskip("onnxruntime")
    teacher = make_teacher("hibari")
    other = threading.Timer(0.3, shards.synthesise, (SPOKEN[:1], teacher, tmp_path, 1))
    other.start()
    folders = shards.synthesised(SPOKEN[:1], teacher, tmp_path, pause=0.05)
    assert len(shards.load_features(folders).frames) == 1
    other.join()


# Training


def both(folder: Path, steps: int) -> list[list[str]]:
    """Return the output lines of two processes that train together."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    running = [
        started(
            folder,
            steps,
            KERAS_DISTRIBUTION_JOB_ADDRESSES=address,
            KERAS_DISTRIBUTION_NUM_PROCESSES="2",
            KERAS_DISTRIBUTION_PROCESS_ID=str(rank),
        )
        for rank in range(2)
    ]
    return [lines_of(process) for process in running]


@pytest.mark.long  # three training runs that compile everything
@needs_keras
def test_two_processes_train_as_one_does(tmp_path):
    """The results of the two processes are identical.

    The results also match those of a single process, except for the order of floating-point additions.
    """
    alone = lines_of(started(tmp_path / "alone", 2 * EPOCH))
    first, second = both(tmp_path / "two", 2 * EPOCH)
    assert first == second and len(first) == 3
    losses = [[float(line.split()[2]) for line in lines if line.startswith("epoch")] for lines in (alone, first)]
    np.testing.assert_allclose(*losses, rtol=1e-3)
    one, two = (np.load(tmp_path / name / "weights-0.npz") for name in ("alone", "two"))
    for name in one:
        np.testing.assert_allclose(two[name], one[name], atol=0.02 * np.abs(one[name]).max() + 1e-6)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"NUM_PROCESSES": "two"}, "NUM_PROCESSES=two: must be a whole number of at least 1"),
        ({"NUM_PROCESSES": "0"}, "NUM_PROCESSES=0"),
        ({"NUM_PROCESSES": "2", "PROCESS_ID": "2"}, "PROCESS_ID=2: must be below"),
        ({"NUM_PROCESSES": "2"}, "JOB_ADDRESSES: missing"),
    ],
)
def test_variables_that_make_no_sense(monkeypatch, variables, words):
    for name, value in variables.items():
        monkeypatch.setenv(f"KERAS_DISTRIBUTION_{name}", value)
    with pytest.raises(DistillError, match=f"KERAS_DISTRIBUTION_{words}"):
        processes.rank()
        processes.join()
