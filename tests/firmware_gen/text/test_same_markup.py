"""Python and the generated C interpret markup in the same way, and treat it as text unless asked to interpret it."""

import random

import pytest

from tests.firmware_gen.text.same import PIECES, assert_same, broken, compiled, spoken, tables
from tests.support.speakers import NAMES
from ticktalk.runtime_sim.text.bundled import frontend

TEXTS = [
    "Wait[[pause 500]] for [[rate 150]]it[[rate]]. Code [[spell]]AB-12, x[[/spell]] done.",
    "[[volume 0]]a[[volume 200]]b[[volume 201]]c[[pitch -12]]d[[pitch 12]]e[[pitch 13]]f[[pitch]]g[[pitch -0]]",
    "[[expression 0]]a[[expression 200]]b[[expression 201]]c[[expression]]d[[expressions 5]]" + "[[expression 99]]" * 9,
    "[[pause]] [[pause 10000]] [[pause 10001]] [[pause -1]] [[pause 000001]] [[pause 00001]] [[pause 5 ]] [[ pause 5]]",
    "[[spell]]don't 5:30 café (x) $5 [[pause 1]]zz [word](/wˈɜɹd/) [[spelll]][[/spell]] [[/spell]] [[rates 5]]",
    "[[[pause 5]]] [[pause 5] ] [[pause\n5]] [[spell]]" + "w" * 70 + " 1234567890",
    "a[[rate 50]][[pitch 1]]! b[[rate]]. c[[/spell]][[rate]], d[[rate]]...", "a" + "[[rate]]" * 9 + ". b[[rate]].c",
    "[[rate]]. [[rate]], a[[spell]][[rate]]? b",
    "a [[voice emma]]b[[voice em]], c [[voice bob]]d[[voice]] e [[voice emm]][[voice emmaa]][[voice -1]]",
    "a [[whisper]]b[[/whisper]], c [[whisper 1]][[/whisper]][[whisper ]] [[whispers]][[/whisper]].[[/ whisper]]",
    "[[voice]]. [[voice em]], a[[voice  em]] [[voice em ]] [[ voice em]] [[voice\nem]] [[voice em][[voice emma]]" * 3,
    "a [[emphasis]]really[[/emphasis]], the [[emphasis strong]]the a[[emphasis reduced]] to it[[/emphasis]]! Of",
    "[[emphasis]]12.5 kg $5 NASA x.com [w](/wˈɜɹd/) [w](/stɹ/) [[spell]]AB-1[[/spell]] & don't well-known (a) “of”",
    "[[emphasis moderate]] [[emphasis  strong]] [[emphasis strong ]] [[/emphasis strong]] [[emphasiss]] [[ emphasis]]",
    "[[emphasis strong]]" + "l'a " * 50 + "[b](/bˌæbæ bˈæ/) " * 60, "[[emphasis]]&", "[[emphasis]]" + "ABCD " * 60,
    "[[emphasis reduced]]a[[rate 5]]b[[/emphasis]][[rate]]. [[emphasis]][[/emphasis]]c[[emphasis]]. Psst" + " un[" * 99,
    "[[pause 5]].", ".[[pause 5]]", "a[[pause 5]], b", "[[spell]].", "[[rate 50]]-", "a, b[[pitch 1]]-c",
]  # fmt: skip
MORE = (
    *PIECES, "[[", "]]", "[[pause 500]]", "[[rate 150]]", "[[rate]]", "[[pitch -2]]", "[[volume 80]]",
    "[[expression 50]]", "[[whisper]]", "[[/whisper]]", "[[spell]]", "[[/spell]]", "pause", "rate ", " 50",
    "[word](/wˈɜɹd/)", "[[pause 5", "word", "NASA", "[[whisper", "[[voice emma]]", "[[voice em]]",
    "[[voice]]", "[[voice em", "voice ", " emma", "[[emphasis]]", "[[emphasis strong]]", "[[emphasis reduced]]",
    "[[/emphasis]]", "[[emphasis ", "strong]]", "[w](/stɹ/)",
)  # fmt: skip
FRONT = frontend("en-us").with_speakers(NAMES)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    return compiled(FRONT, tmp_path_factory.mktemp("text"))


def heard(text):
    """Return Python's results in the output format of the test program."""
    parts = FRONT.events(text)
    return [part if isinstance(part, str) else f"\x1f{part.what} {part.value}" for part in parts]


def test_markup_is_interpreted_alike(program):
    assert_same(program, [text.encode() for text in TEXTS] + tables(), heard, "--markup")


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_broken_markup_is_interpreted_alike(program, seed):
    assert_same(program, list(broken([text.encode() for text in TEXTS], 300, seed, MORE)), heard, "--markup")


def test_pieces_of_markup_in_any_order_are_interpreted_alike(program):
    chance = random.Random(3)
    texts = ["".join(chance.choices(MORE, k=chance.randrange(12))).encode() for _ in range(1000)]
    assert_same(program, texts, heard, "--markup")


def test_markup_is_text_unless_it_is_asked_for(program):
    assert_same(program, [text.encode() for text in TEXTS], frontend("en-us"))
    assert not any("\x1f" in line for lines in spoken(program, [text.encode() for text in TEXTS]) for line in lines)


def test_the_commands_have_their_effect(program):
    text = (
        b"Go[[pause 250]] [[rate 150]]now[[rate]] [[pitch -2]]a[[pitch]]b [[volume 50]] [[voice em]]c[[voice]] "
        b"[[spell]]x1[[/spell]]"
    )
    front = frontend("en-us")
    go, now, spelled = (" ".join(front(words)) for words in ("Go", "now", "x one"))
    lines = spoken(program, [text], "--markup")[0]
    assert lines[:4] == [go, "\x1fpause 250", "\x1frate 384", now]
    assert [line for line in lines[4:] if line.startswith("\x1f")] == [
        "\x1frate 256",
        "\x1fpitch -2",
        "\x1fpitch 0",
        "\x1fvolume 128",
        "\x1fvoice 2",
        "\x1fvoice -1",
    ]
    assert lines[-1] == spelled
