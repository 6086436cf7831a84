"""Present an evaluation as a self-contained HTML file with audio players and spectrograms, worst sentences first."""

import io
from pathlib import Path

import numpy as np

from ticktalk.converter.errors import INSTALL, MissingToolError
from ticktalk.converter.judging.evaluate import Evaluation, System
from ticktalk.converter.judging.measures import MEASURES, Measure, Score
from ticktalk.converter.judging.speakers import JudgedSpeaker, JudgedSpeech
from ticktalk.converter.pages import data_url, template
from ticktalk.system.files import check_writable, write_text

HIGHEST = 8000  # Hz at the top of a spectrogram
HIGHEST_PITCH = 600  # Hz at the top of the pitch axis
RANGE = 70  # dynamic range of a spectrogram in dB
NFFT = 512  # window length, in samples at 16 kHz


def check_page(path: Path) -> None:
    """Raise MissingToolError if a package that `write_page` needs is missing, or OSError if `path` is not writable."""
    try:
        import matplotlib.figure  # noqa: F401
        import soundfile  # noqa: F401
    except ImportError as error:
        raise MissingToolError(f"the package {error.name} is not installed: {INSTALL}") from None
    check_writable(path)


def write_page(evaluation: Evaluation, path: Path, title: str) -> None:
    """Write an evaluation's page. The first system's scores determine the order of the sentences.

    Each FLAC recording is bit-identical to the audio that was scored.
    """
    write_text(
        path,
        template("judging", "page.html.j2").render(
            title=title,
            measures=_shown(evaluation),
            evaluation=evaluation,
            best=_best(evaluation),
            sentences=_sentences(evaluation),
        ),
    )


def _shown(evaluation: Evaluation) -> list[Measure]:
    return [measure for measure in MEASURES if any(system.estimates[measure.key] for system in evaluation.systems)]


def _best(evaluation: Evaluation) -> dict[str, float]:
    """Return the best value of each measure that at least two systems have."""
    found = {}
    for measure in MEASURES:
        values = [estimate.value for system in evaluation.systems if (estimate := system.estimates[measure.key])]
        if len(values) > 1:
            found[measure.key] = max(values) if measure.higher else min(values)
    return found


def _sentences(evaluation: Evaluation) -> list[dict]:
    """Return the sentences for the template: text, sort keys, one column for the teacher, and one for each system."""
    first, teacher = evaluation.systems[0], evaluation.systems[0].teacher
    columns: list[tuple[JudgedSpeaker, System | None]] = [(system.speaker, system) for system in evaluation.systems]
    if teacher and teacher not in [speaker for speaker, _ in columns]:
        columns.insert(1, (teacher, None))  # audio that is played but not scored
    scores = {id(system): {score.sentence: score for score in system.scores} for _, system in columns if system}
    found = []
    for score in first.worst_first():
        sentence = score.sentence
        longest = max(speaker.said[sentence].seconds for speaker, _ in columns)
        shown = [
            _column(speaker, speaker.said[sentence], longest, scores[id(system)][sentence] if system else None)
            for speaker, system in columns
        ]
        found.append(
            {"text": sentence, "values": {measure.key: measure.of([score]) for measure in MEASURES}, "columns": shown}
        )
    return found


def _column(speaker: JudgedSpeaker, speech: JudgedSpeech, longest: float, score: Score | None) -> dict:
    values = [
        f"{measure.title} {measure.show(value)}"
        for measure in MEASURES
        if score and (value := measure.of([score])) is not None
    ]
    return {
        "name": speaker.name,
        "audio": _audio(speech),
        "picture": _picture(speech, longest),
        "values": values,
        "heard": score.heard if score and score.errors else None,
    }


def _audio(speech: JudgedSpeech) -> str:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, speech.audio, speech.rate, format="FLAC", subtype="PCM_16")
    return data_url("audio/flac", file.getvalue())


def _picture(speech: JudgedSpeech, longest: float) -> str:
    """Draw a spectrogram in dB relative to its maximum, with the intended pitch.

    The time axis is as long as the longest recording of the sentence, `longest` seconds.
    """
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.6, 1.9), layout="constrained")
    axes = figure.subplots()
    axes.set_facecolor(colormaps["magma"](0))
    window = round(NFFT * speech.rate / 16000)
    # Digital silence has no logarithm, so add white noise far below the threshold of hearing.
    audio = speech.audio + np.random.default_rng(0).normal(0, 1e-6, len(speech.audio))
    power, frequencies, _, image = axes.specgram(
        audio, NFFT=window, Fs=speech.rate, noverlap=window * 3 // 4, cmap="magma"
    )
    top = 10 * np.log10(power[frequencies <= HIGHEST].max())
    image.set_clim(top - RANGE, top)
    axes.set(
        xlim=(0, longest),
        ylim=(0, HIGHEST),
        yticks=[0, 2000, 4000, 6000, 8000],
        yticklabels=["0", "2", "4", "6", "8 kHz"],
    )
    pitch = axes.twinx()
    pitch.set_ylim(0, HIGHEST_PITCH)
    # The labels are drawn even if they are invisible, so that all spectrograms of a sentence have the same time scale.
    pitch.set_yticks([200, 400, 600], ["200", "400", "600 Hz"], color="none" if speech.pitch is None else "teal")
    if speech.pitch is not None:
        pitch.plot(
            (np.arange(len(speech.pitch)) + 0.5) * speech.frame,
            np.exp(speech.pitch),
            color="cyan",
            linewidth=1,
        )
    for side in (axes, pitch):
        side.tick_params(labelsize=7, length=2)
    file = io.BytesIO()
    figure.savefig(file, format="webp", dpi=110, pil_kwargs={"quality": 70})
    return data_url("image/webp", file.getvalue())
