"""Leave out parts of a pack's rules and characters, for a pack that extends a larger one.

An entry of `without` is the path of a table in one of the parsed files, such as "characters.names", or of an entry in a
table, such as "rules.tables.unit.furlong". "rules.rule.NAME" is the rule of that name. Patterns that use an omitted
table are omitted as well.
"""

from __future__ import annotations

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.system.errors import shown


def leave_out(files: dict[str, dict], without: list[str], where: str) -> None:
    """Remove the parts that `without` lists from the parsed files, in place.

    `where` names the list in messages. Raises `LanguageError` if there is no such part.
    """
    for path in without:
        file, _, rest = path.partition(".")
        if not _removed(files.get(file, {}), rest):
            raise LanguageError(f"{where}: {shown(path)} is not a part of the pack; remove it from the list")
    rules = files["rules"]
    gone = [
        f"{{{path.split('.')[2]}}}" for path in without if path.startswith("rules.tables.") and path.count(".") == 2
    ]
    for rule in rules["rule"]:
        patterns = rule["match"] if isinstance(rule["match"], list) else [rule["match"]]
        rule["match"] = [pattern for pattern in patterns if not any(table in pattern for table in gone)]
    rules["rule"] = [rule for rule in rules["rule"] if rule["match"]]


def _removed(facts: dict, path: str) -> bool:
    """Remove the part at `path` and return whether there was one."""
    key, _, rest = path.partition(".")
    part = facts.get(key)
    if not rest:
        return facts.pop(key, None) is not None
    if isinstance(part, list):  # rules are found by name, blocks by first code point
        kept = [entry for entry in part if rest not in (entry.get("name"), f"{entry.get('first', 0):04X}")]
        facts[key] = kept
        return len(kept) < len(part)
    if not isinstance(part, dict):
        return False
    if rest in part:
        del part[rest]
        return True
    return _removed(part, rest)
