"""The engine `openai`: any server with OpenAI's `POST /v1/audio/speech` (OpenAI, vLLM-Omni, a local one)."""

from urllib.parse import urlsplit

from ticktalk.converter.teachers.keys import Key, key
from ticktalk.converter.teachers.served import Served
from ticktalk.converter.teachers.teacher import Card


class OpenAI(Served):
    """Reads the key from TICKTALK_TTS_KEY, or for OpenAI's own server from OPENAI_API_KEY. Other servers may need
    none.
    """

    KEY, HOST = "OPENAI_API_KEY", "api.openai.com"

    @classmethod
    def key(cls, card: Card) -> Key | None:
        """Return TICKTALK_TTS_KEY, else OpenAI's own key for its own server, else None."""
        if mine := key(card.name, "TICKTALK_TTS_KEY", cls.HOST, cls.HEADER):
            return mine
        try:
            theirs = urlsplit(card.settings["base_url"]).hostname == cls.HOST
        except ValueError:  # not an address; the client reports that
            theirs = False
        return super().key(card) if theirs else None

    def request(self, text: str) -> tuple[str, dict]:
        """Ask for WAV, which states its rate and its length."""
        return f"{self._base}/audio/speech", {
            "model": self.version,
            "voice": self.voice,
            "input": text,
            "response_format": "wav",
        }
