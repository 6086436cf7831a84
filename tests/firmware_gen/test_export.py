"""Compare every sample and tensor of exported projects with the simulator, on the host and on emulated boards."""

import json
import os
import shutil
import struct
import subprocess
import zlib
from dataclasses import astuple
from itertools import chain

import numpy as np
import pytest

from tests.runtime_sim.test_prosody import some
from tests.support.emulated import powered
from tests.support.paths import TINY
from tests.support.speakers import NAMES, cycled, with_speakers
from ticktalk.boards import ports
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import DeviceError
from ticktalk.firmware_gen.export import export_model, export_voice
from ticktalk.firmware_gen.project.build import binary, build
from ticktalk.proof.subject import VoiceSubject
from ticktalk.runtime_sim import speech
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.prosody import NEUTRAL
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.runtime_sim.voice import load_voice

MODEL = TINY / "phoneme.tflite"
# Models of chips with a Cortex-M33 speak in tests/boards.
BOARDS = ("qemu-m4", pytest.param("qemu-m33", marks=pytest.mark.long), "qemu-m55")
SEED = 0xFEDC_BA98

needs = {
    tool: pytest.mark.skipif(not shutil.which(tool), reason=f"needs {tool}")
    for tool in ("cmake", "arm-none-eabi-gcc", "qemu-system-arm")
}


def emulated(test):
    for mark in needs.values():
        test = mark(test)
    return pytest.mark.parametrize("board", BOARDS)(test)


@pytest.fixture(scope="module")
def voice():
    return with_speakers(load_voice(TINY))


@pytest.fixture(scope="module")
def ids(voice):
    return speech.ids_of(voice, "hello this is a tiny voice that talks on")


@pytest.fixture(scope="module")
def spoken(voice, ids):
    """Return the simulator's PCM and {(graph, tensor): bytes}, in which each tensor has all of its rows."""
    rows, widths = {}, {}

    def trace(graph, invocation, values):
        for index, value in values.items():
            rows.setdefault((graph, index), []).append(value.reshape(-1, value.shape[-1]))
            widths[graph, index] = value.shape[2]

    pcm = speech.speak(voice, ids, SEED, trace)
    counts = {0: ("phoneme", len(ids)), 1: ("frame", len(pcm) // 200)}
    whole = {}
    for (graph, index), chunks in rows.items():
        name, count = counts[graph]
        chunk, over = (
            voice.manifest["graphs"][name]["chunk"],
            widths[graph, index] - voice.manifest["graphs"][name]["chunk"],
        )
        joined = np.concatenate(
            [each[:chunk] for each in chunks[:-1]] + [chunks[-1]]
        )  # adjacent chunks share their context rows
        whole[graph, index] = joined[: count + over].tobytes()
    return pcm, whole


def unstored(project_folder):
    """Return the (graph, tensor) pairs of the tensors that the C code never stores as a whole."""
    graphs = json.loads((project_folder / "report.json").read_text())["graphs"]
    return {(number, tensor) for number, graph in enumerate(graphs.values()) for tensor in graph["unstored"]}


def built_for(voice, tmp_path_factory):
    """Return a function that maps a board's name to (Board, ELF path). Each board is exported and built once."""
    made = {}

    def of(name):
        if name not in made:
            board = load_board(name)
            made[name] = board, build(export_voice(voice, board, tmp_path_factory.mktemp(name) / "voice"))
        return made[name]

    return of


@pytest.fixture(scope="module")
def built(voice, tmp_path_factory):
    return built_for(voice, tmp_path_factory)


@pytest.fixture(scope="module")
def host(voice, tmp_path_factory):
    folder = export_voice(voice, load_board("qemu-m4"), tmp_path_factory.mktemp("host") / "voice")
    return build(folder, "host", sanitize=True)


def run(program, *arguments, text=None, trace=None):
    environment = dict(os.environ, TT_TRACE=str(trace)) if trace else None
    return subprocess.run(
        [program, *map(str, arguments)], input=text, capture_output=True, env=environment, timeout=120
    )


def read_trace(path):
    """Return {(graph, tensor, invocation): bytes} of a trace file, and check that no entry occurs twice."""
    data, at, found = path.read_bytes(), 0, {}
    while at < len(data):
        graph, tensor, invocation, size = struct.unpack_from("<BHII", data, at)
        assert (graph, tensor, invocation) not in found
        found[graph, tensor, invocation] = data[at + 11 : at + 11 + size]
        at += 11 + size
    return found


def joined(ticks):
    """Return {(graph, tensor): bytes}, in which the bytes of all ticks are joined in order."""
    found = {}
    for graph, tensor, tick in sorted(ticks):
        found[graph, tensor] = found.get((graph, tensor), b"") + ticks[graph, tensor, tick]
    return found


# -- on this machine ----------------------------------------------------------------------------------------------
@needs["cmake"]
def test_the_sanitized_host_program_equals_the_simulator(host, ids, spoken, tmp_path):
    pcm, tensors = spoken
    done = run(host, SEED, *ids, trace=tmp_path / "trace")
    assert done.returncode == 0, done.stderr.decode()
    assert np.array_equal(np.frombuffer(done.stdout, np.int16), pcm)
    ticks = read_trace(tmp_path / "trace")
    assert max(tick for graph, _, tick in ticks if graph == 1) > 10
    assert joined(ticks) == {
        place: values for place, values in tensors.items() if place not in unstored(host.parent.parent)
    }
    assert run(host, SEED, text=" ".join(map(str, ids)).encode()).stdout == done.stdout


@needs["cmake"]
@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9, 60])
def test_every_length_of_utterance(voice, host, count):
    """The lengths are the shortest, the longest and those around chunk boundaries."""
    ids = [int(i) for i in np.random.default_rng(count).integers(0, 20, count)]
    done = run(host, count, *ids)
    assert done.returncode == 0, done.stderr.decode()
    assert np.array_equal(np.frombuffer(done.stdout, np.int16), speech.speak(voice, ids, count))


@needs["cmake"]
def test_every_prosody(voice, host, ids):
    """The samples equal those of the simulator for several combinations of the settings and all speakers."""
    speaker = speech.Speaker(voice)
    for prosody in cycled(some(6)):
        options = chain.from_iterable(zip(("-r", "-p", "-v", "-e", "-s", "-w"), astuple(prosody)))
        done = run(host, *options, SEED, *ids)
        assert done.returncode == 0, done.stderr.decode()
        assert np.array_equal(np.frombuffer(done.stdout, np.int16), speaker.speak(ids, SEED, prosody=prosody)), prosody


@needs["cmake"]
@pytest.mark.parametrize(
    "arguments",
    [
        ["-r", 127, 1, 0],
        ["-r", 513, 1, 0],
        ["-p", -13, 1, 0],
        ["-v", -1, 1, 0],
        ["-v", "loud", 1, 0],
        ["-s", len(NAMES), 1, 0],
        ["-w", 2, 1, 0],
        ["-x", 1, 1],
        ["-r"],
        [],
        [1],
        [1, 20],
        [1, *[0] * 61],
        ["x", 0],
        [1, "0x"],
        [1, -1],
        [2**32, 0],
    ],
)
def test_the_host_program_refuses_wrong_arguments(host, arguments):
    done = run(host, *arguments, text=b"")
    assert done.returncode == 2 and done.stdout == b"" and done.stderr.count(b"\n") == 1


@needs["cmake"]
def test_a_model_on_the_host(tmp_path):
    program = build(export_model(MODEL, load_board("qemu-m4"), tmp_path / "m"), "host", sanitize=True)
    graph = load_graph(MODEL)
    x = np.random.default_rng(3).integers(-128, 128, graph.tensors[graph.inputs[0]].shape).astype(np.int8)
    tensors = Simulator(graph).run([x])
    done = run(program, text=x.tobytes(), trace=tmp_path / "trace")
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == b"".join(tensors[index].tobytes() for index in graph.outputs)
    absent = unstored(program.parent.parent)
    assert read_trace(tmp_path / "trace") == {
        (0, index, 0): value.tobytes() for index, value in tensors.items() if (0, index) not in absent
    }
    assert run(program, text=x.tobytes()[1:]).returncode == 2


# -- on the emulated boards ---------------------------------------------------------------------------------------
@emulated
def test_the_board_equals_the_simulator(built, board, voice, ids, spoken, tmp_path):
    board, elf = built(board)
    pcm, absent = spoken[0], unstored(elf.parent.parent)
    recording = VoiceSubject(voice).computer(lambda graph: Simulator(tuple(voice.graphs.values())[graph]))(
        (ids, SEED, NEUTRAL)
    )
    tensors = {
        (graph, tensor, tick): value.tobytes()
        for (graph, tick, tensor), value in recording.tensors.items()
        if (graph, tensor) not in absent
    }
    with powered(binary(elf), board, tmp_path) as (console, banner):
        report = json.loads((elf.parent.parent / "report.json").read_text())
        assert banner == {
            "product": "ticktalk",
            "protocol": "1",
            "board": board.name,
            "kind": "voice",
            "name": "tiny",
            "build": report["build"],
            "voice": voice.hash,
            "sample_rate": "16000",
            "limit": "60",
            "speakers": ",".join(NAMES),
            "licence": "Apache-2.0",
            "commercial": "unknown",
        }
        assert console.hello() == banner
        place = max(tensors, key=lambda key: len(tensors[key]))
        console.dump(*place)
        traced = console.speak(ids, seed=SEED, trace=True)
        assert traced.pcm == pcm.tobytes()
        assert {(t.graph, t.tensor, t.invocation): (t.size, t.crc) for t in traced.traces} == {
            key: (len(data), zlib.crc32(data)) for key, data in tensors.items()
        }
        assert len(traced.traces) == len(tensors) and traced.dumps == {place: tensors[place]}
        plain = console.speak(ids, seed=SEED)
        assert plain.pcm == pcm.tobytes() and not plain.traces and not plain.dumps
        assert plain.instructions > 0 and abs(plain.instructions - traced.instructions) < traced.instructions / 100
        stats = console.stats()
        assert (
            0 < stats["first_sample"] < stats["instructions"] == plain.instructions
            and stats["arena_bytes"] == report["arena_bytes"]
        )
        for prosody in cycled(some(1, seed=len(board.name))):
            console.prosody(*astuple(prosody))
            assert console.speak(ids, seed=SEED).pcm == speech.speak(voice, ids, SEED, prosody=prosody).tobytes(), (
                prosody
            )
        console.prosody()
        assert console.speak(ids, seed=SEED).pcm == plain.pcm
        assert 100 < stats["stack_bytes"] < stats["stack_size"] / 2 and stats["stack_size"] == report["stack_bytes"]


@emulated
def test_the_console_bounds_what_it_is_sent(built, board, voice, tmp_path):
    board, elf = built(board)
    with powered(binary(elf), board, tmp_path) as (console, banner):
        for ids in ([], [20], [0] * 61):
            with pytest.raises(DeviceError, match="bad argument"):
                console.speak(ids)
        for request in (lambda: console.run(), lambda: console.write(b"1"), lambda: console.read(1)):
            with pytest.raises(DeviceError, match="not supported by this firmware"):
                request()
        for wrong in (
            (127, 0, 256),
            (513, 0, 256),
            (0, 0, 256),
            (256, 13, 256),
            (256, -13, 256),
            (256, 0, 513),
            (256, 0, 256, 513),
            (256, 0, 256, 256, len(NAMES)),
            (256, 0, 256, 256, 255),
            (256, 0, 256, 256, 0, 2),
            (65535, -128, 65535),
        ):
            with pytest.raises(DeviceError, match="refused PROSODY: bad argument"):
                console.prosody(*wrong)
        assert (
            console.speak([1, 2], seed=1).pcm == speech.speak(voice, [1, 2], 1).tobytes()
        )  # a refused request changes nothing
        for kind, payload, word in (
            (0x01, b"x", "wrong length"),
            (0x02, b"\0\0\0\0", "wrong length"),
            (0x07, b"123456", "wrong length"),
            (0x02, b"\2\0\0\0\0\0", "bad argument"),
            *((0x09, bytes(length), "wrong length") for length in (4, 6, 10)),
            (0x33, b"", "unknown request"),
        ):
            with pytest.raises(DeviceError, match=word):
                console._ask(kind, payload)
                console._await("an error", (), 5, 0x01)
        # The console still receives the next valid frame after noise, a wrong checksum, an impossible length or half a
        # frame.
        for noise in (b"~~T~", b"\x7e\x54\x01\x00\x00\xff\xff", b"\x7e\x54\x01\xff\xff", bytes(range(256)) * 9):
            ports.send(console._port, noise)
            for _ in range(3):  # noise may look like a frame header and swallow the next bytes
                try:
                    assert console.hello(1) == banner
                    break
                except DeviceError:
                    ports.send(console._port, bytes(1031))
            else:
                pytest.fail("the console did not recover")


@emulated
def test_a_model_on_the_board(board, tmp_path):
    board = load_board(board)
    elf = build(export_model(MODEL, board, tmp_path / "m"))
    graph = load_graph(MODEL)
    x = np.random.default_rng(4).integers(-128, 128, graph.tensors[graph.inputs[0]].shape).astype(np.int8)
    tensors = Simulator(graph).run([x])
    absent = unstored(elf.parent.parent)
    with powered(binary(elf), board, tmp_path) as (console, banner):
        assert banner["kind"] == "model" and banner["name"] == "phoneme"
        console.write(x.tobytes())
        result = console.run(trace=True)
        assert {t.tensor: t.crc for t in result.traces} == {
            index: zlib.crc32(value) for index, value in tensors.items() if (0, index) not in absent
        }
        for number, index in enumerate(graph.outputs):
            assert console.read(tensors[index].nbytes, number) == tensors[index].tobytes()
        for request in (
            lambda: console.read(10000),
            lambda: console.read(1, 9),
            lambda: console.write(b"1", 1),
            lambda: console.write(bytes(10000)),
        ):
            with pytest.raises(DeviceError, match="bad argument"):
                request()
        for request in (lambda: console.speak([0]), lambda: console.prosody()):
            with pytest.raises(DeviceError, match="not supported by this firmware"):
                request()
