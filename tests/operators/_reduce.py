"""Random models of reductions over one or more axes."""


def reduced(draw, name, rescaled=True) -> bytes:
    """Return a model of the reduction `name`. If `rescaled` is set, the output often has its own scale."""
    shape = draw.shape(draw.integer(2, 4), 7)
    axes = [axis for axis in range(len(shape)) if draw.pick(True, False)] or [draw.integer(0, len(shape) - 1)]
    if len(shape) == 4 and draw.integer(0, 2) == 0:
        axes = [1, 2]
    keep = draw.pick(True, False) or len(axes) == len(shape)
    after = [1 if axis in axes else extent for axis, extent in enumerate(shape) if keep or axis not in axes]
    dtype = draw.pick("int8", "int8", "int8", "int16") if rescaled else "int8"
    scale, point = draw.scale(), draw.zero_point(dtype)
    source = draw.activation_tensor(shape, dtype, scale, point)
    if rescaled and draw.integer(0, 2):
        scale, point = scale * 2.0 ** draw.rng.uniform(-3, 4), draw.zero_point(dtype)
    target = draw.activation_tensor(after, dtype, scale, point)
    draw.rng.shuffle(axes)
    named = draw.model.integers([axis - draw.pick(0, len(shape)) if name != "MEAN" else axis for axis in axes])
    draw.model.operator(name, [source, named], [target], "ReducerOptions", KeepDims=keep)
    return draw.finish([source], [target])
