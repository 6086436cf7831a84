"""`ticktalk say`: have a watch speak text."""

from dataclasses import replace

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.left_out import told_unspoken
from ticktalk.commands.support.marking import marked_steps
from ticktalk.commands.support.options import (
    Board,
    Expression,
    Json,
    Markup,
    OutBesideSpeaker,
    Phonemes,
    Phonemizer,
    Pitch,
    Port,
    Rate,
    SpeakerName,
    Ssml,
    Text,
    Voice,
    Volume,
    Whisper,
    Words,
    front_end_option,
)
from ticktalk.commands.support.playing import Play, play

EXAMPLE = 'ticktalk say "Time to go." --board qemu-m4 -o go.wav'


def say(
    text: Text,
    board: Board,
    out: OutBesideSpeaker = None,
    port: Port = None,
    voice: Voice = None,
    rate: Rate = 1.0,
    pitch: Pitch = 0,
    volume: Volume = 1.0,
    expression: Expression = 1.0,
    speaker: SpeakerName = None,
    whisper: Whisper = False,
    phonemizer: Phonemizer = None,
    phonemes: Phonemes = False,
    words: Words = None,
    markup: Markup = False,
    ssml: Ssml = False,
    play_it: Play = False,
    json: Json = False,
) -> None:
    """Have a flashed watch speak text in its own voice, through its own sound output if it has one, and save the audio.

    The watch reads the text itself if its firmware has a language pack. With --words, --markup or --ssml, this computer
    reads it.
    """
    from ticktalk.boards.attach import attach
    from ticktalk.boards.board import load_board
    from ticktalk.bundled import voice_folder
    from ticktalk.runtime_sim.prosody import Prosody
    from ticktalk.runtime_sim.reading import OURS, front_end_of
    from ticktalk.runtime_sim.speech import utterances
    from ticktalk.runtime_sim.voice import load_voice
    from ticktalk.speaking import Watch
    from ticktalk.system.wav import write_wav
    from ticktalk.text import checked, from_stdin

    prosody = Prosody.of(rate, pitch, volume, expression, whisper=whisper)
    front_end = front_end_option(phonemizer, phonemes)
    here = words is not None or markup or ssml
    chosen, given = load_board(board), load_voice(voice_folder(voice)) if voice is not None else None
    if out is None and (play_it or chosen.sound is None):
        raise typer.BadParameter(
            "--play requires a file: -o FILE.wav"
            if play_it
            else f"{chosen.name} has no firmware with a sound output: specify a file for the speech with -o FILE.wav"
        )
    if given is not None and text != "-" and not here:  # report text without words before opening a port
        next(checked(utterances(given, text, front_end=front_end), text))
    if given is not None:
        given.speaker(speaker)  # likewise for an unknown speaker
    left_out: list[str] = []
    with attach(chosen, port) as serial, show.bar("speaking") as progress:
        watch = Watch(serial, chosen, given)
        prosody = replace(prosody, speaker=watch.speaker(speaker))
        reads = front_end is None and watch.pack is not None and not here
        loaded, spoken = watch.voice if reads else watch.known_voice(), from_stdin(text)
        if here and loaded is not None:
            front_end = front_end or front_end_of(loaded)
            steps = marked_steps(loaded, spoken, front_end, prosody, words, markup, ssml, left_out)
        elif loaded is not None:
            front_end = None if reads else front_end or front_end_of(loaded)
            spoken = told_unspoken(loaded, spoken, left_out, front_end)
        speech = watch.say_steps(steps, progress) if here else watch.say(spoken, progress, prosody, front_end)
    sample_rate = watch.sample_rate
    if out is not None:
        write_wav(out, speech.pcm, sample_rate)
    seconds = len(speech.pcm) / sample_rate
    with show.beside(out):
        if json:
            show.as_json(
                {
                    "out": None if out is None else str(out),
                    "voice": watch.name,
                    "read_by": "watch" if reads else "host",
                    "front_end": OURS + str(watch.pack) if reads else front_end,
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
            spoken_by = f"{seconds:.1f} s of speech from {chosen.name}"
            print(f"{out}: {spoken_by}{counted}" if out is not None else f"{spoken_by}, played by the board{counted}")
    if play_it and out is not None:
        play(out)
