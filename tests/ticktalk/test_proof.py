"""A proof fails if any implementation computes a single wrong byte."""

import json
import zlib
from pathlib import Path

import numpy as np
import pytest

from tests.support.paths import TINY
from tests.support.streams import keyword, stream, strided
from tests.support.wasteful import wasteful
from ticktalk.bench.measure import measure
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import VerifyError
from ticktalk.boards.images.regions import regions
from ticktalk.firmware import make_firmware
from ticktalk.flashing import prove_on_host
from ticktalk.proof.prover import Prover
from ticktalk.proof.subject import ModelSubject, VoiceSubject
from ticktalk.proof.trace import Checksum, Key, Trace, first_difference
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.runtime_sim.voice import load_voice


@pytest.fixture
def subject():
    return VoiceSubject(load_voice(TINY), "Hello.")


@pytest.fixture
def expected(subject):
    return subject.computer(lambda graph: Simulator(subject.graphs[graph]))(subject.parts[0])


def everything(key):
    return True


def changed(array, at):
    copy = array.copy()
    copy.reshape(-1)[at] ^= 1
    return copy


def test_equal_recordings_of_every_kind(subject, expected):
    for kind in (np.copy, np.ndarray.tobytes, lambda a: Checksum(a.nbytes, zlib.crc32(a.tobytes()))):
        found = Trace({key: kind(value) for key, value in expected.tensors.items()}, expected.pcm)
        assert first_difference(subject, 0, expected, found, everything) is None


@pytest.mark.parametrize("kind", ["array", "bytes", "checksum"])
def test_the_first_wrong_element_is_named(subject, expected, kind):
    keys = list(expected.tensors)
    wrong = {
        key: changed(expected.tensors[key], 3) for key in keys[-4:]
    }  # several tensors are wrong, but only the first one is reported
    as_kind = {
        "array": lambda a: a,
        "bytes": np.ndarray.tobytes,
        "checksum": lambda a: Checksum(a.nbytes, zlib.crc32(a.tobytes())),
    }[kind]
    found = Trace({key: as_kind(wrong.get(key, value)) for key, value in expected.tensors.items()}, expected.pcm)
    difference = first_difference(subject, 2, expected, found, everything, lambda key: wrong[key].tobytes())
    key = keys[-4]
    value = expected.tensors[key].reshape(-1)[3]
    assert (difference.part, difference.graph, difference.invocation, difference.tensor) == (
        2,
        "frame",
        key.invocation,
        key.tensor,
    )
    assert np.ravel_multi_index(difference.element, expected.tensors[key].shape) == 3
    assert (difference.expected, difference.found) == (value, value ^ 1)
    assert f"tensor {key.tensor} " in str(difference) and str(difference.element) in str(difference)


def test_samples_tensors_missing_and_too_many(subject, expected):
    key = next(iter(expected.tensors))
    less = Trace({k: v for k, v in expected.tensors.items() if k != key}, expected.pcm)
    assert first_difference(subject, 0, expected, less, everything).tensor == key.tensor
    more = Trace(expected.tensors | {Key(1, 99, key.tensor): expected.tensors[key]}, expected.pcm)
    assert first_difference(subject, 0, expected, more, everything).invocation == 99
    sample = first_difference(subject, 0, expected, Trace(expected.tensors, changed(expected.pcm, 77)), everything)
    assert sample.tensor is None and sample.element == [77] and "sample 77" in str(sample)
    short = first_difference(subject, 0, expected, Trace(expected.tensors, expected.pcm[:50]), everything)
    assert short.element == [50] and short.found is None


def altered(project: Path) -> None:
    """Change one weight in the generated C."""
    file = project / "src" / "voice_frame_weights.c"
    text = file.read_text()
    start = text.index("{", text.index("_weights["))
    comma = text.index(",", start)
    number = int(text[start + 1 : comma].split()[-1])
    file.write_text(text[: start + 1] + f" {number - 1 if number > -127 else 5}" + text[comma:])


def test_a_wrong_weight_in_the_c_is_found_and_not_flashed(subject, tmp_path):
    firmware = make_firmware(subject, load_board("qemu-m4"), tmp_path / "project")
    start, voice, _code = regions(firmware.image.read_bytes(), 4096)  # the linker places the weights on separate pages
    assert (start.size, voice.name) == (4096, "voice") and voice.size > firmware.report["constant_bytes"] - 4096
    assert "host C" in prove_on_host(subject, firmware)
    altered(firmware.project)
    prover = Prover(subject)
    prover.ask_host(firmware.project)
    difference = prover.proof.agreements["host C"].difference
    assert not prover.proof.bit_exact and difference.graph == "frame" and difference.tensor is not None
    with pytest.raises(VerifyError, match="not flashed: host C differs from the simulator at part 0, frame graph"):
        prove_on_host(subject, firmware)


def test_a_model_without_channels_that_nobody_needs(tmp_path):
    """Only the remaining channels are compared. If the report names a different language pack, the proof fails."""
    file = tmp_path / "wasteful.tflite"
    file.write_bytes(wasteful(13))
    subject = ModelSubject(file)
    project = subject.export(load_board("qemu-m4"), tmp_path / "project")
    report = json.loads((project / "report.json").read_text())
    kept = report["graphs"]["model"]["kept_channels"]
    tensor, channels = min(kept.items(), key=lambda each: int(each[0]))
    for expected in (True, False):
        prover = Prover(subject)
        prover.ask_host(project)
        assert prover.proof.bit_exact == expected
        channels[-1] += 1
        (project / "report.json").write_text(json.dumps(report))
    assert prover.proof.agreements["host C"].difference.tensor == int(tensor)


@pytest.mark.parametrize(
    ("kind", "upright", "name", "times"),
    [(stream, False, "qemu-m33", 5), (strided, True, "qemu-m4", 5), (keyword, False, "qemu-m4", 1)],
)
def test_a_model_a_few_rows_at_a_time(tmp_path, kind, upright, name, times):
    """Compare all rows, tick by tick, with the oracles, on the host and on a board. All ticks together are one run."""
    file = tmp_path / "stream.tflite"
    file.write_bytes(kind(2, 21, "SAME", upright))
    subject, whole = ModelSubject(file, stream=True), ModelSubject(file)
    board = load_board(name)
    prover = Prover(subject)
    assert len({key.invocation for key in prover.traces[0].tensors}) > 5
    assert prover.proof.tensors > Prover(whole).proof.tensors * times
    project = subject.export(board, tmp_path / "project")
    prover.ask_oracles()
    prover.ask_host(project, sanitize=True)
    assert prover.proof.bit_exact and prover.proof.compared[-1] == "host C (sanitised)"
    found = measure(subject, board)
    assert (
        found.exact
        and found.ram["lines"] > 0
        and found.ram["arena"] == json.loads((project / "report.json").read_text())["arena_bytes"]
    )
    assert (
        sum(each["instructions"] for each in found.operators) > found.instructions / 2
        and found.outside.get("model.c", 0) < 100
    )


def test_nobody_asked_is_no_proof():
    prover = Prover(ModelSubject(TINY / "phoneme.tflite"))
    assert not prover.proof.bit_exact and prover.proof.tensors > 0 and prover.proof.samples == 0


def test_known_errors_of_an_oracle_do_not_spread(subject, expected, monkeypatch):
    """If one of an oracle's operators is known to differ, its outputs and all tensors that depend on them are not
    compared.

    All other tensors must be equal.
    """
    from ticktalk.proof.witnesses import Interpreter
    from ticktalk.runtime_sim import oracles

    class Wrong:
        """A simulator in which TANH results, and outputs that depend on them, differ in one bit."""

        def __init__(self, graph):
            self._graph, self._run = graph, Simulator(graph).run

        def run(self, inputs):
            wrong = {index for op in self._graph.operators if op.name == "TANH" for index in op.outputs}
            return {index: changed(value, 0) if index in wrong else value for index, value in self._run(inputs).items()}

    def by_bytes(data):
        return Wrong(next(subject.graphs[number] for number, model in subject.models.items() if model == data))

    monkeypatch.setattr(oracles, "LITERT_DIFFERS", {"TANH": "for this test"})
    lenient, strict = (Interpreter("wrong", by_bytes, subject, known_errors) for known_errors in (True, False))
    found = lenient.record(subject.parts[0])
    assert first_difference(subject, 0, expected, found, lenient.compares) is None
    assert 0 < sum(map(lenient.compares, expected.tensors)) < len(expected.tensors)
    assert first_difference(subject, 0, expected, strict.record(subject.parts[0]), strict.compares) is not None
