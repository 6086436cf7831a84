"""Generate NAME_output.h and NAME_output.c, which convert a voice's samples to the rate and channels of a codec."""

from ticktalk.firmware_gen.graph.arrays import initialiser
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.render import render
from ticktalk.runtime_sim.output_rate import BITS, filters
from ticktalk.runtime_sim.voice import Voice


def output_files(voice: Voice, name: str, rate: int | None, stereo: bool) -> dict[str, str]:
    """Return the files for an output at `rate` Hz, one of RATES or the voice's own (None).

    The result is empty if the output needs no conversion.
    """
    own = voice.manifest["sample_rate"]
    rate = rate or own
    if rate == own and not stereo:
        return {}
    up, down, table = filters(own, rate)
    rows = [Code("{" + str(initialiser(row)).replace("\n", " ") + "},") for row in table]
    context = {"name": name, "source": own, "target": rate, "stereo": stereo, "hop": voice.manifest["hop"], "up": up}
    context |= {"down": down, "taps": table.shape[1], "bits": BITS, "rows": rows}
    return {f"{name}_output.{end}": render(f"speech/output.{end}.j2", **context) for end in "hc"}
