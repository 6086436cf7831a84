"""Determine which compiler generates better code."""

from ticktalk.bench.measure import Measurement


def better(found: dict[str, Measurement]) -> str:
    """Return the compiler whose code executes the fewest instructions. Code size breaks a tie."""
    return min(found, key=lambda name: (found[name].instructions, found[name].flash["code"]))


def verdict(found: dict[str, Measurement]) -> str:
    """Return one line that states which of two compilers generates better code, and by how much."""
    name = better(found)
    winner, loser = found[name], next(each for other, each in found.items() if other != name)
    fewer = 100 * (loser.instructions - winner.instructions) / loser.instructions
    less = loser.flash["code"] - winner.flash["code"]
    size = f"{abs(less)} bytes {'less' if less >= 0 else 'more'} code"
    return (
        f"{name} generates better code here: {fewer:.1f} % fewer instructions, {size} (ticktalk export "
        f"--compiler {name})"
    )
