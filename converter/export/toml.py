"""A voice's manifest as TOML. Whatever the text in it is, it is read back as the same text and as nothing else."""

import json
import math
import re

# What JSON leaves as it is and TOML does not allow in a string.
_NOT_ALLOWED = re.compile("[\x7f\ud800-\udfff]")


def string(text: str) -> str:
    """A basic string; halves of surrogate pairs, which no file can hold, become U+FFFD."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _NOT_ALLOWED.sub(lambda found: "\\u007f" if found[0] == "\x7f" else "\ufffd", quoted)


def key(name: str) -> str:
    """A key, in quotes where it must be."""
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else string(name)


def value(found: object) -> str:
    """A value on one line; dictionaries are inline tables. Raises TypeError for what has no place in TOML."""
    match found:
        case bool():
            return "true" if found else "false"
        case str():
            return string(found)
        case dict():
            return "{ " + ", ".join(f"{string(name)} = {value(each)}" for name, each in found.items()) + " }"
        case list() | tuple():
            return "[" + ", ".join(map(value, found)) + "]"
        case float() if not math.isfinite(found):
            return str(found)
        case int() | float():
            return json.dumps(found)
    raise TypeError(f"{found!r} has no place in TOML")


def manifest_text(manifest: dict) -> str:
    """Plain keys first, then one table for each dictionary; inner dictionaries are inline but for `graphs`."""
    plain = [f"{key(name)} = {value(each)}" for name, each in manifest.items() if not isinstance(each, dict)]
    tables = []
    for name, each in manifest.items():
        if name == "graphs":
            tables += [(f"graphs.{key(graph)}", part) for graph, part in each.items()]
        elif isinstance(each, dict):
            tables.append((key(name), each))
    body = [
        "\n".join([f"[{name}]", *(f"{key(k)} = {value(each)}" for k, each in table.items())]) for name, table in tables
    ]
    return "\n\n".join(["\n".join(plain), *body]) + "\n"
