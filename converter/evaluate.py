"""A finished voice, judged by ear models on what the watch would play: the int16 PCM of the integer path."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from converter.corpus import HELD_OUT
from converter.errors import DistillError


def evaluate(voice, sentences_file: Path | None = None,
             report: Callable[[str, int, int], None] = lambda what, done, total: None) -> dict:
    """Scores of `voice` (a runtime_sim Voice) over the lines of a file, by default the held-out sentences.

    The keys of `converter.scores.score`, and seconds (of speech) and real_time_factor (seconds of computing a
    second of speech: below 1 is faster than real time). `report(what, done, total)` shows progress.
    """
    from converter.scores import score
    from runtime_sim.speech import Speaker

    sentences = read_sentences(sentences_file or HELD_OUT)
    texts = [_ids(voice, sentence) for sentence in sentences]
    speaker, wavs, work = Speaker(voice), [], 0.0
    speaker.speak(*texts[0][0])             # makes its tables, which does not count
    for number, text in enumerate(texts, 1):
        started = time.perf_counter()
        wavs.append(np.concatenate([speaker.speak(ids, seed) for ids, seed in text]))
        work += time.perf_counter() - started
        report("speaking", number, len(sentences))
    rate = voice.manifest["sample_rate"]
    result = score(wavs, sentences, rate, lambda done, total: report("listening", done, total))
    seconds = sum(map(len, wavs)) / rate
    return result | {"seconds": seconds, "real_time_factor": work / seconds}


def read_sentences(file: Path) -> list[str]:
    """One sentence a line; empty lines and lines that begin with # do not count."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DistillError(f"{file}: cannot read sentences: {getattr(error, 'strerror', None) or 'not UTF-8'}") from None
    sentences = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not sentences:
        raise DistillError(f"{file}: there are no sentences in it")
    return sentences


def _ids(voice, sentence: str) -> list[tuple[list[int], int]]:
    from runtime_sim.speech import utterances

    spoken = list(utterances(voice, sentence))
    if not spoken:
        raise DistillError(f"the voice says nothing for the sentence '{sentence}'")
    return spoken
