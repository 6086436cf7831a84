"""Test the events that markup and SSML produce, and the errors that they cause."""

import pytest

from ticktalk.runtime_sim.errors import MarkupError
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.user.markup import LIMITS, Carried, Event
from ticktalk.runtime_sim.text.user.ssml import MOST_BYTES, to_markup


@pytest.fixture
def front():
    return frontend("en-us")


def events(front, text):
    return [part for part in front.events(text) if isinstance(part, Event)]


def words(front, text):
    return " ".join(part for part in front.events(text) if isinstance(part, str))


@pytest.mark.parametrize(
    ("what", "unit"),
    [("pause", 1), ("rate", 256 / 100), ("pitch", 1), ("volume", 256 / 100), ("expression", 256 / 100)],
)
def test_values_are_taken_up_to_their_limits_and_read_as_text_beyond(front, what, unit):
    least, most = LIMITS[what]
    for value in (least, most):
        assert events(front, f"a [[{what} {value}]] b") == [Event(what, round(value * unit))]
    for value in (least - 1, most + 1):
        assert events(front, f"a [[{what} {value}]] b") == []
        assert what in " ".join(front.spoken(f"a [[{what} {value}]] b"))


def test_text_is_not_interpreted_without_being_asked(front):
    assert words(front, "Hi[[pause 5]]you") == " ".join([*front("Hi"), *front("you")])
    assert "pause five" in " ".join(front.spoken("Hi [[pause 5]] you"))


def test_spelling_reads_letters_digits_and_symbols_one_by_one(front):
    assert words(front, "[[spell]]AB-12[[/spell]] 12") == words(front, "[[spell]]ab[[/spell]] dash one two twelve")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("I [[emphasis]]really[[/emphasis]] do.", "ˌI ɹꜛiᵊli dˈu."),
        ("[[emphasis strong]]one, [[emphasis reduced]]two[[/emphasis]]! Three", "wꜝʌn, tꜜu! θɹˈi"),
        ("[[emphasis]]twelve 12 kg[[/emphasis]] 12", "twꜛɛlv twꜛɛlv kꜛɪləɡɹˌæmz twˈɛlv"),
        ("[[emphasis]]NASA [[spell]]A-1[[/spell]] & x.com", "nꜛæsə ꜛA dꜛæʃ wꜛʌn ꜛænd ꜛɛks dꜛɑt kꜛɑm"),
        ("[[emphasis]]well-known [w](/stɹ/) [w](/stɹˌOɹ/) [w](/stɹOɹ/)", "wꜛɛlnꜛOn stɹ stɹꜛOɹ stɹꜛOɹ"),
        ("I am [[emphasis]]am[[emphasis reduced]] am [[emphasis strong]]the the old", "ˌI ɐm ꜛæm ꜜɐm ðꜝə ðꜝi ꜝOld"),
        ("un[[emphasis]]real[[/emphasis]], [[/emphasis]][[emphasis]][[/emphasis]]one", "ˈʌn ɹꜛiᵊl, wˈʌn"),
    ],
)
def test_an_emphasised_word_has_one_mark_wherever_it_comes_from(front, text, said):
    assert [" ".join(front.events(text))] == [said]
    assert "emphasis" in front.spoken(text)[0]


def test_a_mark_is_counted_where_sentences_are_split(front):
    """29 times 41 possible phonemes and 30 times 40 fit into one sentence, but not 30 times 41."""
    for text, most in (("ABCD " * 60, 30), ("[[emphasis]]" + "ABCD " * 60, 29)):
        assert next(part for part in front.events(text) if isinstance(part, str)).count(" ") == most - 1


def test_emphasis_lasts_until_its_end_in_another_part_of_a_text(front):
    parts, carried = (
        ["One [[emphasis]]two.", "\n\nThree", "\n\n[[/emphasis]]Four. [[emphasis strong]]", "\n\n&"],
        Carried(),
    )
    said = [[*front.events(part, carried)] for part in parts]
    assert said == [["wˈʌn tꜛu."], ["θɹꜛi"], ["fˈɔɹ."], ["ꜝænd"]]
    assert [*front.events("".join(parts))] == [sentence for part in said for sentence in part]


@pytest.mark.parametrize(
    ("pack", "ssml", "said"),
    [
        ("en-us", "<emphasis>John</emphasis>'s car", "ʤꜛɑnz kˈɑɹ"),
        ("en-us", "well-<emphasis>known</emphasis>, yes", "wꜛɛlnꜛOn, jˈɛs"),
        ("en-us", "un<emphasis level='strong'>re</emphasis>al b<emphasis>it</emphasis>s", "ˌʌnɹꜝiᵊl bꜛɪts"),
        ("en-us", "<emphasis>a</emphasis>[<emphasis level='strong'>[no</emphasis>", "ꜛɐ ((nꜝO"),
        ("fr", "l'<emphasis>ami</emphasis> de Paul", "lamꜛi də- pˈɔl"),
    ],
)
def test_ssml_emphasises_whole_words(pack, ssml, said):
    assert read(frontend(pack), f"<speak>{ssml}</speak>") == [said]


def test_ssml_emphasis_is_no_event_and_returns_to_the_level_around_it(front):
    def level(name, text):
        return f'<emphasis level="{name}">{text}</emphasis>'

    nested = level("strong", f"one {level('none', 'two ' + level('reduced', 'three') + ' four')} five")
    assert read(front, f"<speak>{nested}, six.</speak>") == ["wꜝʌn tˈu θɹꜜi fˈɔɹ fꜝIv, sˈɪks."]
    assert read(front, f"<speak><emphasis>one {level('moderate', 'two')}</emphasis> three</speak>") == ["wꜛʌn tꜛu θɹˈi"]
    assert to_markup(f"<speak>{level('none', 'one')}</speak>", front) == "one"


def read(front, ssml):
    return list(front.events(to_markup(ssml, front)))


def test_ssml_breaks_and_prosody_become_events(front):
    said = read(
        front,
        '<speak>Hi<break time="1.5s"/> <prosody rate="150%" pitch="-2st" volume="x-soft" range="low">you</prosody>!'
        "</speak>",
    )
    assert [part for part in said if isinstance(part, Event)] == [
        Event("pause", 1500), Event("rate", 384), Event("pitch", -2), Event("volume", 90), Event("expression", 154),
        Event("rate", 256), Event("pitch", 0), Event("volume", 256), Event("expression", 256),
    ]  # fmt: skip
    assert [part for part in said if isinstance(part, str)] == [*front("Hi"), *front("you!")]


def test_nested_prosody_is_relative_and_returns_to_what_was_around_it(front):
    said = read(front, '<speak><prosody rate="80%">a<prosody rate="+50%">b</prosody>c</prosody></speak>')
    assert [part.value for part in said if isinstance(part, Event)] == [205, 307, 205, 256]


def test_whispers_may_be_nested(front):
    said = read(
        front,
        '<speak>a<amazon:effect name="whispered">b<amazon:effect name="whispered">c</amazon:effect>d</amazon:effect>e'
        "</speak>",
    )
    assert said == [*front("a"), Event("whisper", 1), *front("bcd"), Event("whisper", 0), *front("e")]
    assert [event.written() for event in said if isinstance(event, Event)] == ["[[whisper]]", "[[/whisper]]"]
    assert "whisper" in " ".join(front.spoken("a [[whisper 1]] b"))


def test_prosody_beyond_what_the_watch_can_do_is_limited(front):
    said = read(front, '<speak><prosody rate="900%" pitch="+40st" volume="+40dB" range="+200%">a</prosody></speak>')
    assert said[:4] == [Event("rate", 512), Event("pitch", 12), Event("volume", 512), Event("expression", 512)]


def test_ssml_words_are_read_as_their_elements_say(front):
    ssml = (
        '<speak version="1.1" xml:lang="en-US"><sub alias="World Wide Web">WWW</sub> '
        '<phoneme ph="ˈtʃeɪs">Chase</phoneme> <phoneme alphabet="x-ticktalk" ph="ʧˈAs">Chase</phoneme> '
        '<say-as interpret-as="characters">NASA</say-as> <say-as interpret-as="cardinal">12</say-as></speak>'
    )
    assert read(front, ssml) == [
        words(front, "World Wide Web [a](/ˈʧAs/) [a](/ʧˈAs/) [[spell]]nasa[[/spell]] twelve"),
    ]


def test_sentences_and_paragraphs_are_apart(front):
    assert read(front, "<speak><p><s>One two</s><s>three</s></p>four</speak>") == [
        *front("One two"), *front("three"), *front("four"),
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["[[pause 5]]", "[<!-- -->[pause 5]]", "[&#91;pause 5]]", "[[[pause 5]]]"])
def test_text_inside_ssml_is_not_markup(front, text):
    assert not [part for part in read(front, f"<speak>a {text} b</speak>") if isinstance(part, Event)]


def test_a_speaker_is_chosen_by_name_and_any_other_name_is_text(front):
    several = front.with_speakers(["emma", "em"])
    text = "a [[voice em]]b [[voice emma]]c [[voice]]d"
    assert events(several, text) == [Event("voice", 1, "em"), Event("voice", 0, "emma"), Event("voice", -1)]
    assert "".join(event.written() for event in events(several, text)) == "[[voice em]][[voice emma]][[voice]]"
    for other in ("[[voice bob]]", "[[voice Em]]", "[[voice em ]]", "[[voice 1]]"):
        assert events(several, other) == [] and "voice" in " ".join(several.spoken(other))
    assert events(front, text) == [] and events(several.with_words({}), text) == events(several, text)


def test_ssml_speakers_are_nested_and_a_list_names_them_in_order_of_preference(front):
    several = front.with_speakers(["emma", "em"])
    ssml = '<speak>a<voice name="em">b<voice name="bob emma">c</voice>d</voice>e</speak>'
    assert [part.name for part in read(several, ssml) if isinstance(part, Event)] == ["em", "emma", "em", ""]
    with pytest.raises(MarkupError, match="line 1: <voice>: name 'bob'; use emma, em"):
        to_markup('<speak><voice name="bob">a</voice></speak>', several)
    with pytest.raises(MarkupError, match="attribute gender is not supported; use name"):
        to_markup('<speak><voice gender="female">a</voice></speak>', several)


@pytest.mark.parametrize(
    ("ssml", "message"),
    [
        ("<speak>\n<audio src='x'/></speak>", "line 2: <audio> is not supported; use p, s, break"),
        ("<speak>\n<voice name='x'>a</voice></speak>", "line 2: <voice>: name 'x'; the voice has only one speaker"),
        ("<p>a</p>", "<speak> must be the outermost element and must not be nested"),
        ("<speak><speak/></speak>", "<speak> must be the outermost element and must not be nested"),
        ("<speak>\n\n<s x='1'>a</s></speak>", "line 3: <s>: attribute x is not supported"),
        ("<speak><break time='1h'/></speak>", "<break>: time '1h'; write 500ms or 1.5s"),
        ("<speak><break time='11s'/></speak>", "at most 10000 ms"),
        ("<speak><break strength='odd'/></speak>", "<break>: strength 'odd'"),
        ("<speak><prosody rate='1'>a</prosody></speak>" * 2, "junk after document element"),
        ("<speak><prosody rate='+1'>a</prosody></speak>", "rate '+1'; write 120%"),
        ("<speak><prosody pitch='220Hz'>a</prosody></speak>", "pitch '220Hz'; write +2st"),
        ("<speak><prosody volume='odd'>a</prosody></speak>", "volume 'odd'"),
        ("<speak><prosody range='20Hz'>a</prosody></speak>", "range '20Hz'; write 120%"),
        ("<speak><prosody contour='x'>a</prosody></speak>", "<prosody>: attribute contour is not supported"),
        ("<speak><amazon:effect name='odd'>a</amazon:effect></speak>", "<amazon:effect>: name 'odd'; use whispered"),
        ("<speak><emphasis level='odd'>a</emphasis></speak>", "level 'odd'"),
        ("<speak><say-as interpret-as='odd'>a</say-as></speak>", "interpret-as 'odd'; use characters"),
        ("<speak><say-as>a</say-as></speak>", "<say-as>: without interpret-as; use characters"),
        ("<speak><sub>a</sub></speak>", "<sub>: attribute alias is missing or empty"),
        ("<speak><sub alias='a'><s>a</s></sub></speak>", "<s> cannot be inside <sub>"),
        ("<speak><phoneme ph='ʁ'>a</phoneme></speak>", "<phoneme>: ph: 'ʁ'"),
        ("<speak><phoneme ph='a' alphabet='sampa'>a</phoneme></speak>", "alphabet 'sampa'; use ipa or x-ticktalk"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><speak>&b;</speak>", "a document type is not allowed"),
        ("<speak>&b;</speak>", "column 8: undefined entity; XML has only lt, gt, amp, quot and apos"),
        ("<speak xml:lang='fr'>a</speak>", "<speak>: xml:lang 'fr', but the text is read in en-us"),
        ("<speak lang='en'>a</speak>", "<speak>: attribute lang is not supported"),
        ("<speak><prosody volume='6dB'>a</prosody></speak>", "write 120%, +20%, +6dB or one of silent"),
        ("<speak>" + "<p>" * 32, "more than 32 nested elements"),
        ("<speak>a", "no element found"),
        ("hello", "syntax error"),
        ("", "no element found"),
        ("<speak>" + "a" * MOST_BYTES, "at most 1048576"),
    ],
)
def test_ssml_that_is_wrong_is_told_with_element_and_line(front, ssml, message):
    with pytest.raises(MarkupError) as error:
        to_markup(ssml, front)
    assert message in str(error.value) and "\n" not in str(error.value)


def test_a_mark_behind_commands_belongs_to_the_utterance_before_them(front):
    said = [part for part in front.events("Go [[rate 150]]now[[rate]][[pitch]]! Then, stop") if isinstance(part, str)]
    assert said == [*front("Go"), *front("now!"), *front("Then, stop")]


def test_commands_of_ssml_are_never_split(front):
    """A run of characters without white space is split in folding, but no command is."""
    whispered = "".join(f'<amazon:effect name="whispered">{word},</amazon:effect>' for word in ["one", "two", "three"])
    spelled = "-".join(['<say-as interpret-as="digits">12</say-as>'] * 9)
    louder = '<prosody volume="110%" rate="101%" pitch="+1st" range="90%">' * 8
    marked = "-".join(f'<emphasis level="{level}">one</emphasis>' for level in ("strong", "reduced") * 9)
    for inner, events in ((whispered * 9, 54), (spelled, 0), (marked, 0), (louder + "a" + "</prosody>" * 8 + ".", 64)):
        said = read(front, f"<speak>{inner}</speak>")
        assert sum(isinstance(part, Event) for part in said) == events
        assert not any("(" in part or "sl" in part for part in said if isinstance(part, str))
    assert read(front, f"<speak>{marked}</speak>") == [" — ".join(["wꜝʌn", "wꜜʌn"] * 9)]
    assert read(front, f"<speak>{spelled}</speak>") == read(front, f"<speak>{spelled.replace('12', '1 2')}</speak>")


@pytest.mark.parametrize("content", ["阮 💃💃 Trần 🎉 Nguyễn ❤", "\u200b", "æ" * 48, "½" * 20, "", "[a](b)"])
def test_the_content_of_a_phoneme_element_is_never_read(front, content):
    form = f'<phoneme alphabet="x-ticktalk" ph="wˈɪn">{content}</phoneme>'
    assert read(front, f"<speak>Ask {form} now.</speak>") == [*front("Ask [x](/wˈɪn/) now.")]
    assert "wˈɪn" in "".join(read(front, f"<speak>{'w' * 150}{form}</speak>"))


@pytest.mark.parametrize("hidden", ["\u200b", "\u00ad", "<!-- -->"])
def test_brackets_that_folding_would_join_are_not_markup(front, hidden):
    for text in (f"[{hidden}[pause 9000]]", "［［pause 9000]]", f'[<sub alias="{hidden[:1]}[pause 9000]]">a</sub>'):
        text = text.replace('"<', '"&lt;')
        assert not [part for part in read(front, f"<speak>Write {text} here.</speak>") if isinstance(part, Event)]


def test_spelling_lasts_until_the_end_of_the_outermost_element(front):
    spelled = '<say-as interpret-as="characters">'
    ssml = f'<speak>{spelled}A<say-as interpret-as="digits">1</say-as>BAD</say-as> bad</speak>'
    assert read(front, ssml) == read(front, f"<speak>{spelled}A1BAD</say-as> bad</speak>")
