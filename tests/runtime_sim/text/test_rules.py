"""Test the text that rule patterns match, and the patterns that are refused when they are compiled."""

import pytest

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.match import Table, match
from ticktalk.runtime_sim.text.rules import compile_rules

TABLES = {"unit": Table({"km": "kilometer|kilometers", "km/h": "kilometers per hour", "k": "thousand"})}
END = "\0" * 8


def taken(pattern, text, at=0):
    """Return (end, captured texts) of a match at `at`, or None if the pattern does not match."""
    (rule,) = compile_rules([{"match": pattern, "say": "x"}], TABLES, "test")
    found = match(rule, text + END, at, TABLES)
    return found and (found[0], [text[a:b] for a, b, _ in found[1]])


@pytest.mark.parametrize(
    "pattern, text, expected",
    [
        ("{d1-2}:{d2<60}$", "7:45 pm", (4, ["7", "45"])),
        ("{d1-2}:{d2<60}$", "7:60", None),
        ("{d1-2}:{d2<60}$", "7:455", None),
        ("{d2}", "123", None),
        ("{n}", "1,234.5 km", (7, ["1,234.5"])),
        ("{n}", "1,2345", (1, ["1"])),
        ("{n}", "5.", (1, ["5"])),
        ("{-}{n}_{unit}$", "−12 km", (6, ["−", "12", "km"])),
        ("{-}{n}_{unit}$", "12km/h", (6, ["", "12", "km/h"])),
        ("{n}{unit}$", "12kms", None),
        ("{d1}(:{d2}){unit}", "5:3km", None),
        ("{d1}(:{d2})", "5:3", (1, ["5", ""])),
        ("{d1}(:{d2})", "5:30", (4, ["5", "30"])),
        ("a b", "a b", (3, [])),
        ("a b", "ab", None),
        ("v{d1}", "V2", (2, ["2"])),
        ("V{d1}", "v2", None),
        ("{d1}>_[a-c]", "1 b", (1, ["1"])),
        ("{d1}>_[a-c]", "1 d", None),
        ("{W}{d1}", "AB1", (3, ["AB", "1"])),
    ],
)
def test_a_pattern_takes_as_much_as_it_can_or_nothing(pattern, text, expected):
    assert taken(pattern, text) == expected


@pytest.mark.parametrize(
    "rule, complaint",
    [
        ({"match": "{d1", "say": "x"}, "unclosed brace"),
        ({"match": "((a))", "say": "x"}, "nested brackets"),
        ({"match": "(a", "say": "x"}, "unclosed bracket"),
        ({"match": "a)", "say": "x"}, "closing bracket without an opening one"),
        ({"match": "[ab", "say": "x"}, "square bracket"),
        ({"match": "{nothing}", "say": "x"}, "no table or field is called {nothing}"),
        ({"match": "{d1}", "say": "c2"}, "there is no capture 2"),
        ({"match": "{d1}" * 10, "say": "x"}, "more than 9 captures"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_with_its_name(rule, complaint):
    with pytest.raises(LanguageError, match="rules.toml: rule mine") as error:
        compile_rules([{"name": "mine", **rule}], TABLES, "rules.toml")
    assert complaint in str(error.value)


@pytest.mark.parametrize("pack", ["en-us", "en-us-small"])
def test_an_ending_sounds_the_same_after_a_stem_that_the_network_reads(pack):
    front = frontend(pack)
    for stem, word, ending in (("zorbit", "zorbits", "s"), ("plivvy", "plivvies", "z"), ("dromble", "dromble's", "z")):
        assert stem not in front.words.lexicon
        said = [front(f"the {each} go")[0].split()[1] for each in (stem, word)]
        assert said[1] == said[0] + ending
