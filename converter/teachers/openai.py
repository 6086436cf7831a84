"""The engine `openai`, for any server with OpenAI's `POST /v1/audio/speech`, such as vLLM-Omni or your own."""

from urllib.parse import urlsplit

from ticktalk.converter.teachers.keys import Key, key
from ticktalk.converter.teachers.served import Served
from ticktalk.converter.teachers.teacher import Card


class OpenAI(Served):
    """The key is read from TICKTALK_TTS_KEY, or from OPENAI_API_KEY for OpenAI's own server.

    Other servers may not need a key.
    """

    KEY, HOST = "OPENAI_API_KEY", "api.openai.com"

    @classmethod
    def key(cls, card: Card) -> Key | None:
        """Return the key in TICKTALK_TTS_KEY, or for OpenAI's server in OPENAI_API_KEY, or None if there is none."""
        if mine := key(card.name, "TICKTALK_TTS_KEY", cls.HOST, cls.HEADER):
            return mine
        try:
            theirs = urlsplit(card.settings["base_url"]).hostname == cls.HOST
        except ValueError:  # not a valid URL; the client reports the error
            theirs = False
        return super().key(card) if theirs else None

    def request(self, text: str) -> tuple[str, dict]:
        """Request WAV, because its header states the sample rate and the length."""
        return f"{self._base}/audio/speech", {
            "model": self.version,
            "voice": self.voice,
            "input": text,
            "response_format": "wav",
        }
