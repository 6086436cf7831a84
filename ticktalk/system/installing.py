"""Instructions for installing missing packages, depending on how ticktalk itself was installed."""

import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlsplit


def pip_install(extra: str) -> str:
    """Return the command that installs one of ticktalk's extras.

    If ticktalk was installed from a clone or a wheel, the command refers to that clone, with its tested versions, or to
    that wheel.
    """
    try:
        origin = distribution("ticktalk").read_text("direct_url.json")
        told = json.loads(origin) if origin else {}
    except (PackageNotFoundError, ValueError):
        told = {}
    url = urlsplit(str(told.get("url", "")))
    clone = Path(__file__).parents[2]
    editable = told.get("dir_info", {}).get("editable", False)
    if url.scheme == "file":
        source = unquote(url.path)
    elif (clone / "constraints.txt").is_file():  # started in the clone, whose egg-info hides the installation
        source, editable = str(clone), True
    else:
        return f"pip install 'ticktalk[{extra}]'"
    constraints = Path(source, "constraints.txt")
    tested = f"-c '{constraints}' " if constraints.is_file() else ""
    return f"pip install {tested}{'-e ' * editable}'{source}[{extra}]'"
