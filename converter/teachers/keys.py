"""Decide which servers may receive a key: the issuing service over TLS, and servers listed in TICKTALK_KEY_HOST.

A teacher's .toml file names a server and may come from an untrusted source, so it cannot authorise sending a key. Only
the user's environment can.
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
    """A key from the environment variable `variable`.

    home: host of the service that issued the key, or "".
    header: name of the HTTP header, and the prefix of its value.
    """

    variable: str
    value: str
    home: str
    header: tuple[str, str]

    @property
    def headers(self) -> dict[str, str]:
        """Return the header with the key."""
        name, before = self.header
        return {name: before + self.value}

    def check(self, teacher: str, scheme: str, host: str, port: int | None) -> None:
        """Raise DistillError unless the server is allowed to receive the key."""
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
        """Return the text with the key removed, because some servers echo the request."""
        return text.replace(self.value, SHOWN)


def key(teacher: str, variable: str, home: str, header: tuple[str, str]) -> Key | None:
    """Return the key in an environment variable, or None if the variable is empty.

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
    """Return (scheme, host, port) for each server in TICKTALK_KEY_HOST.

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
                f"{ALLOWED}: {word!r} is not a server; give HOST, HOST:PORT or https://HOST:PORT"
            ) from None
    return found
