"""Options with which cppcheck sees the generated C as gcc does. Without them, it checks a file for every combination of
its preprocessor conditions, which takes at least five times as long."""

_GCC = ["-D__GNUC__=12", "-D__OPTIMIZE__=1", "-D__BIGGEST_ALIGNMENT__=8"]
_DSP = ["-D__ARM_FEATURE_DSP=1"]
_OF_ISA = {"portable": [], "dsp": _DSP, "mve": [*_DSP, "-D__ARM_FEATURE_MVE=1", "-D__ARM_ARCH=8"]}


def as_built(isa: str) -> list[str]:
    """Return the options for code with the instruction set `isa`."""
    return [*_GCC, *_OF_ISA[isa]]
