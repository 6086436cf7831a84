"""SIGNAL_FRAMER."""


def case(draw) -> bytes:
    """Return a model with frames of up to 40 samples, overlapping or not."""
    step, batch = draw.integer(1, 20), draw.pick((), (draw.integer(1, 3),))
    size, count = step + draw.pick(0, draw.integer(0, 20)), draw.integer(1, 4)
    source = draw.model.tensor((*batch, count * step), "int16")
    frames, valid = draw.model.tensor((*batch, count, size), "int16"), draw.model.tensor((), "bool")
    prefill = size > step or bool(draw.integer(0, 1))
    draw.model.operator("SIGNAL_FRAMER", [source], [frames, valid], frame_size=size, frame_step=step, prefill=prefill)
    return draw.finish([source], [frames, valid])
