"""`ticktalk voices`: list the bundled voices, their scores and licences."""

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json

EXAMPLE = "ticktalk voices --json"


def voices(json: Json = False) -> None:
    """List the bundled voices."""
    from ticktalk.bundled import HERE, voice_names
    from ticktalk.runtime_sim.errors import VoiceError
    from ticktalk.runtime_sim.licence import ledger
    from ticktalk.runtime_sim.speakers import check_names
    from ticktalk.system.toml import read_toml

    found = {}
    for name in voice_names():
        manifest = read_toml(HERE / name / "voice.toml", VoiceError)
        check_names(manifest, HERE / name / "voice.toml")
        teacher, scores = ledger(manifest, HERE / name / "voice.toml"), manifest.get("scores", {})
        size = sum(file.stat().st_size for file in (HERE / name).iterdir() if file.is_file())
        found[name] = {
            "language": manifest.get("language"),
            "sample_rate": manifest.get("sample_rate"),
            "packs": manifest["phonemes"].get("packs", []) if isinstance(manifest.get("phonemes"), dict) else [],
            "speakers": manifest.get("speakers", []),
            "bytes": size,
            "teacher": teacher,
            "scores": scores,
        }
    if json:
        show.as_json(found)
        return
    if not found:
        show.warn(f"no voices in {HERE}")
        return
    show.table(
        [
            ("VOICE", "LANGUAGE", "ON DISK", "WER", "DISTILLMOS", "LICENCE", "COMMERCIAL USE"),
            *(
                (
                    name,
                    str(voice["language"]),
                    show.kib(voice["bytes"]),
                    _number(voice["scores"].get("wer"), " %"),
                    _number(voice["scores"].get("distillmos")),
                    str(voice["teacher"].get("licence", "-")).split(";")[0],  # --json tells conditions, teacher
                    show.allowed(voice["teacher"].get("commercial")),
                )
                for name, voice in found.items()
            ),
        ]
    )
    for name, voice in found.items():
        if voice["speakers"]:
            show.paragraph(f"Speakers of {name}, the first by default: {', '.join(voice['speakers'])}.")


def _number(value: object, unit: str = "") -> str:
    return f"{value:.2f}{unit}" if isinstance(value, (int, float)) else "-"
