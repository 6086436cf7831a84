"""Instruction classes: a coarse classification of mnemonics for comparing loops."""

import re

CLASSES = ("load", "store", "multiply", "unpack", "saturate", "arithmetic", "branch", "vector", "other")

_CONDITION = "(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|hs|lo)?"
_RULES = [
    (name, re.compile(pattern + r"\Z"))
    for name, pattern in (
        ("branch", rf"(?:b|bl|blx|bx|tbb|tbh|cbn?z|wls|wlstp.*|dls|dlstp.*|le|letp|lctp|it[te]*){_CONDITION}"),
        ("vector", r"v.*"),
        ("load", rf"(?:ldr(?:b|h|sb|sh|d|t|bt|ht)?|ldm(?:ia|db|fd|ea)?|pop){_CONDITION}"),
        ("store", rf"(?:str(?:b|h|d|t|bt|ht)?|stm(?:ia|db|fd|ea)?|push){_CONDITION}"),
        (
            "multiply",
            rf"(?:mul|muls|mla|mls|[us]mull|[us]mlal|umaal|smm(?:ul|la|ls)r?|smul[bt][bt]|smla[bt][bt]|smlal[bt][bt]|smulw[bt]|smlaw[bt]"
            rf"|sml[as]l?dx?|smu[as]dx?|[us]div){_CONDITION}",
        ),
        ("unpack", rf"(?:[us]xta?[bh](?:16)?|[us]bfx|bfi|bfc|pkh(?:bt|tb)|rev(?:16|sh)?){_CONDITION}"),
        ("saturate", rf"(?:[us]sat(?:16)?|qd?(?:add|sub)(?:8|16)?){_CONDITION}"),
        (
            "arithmetic",
            rf"(?:adds?|addw|adcs?|subs?|subw|sbcs?|rsbs?|movs?|movw|movt|mvns?|ands?|orrs?|orns?|eors?|bics?|cmp|cmn|tst|teq|asrs?|lsrs?"
            rf"|lsls?|[la]s[lr]l|rors?|rrxs?|clz|rbit|adr|[us](?:h|add|sub|asx|sax)\w*|sel|csel|csinc|csinv|csneg|cset|csetm|cinc){_CONDITION}",
        ),
    )
]


def class_of(mnemonic: str) -> str:
    """Return the class of an instruction, one of CLASSES.

    A load of several registers counts as a load even if it branches.
    """
    return next((name for name, rule in _RULES if rule.match(mnemonic)), "other")
