"""`ticktalk ports`: list the connected serial ports."""

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json

EXAMPLE = "ticktalk ports"


def ports(json: Json = False) -> None:
    """List the connected serial ports."""
    from ticktalk.boards.ports import list_ports

    found = list_ports()
    if json:
        show.as_json(dict(found))
    elif found:
        show.table([("PORT", "WHAT"), *found])
    else:
        show.warn("no serial port is connected; emulated boards do not need one")
