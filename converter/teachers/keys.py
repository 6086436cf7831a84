"""Which server may have a key: the service's own over TLS, and those that the user names in TICKTALK_KEY_HOST.

A teacher's .toml names a server and may be anybody's, so it cannot give away a key; the environment is the user's."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from ticktalk.converter.errors import DistillError, MissingToolError

ALLOWED = "TICKTALK_KEY_HOST"
SHOWN = "[key]"
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Key:
    """A key from the environment variable `variable`. home: the host of the service that gave it; "" has none.
    header: the name of the header that it goes in, and what stands before it there."""

    variable: str
    value: str
    home: str
    header: tuple[str, str]

    @property
    def headers(self) -> dict[str, str]:
        """What is sent."""
        name, before = self.header
        return {name: before + self.value}

    def check(self, teacher: str, scheme: str, host: str, port: int | None) -> None:
        """DistillError unless the server may have it."""
        asked = (scheme, host, port or _PORTS.get(scheme))
        if asked == ("https", self.home, 443) or asked in _named():
            return
        server = f"{scheme}://{host}" + (f":{port}" if port else "")
        whose = f"is sent to https://{self.home} alone" if self.home else "is sent to no server that is not named"
        raise DistillError(
            f"teacher {teacher}: {self.variable} {whose}, and base_url is at {server}; "
            f"if that server may have the key, set {ALLOWED}={server}"
        )

    def redacted(self, text: str) -> str:
        """The text without the key: some servers repeat what they were asked."""
        return text.replace(self.value, SHOWN)


def key(teacher: str, variable: str, home: str, header: tuple[str, str]) -> Key | None:
    """The key in an environment variable, None where that is empty; MissingToolError if it cannot be one."""
    value = os.environ.get(variable, "").strip()
    if not value:
        return None
    if not value.isascii() or not value.isprintable() or " " in value:
        raise MissingToolError(f"teacher {teacher}: {variable} has characters that no key has; set it anew")
    return Key(variable, value, home, header)


def _named() -> set[tuple[str, str, int | None]]:
    """(scheme, host, port) of what TICKTALK_KEY_HOST names: HOST, HOST:PORT, or with https:// or http:// before."""
    found = set()
    for word in os.environ.get(ALLOWED, "").replace(",", " ").split():
        try:
            parts = urlsplit(word if "://" in word else f"https://{word}")
            if parts.hostname is None:
                raise ValueError
            found.add((parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)))
        except ValueError:
            raise DistillError(f"{ALLOWED}: {word!r} is no server; give HOST, HOST:PORT or https://HOST:PORT") from None
    return found
