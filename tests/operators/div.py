"""DIV."""


def case(draw) -> bytes:
    """Return a model that divides int32 values by constants that broadcast, after other int32 arithmetic."""
    shape = draw.shape(draw.integer(1, 3))
    source = values = draw.model.tensor(shape, "int32")
    for _ in range(draw.integer(0, 3)):
        name = draw.pick("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM")
        result = draw.model.tensor(shape, "int32")
        other = draw.pick(source, draw.model.integers(draw.values(draw.pick((), shape[-1:]), "int32")))
        table = f"{name.title()}Options" if len(name) == 3 else "MaximumMinimumOptions"
        draw.model.operator(name, [values, other], [result], table)
        values = result
    target = draw.model.tensor(shape, "int32")
    divisors = draw.rng.integers(2, 1 << draw.integer(2, 30), draw.pick((), (1,), shape[-1:], shape))
    draw.model.operator("DIV", [values, draw.model.integers(divisors * draw.pick(1, -1))], [target], "DivOptions")
    return draw.finish([source], [target])
