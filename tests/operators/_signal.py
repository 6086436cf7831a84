"""Models of signal operators, which work on unquantised integers."""


def signal(draw, name: str, shape, dtypes: tuple[str, str], *constants, output=None, **options) -> bytes:
    """Return a model with one operator. `dtypes` are the dtypes of its first input and its first output.

    `constants` are int16 arrays, which become further inputs.
    """
    source = draw.model.tensor(shape, dtypes[0])
    target = draw.model.tensor(shape if output is None else output, dtypes[1])
    others = [draw.model.integers(values, "int16") for values in constants]
    draw.model.operator(name, [source, *others], [target], **options)
    return draw.finish([source], [target])
