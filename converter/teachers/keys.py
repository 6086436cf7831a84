"""Decide which server may have a key: the service's own over TLS, and those that the user names in TICKTALK_KEY_HOST.

A teacher's .toml names a server and may come from anybody, so it cannot give away a key. The environment is the user's.
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

    home: the host of the service that issued it, or "". header: the name of its HTTP header, and the prefix of the
    value.
    """

    variable: str
    value: str
    home: str
    header: tuple[str, str]

    @property
    def headers(self) -> dict[str, str]:
        """The header to send."""
        name, before = self.header
        return {name: before + self.value}

    def check(self, teacher: str, scheme: str, host: str, port: int | None) -> None:
        """Raise DistillError unless the server may have the key."""
        asked = (scheme, host, port or _PORTS.get(scheme))
        if asked == ("https", self.home, 443) or asked in _named():
            return
        server = f"{scheme}://{host}" + (f":{port}" if port else "")
        whose = f"is only sent to https://{self.home}" if self.home else "is only sent to servers that you name"
        raise DistillError(
            f"teacher {teacher}: {self.variable} {whose}, but base_url is at {server}; "
            f"if that server may have the key, set {ALLOWED}={server}"
        )

    def redacted(self, text: str) -> str:
        """Return the text without the key. Some servers echo the request."""
        return text.replace(self.value, SHOWN)


def key(teacher: str, variable: str, home: str, header: tuple[str, str]) -> Key | None:
    """Return the key in an environment variable, None if it is empty; MissingToolError if it cannot be a key."""
    value = os.environ.get(variable, "").strip()
    if not value:
        return None
    if not value.isascii() or not value.isprintable() or " " in value:
        raise MissingToolError(f"teacher {teacher}: {variable} contains characters that no key has; set it again")
    return Key(variable, value, home, header)


def _named() -> set[tuple[str, str, int | None]]:
    """Return (scheme, host, port) of each server in TICKTALK_KEY_HOST: HOST or HOST:PORT, with or without a scheme."""
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
