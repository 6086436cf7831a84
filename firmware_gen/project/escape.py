"""Escape untrusted text (names, titles, licences, tensor names) in generated files.

render.py passes every printed value through `for_template`, so no template can omit the escaping. Numbers and `Code`
are printed unchanged. All other values are escaped for the language of the generated file. `Code` is text that is
already in that language, such as an array initialiser. Only ticktalk itself creates `Code`.
"""

import re
from collections.abc import Callable
from numbers import Number
from xml.sax.saxutils import escape

from markupsafe import Markup


class Code(Markup):
    """Text that is already in the language of the generated file and is printed without escaping. Never create `Code`
    from untrusted text."""


def one_line(text: str) -> str:
    """Replace each run of control, invisible, or line-breaking characters with one space."""
    return re.sub(r"[^\S ]+|[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+", " ", text)


def c(text: str) -> str:
    """Escape text for block comments and string literals in C and linker scripts.

    The result cannot end the comment or literal and contains no trigraphs.
    """
    text = one_line(text).replace("\\", "/").replace('"', "'")
    return re.sub(r"/(?=\*)|\*(?=/)|\?(?=\?)", r"\g<0> ", text)


def octal(data: bytes) -> str:
    """Return bytes as the body of a C string literal, all as octal escapes, which never exceed three digits."""
    return "".join(f"\\{byte:03o}" for byte in data)


def cmake(text: str) -> str:
    """Escape text for CMake comments and quoted arguments by replacing references, escapes and quotes."""
    return re.sub(r'[\\"$;]', "_", one_line(text))


def markdown(text: str) -> str:
    """Escape text for Markdown prose and table cells: the result contains no tags, links, code spans or cell
    separators."""
    return re.sub(r"[`<>|\[\]\\]", lambda mark: f"&#{ord(mark[0])};", one_line(text).replace("&", "&amp;"))


def kconfig(text: str) -> str:
    """Escape text for Kconfig strings and help texts, without references to variables, macros or commands."""
    return c(text).replace("$", "_")


def xml(text: str) -> str:
    """Escape text for XML element content and quoted attributes."""
    return escape(one_line(text), {'"': "&quot;"})


_LANGUAGES: tuple[tuple[str, Callable[[str], str]], ...] = (
    (".md", markdown),
    (".cmake", cmake),
    ("CMakeLists.txt", cmake),
    ("NOTICE", one_line),
    (".pdsc", xml),
    ("Kconfig", kconfig),
)


def language_of(template: str) -> Callable[[str], str]:
    """Return the escape function for the file generated from `template`. The default is C."""
    name = template.removesuffix(".j2")
    return next((escape for suffix, escape in _LANGUAGES if name.endswith(suffix)), c)


def for_template(template: str, value: object) -> Markup:
    """Return `value` escaped for printing in `template`."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, Number):
        return Code(value)
    return Code(language_of(template)(str(value)))
