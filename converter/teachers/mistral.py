"""The engine `mistral`, which uses Mistral's `POST /v1/audio/speech`.

Unlike OpenAI's API, this API takes a voice_id and returns the audio in JSON.
"""

import base64
import binascii
import json

from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.served import Served
from ticktalk.converter.teachers.teacher import Recording


class Mistral(Served):
    """The key is read from MISTRAL_API_KEY."""

    KEY, HOST = "MISTRAL_API_KEY", "api.mistral.ai"
    ANSWERS = ("application/json",)

    def request(self, text: str) -> tuple[str, dict]:
        """Request WAV, because its header states the sample rate and the length."""
        return f"{self._base}/audio/speech", {
            "model": self.version,
            "voice_id": self.voice,
            "input": text,
            "response_format": "wav",
        }

    def decode(self, data: bytes, source: str) -> Recording:
        """Decode the base64-encoded WAV file in the JSON field audio_data."""
        try:
            wav = base64.b64decode(json.loads(data)["audio_data"], validate=True)
        except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
            raise DistillError(
                f"{source}: not JSON with base64 in audio_data; the response starts with {data[:60]!r}"
            ) from None
        return super().decode(wav, source)
