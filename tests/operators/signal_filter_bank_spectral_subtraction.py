"""SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION."""


def case(draw) -> bytes:
    """Return a model with random factors, which clamps the estimates in half of the models."""
    size, bits = draw.integer(1, 20), draw.integer(8, 15)
    source, target, noise = (draw.model.tensor((size,), "uint32") for _ in range(3))
    rates = {name: draw.integer(0, 1 << bits) for name in ("smoothing", "alternate_smoothing")}
    draw.model.operator(
        "SIGNAL_FILTER_BANK_SPECTRAL_SUBTRACTION", [source], [target, noise],
        alternate_one_minus_smoothing=(1 << bits) - rates["alternate_smoothing"],
        one_minus_smoothing=(1 << bits) - rates["smoothing"], clamping=draw.pick(False, True), num_channels=size,
        min_signal_remaining=draw.integer(0, 1 << bits), smoothing_bits=draw.integer(0, 10),
        spectral_subtraction_bits=bits, **rates,
    )  # fmt: skip
    return draw.finish([source], draw.pick([target], [target, noise]))
