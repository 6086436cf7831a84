"""The base class of teachers with an HTTP API. The class caches and checks responses, and computes prices."""

import hashlib
import json
from pathlib import Path

import numpy as np

from ticktalk.converter.audio.recording_checks import fault
from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.storage.shard_folder import cannot_write
from ticktalk.converter.teachers.http import COMPLAINT, Client
from ticktalk.converter.teachers.keys import Key, key
from ticktalk.converter.teachers.teacher import Card, Recording, Teacher
from ticktalk.system.files import write_bytes


class Served(Teacher):
    """A teacher that provides only audio.

    Complete responses are cached in `card.answers`, so you never pay for the same text twice.
    """

    served = True
    SETTINGS = {"base_url": str, "model": str, "sample_rate": int, "language": str, "phonemizer": str}
    REQUIRED = ("voice", "base_url", "model")
    KEY = ""  # environment variable that contains the key
    HOST = ""  # host of the service that issued the key
    HEADER = ("Authorization", "Bearer ")
    ANSWERS: tuple[str, ...] = ("audio/", "application/octet-stream")  # content types of a successful response

    def __init__(self, card: Card):
        super().__init__(card)
        self.version = card.settings["model"]
        if {"language", "phonemizer"} & set(card.settings):
            said = card.settings
            self._speak(said.get("language"), said.get("phonemizer"), f"teacher {card.name}")
        self._base = card.settings["base_url"].rstrip("/")
        self._client = self.client(card)

    @classmethod
    def key(cls, card: Card) -> Key | None:
        """Return the key, which can only be set in the environment.

        Raises MissingToolError if a required key is not set.
        """
        found = key(card.name, cls.KEY, cls.HOST, cls.HEADER)
        if found is None:
            raise MissingToolError(f"teacher {card.name}: no key; set {cls.KEY} in the environment")
        return found

    @classmethod
    def client(cls, card: Card) -> Client:
        """Return a client for the server. Raises DistillError if the server is not allowed to receive the key."""
        client = Client(card.name, cls.key(card))
        client.check(card.settings["base_url"])
        return client

    def request(self, text: str) -> tuple[str, dict]:
        """Return the URL and the JSON body of a request to speak `text`."""
        raise NotImplementedError

    def decode(self, data: bytes, source: str) -> Recording:
        """Return the recording contained in a response body."""
        return Recording(*read_wav(data, source))

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return only the card's voice, although the server may support other voices."""
        cls.client(card)
        return [card.voice]

    def to_pay(self, sentences: list[str]) -> str | None:
        """Return the price of all sentences that have no cached response."""
        missing = [text for text in sentences if not ((file := self._file(text)) and file.is_file())]
        characters = sum(map(len, missing))
        price = self.card.price.get("usd_per_million_characters")
        if not missing or price == 0:
            return None
        what = f"{len(missing)} sentences, {characters} characters to speak"
        if price is None:
            return f"{what}, at a price that its .toml file does not state"
        return (
            f"{what}, about {characters * price / 1e6:.2f} USD ({price:g} USD per million characters: "
            f"{self.card.price['source']})"
        )

    def recordings(self, text: str) -> list[Recording]:
        """Return the whole text as one recording, which is requested only if there is no cached response."""
        file = self._file(text)
        if file and file.is_file():
            return [self.decode(file.read_bytes(), str(file))]
        url, body = self.request(text)
        data, kind = self._client.post(url, body)
        source = f"teacher {self.card.name}, {text!r}"
        if not kind.startswith(self.ANSWERS):
            said = self._client.redacted(data[:COMPLAINT].decode(errors="replace"))
            raise DistillError(
                f"{source}: the server responded with {kind[:80] or 'no content type'} instead of audio: {said[:100]!r}"
            )
        try:
            recording = self.decode(data, source)
        except DistillError:
            head = data[:COMPLAINT].decode("latin-1")
            if self._client.redacted(head) == head:
                raise
            raise DistillError(f"{source}: the response is not audio, and it contains the key") from None
        rate = self.card.settings.get("sample_rate", recording.rate)
        if recording.rate != rate:
            raise DistillError(
                f"{source}: the server sent audio at {recording.rate} Hz, but its .toml file states "
                f"sample_rate = {rate}"
            )
        # unusable speech is not cached, so the next run requests it again
        if file and not fault([recording], text):
            _keep(file, data)
        return [recording]

    def _file(self, text: str) -> Path | None:
        """Return the cache file for the response to `text`, or None if there is no cache folder."""
        if self.card.answers is None:
            return None
        key = hashlib.sha256(
            json.dumps([type(self).__name__, *self.request(text)], sort_keys=True).encode()
        ).hexdigest()
        return self.card.answers / key[:2] / key


def _keep(file: Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, data)
    except OSError as error:
        raise cannot_write(file, error) from None


def pcm16(data: bytes, rate: int, source: str) -> Recording:
    """Decode raw little-endian int16 samples."""
    if len(data) % 2:
        raise DistillError(f"{source}: truncated; {len(data)} bytes are not a whole number of samples")
    return Recording(np.frombuffer(data, "<i2").astype(np.float32) / 32768, rate)
