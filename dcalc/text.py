"""Text for terminals: what would act on one, or be hidden by one, is spelled out."""

from __future__ import annotations


def escape_unprintable(text: str, encoding: str = "utf-8") -> str:
    """The text with every character spelled out that a terminal would act on, or hide, or cannot show."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escape(char, encoding) for char in text)


def _escape(char: str, encoding: str) -> str:
    code = ord(char)
    if char.isprintable() or char in "\u00a0\u3000":
        return char if _can_show(char, encoding) else char.encode("unicode_escape").decode()
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8, as Python keeps it in a text
        return f"\\x{code - 0xDC00:02x}"
    return char.encode("unicode_escape").decode()


def _can_show(char: str, encoding: str) -> bool:
    """True where the encoding has the character; one that is spelled out takes more columns."""
    try:
        char.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
