"""A minute of speech on the chip models: the DMA plays the simulator's samples, and no buffer is late.

The bundled voices need most of the core's time, unlike the tiny voice of the other tests.
"""

import importlib.util
import struct

import pytest

from tests.support.chips import Wired, as_played, in_flash, put_in_flash
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.boards.protocols import image_format
from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen.chips import settings
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.project.build import binary, build
from ticktalk.runtime_sim.speech import Speaker, utterances
from ticktalk.runtime_sim.voice import load_voice

BOARDS = {
    "feather-stm32f405": "heart-nano", "nucleo-l4r5zi": "heart-nano", "stm32u5a9j-dk": "heart-nano",
    "nrf52840-dk": "heart-nano", "nrf5340-dk": "heart-nano", "pico2": "heart-nano",
    "pico": "heart-pico",  # the core needs 1.8 seconds for a second of it, and computes up to 4 s ahead
}  # fmt: skip
MINUTE = 60  # seconds
TEXT = """The alarm is set for seven thirty tomorrow morning, and the first meeting starts an hour later in room twelve.
Rain is expected from four in the afternoon, with strong wind from the west, so take the umbrella that hangs by the
door. You have walked nine thousand four hundred steps today, which is more than on any other day of this week. The
train to the airport leaves from platform three at six fifteen, and the journey takes about forty minutes. Your heart
rate was highest at noon, when you ran up the hill behind the old school, and it returned to normal within five minutes.
There are three new messages: one from your sister, one from the dentist, and one that was sent last Friday. The battery
is at thirty percent, and lasts until tomorrow evening if the screen stays dark. Dinner is at eight with Anna and
Thomas, at the small restaurant on the corner of the market square. Do not forget to water the plants in the kitchen
before you leave, and to lock the window in the bathroom. Good night, and sleep well."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not importlib.util.find_spec("unicorn"), reason="needs unicorn"),
]


@pytest.mark.parametrize("name", BOARDS)
def test_a_minute_of_speech_is_played_without_a_late_buffer(name, tmp_path):
    board, voice = load_board(name), load_voice(voice_folder(BOARDS[name]))
    speaker, sentences = Speaker(voice), list(utterances(voice, TEXT))
    expected = [speaker.speak(ids, seed).tobytes() for ids, seed in sentences]
    assert sum(map(len, expected)) > MINUTE * 2 * voice.manifest["sample_rate"]
    elf = build(export_voice(voice, board, tmp_path / "project"))
    if image_format(board.protocol) == "flash":
        in_flash(tmp_path / "flash", board, binary(elf).read_bytes())
    else:
        put_in_flash(tmp_path / "flash", board, elf)
    wired = Wired(board, tmp_path / "flash")
    record, sound = wired.powered.record, settings(board, voice.manifest["sample_rate"]).sound
    for (ids, seed), pcm in zip(sentences, expected):
        first = len(record.samples)
        answers = wired.ask(frames.SPEAK, struct.pack("<BI", 0, seed) + bytes(ids))
        assert b"".join(payload[4:] for kind, payload in answers if kind == frames.PCM) == pcm
        played, whole = bytes(record.samples[first:]), as_played(pcm, sound)
        start = played.index(whole)
        assert not any(played[:start]) and not any(played[start + len(whole) :])
    [(_, stats)] = wired.ask(frames.ASK_STATS)
    assert b"sound_underruns=0\n" in stats and not record.underruns
