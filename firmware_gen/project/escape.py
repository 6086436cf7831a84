"""Escape text from outside (names, titles, licences, tensor names) in generated files.

render.py passes every value that a template prints through `for_template`, so no template can forget it. Numbers and
`Code` are printed unchanged; any other value is escaped for the language of the generated file. Only ticktalk itself
makes `Code`: text in that language, such as the initialiser of an array.
"""

import re
from collections.abc import Callable
from numbers import Number

from markupsafe import Markup


class Code(Markup):
    """Text in the language of the file that it is printed into. Text from outside must never become `Code`."""


def one_line(text: str) -> str:
    """Replace each run of control, invisible or line-ending characters with one space."""
    return re.sub(r"[^\S ]+|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+", " ", text)


def c(text: str) -> str:
    """Escape for block comments and string literals of C and linker scripts. The text can end neither, and forms no
    trigraph."""
    text = one_line(text).replace("\\", "/").replace('"', "'")
    return re.sub(r"/(?=\*)|\*(?=/)|\?(?=\?)", r"\g<0> ", text)


def cmake(text: str) -> str:
    """Escape for comments and quoted arguments of CMake: no references, escapes or quotes."""
    return re.sub(r'[\\"$;]', "_", one_line(text))


def markdown(text: str) -> str:
    """Escape for text and table cells of Markdown: no tags, links, code spans or cell borders."""
    return re.sub(r"[`<>|\[\]\\]", lambda mark: f"&#{ord(mark[0])};", one_line(text).replace("&", "&amp;"))


_LANGUAGES: tuple[tuple[str, Callable[[str], str]], ...] = (
    (".md", markdown),
    (".cmake", cmake),
    ("CMakeLists.txt", cmake),
    ("NOTICE", one_line),
)


def language_of(template: str) -> Callable[[str], str]:
    """Return the escape function for the file that `template` becomes. The default is C."""
    name = template.removesuffix(".j2")
    return next((escape for suffix, escape in _LANGUAGES if name.endswith(suffix)), c)


def for_template(template: str, value: object) -> Markup:
    """Return `value` in the form in which `template` may print it."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Number):
        return Code(value)
    return Code(language_of(template)(str(value)))
