"""The engine `openai`: any server with OpenAI's `POST /v1/audio/speech` (OpenAI itself, vLLM-Omni, a local one)."""

import os
from urllib.parse import urlsplit

from ticktalk.converter.errors import MissingToolError
from ticktalk.converter.teachers.served import Served
from ticktalk.converter.teachers.teacher import Card

OPENAI = "api.openai.com"


class OpenAI(Served):
    """The key is in TICKTALK_TTS_KEY, or, for OpenAI itself and nobody else, in OPENAI_API_KEY; other servers may need
    none."""

    @classmethod
    def headers(cls, card: Card) -> dict[str, str]:
        """Bearer token."""
        theirs = urlsplit(card.settings["base_url"]).hostname == OPENAI
        key = os.environ.get("TICKTALK_TTS_KEY") or (os.environ.get("OPENAI_API_KEY") if theirs else None)
        if theirs and not key:
            raise MissingToolError(f"teacher {card.name}: there is no key; set OPENAI_API_KEY in the environment")
        return {"Authorization": f"Bearer {key}"} if key else {}

    def request(self, text: str) -> tuple[str, dict]:
        """Asks for WAV, which tells its rate and its length."""
        return f"{self._base}/audio/speech", {
            "model": self.version,
            "voice": self.voice,
            "input": text,
            "response_format": "wav",
        }
