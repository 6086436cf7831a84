"""Random models of operators that return the position of an extreme value."""


def extreme(draw, name) -> bytes:
    """Return a model of the operator `name`. Small extents make equal values likely."""
    shape = draw.shape(draw.integer(1, 4), draw.pick(5, 40))
    axis = draw.integer(0, len(shape) - 1)
    source = draw.activation_tensor(shape)
    target = draw.model.tensor((*shape[:axis], *shape[axis + 1 :]), "int32")
    where = draw.model.integers([axis - draw.pick(0, len(shape))])
    table = "ArgMaxOptions" if name == "ARG_MAX" else "ArgMinOptions"
    draw.model.operator(name, [source, where], [target], table, OutputType=2)
    return draw.finish([source], [target])
