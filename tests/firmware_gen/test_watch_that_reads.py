"""With a language pack in its firmware, an emulated watch reads text and speaks the same samples as the simulator."""

import shutil
import struct
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from tests.firmware_gen.test_export import built_for, needs
from tests.firmware_gen.test_project_folder import small
from tests.support.emulated import powered
from tests.support.front import assert_refused, ticktalk
from tests.support.paths import TINY
from tests.support.speakers import NAMES, with_speakers
from tests.support.talker import talker
from ticktalk.boards.board import load_board
from ticktalk.boards.console import frames
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.ports import send
from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.project.build import binary, build
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.runtime_sim.errors import LanguageError, ProsodyError
from ticktalk.runtime_sim.prosody import NEUTRAL, Prosody
from ticktalk.runtime_sim.speech import Speaker, utterances
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.voice import load_voice
from ticktalk.speaking import Watch

PACK = "ticktalk:en-us"
LINK_PAYLOAD = 1024  # size of the console's buffer for texts, in bytes (link.h)
TEXT = b"It's 7:30 p.m. Meet Dr. Lee at Gate B12!"


@pytest.fixture(scope="module")
def voice():
    return load_voice(voice_folder("heart-nano"))


@pytest.fixture(scope="module")
def built(voice, tmp_path_factory):
    return built_for(voice, tmp_path_factory)


def simulated(voice, text, seed=1, pack=PACK, prosody=NEUTRAL):
    """Return the utterances and the samples of `text`, as bytes."""
    speaker, parts = Speaker(voice), list(utterances(voice, text, seed, pack))
    return parts, b"".join(speaker.speak(ids, each, prosody=prosody).tobytes() for ids, each in parts)


@needs["cmake"]
@needs["arm-none-eabi-gcc"]
@needs["qemu-system-arm"]
@pytest.mark.parametrize(
    "board", ["qemu-m4", *(pytest.param(name, marks=pytest.mark.long) for name in ("qemu-m33", "qemu-m55"))]
)
def test_a_watch_reads_bytes_and_speaks_the_simulators_samples(built, board, voice, tmp_path):
    board, elf = built(board)
    front = frontend("en-us")
    with powered(binary(elf), board, tmp_path) as (console, banner):
        assert (banner["text"], banner["text_hash"]) == ("en-us", front.pack.hash)
        for text, seed, piece in ((TEXT, 2**32 - 1, 1000), (TEXT, 5, 1), ("Café 😀 24 °C".encode(), 1, 7)):
            blocks, begun = [], []
            said = console.speak_text(text, seed=seed, piece=piece, on_pcm=blocks.append, on_utterance=begun.append)
            parts, pcm = simulated(voice, text, seed)
            assert (said.utterances, said.pcm) == (parts, pcm) and b"".join(blocks) == pcm
            assert begun == list(range(1, len(parts) + 1)) and parts
        stats = console.stats()
        assert 0 < stats["first_sample"] < stats["instructions"] == said.instructions
        ids, seed = parts[0]  # phonemes are still accepted, and sound the same
        assert console.speak(ids, seed=seed).pcm == pcm
        assert console.stats()["stack_size"] == read_report(elf.parent.parent)["stack_bytes"] == 3072


@needs["cmake"]
@needs["arm-none-eabi-gcc"]
@needs["qemu-system-arm"]
def test_a_watch_with_the_small_pack_speaks_the_simulators_samples(tmp_path):
    """The voice has several speakers, whose names the watch reports."""
    voice, board, pack = with_speakers(talker()), load_board("qemu-m4"), "en-us-small"
    elf = build(export_voice(voice, board, tmp_path / "voice", text=pack))
    report = read_report(elf.parent.parent)["text"]
    assert report["pack"] == pack and report["flash_bytes"] < 83_000  # includes an estimate for the code
    with powered(binary(elf), board, tmp_path) as (console, banner):
        assert (banner["text"], banner["text_hash"]) == (pack, frontend(pack).pack.hash)
        for seed, text in enumerate((TEXT, b"Emma's zorbits bought 24 tomatoes.")):
            said = console.speak_text(text, seed=seed)
            assert (said.utterances, said.pcm) == simulated(voice, text, seed, f"ticktalk:{pack}")
        watch = Watch(console._port, board)
        assert watch.voice is None and [watch.speaker(name) for name in (None, *NAMES)] == [0, 0, 1, 2]
        with pytest.raises(ProsodyError, match="voice 'tiny' has no speaker 'bob': choose heart, emma, em"):
            watch.speaker("bob")
        for number, name in enumerate(NAMES):
            prosody = Prosody(pitch=-2, speaker=watch.speaker(name))
            pcm = watch.say("Meet Dr. Lee.", prosody=prosody).pcm.tobytes()
            assert pcm == simulated(voice, "Meet Dr. Lee.", 1, f"ticktalk:{pack}", prosody)[1], number
        console.prosody(expression=255)  # without a speaker, as from earlier clients
        assert console.speak_text(TEXT).pcm == simulated(voice, TEXT, 1, f"ticktalk:{pack}", Prosody(expression=255))[1]
        assert console.stats()["stack_bytes"] < 2048


@needs["cmake"]
@needs["arm-none-eabi-gcc"]
@needs["qemu-system-arm"]
def test_hostile_texts_do_no_harm(tmp_path):
    voice = talker()
    board = load_board("qemu-m4")
    elf = build(export_voice(voice, board, tmp_path / "voice"))
    texts = {
        "nothing": b"",
        "white space": b" \n\t\r\n ",
        "zeros": bytes(10_000),
        "a mark": b"!",
        "emoji": "😀👍🏽🎉".encode(),
        "invalid": b"\xff\xc0\x80 Hello \xe2\x82 \xed\xa0\x80\xf5",
        "random": np.random.default_rng(3).integers(0, 256, 60, np.uint8).tobytes(),
        "one letter": b"a" * 300,
        "capitals": b"WXYZ" * 12,
        "10 kB in one script": ("田" * 3400).encode(),
        "scripts": "田中さん Привет مرحبا".encode(),
        "sentences": ("Without a phone, the watch reads its notifications itself, at 10:05 or 22 °C.").encode(),
    }
    with powered(binary(elf), board, tmp_path) as (console, banner):
        for name, text in texts.items():
            said = console.speak_text(text, seed=3)
            assert (said.utterances, said.pcm) == simulated(voice, text, 3), name
        assert console.stats()["stack_bytes"] < 2048 and console.hello() == banner


@needs["cmake"]
@needs["arm-none-eabi-gcc"]
@needs["qemu-system-arm"]
def test_requests_out_of_order_are_refused_and_an_abandoned_text_ends(built, voice, tmp_path):
    board, elf = built("qemu-m4")
    ids = next(iter(utterances(voice, "Yes.", 1, PACK)))[0]
    with powered(binary(elf), board, tmp_path) as (console, banner):
        for kind, payload, word in (
            (frames.TEXT, b"\0\0\0\0", "wrong length"),
            (frames.TEXT, b"\2\0\0\0\0Yes.", "bad argument"),
            (frames.TEXT_MORE, b"\0\0\0\0\0Yes.", "bad argument"),
            (frames.TEXT_MORE, b"", "wrong length"),
        ):
            with pytest.raises(DeviceError, match=word):
                console._ask(kind, payload)
                console._await("an error", (), 5, frames.HELLO)
        # While the watch waits for the rest of the text, the host sends another request, uses the wrong offset, or
        # sends nothing.
        expected = console.speak(ids).pcm
        for kind, payload in (
            (frames.HELLO, b""),
            (frames.TEXT_MORE, b"\0" + struct.pack("<I", 99) + b"No."),
            (frames.TEXT_MORE, b"\4" + struct.pack("<I", 4) + b"No."),
            (frames.SPEAK, struct.pack("<BI", 0, 1) + bytes(ids)),
        ):
            console._ask(frames.TEXT, struct.pack("<BI", 1, 1) + b"Yes.")
            console._await("more text", (frames.TEXT_WANTED,), 5, frames.TEXT)
            send(console._port, frames.encode(kind, payload))
            answer = console._await("the answer", (frames.BANNER, frames.DONE, frames.ERROR), 60, None)
            assert answer[0] == {frames.HELLO: frames.BANNER, frames.SPEAK: frames.DONE}.get(kind, frames.ERROR)
            assert console.hello() == banner and console.speak(ids).pcm == expected


@needs["cmake"]
@needs["arm-none-eabi-gcc"]
@needs["qemu-system-arm"]
def test_stop_ends_a_text_in_the_middle(built, voice, tmp_path):
    board, elf = built("qemu-m4")
    whole = simulated(voice, TEXT)[1]

    def interrupt(pcm):
        raise KeyboardInterrupt

    with powered(binary(elf), board, tmp_path) as (console, banner):
        for more in (0, 1):  # all the text in one message, and a part that the watch has not requested yet
            console._ask(frames.TEXT, struct.pack("<BI", more, 1) + TEXT * 24)
            assert console._await("samples", (frames.PCM,), 60, frames.TEXT)
            send(console._port, frames.encode(frames.STOP))
            done = console._await("the end", (frames.DONE,), 60, frames.TEXT)[1]
            assert done[0] == 1 and 0 < int.from_bytes(done[1:5], "little") < 12 * len(whole) // 2
            assert console._await("OK", (frames.OK,), 5, frames.STOP) == (frames.OK, b"")
        with pytest.raises(KeyboardInterrupt):
            console.speak_text(TEXT * 24, on_pcm=interrupt)
        assert console.hello() == banner
        assert console.speak_text(TEXT).pcm == whole
        console.stop()  # nothing is being spoken
        with pytest.raises(DeviceError, match="wrong length"):
            console._ask(frames.STOP, b"x")
            console._await("an error", (), 5, frames.STOP)


@needs["cmake"]
def test_the_c_here_reads_the_same(tmp_path):
    voice = talker()
    project = export_voice(voice, load_board("qemu-m4"), tmp_path / "voice")
    program = build(project, "host", sanitize=True)
    for text in (TEXT, b"", "Привет 😀!".encode()):
        done = subprocess.run([program, "-r", "300", "-t", "7"], input=text, capture_output=True, timeout=120)
        assert done.returncode == 0, done.stderr.decode()
        speaker = Speaker(voice)
        expected = [speaker.speak(ids, seed, prosody=Prosody(300)) for ids, seed in utterances(voice, text, 7, PACK)]
        assert done.stdout == b"".join(pcm.tobytes() for pcm in expected)


@needs["cmake"]
@needs["arm-none-eabi-gcc"]
def test_the_report_says_what_the_pack_costs(built, voice):
    board, elf = built("qemu-m4")
    report = read_report(elf.parent.parent)
    listing = subprocess.run(["arm-none-eabi-nm", "-S", elf], capture_output=True, text=True, check=True).stdout
    symbols = [line.split() for line in listing.splitlines() if len(line.split()) == 4]
    sizes = {name: int(size, 16) for _, size, _, name in symbols}
    tables = sum(sizes[name] for _, _, kind, name in symbols if name.startswith("voice_text_") and kind == "R")
    parts = report["text"]["bytes"]
    assert abs(sum(parts.values()) - parts["code"] - tables) < 400  # alignment
    assert report["text"]["pack"] == "en-us" and report["no_text"] is None
    without = export_voice(voice, board, elf.parent.parent.parent / "without", text="none")
    smaller = read_report(build(without).parent.parent)
    apart = report["flash_bytes"] - smaller["flash_bytes"]
    assert abs(apart - report["text"]["flash_bytes"]) < 2 * board.page_size
    memory = report["ram_bytes"] - report["stack_bytes"] - smaller["ram_bytes"] + smaller["stack_bytes"]
    assert abs(report["text"]["state_bytes"] + LINK_PAYLOAD - memory) < 256  # the size in the report is an estimate
    assert read_report(without)["text"] is None and read_report(without)["no_text"] == "not requested"


@needs["cmake"]
@needs["arm-none-eabi-gcc"]
@needs["qemu-system-arm"]
@pytest.mark.parametrize(
    ("pattern", "new", "what"),
    [("slot_size = 0x1A_0000", "slot_size = 0x8_0000", "flash"), ("size = 0x4_0000", "size = 0xA000", "RAM")],
)
def test_a_board_without_room_gets_a_firmware_that_does_not_read(voice, tmp_path, pattern, new, what):
    board = small(tmp_path, pattern, new)
    project = export_voice(voice, board, tmp_path / "voice")
    report = read_report(project)
    assert report["text"] is None and "with pack 'en-us', about" in report["no_text"]
    assert f"not enough {what} on small" in report["no_text"] and not (project / "src" / "voice_utterances.c").exists()
    with powered(binary(build(project)), replace(board, name="small"), tmp_path) as (console, banner):
        assert "text" not in banner
        with pytest.raises(DeviceError, match="not supported by this firmware"):
            console.speak_text(b"Hello.")
        assert console.speak([0, 50, 0]).pcm


def test_the_command_says_what_was_left_out(tmp_path):
    small(tmp_path, "slot_size = 0x1A_0000", "slot_size = 0x8_0000")
    options = ["--voice", "heart-nano", "--board", tmp_path / "small.toml", "-o", tmp_path / "p"]
    done = ticktalk("export", *options, cache=tmp_path)
    assert done.returncode == 0 and "cannot read text: not enough flash on small" in done.stderr
    assert "cannot read" not in ticktalk("export", *options, "--text", "none", cache=tmp_path).stderr


def test_own_words_change_the_hash_that_the_watch_reports(tmp_path):
    voice, words = talker(), tmp_path / "words.toml"
    hashes = set()
    for own in (None, 'Nguyen = "/wˈɪn/"'):
        if own:
            words.write_text(f"schema = 1\n[words]\n{own}\n")
        project = export_voice(voice, load_board("qemu-m4"), tmp_path / "p", words=words if own else None)
        said = read_report(project)["text"]["hash"]
        assert f"text_hash={said}" in next(project.rglob("identity.c")).read_text()
        hashes.add(said)
    assert len(hashes) == 2 and frontend("en-us").pack.hash in hashes


def test_a_pack_must_exist_and_the_voice_must_have_its_phonemes(tmp_path):
    board, tiny = load_board("qemu-m4"), load_voice(TINY)
    with pytest.raises(
        BuildError, match=r"voice 'tiny' cannot .* 'en-us': the voice lacks the symbols ! .* θ"
    ) as caught:
        export_voice(tiny, board, tmp_path / "p", text="en-us")
    assert caught.value.exit_code == 6 and "\n" not in str(caught.value)
    phonemes = tiny.manifest["phonemes"]
    spaceless = {symbol: number for symbol, number in phonemes["symbols"].items() if symbol != " "}
    manifest = tiny.manifest | {"phonemes": phonemes | {"symbols": spaceless}}
    with pytest.raises(BuildError, match="lacks the symbols ' ' !"):
        export_voice(replace(tiny, manifest=manifest), board, tmp_path / "p", text="en-us")
    with pytest.raises(LanguageError, match="no language pack 'tlh'"):
        export_voice(tiny, board, tmp_path / "p", text="tlh")
    assert not (tmp_path / "p").exists()
    refused = ticktalk(
        "export", "--voice", TINY, "--board", "qemu-m4", "-o", tmp_path / "p", "--text", "en-us", cache=tmp_path
    )
    assert_refused(refused, 6, "lacks the symbols")
    report = read_report(export_voice(tiny, board, tmp_path / "p"))
    assert report["text"] is None and report["no_text"] == "voice 'tiny' does not name a language pack"


def test_a_voice_that_names_a_pack_it_cannot_speak_with_is_refused(tmp_path):
    shutil.copytree(TINY, tmp_path / "voice")
    manifest = tmp_path / "voice" / "voice.toml"
    manifest.write_text(
        manifest.read_text().replace('phonemizer = "hibari"', 'phonemizer = "hibari"\npacks = ["en-us"]')
    )
    with pytest.raises(BuildError, match="lacks the symbols"):
        export_voice(load_voice(tmp_path / "voice"), load_board("qemu-m4"), tmp_path / "p")


def test_all_bundled_voices_speak_with_all_packs_that_they_name(tmp_path):
    names = dict.fromkeys(("heart", "heart-nano", "heart-pico", "joe", "quartet"), "en-us") | {
        "dora": "es",
        "siwis": "fr",
    }
    for name, pack in names.items():
        voice = load_voice(voice_folder(name))
        text = read_report(export_voice(voice, load_board("qemu-m4"), tmp_path / name))["text"]
        assert text["pack"] == voice.manifest["phonemes"]["packs"][0] == pack, name
