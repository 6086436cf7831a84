"""Text as the bytes that a watch gets, and bytes as text."""


def encoded(text: str | bytes) -> bytes:
    """Return `text` in UTF-8. Bytes that Python could not decode (surrogate escapes) become what they were."""
    if isinstance(text, bytes):
        return text
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # other surrogates, which only a Python program can make
        return text.encode("utf-8", "surrogatepass")


def decoded(text: str | bytes) -> str:
    """Return `text` with U+FFFD for whatever is not UTF-8."""
    return encoded(text).decode("utf-8", "replace")
