"""Convert text to the bytes that a watch receives, and bytes to text."""


def encoded(text: str | bytes) -> bytes:
    """Return `text` in UTF-8. Bytes that Python could not decode (surrogate escapes) regain their original values."""
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # other surrogates, which only a Python program can create
        return text.encode("utf-8", "surrogatepass")


def decoded(text: str | bytes) -> str:
    """Return `text` with U+FFFD in place of anything that is not valid UTF-8."""
    return encoded(text).decode("utf-8", "replace")
