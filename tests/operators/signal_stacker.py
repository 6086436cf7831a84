"""SIGNAL_STACKER."""


def case(draw) -> bytes:
    """Return a model that stacks up to seven rows in every run, or in every n-th run."""
    channels, left = draw.integer(1, 20), draw.integer(0, 6)
    source = draw.model.tensor((channels,), "int16")
    stacked = draw.model.tensor((channels * (left + 1),), "int16")
    valid = draw.model.tensor((), "bool")
    draw.model.operator(
        "SIGNAL_STACKER", [source], [stacked, valid], num_channels=channels, stacker_left_context=left,
        stacker_right_context=0, stacker_step=draw.integer(1, left + 1),
    )  # fmt: skip
    return draw.finish([source], [stacked, valid])
