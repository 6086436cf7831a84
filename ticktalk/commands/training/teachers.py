"""`ticktalk teachers`: list the teachers and their licences."""

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json

EXAMPLE = "ticktalk teachers"


def teachers(json: Json = False) -> None:
    """List the teachers, their licences, and the voices that are available on this machine."""
    from ticktalk.converter.errors import DistillError, MissingToolError
    from ticktalk.converter.teachers.catalogue import engine, find_card, names

    found: dict[str, dict[str, object]] = {}
    rows = [("TEACHER", "VOICES HERE", "LICENCE", "COMMERCIAL USE")]
    left_out: dict[str, str] = {}
    for card in map(find_card, names()):
        voices: list[str] = []
        try:
            voices = engine(card.engine).voices(card)
        except (DistillError, MissingToolError) as error:
            left_out[card.name] = str(error)
        found[card.name] = {
            "voices": voices,
            "licence": card.licence,
            "commercial": card.commercial,
            "terms": card.terms,
            "warning": card.warning or None,
            "missing": left_out.get(card.name),
        }
        rows.append((card.name, _shortened(voices), card.licence, show.allowed(card.commercial)))
    if json:
        show.as_json(found)
        return
    show.table(rows)
    for name, missing in left_out.items():
        show.warn(f"{name}: {missing}")


def _shortened(voices: list[str]) -> str:
    return ", ".join(voices[:3]) + f" and {len(voices) - 3} more" * (len(voices) > 3) or "-"
