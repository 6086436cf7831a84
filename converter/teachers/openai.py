"""The engine `openai`: any server with OpenAI's `POST /v1/audio/speech` (OpenAI itself, vLLM-Omni, a local one)."""

from urllib.parse import urlsplit

from ticktalk.converter.teachers.keys import Key, key
from ticktalk.converter.teachers.served import Served
from ticktalk.converter.teachers.teacher import Card


class OpenAI(Served):
    """The key is in TICKTALK_TTS_KEY, or, for OpenAI itself and nobody else, in OPENAI_API_KEY; other servers may need
    none."""

    KEY, HOST = "OPENAI_API_KEY", "api.openai.com"

    @classmethod
    def key(cls, card: Card) -> Key | None:
        """TICKTALK_TTS_KEY, else OpenAI's own if it is asked; None for another server."""
        if mine := key(card.name, "TICKTALK_TTS_KEY", cls.HOST, cls.HEADER):
            return mine
        try:
            theirs = urlsplit(card.settings["base_url"]).hostname == cls.HOST
        except ValueError:  # no address at all, which the client says
            theirs = False
        return super().key(card) if theirs else None

    def request(self, text: str) -> tuple[str, dict]:
        """Asks for WAV, which tells its rate and its length."""
        return f"{self._base}/audio/speech", {
            "model": self.version,
            "voice": self.voice,
            "input": text,
            "response_format": "wav",
        }
