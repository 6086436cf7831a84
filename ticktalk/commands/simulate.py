"""`ticktalk simulate`: compute on this machine the samples that a watch would play."""

import time
from dataclasses import replace
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.left_out import told_unspoken
from ticktalk.commands.support.marking import marked_steps
from ticktalk.commands.support.options import (
    Equaliser,
    Expression,
    Json,
    Loudness,
    Markup,
    Out,
    Phonemes,
    Phonemizer,
    Pitch,
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

OutputRate = Annotated[
    int | None,
    typer.Option(help="Convert the samples to this rate in Hz, as C code exported with the same option does."),
]

EXAMPLE = 'ticktalk simulate "It is seven thirty." --voice heart-nano -o hello.wav'


def simulate(
    text: Text,
    out: Out,
    voice: Voice = None,
    rate: Rate = 1.0,
    pitch: Pitch = 0,
    volume: Volume = 1.0,
    expression: Expression = 1.0,
    speaker: SpeakerName = None,
    whisper: Whisper = False,
    loudness: Loudness = None,
    equaliser: Equaliser = None,
    phonemizer: Phonemizer = None,
    phonemes: Phonemes = False,
    words: Words = None,
    markup: Markup = False,
    ssml: Ssml = False,
    output_rate: OutputRate = None,
    play_it: Play = False,
    json: Json = False,
) -> None:
    """Speak text in the simulator. Every sample is identical to that of the watch."""
    import numpy as np

    from ticktalk.bundled import voice_folder
    from ticktalk.runtime_sim.marked import Step
    from ticktalk.runtime_sim.output_rate import RATES
    from ticktalk.runtime_sim.output_rate import OutputRate as Converter
    from ticktalk.runtime_sim.prosody import Prosody
    from ticktalk.runtime_sim.reading import front_end_of
    from ticktalk.runtime_sim.speech import Speaker, utterances
    from ticktalk.runtime_sim.voice import load_voice, with_sound
    from ticktalk.system.wav import wav_file
    from ticktalk.text import checked, from_stdin

    if output_rate is not None and output_rate not in RATES:
        raise typer.BadParameter(f"--output-rate {output_rate}: choose {', '.join(map(str, RATES))}")
    prosody = Prosody.of(rate, pitch, volume, expression, whisper=whisper)
    loaded = with_sound(load_voice(voice_folder(voice)), loudness, equaliser)
    prosody = replace(prosody, speaker=loaded.speaker(speaker))
    front_end = front_end_option(phonemizer, phonemes) or front_end_of(loaded)
    own_rate = loaded.manifest["sample_rate"]
    sample_rate = output_rate or own_rate
    converter = Converter(own_rate, sample_rate) if sample_rate != own_rate else None
    prepared, number, samples, work = Speaker(loaded), 0, 0, 0.0
    left_out: list[str] = []
    said: list[dict] = []  # the pauses, and the arguments of `voice_begin` in the exported C
    if words is not None or markup or ssml:
        steps = marked_steps(loaded, from_stdin(text), front_end, prosody, words, markup, ssml, left_out)
    else:
        spoken = told_unspoken(loaded, from_stdin(text), left_out, front_end)
        parts = checked(utterances(loaded, spoken, front_end=front_end), None if text == "-" else text)
        steps = (Step(ids, seed, prosody) for ids, seed in parts)
    with show.bar("speaking") as progress, wav_file(out, sample_rate) as append:
        for step in steps:
            started = time.perf_counter()
            if step.ids:
                pcm = prepared.speak(step.ids, step.seed, prosody=step.prosody)
                number += 1
            else:
                pcm = np.zeros(step.silence(own_rate), np.int16)
            if converter:
                pcm = converter.push(pcm)
            if json:
                said.append(step.facts(prosody))
            work += time.perf_counter() - started
            append(pcm)
            samples += len(pcm)
            progress(number, None)
        if converter:
            pcm = converter.finish()
            append(pcm)
            samples += len(pcm)
    seconds = samples / sample_rate
    with show.beside(out):
        if json:
            show.as_json(
                {
                    "out": str(out),
                    "samples": samples,
                    "sample_rate": sample_rate,
                    "seconds": seconds,
                    "utterances": number,
                    "front_end": front_end,
                    "phoneme_ids": said,
                    "left_out": left_out,
                    "compute_seconds": work,
                    "times_real_time": seconds / work,
                }
            )
        else:
            print(f"{out}: {seconds:.1f} s of speech, {seconds / work:.1f} times real time")
    if play_it:
        play(out)
