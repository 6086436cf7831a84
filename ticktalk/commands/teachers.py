"""`ticktalk teachers`: who can be learned from, and what their licences say."""

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json

EXAMPLE = "ticktalk teachers"


def teachers(json: Json = False) -> None:
    """List the teachers, their licences, and which can speak here."""
    from ticktalk.converter.errors import DistillError, MissingToolError
    from ticktalk.converter.teachers.catalogue import engine, find_card, names

    found = {}
    for card in map(find_card, names()):
        try:
            voices, missing = engine(card.engine).voices(card), None
        except (DistillError, MissingToolError) as error:
            voices, missing = [], str(error)
        found[card.name] = {
            "voices": voices,
            "licence": card.licence,
            "commercial": card.commercial,
            "terms": card.terms,
            "warning": card.warning or None,
            "missing": missing,
        }
    if json:
        show.as_json(found)
        return
    show.table(
        [
            ("TEACHER", "VOICES HERE", "LICENCE", "COMMERCIAL USE"),
            *(
                (name, _shortened(teacher["voices"]), teacher["licence"], show.allowed(teacher["commercial"]))
                for name, teacher in found.items()
            ),
        ]
    )
    for name, teacher in found.items():
        if teacher["missing"]:
            show.warn(f"{name}: {teacher['missing']}")


def _shortened(voices: list[str]) -> str:
    return ", ".join(voices[:3]) + f" and {len(voices) - 3} more" * (len(voices) > 3) or "-"
