"""IF."""

from tests.operators._calls import changed
from tests.support.tflite_builder import ModelBuilder


def case(draw) -> bytes:
    """Return a model that runs one of two graphs, which return one or two functions of a tensor and a number."""
    like = draw.shape(draw.integer(1, 3)), "int8", draw.scale(), draw.zero_point()
    source, number = draw.model.tensor(*like), draw.model.tensor((1,), "int32")
    condition = draw.model.tensor((1,), "bool")
    name, table = draw.pick(("LESS", "LessOptions"), ("GREATER_EQUAL", "GreaterEqualOptions"))
    draw.model.operator(name, [number, draw.model.integers([draw.pick(0, 1 << 20)])], [condition], table)
    outputs, branches = draw.integer(1, 2), []
    for _ in range(2):
        model = ModelBuilder()
        inputs = model.tensor(*like), model.tensor((1,), "int32")
        results = [changed(draw, model, inputs[0], like) for _ in range(outputs)]
        branches.append(draw.model.called(model, inputs, results))
    targets = [draw.model.tensor(*like) for _ in range(outputs)]
    draw.model.operator(
        "IF", [condition, source, number], targets, "IfOptions",
        ThenSubgraphIndex=branches[0], ElseSubgraphIndex=branches[1],
    )  # fmt: skip
    return draw.finish([source, number], targets)
