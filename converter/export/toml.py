"""Write a voice's manifest as TOML. A TOML parser reads every valid Unicode string back unchanged."""

import json
import math
import re

# Characters that JSON leaves unescaped, but that TOML does not allow in a string.
_NOT_ALLOWED = re.compile("[\x7f\ud800-\udfff]")


def string(text: str) -> str:
    """Return `text` as a TOML basic string. Lone surrogates, which UTF-8 cannot encode, become U+FFFD."""
    quoted = json.dumps(text, ensure_ascii=False)
    return _NOT_ALLOWED.sub(lambda found: "\\u007f" if found[0] == "\x7f" else "\ufffd", quoted)


def key(name: str) -> str:
    """Return `name` as a TOML key, quoted if necessary."""
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else string(name)


def value(found: object) -> str:
    """Return `found` as a TOML value on one line, with dictionaries as inline tables.

    Raises TypeError if TOML has no corresponding type.
    """
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
    raise TypeError(f"{found!r} cannot be written as TOML")


def manifest_text(manifest: dict) -> str:
    """Return the manifest as TOML: plain keys first, then one table per dictionary.

    Nested dictionaries become inline tables, except those in `graphs`.
    """
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
