"""Write the licence notice of an exported folder."""

from ticktalk.firmware_gen.project.render import render
from ticktalk.runtime_sim.licence import commercial_use

NAME = "NOTICE"


def notice(facts: dict, runtime: str = "ticktalk") -> str:
    """Return the text of NOTICE. `facts` holds the kind, name and hash, and for a voice also the facts of
    `voice_code`."""
    teacher = facts.get("teacher") or {}
    return render(
        "project/NOTICE.j2",
        facts=facts,
        teacher=teacher,
        use=commercial_use(teacher),
        pack=facts["text"],
        runtime=runtime,
    )
