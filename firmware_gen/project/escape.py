"""Text from outside (names, titles, licences, tensor names) in generated files: it stays text.

render.py passes every value that a template prints through `for_template`, so no template can forget it: numbers and
`Code` are printed as they are, every other value is made harmless for the language of the file that is written. A value
that is text of that language by itself, such as an array's initialiser, is made by ticktalk alone and marked as `Code`.
"""

import re
from collections.abc import Callable
from numbers import Number

from markupsafe import Markup


class Code(Markup):
    """Text in the language of the file that it is printed into. Nothing that comes from outside may become this."""


def one_line(text: str) -> str:
    """Every run of characters that end a line, move the cursor or cannot be seen is one space."""
    return re.sub(r"[^\S ]+|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+", " ", text)


def c(text: str) -> str:
    """For block comments and string literals of C and of linker scripts: ends neither, and makes no trigraph."""
    text = one_line(text).replace("\\", "/").replace('"', "'")
    return re.sub(r"/(?=\*)|\*(?=/)|\?(?=\?)", r"\g<0> ", text)


def cmake(text: str) -> str:
    """For comments and quoted arguments of CMake: no reference, no escape, no end of the quotes."""
    return re.sub(r'[\\"$;]', "_", one_line(text))


def markdown(text: str) -> str:
    """For running text and table cells: no tag, link, code span or cell begins or ends in it."""
    return re.sub(r"[`<>|\[\]\\]", lambda mark: f"&#{ord(mark[0])};", one_line(text).replace("&", "&amp;"))


_LANGUAGES: tuple[tuple[str, Callable[[str], str]], ...] = (
    (".md", markdown),
    (".cmake", cmake),
    ("CMakeLists.txt", cmake),
    ("NOTICE", one_line),
)


def language_of(template: str) -> Callable[[str], str]:
    """What makes text harmless in what `template` becomes; C where nothing else is known."""
    name = template.removesuffix(".j2")
    return next((escape for suffix, escape in _LANGUAGES if name.endswith(suffix)), c)


def for_template(template: str, value: object) -> Markup:
    """`value` as `template` may print it."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Number):
        return Code(value)
    return Code(language_of(template)(str(value)))
