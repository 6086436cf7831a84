"""Convert text to PCM in the simulator, and compare each stage with a slow, direct implementation of its definition."""

import numpy as np
import pytest

from tests.support.paths import TINY
from ticktalk.runtime_sim import oracles, speech
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.runtime_sim.voice import load_voice

PHONEMES = "hello this is a tiny voice"


@pytest.fixture(scope="module")
def voice():
    return load_voice(TINY)


def test_ids_have_edges_and_drop_unknown_symbols(voice):
    symbols = voice.manifest["phonemes"]["symbols"]
    assert speech.ids_of(voice, "a€b\nh") == [0, symbols["a"], symbols["b"], symbols["h"], 0]
    assert speech.ids_of(voice, "") == [0, 0]


def test_an_utterance_above_the_limit_is_refused(voice):
    limit = voice.manifest["phonemes"]["limit"]
    assert len(speech.ids_of(voice, "a" * (limit - 2))) == limit
    with pytest.raises(VoiceError, match=f"{limit + 1} phonemes"):
        speech.ids_of(voice, "a" * (limit - 1))


@pytest.mark.parametrize("ids", [[], [0, 20], [-1, 0], [0] * 61])
def test_speak_refuses_ids_that_the_watch_refuses(voice, ids):
    with pytest.raises(VoiceError):
        speech.speak(voice, ids)


def test_durations_are_summed_before_they_are_rounded():
    table = np.arange(256, dtype=np.uint16)
    table[200] = 65535
    q = np.array([0, 96, 97, 72], np.int64) - 128 + np.array([0, 0, 0, 128])  # 64 (the minimum), 96, 97, 65535
    assert speech.frame_ends(table, q.astype(np.int8)).tolist() == [(n + 32) // 64 for n in (64, 160, 257, 65792)]


def test_frame_rows_by_their_definition(voice):
    rng = np.random.default_rng(1)
    hidden = rng.integers(-128, 128, (5, 6)).astype(np.int8)
    ends = np.array([1, 4, 30, 31, 90])
    rows = speech.frame_rows(voice.tables, hidden, ends)
    position, last = voice.tables["position"], len(voice.tables["position"]) - 1
    assert rows.shape == (90, 8) and rows.dtype == np.int8
    start = 0
    for h, end in zip(hidden, ends):
        for t in range(start, end):
            mapped = [voice.tables["hidden_to_frame"][int(q) + 128] for q in h]
            assert rows[t].tolist() == [*mapped, position[min(t - start, last)], position[min(end - 1 - t, last)]]
        start = end


@pytest.mark.parametrize("name", ["phoneme", "frame"])
def test_the_result_does_not_depend_on_the_chunking(voice, name):
    """A row has the same values whether it is computed alone, as the first row of a chunk, or as part of chunked
    speech."""
    rng = np.random.default_rng(2)
    graph, part = voice.graphs[name], voice.manifest["graphs"][name]
    rows = rng.integers(-128, 128, (2 * part["chunk"] + 3, voice.input_width(name))).astype(np.int8)
    chunked = speech.Speaker(voice).rows(name, rows)
    run, context = Simulator(graph).run, part["context"]
    padded = np.full(
        (len(rows) + part["chunk"] + 2 * context, rows.shape[1]), graph.tensors[graph.inputs[0]].zero_point, np.int8
    )
    padded[context : context + len(rows)] = rows
    for i in range(len(rows)):
        alone = run([padded[None, None, i : i + part["chunk"] + 2 * context]])
        for role, index in zip(part["outputs"], graph.outputs):
            assert np.array_equal(alone[index][0, 0, 0], chunked[role][i]), (role, i)


def test_pcm_is_as_long_as_the_durations_and_the_same_each_time(voice):
    ids = speech.ids_of(voice, PHONEMES)
    speaker = speech.Speaker(voice)
    spoken = speaker.rows("phoneme", voice.tables["embedding"][np.array(ids)])
    frames = speech.frame_ends(voice.tables["duration"], spoken["duration"][:, 0])[-1]
    pcm = speech.speak(voice, ids, seed=5)
    assert pcm.dtype == np.int16 and pcm.shape == (frames * voice.manifest["hop"],)
    assert len(np.unique(pcm)) > 100
    assert np.array_equal(pcm, speaker.speak(ids, seed=5))
    assert not np.array_equal(pcm, speaker.speak(ids, seed=6))


def test_the_trace_has_every_tensor_of_every_invocation_as_tflite_micro_computes_it(voice):
    pytest.importorskip("tflite_micro")
    seen, ids = [], speech.ids_of(voice, PHONEMES)
    pcm = speech.speak(voice, ids, trace=lambda *entry: seen.append(entry))
    reference = []
    speaker = speech.Speaker(voice)
    speaker.runs = {name: oracles.tflm(model).run for name, model in voice.models.items()}
    assert np.array_equal(pcm, speaker.speak(ids, trace=lambda *entry: reference.append(entry)))
    assert [entry[:2] for entry in seen] == [entry[:2] for entry in reference]
    assert [entry[1] for entry in seen if entry[0] == 0] == list(range(-(-len(ids) // 4)))
    for (graph, invocation, ours), (_, _, theirs) in zip(seen, reference):
        operators = list(voice.graphs.values())[graph].operators
        assert set(ours) == {index for operator in operators for index in operator.outputs} == set(theirs)
        for index in ours:
            assert np.array_equal(ours[index], theirs[index]), (graph, invocation, index)


def test_text_becomes_utterances_with_a_seed_each(voice):
    pytest.importorskip("hibari")
    text = "Hello there. It is half past seven, Dr. Smith! " + "Time, " * 60
    utterances = list(speech.utterances(voice, text, seed=2**32 - 1))
    assert len(utterances) > 3 and [seed for _, seed in utterances[:3]] == [2**32 - 1, 0, 1]
    assert all(3 <= len(ids) <= 60 and ids[0] == ids[-1] == 0 for ids, _ in utterances)
    streamed = list(speech.speak_text(voice, "Hello there. It is half past seven."))
    assert len(streamed) == 2
    for pcm, (ids, seed) in zip(streamed, speech.utterances(voice, "Hello there. It is half past seven.")):
        assert np.array_equal(pcm, speech.speak(voice, ids, seed))
