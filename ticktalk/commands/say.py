"""`ticktalk say`: have a watch speak a text."""

from ticktalk.commands.support import show
from ticktalk.commands.support.left_out import told_unspoken
from ticktalk.commands.support.options import Board, Json, Out, Pitch, Port, Rate, Text, Voice, Volume

EXAMPLE = 'ticktalk say "Time to go." --board qemu-m4 -o go.wav'


def say(
    text: Text,
    board: Board,
    out: Out,
    port: Port = None,
    voice: Voice = None,
    rate: Rate = 1.0,
    pitch: Pitch = 0,
    volume: Volume = 1.0,
    json: Json = False,
) -> None:
    """Have a flashed watch say a text with its own voice, and save the audio."""
    from ticktalk.boards.attach import attach
    from ticktalk.boards.board import load_board
    from ticktalk.bundled import voice_folder
    from ticktalk.runtime_sim.prosody import Prosody
    from ticktalk.runtime_sim.voice import load_voice
    from ticktalk.speaking import say_on, voice_of_watch
    from ticktalk.text import from_stdin
    from ticktalk.wav import write_wav

    prosody = Prosody.of(rate, pitch, volume)
    chosen, given = load_board(board), load_voice(voice_folder(voice)) if voice is not None else None
    left_out: list[str] = []
    with attach(chosen, port) as serial, show.bar("speaking") as progress:
        loaded = given or voice_of_watch(serial, chosen)
        spoken = told_unspoken(loaded, from_stdin(text), left_out)
        speech = say_on(serial, chosen, loaded, spoken, progress, prosody)
    sample_rate = loaded.manifest["sample_rate"]
    write_wav(out, speech.pcm, sample_rate)
    seconds = len(speech.pcm) / sample_rate
    with show.beside(out):
        if json:
            show.as_json(
                {
                    "out": str(out),
                    "voice": loaded.manifest["name"],
                    "samples": len(speech.pcm),
                    "sample_rate": sample_rate,
                    "seconds": seconds,
                    "utterances": speech.utterances,
                    "left_out": left_out,
                    "instructions": speech.instructions,
                    "device_seconds": speech.seconds,
                }
            )
        else:
            counted = (
                f", {speech.instructions / seconds / 1e6:.0f} million instructions per second of speech"
                if speech.instructions
                else ""
            )
            print(f"{out}: {seconds:.1f} s of speech from {chosen.name}{counted}")
