"""Define and check the options of a library for `export_library` and `ticktalk export --library`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ticktalk.firmware_gen.graph.schedule import ROWS
from ticktalk.runtime_sim.output_rate import RATES
from ticktalk.runtime_sim.voice import Voice

WEIGHTS = ("inside", "external")  # constants in the code, or in a separate file
MOST_ROWS = 32


@dataclass(frozen=True)
class LibraryOptions:
    """Options of a library. Names and meanings are the same as in `ticktalk export`.

    `name` is the prefix of files and symbols, by default derived from the name of the voice or of the model's file.
    `stream`, `text`, `words` and `phrases` are described in export_model and export_voice; a voice includes its own
    language pack unless `text` is "none". `rows_per_tick` is the number of frames of a voice that are computed at a
    time, 2 to 32. A larger number means fewer reads of the weights, but more RAM and longer calls. `package` is a key
    of PACKAGES: the library becomes a package for that SDK. With `weights` "external", the graphs' constants are in
    NAME.weights.bin (see external_weights.py). `output_rate` in Hz and `stereo` add a conversion of the samples (see
    output_source.py). `arena` is the most bytes of a model's arena (see firmware_gen/graph/bands.py).
    """

    name: str | None = None
    stream: bool = False
    text: str | None = None
    words: Path | str | None = None
    phrases: Sequence[Path | str] = ()
    rows_per_tick: int = ROWS
    package: str | None = None
    weights: str = WEIGHTS[0]
    output_rate: int | None = None
    stereo: bool = False
    arena: int | None = None

    @property
    def external(self) -> bool:
        """Whether the weights are in a separate file."""
        return self.weights != WEIGHTS[0]

    def for_voices(self) -> list[str]:
        """Return the options that apply only to voices and differ from their defaults."""
        chosen = {
            "--rows-per-tick": self.rows_per_tick != ROWS,
            "--weights": self.external,
            "--output-rate": self.output_rate is not None,
            "--stereo": self.stereo,
            "--package": self.package is not None,
        }
        return [option for option, differs in chosen.items() if differs]

    def problem(self, voice: Voice | None) -> str | None:
        """Return what is wrong with the options for this voice, or for a model if `voice` is None. Return None if there
        is no error."""
        if self.weights not in WEIGHTS:
            return f"--weights {self.weights}: choose {' or '.join(WEIGHTS)}"
        if voice is None:
            found = self.for_voices()
            return f"{' and '.join(found)}: only for a voice, not for a model" if found else None
        if self.arena is not None:
            return "--arena: only for a model, not for a voice"
        if not 2 <= self.rows_per_tick <= MOST_ROWS:
            return f"--rows-per-tick {self.rows_per_tick}: must be from 2 to {MOST_ROWS}"
        if self.external and self.package is not None:
            return "--weights external: a package has its weights in the code; leave out --package or --weights"
        if self.output_rate not in (None, voice.manifest["sample_rate"], *RATES):
            return f"--output-rate {self.output_rate}: choose {', '.join(map(str, RATES))}"
        return None
