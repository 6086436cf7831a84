"""The options of custom operators, which are in a FlexBuffer."""

import pytest
from flatbuffers import flexbuffers

from tests.support.tflite_builder import ModelBuilder
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.flexbuffer import FlexBufferError, numbers
from ticktalk.runtime_sim.graphs.reader import load_graph


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"b": 1},
        {"a": -1, "ab": 127, "b": True},
        {"a": 40000, "b": -70000},
        {"a": 1 << 40},
        {"a": 0.5, "b": -0.1, "c": -3},
    ],
)
def test_a_map_of_numbers_is_read(values):
    assert numbers(bytes(flexbuffers.Dumps(values))) == values


@pytest.mark.parametrize("values", [1, [1, 2], {"a": "text"}, {"a": {"b": 1}}, {str(i): i for i in range(99)}])
def test_anything_else_is_refused(values):
    with pytest.raises(FlexBufferError):
        numbers(bytes(flexbuffers.Dumps(values)))


def test_every_truncation_is_read_or_refused():
    data = bytes(flexbuffers.Dumps({"end_index": 241, "start_index": 5}))
    for start in range(len(data)):
        for part in (data[start:], data[:start]):
            try:
                assert len(numbers(part)) <= 64
            except FlexBufferError:
                pass


@pytest.mark.parametrize(("options", "problem"), [
    ({}, r"has the options \[\], not \['shift'\]"),
    ({"shift": 1, "other": 2}, r"has the options \['other', 'shift'\]"),
    ({"shift": 1 << 31}, "does not fit in 32 bits"),
    ({"shift": 40}, "a shift of 40 is not supported"),
    ({"shift": 0.5}, "the option shift is 0.5, which is not an integer"),
])  # fmt: skip
def test_wrong_options_are_refused(options, problem):
    model = ModelBuilder()
    source, target = (model.tensor((4,), "int16") for _ in range(2))
    model.operator("SIGNAL_WINDOW", [source, model.integers([1] * 4, "int16")], [target], **options)
    with pytest.raises(ModelError, match=rf"operator 0 .SIGNAL_WINDOW.: .*{problem}"):
        load_graph(model.build([source], [target]))
