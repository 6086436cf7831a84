"""The engine `elevenlabs`, which uses ElevenLabs' `POST /v1/text-to-speech/{voice_id}`."""

from urllib.parse import quote

from ticktalk.converter.geometry import GEOMETRY
from ticktalk.converter.teachers.served import Served, pcm16
from ticktalk.converter.teachers.teacher import Recording

SEED = 1


class ElevenLabs(Served):
    """The key is read from ELEVENLABS_API_KEY. The voice is a voice_id."""

    KEY, HOST, HEADER = "ELEVENLABS_API_KEY", "api.elevenlabs.io", ("xi-api-key", "")

    def request(self, text: str) -> tuple[str, dict]:
        """Request raw samples at the corpus's sample rate, which is available in every plan."""
        return (
            f"{self._base}/text-to-speech/{quote(self.voice, safe='')}?output_format=pcm_{GEOMETRY.rate}",
            {"text": text, "model_id": self.version, "seed": SEED},
        )

    def decode(self, data: bytes, source: str) -> Recording:
        """Decode raw samples. A WAV file is also accepted, in case the server sends one."""
        return super().decode(data, source) if data[:4] == b"RIFF" else pcm16(data, GEOMETRY.rate, source)
