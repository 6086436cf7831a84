"""Which compiler gives the better code, measured."""

from ticktalk.bench.measure import Measurement


def better(found: dict[str, Measurement]) -> str:
    """The compiler whose code needs fewer instructions; where these are equal, fewer bytes of code."""
    return min(found, key=lambda name: (found[name].instructions, found[name].flash["code"]))


def verdict(found: dict[str, Measurement]) -> str:
    """A line that says so, and by how much, of two compilers."""
    name = better(found)
    winner, loser = found[name], next(each for other, each in found.items() if other != name)
    fewer = 100 * (loser.instructions - winner.instructions) / loser.instructions
    less = loser.flash["code"] - winner.flash["code"]
    size = f"{abs(less)} bytes {'less' if less >= 0 else 'more'}"
    return (
        f"{name} gives the better code here: {fewer:.1f} % fewer instructions, {size} of code (ticktalk export "
        f"--compiler {name})"
    )
