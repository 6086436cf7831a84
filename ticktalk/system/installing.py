"""Instructions for installing missing packages, depending on how ticktalk itself was installed."""

import json
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import unquote, urlsplit


def pip_install(extra: str) -> str:
    """Return the command that installs one of ticktalk's extras.

    If ticktalk was installed from a clone or a wheel, the command refers to that clone or wheel.
    """
    try:
        origin = distribution("ticktalk").read_text("direct_url.json")
        told = json.loads(origin) if origin else {}
    except (PackageNotFoundError, ValueError):
        told = {}
    url = urlsplit(str(told.get("url", "")))
    if url.scheme != "file":
        return f"pip install 'ticktalk[{extra}]'"
    editable = "-e " if told.get("dir_info", {}).get("editable") else ""
    return f"pip install {editable}'{unquote(url.path)}[{extra}]'"
