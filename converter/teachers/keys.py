"""The servers that may receive a key: the issuer's server, over TLS, and servers listed in TICKTALK_KEY_HOST.

A teacher's .toml file names a server, but may come from an untrusted source. Only the user's environment can therefore
authorise sending a key.
"""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from ticktalk.converter.errors import DistillError, MissingToolError

ALLOWED = "TICKTALK_KEY_HOST"
SHOWN = "[key]"
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Key:
    """A key that was read from the environment variable `variable`.

    home: host of the service that issued the key, or "".
    header: name of the HTTP header, and prefix of its value.
    """

    variable: str
    value: str
    home: str
    header: tuple[str, str]

    @property
    def headers(self) -> dict[str, str]:
        """Return the HTTP header that contains the key."""
        name, before = self.header
        return {name: before + self.value}

    def check(self, teacher: str, scheme: str, host: str, port: int | None) -> None:
        """Raise DistillError if the server is not allowed to receive the key."""
        asked = (scheme, host, port or _PORTS.get(scheme))
        if asked == ("https", self.home, 443) or asked in _named():
            return
        server = f"{scheme}://{host}" + (f":{port}" if port else "")
        whose = f"is sent only to https://{self.home}" if self.home else "is sent only to servers that you name"
        raise DistillError(
            f"teacher {teacher}: {self.variable} {whose}, but base_url is at {server}; "
            f"if you trust that server with the key, set {ALLOWED}={server}"
        )

    def redacted(self, text: str) -> str:
        """Return `text` with the key removed, because some servers echo the request."""
        return text.replace(self.value, SHOWN)


def key(teacher: str, variable: str, home: str, header: tuple[str, str]) -> Key | None:
    """Return the key in an environment variable, or None if it is unset or empty.

    Raises MissingToolError if the value cannot be a key.
    """
    value = os.environ.get(variable, "").strip()
    if not value:
        return None
    if not value.isascii() or not value.isprintable() or " " in value:
        raise MissingToolError(
            f"teacher {teacher}: {variable} contains characters that are invalid in a key; set it again"
        )
    return Key(variable, value, home, header)


def _named() -> set[tuple[str, str, int | None]]:
    """Return (scheme, host, port) for every server in TICKTALK_KEY_HOST.

    An entry is HOST or HOST:PORT, with or without a scheme.
    """
    found = set()
    for word in os.environ.get(ALLOWED, "").replace(",", " ").split():
        try:
            parts = urlsplit(word if "://" in word else f"https://{word}")
            if parts.hostname is None:
                raise ValueError
            found.add((parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)))
        except ValueError:
            raise DistillError(
                f"{ALLOWED}: {word!r} is not a server; specify HOST, HOST:PORT or https://HOST:PORT"
            ) from None
    return found
