"""How to install missing packages, to match the way in which ticktalk itself was installed."""

import json
from importlib.metadata import PackageNotFoundError, distribution
from urllib.parse import unquote, urlsplit


def pip_install(extra: str) -> str:
    """The command that installs one of ticktalk's extras, from the clone or wheel that this ticktalk came
    from, if any."""
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
