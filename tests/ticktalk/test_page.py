"""Test the page of `ticktalk page`: its module under node, and the page itself in Chromium."""

import hashlib
import io
import json
import shutil
import struct
import subprocess
import threading
import wave
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from tests.support.browser import PROGRAM, Browser
from tests.support.speakers import NAMES, with_speakers
from tests.support.talker import talker
from ticktalk.boards.board import load_board
from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.mcuboot import make_image
from ticktalk.commands.flash import _write_page
from ticktalk.firmware_gen.burst import Burst, by_operator
from ticktalk.firmware_gen.errors import BuildError, MissingToolError
from ticktalk.firmware_gen.library import voice_library
from ticktalk.firmware_gen.project.device import flash_limit
from ticktalk.flashing import made
from ticktalk.page import page as pages
from ticktalk.page import wasm
from ticktalk.page.facts import of_image
from ticktalk.page.package import package_files
from ticktalk.proof.subject import VoiceSubject
from ticktalk.runtime_sim.examples import examples_of
from ticktalk.runtime_sim.marked import marked
from ticktalk.runtime_sim.prosody import Prosody
from ticktalk.runtime_sim.speech import Speaker, speak_text

TEXTS = examples_of(talker()).sentences
HOSTILE = '</script><img src=x onerror="parent.hurt=1"><!--'

pytestmark = [pytest.mark.skipif(not shutil.which(tool), reason=f"needs {tool}") for tool in ("node", PROGRAM)]
pytest.importorskip("ziglang")


@pytest.fixture(scope="module")
def voice():
    """Return a voice with several speakers that, unlike the talker, has different ids for sounds, punctuation marks and
    spaces."""
    found = talker()
    phonemes = found.manifest["phonemes"]
    sounds = [symbol for symbol in phonemes["symbols"] if symbol.isalpha()]
    symbols = dict.fromkeys(phonemes["symbols"], 2) | {s: 3 + i % 17 for i, s in enumerate(sounds)} | {" ": 1}
    found = with_speakers(found)
    return replace(found, manifest=found.manifest | {"phonemes": phonemes | {"symbols": symbols}})


@pytest.fixture(scope="module")
def spoken(voice):
    """Return two voices for the page. The name of the second one contains HTML, and the page does not know its
    speakers."""
    module = wasm.compile_voice(voice)
    teacher = {"name": HOSTILE, "licence": HOSTILE, "terms": "javascript:hurt=1"}
    changes = {"name": HOSTILE, "language": HOSTILE, "teacher": teacher, "speakers": []}
    bad = replace(voice, manifest=voice.manifest | changes)
    sums = pages.sums(voice, TEXTS)
    boards = [load_board("pico")]
    costs = pages.costs_of(voice, boards, boards)
    return [pages.Spoken(module, pages.facts_of(v, module.report) | costs | {"proof": sums}) for v in (voice, bad)]


@pytest.fixture(scope="module")
def file(spoken, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(pages.render(spoken), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    with Browser() as running:
        yield running


@pytest.fixture
def page(browser, file):
    """Return the page in a new tab. The page must not request any other resource, or cause errors or warnings."""
    opened = browser.open(file.as_uri())
    opened.wait("!document.getElementById('speak').disabled")
    opened.run("document.getElementById('text').focus()")
    yield opened
    assert opened.problems() == []
    assert opened.requests() == [file.as_uri()]
    assert opened.run("window.hurt === undefined && document.querySelector('img') === null")


def told(page, name="status"):
    return page.run(f"document.getElementById('{name}').textContent")


def test_typing_and_enter_speak_and_escape_stops_at_once(page):
    page.run("document.getElementById('text').select()")
    page.type("Run 5 km today. " * 20)
    page.press("Enter")
    page.wait("document.querySelectorAll('#read ruby').length > 3 && document.querySelector('#read .now') !== null")
    page.press("Escape")
    assert told(page) == "Stopped."
    read = page.run(
        "[...document.querySelectorAll('#read ruby')].slice(0, 4).map((each) => each.firstChild.textContent)"
    )
    assert read == ["Run", "five", "kilometers", "today"]
    page.wait("document.querySelector('#read .now') === null")


def test_fifty_clicks_a_megabyte_and_emoji_alone_do_no_harm(page):
    page.press("Enter")
    page.run("for (let i = 0; i < 50; i++) document.getElementById('speak').click()")
    page.run("document.getElementById('text').value = 'It is noon. '.repeat(80000)")
    page.press("Enter")
    page.wait("document.querySelector('#read .now') !== null")
    page.press("Escape")
    assert told(page) == "Stopped."
    page.run("document.getElementById('text').value = '\u4f60\u597d \U0001f600'")
    page.press("Enter")
    page.wait("document.getElementById('status').textContent.includes('read only as the name')")
    page.press("Escape")
    page.run("document.getElementById('text').value = ' ... '")
    page.press("Enter")
    page.wait("document.getElementById('status').textContent.includes('nothing')")


def test_axe_finds_no_barrier(page):
    page.press("Enter")
    page.wait("document.querySelector('#read .now') !== null")
    check_access(page)


def check_access(page):
    """Check a page with axe: all rules in one colour scheme and width, and in the others only the rules that depend
    on them."""
    package = pytest.importorskip("axe_core_python")
    page.run((Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8") + "; 0")
    for scheme, width, rules in (("light", 1200, ""), ("dark", 360, "{runOnly: ['color-contrast']}")):
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        page.resize(width, 800)
        found = page.run(
            f"axe.run({rules}).then((found) => found.violations.map((each) => [each.id, each.nodes[0].html]))"
        )
        assert found == []
        assert page.run("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"


def saved(page, text):
    """Return the SHA-256 of the samples of the text's WAV file."""
    page.run("window.saved = undefined; document.getElementById('text').select()")
    page.run("{ const make = URL.createObjectURL; URL.createObjectURL = (blob) => make((window.saved = blob)); }")
    page.type(text)
    page.run("document.getElementById('save').click()")
    page.wait("window.saved !== undefined")
    found = page.run("saved.arrayBuffer().then((buffer) => Array.from(new Uint8Array(buffer)))")
    with wave.open(io.BytesIO(bytes(found))) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        return hashlib.sha256(file.readframes(file.getnframes())).hexdigest()


def test_the_wav_file_has_the_samples_of_the_simulator(page, spoken):
    assert saved(page, TEXTS[0]) == spoken[0].facts["proof"][0]["sha256"]


def test_scheduled_buffers_follow_one_another_without_a_gap(browser):
    script = pages.read("page.js")
    player = script[script.index("const FIRST") : script.index("// ---- voices")] + "\n".join(
        (script[script.index("class Player") : script.index("let context, analyser")],)
    )
    found = browser.open("about:blank#").run(
        f"""(async () => {{ {player}
        const count = 20000, context = new OfflineAudioContext(1, count + 1000, 16000);
        const samples = Int16Array.from({{ length: count }}, () => 65535 * Math.random() - 32768);
        const one = new Player(context, context.destination);
        for (let at = 0, size = 1; at < count; at += size, size = (7 * size + 13) % 1601 + 1)
            one.push(samples.slice(at, at + size));
        const heard = (await context.startRendering()).getChannelData(0), from = Math.round(one.from * 16000);
        // A start time is a rounded number of seconds, so the browser may interpolate by 1e-12 of a sample.
        return samples.every((sample, i) => sample === Math.round(heard[from + i] * 32768));
        }})()"""
    )
    assert found is True


def test_a_server_with_a_strict_policy_may_serve_it(browser, file):
    class Strict(SimpleHTTPRequestHandler):
        def end_headers(self):
            self.send_header("Content-Security-Policy", "default-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'")
            super().end_headers()

        def do_GET(self):
            if self.path == "/favicon.ico":  # browsers request this file from every server
                self.send_response(204)
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Strict, directory=file.parent)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{file.name}"
        served = browser.open(url)
        served.run("document.getElementById('text').focus()")
        served.press("Enter")
        served.wait("document.querySelector('#read .now') !== null")
        served.press("Escape")
        assert served.problems() == [] and {*served.requests()} <= {url, url.replace(file.name, "favicon.ico")}
        server.shutdown()


def test_the_check_is_green_only_if_every_sum_is_equal(page, spoken):
    page.run("document.getElementById('prove').click()")
    page.wait("document.getElementById('proved').className !== ''", 60)
    count = 2 * len(TEXTS)
    assert told(page, "proved") == f"All {count} equal: this browser computes exactly the simulator's samples."
    assert page.run("document.querySelectorAll('td.good').length") == count


def test_one_wrong_sum_is_told(browser, spoken, tmp_path):
    facts = spoken[0].facts
    proof = [facts["proof"][0], {"text": TEXTS[1], "samples": 1, "sha256": "0" * 64}]
    (tmp_path / "page.html").write_text(
        pages.render([replace(spoken[0], facts=facts | {"proof": [*proof, *facts["proof"][2:]]})]), encoding="utf-8"
    )
    wrong = browser.open((tmp_path / "page.html").as_uri())
    wrong.run("document.getElementById('prove').click()")
    wrong.wait("document.getElementById('proved').className !== ''", 60)
    assert wrong.run("document.getElementById('proved').className") == "bad"
    assert told(wrong, "proved") == f"1 of {len(TEXTS)} DIFFER from the simulator's."


def test_the_first_screen_says_what_fits_and_which_licence_it_has(page, voice):
    brief = told_in(page, ".brief")
    name = voice.manifest["name"]
    assert (
        f"{name} is too slow to speak without delay on pico (1.2 s for a second of speech)" in brief
        and f"Licence of {name}" in brief
    )
    assert page.run("document.querySelector('.brief').getBoundingClientRect().bottom < innerHeight")
    assert "ticktalk flash --board pico --voice" in told_in(page, "#flash-title ~ .command")
    assert page.run("document.getElementById('spectrogram').hidden && !document.getElementById('voice').hidden")


def told_in(page, selector):
    return page.run(f"document.querySelector('{selector}').innerText.replace(/\\s+/g, ' ')")


def test_the_page_offers_the_speakers_of_a_voice_that_has_several(page, voice):
    names = page.run("[...document.getElementById('speaker').options].map((each) => each.value)")
    assert names == NAMES and not page.run("document.getElementById('speakers').hidden")
    page.run("document.getElementById('speaker').value = 'emma'")
    assert saved(page, "Hi.") == sha256(speak_text(voice, "Hi.", prosody=Prosody(speaker=1)))
    page.run(
        "{ const voices = document.getElementById('voice'); voices.selectedIndex = 1;"
        "voices.dispatchEvent(new Event('change')); }"
    )
    assert page.run("document.getElementById('speakers').hidden")
    assert saved(page, "Hi.") == sha256(speak_text(voice, "Hi."))


def test_a_sentence_of_the_evaluation_is_spoken_at_a_click(page):
    page.run("document.getElementById('rate').value = 2")
    page.call("Runtime.evaluate", expression="document.querySelector('.play').click()", userGesture=True)
    page.wait("document.querySelector('#read .now') !== null && !document.getElementById('spectrogram').hidden")
    said = page.run("document.querySelector('.play').dataset.text").split()
    assert page.run("document.querySelector('#read ruby').firstChild.textContent") == said[0]
    page.press("Escape")


def test_only_addresses_of_the_web_become_links(spoken):
    assert [each["terms"] for each in spoken[1].facts["licences"]] == [""] * len(spoken[1].facts["licences"])
    facts = spoken[0].facts
    licences = [facts["licences"][0] | {"terms": "https://example.org/"}]
    html = pages.render([replace(spoken[0], facts=facts | {"licences": licences})])
    assert '<a href="https://example.org/">' in html and 'class="voice" hidden' in html


def test_what_operators_take_adds_up_to_the_ticks(voice):
    library = voice_library(voice, "dsp", "voice")
    burst, found = Burst.of(voice, library, "dsp", 4), by_operator(voice, library, "dsp", 4)
    frames = burst.sample_rate / burst.hop
    phonemes = 64 * frames / library.speech["mean_q6"]
    whole = frames * (burst.frame / 4 + burst.vocoder) + phonemes * burst.phoneme / 4
    assert abs(sum(found.values()) - whole) <= len(found) and all(found.values())


def test_the_sums_are_those_of_the_simulator(voice, spoken):
    text = TEXTS[1]
    pcm = np.concatenate(list(speak_text(voice, text)))
    sha256 = hashlib.sha256(pcm.tobytes()).hexdigest()
    assert spoken[0].facts["proof"][1] == {"text": text, "samples": len(pcm), "sha256": sha256}


def sha256(parts):
    return hashlib.sha256(np.concatenate(list(parts)).tobytes()).hexdigest()


SWITCHED = "[[voice em]]Hi. [[voice]] Hi."
NODE = """
import { createHash } from "node:crypto";
const module = await import(process.argv[1]);
const voice = await module.load(), sentences = JSON.parse(process.argv[2]), found = { sums: [] };
for (const text of sentences)
  found.sums.push(createHash("sha256").update(voice.samples(text)).digest("hex"));
let streamed = 0;
for await (const piece of voice.stream(sentences[0])) streamed += piece.length;
found.streamed = streamed === voice.samples(sentences[0]).length;
const two = [voice.speak(sentences[0]), voice.speak(sentences[1])];
two[0].next(), two[1].next();
found.ended = two[0].next().done && !two[1].next().done;
found.slow = voice.samples(sentences[0], { rate: 0.5 }).length > 1.5 * streamed;
found.words = [];
voice.samples("Run 5 km.", { onUtterance: ({ words }) => found.words.push(...words.map((each) => each.text)) });
try { voice.samples("Hi.", { expression: 2.1 }); } catch (error) { found.refused = error.name; }
try { voice.samples("Hi.", { speaker: "bob" }); } catch (error) { found.unknown = error.message; }
const sum = (text, options) => createHash("sha256").update(voice.samples(text, options)).digest("hex");
found.speakers = module.facts.speakers.map((speaker) => sum("Hi.", { speaker }));
found.switched = sum(process.argv[3], { speaker: "emma", markup: true });
found.first = sum("Hi.");
found.whispers = [sum("Hi.", { whisper: true }), sum("[[whisper]]Hi.", { markup: true })];
console.log(JSON.stringify(found));
"""


def test_the_package_speaks_under_node_as_the_simulator_does(voice, spoken, tmp_path):
    for name, content in package_files(voice, spoken[0].module).items():
        (tmp_path / name).write_bytes(content)
    told = json.loads((tmp_path / "package.json").read_text())
    module = tmp_path / told["exports"]["."]["default"]
    command = ["node", "--input-type=module", "-e", NODE, module.as_uri(), json.dumps(TEXTS), SWITCHED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = list(marked(voice, "ticktalk:en-us", None, True).steps(voice, [SWITCHED], Prosody(speaker=1)))
    assert [step.prosody.speaker for step in said] == [2, 1]
    switched = [Speaker(voice).speak(step.ids, step.seed, prosody=step.prosody) for step in said]
    sums = [sha256(speak_text(voice, "Hi.", prosody=Prosody(speaker=number))) for number in range(len(NAMES))]
    assert len({*sums}) == len(NAMES)
    assert json.loads(done.stdout) == {
        "sums": [each["sha256"] for each in spoken[0].facts["proof"]],
        "streamed": True,
        "ended": True,
        "slow": True,
        "words": ["Run", "five", "kilometers"],
        "refused": "RangeError",
        "unknown": "no speaker bob: heart, emma, em",
        "speakers": sums,
        "switched": sha256(switched),
        "first": sums[0],
        "whispers": 2 * [sha256(speak_text(voice, "Hi.", prosody=Prosody(whisper=1)))],
    }
    assert {*told["files"], "package.json", "README.md"} == {file.name for file in tmp_path.iterdir()}


def test_the_page_names_the_image_that_will_be_flashed(spoken, tmp_path):
    board = load_board("stm32u5a9j-dk")
    vectors = struct.pack("<2I", board.ram.address + board.ram.size, board.code_address + 0x201)
    image = make_image(vectors + bytes(4096), board, "1.2.3")
    (tmp_path / f"{HOSTILE[:8].replace('/', '_')}.bin").write_bytes(image)
    told = of_image(next(tmp_path.iterdir()), board)
    html = pages.render(spoken[:1], told)
    assert hashlib.sha256(image).hexdigest() in html and "1.2.3" in html and told["hash"] in html
    assert HOSTILE[:8].replace("/", "_") not in html
    (tmp_path / "torn.bin").write_bytes(image[:-1])
    with pytest.raises(ImageError, match=r"torn\.bin"):
        of_image(tmp_path / "torn.bin", board)


def test_flash_writes_the_page_of_the_very_image(voice, spoken, tmp_path, monkeypatch):
    board = load_board("pico")
    ready = made(VoiceSubject(voice, "Hi."), board, tmp_path / "project")
    monkeypatch.setattr(pages, "all_boards", lambda: [board])
    monkeypatch.setattr(pages, "compile_voice", lambda _: spoken[0].module)  # same voice, so compiled once
    _write_page(tmp_path / "page.html", VoiceSubject(voice), ready)
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    image = ready.image.read_bytes()
    assert hashlib.sha256(image).hexdigest() in html and ready.expect["build"] in html
    assert f"{ready.report['flash_bytes']:,} of {flash_limit(board):,} bytes, of the built image" in html


def test_a_voice_without_a_language_pack_is_refused(voice):
    phonemes = {key: value for key, value in voice.manifest["phonemes"].items() if key != "packs"}
    with pytest.raises(BuildError, match="cannot read text in a browser"):
        wasm.compile_voice(replace(voice, manifest=voice.manifest | {"phonemes": phonemes}))


def test_without_zig_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr(wasm.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(wasm.shutil, "which", lambda name, path=None: None)
    with pytest.raises(MissingToolError, match=r"pip install .*page"):
        wasm.zig()
