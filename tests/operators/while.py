"""WHILE."""

from tests.operators._calls import changed
from tests.support.tflite_builder import ModelBuilder


def case(draw) -> bytes:
    """Return a model whose loop changes two tensors, and sometimes exchanges them, up to five times."""
    like = draw.shape(draw.integer(1, 3)), "int8", draw.scale(), draw.zero_point()
    source, wanted = draw.model.tensor(*like), draw.model.tensor((1,), "int32")
    above, limit = (draw.model.tensor((1,), "int32") for _ in range(2))
    draw.model.operator("MAXIMUM", [wanted, draw.model.integers([0])], [above], "MaximumMinimumOptions")
    draw.model.operator("MINIMUM", [above, draw.model.integers([5])], [limit], "MaximumMinimumOptions")
    state = [((1,), "int32"), ((1,), "int32"), like, like]

    condition, body = ModelBuilder(), ModelBuilder()
    inputs = [condition.tensor(*each) for each in state]
    go_on = condition.tensor((1,), "bool")
    condition.operator("LESS", inputs[:2], [go_on], "LessOptions")
    conditions = draw.model.called(condition, inputs, [go_on])

    inputs = [body.tensor(*each) for each in state]
    count = body.tensor((1,), "int32")
    body.operator("ADD", [inputs[0], body.integers([draw.integer(1, 2)])], [count], "AddOptions")
    results = [changed(draw, body, index, like) for index in inputs[2:]]
    if draw.integer(0, 1):
        results.reverse()
    bodies = draw.model.called(body, inputs, [count, inputs[1], *results])

    begin = [draw.model.integers([0]), limit, source, draw.model.tensor(*like, data=draw.values(like[0]))]
    targets = [draw.model.tensor(*each) for each in state]
    draw.model.operator("WHILE", begin, targets, "WhileOptions", CondSubgraphIndex=conditions, BodySubgraphIndex=bodies)
    return draw.finish([source, wanted], targets[2:])
