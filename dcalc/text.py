"""Text for people: how wide it is, what of it may be shown, lists of words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
"""A decimal that reads as a double."""

# --- characters -------------------------------------------------------------------------------


MISSING = frozenset("na n/a nan null none ? #n/a #na #null! #num! #value! #ref! #name? #div/0!".split()) | {""}
"""What stands in tables, in lower case, where a value is missing; spreadsheets write those with #."""


def is_missing(cell: str) -> bool:
    """True for a cell of text that stands for a missing value."""
    return cell.strip().lower() in MISSING


def text_width(text: str) -> int:
    """How many columns of a terminal the text takes, as Rich counts them. The text holds no control characters."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # 30 ms, which ASCII does without

    return cell_len(text)


def escape_unprintable(text: str, encoding: str = "utf-8") -> str:
    """The text with every character spelled out that a terminal would act on, or hide, or cannot show.

    It stays on its line, whatever is in it.
    """
    if text.isprintable() and (text.isascii() or encoding.lower() in ("utf-8", "utf8")):
        return text
    # By distinct character: a text of 10 MB may have one that is to be spelled out, 10 million times.
    return text.translate({ord(char): _escape(char, encoding) for char in set(text)})


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


def shorten(text: str, limit: int, gap: str = " ... [{count:,} characters] ... ") -> str:
    """The text, or its ends around a gap, which may tell the count of its characters."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return text[:half] + gap.format(count=len(text)) + text[-half:]


# --- Did you mean: the nearest of the words that would have been right; and lists of words.


def count_noun(count: float, noun: str) -> str:
    """A number with its noun, in the plural where it is not 1: `1 row`, `2,000 rows`, `1.5 ulps`."""
    number = f"{count:,}" if isinstance(count, int) else f"{count:.3g}"
    return f"{number} {noun}{'s' * (number != '1')}"


def join_words(words: Sequence[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def some(words: Iterable[str], most: int = 8) -> list[str]:
    """The first of the words, and `...` where there are more."""
    everything = list(words)
    return [*everything[:most], *(["..."] if len(everything) > most else [])]


def nearest(word: str, words: Iterable[str], count: int = 3) -> list[str]:
    """Up to ``count`` of the words that look like ``word``, the most alike first."""
    # Imported here, since only mistakes need it.
    from difflib import get_close_matches

    folded = {known.lower(): known for known in words}
    return [folded[match] for match in get_close_matches(word.lower(), list(folded), n=count, cutoff=0.65)]


def did_you_mean(word: str, words: Iterable[str], otherwise: str) -> str:
    """The text after `help:`, which is ``otherwise`` where nothing looks like the word."""
    similar = nearest(word, words)
    return f"did you mean {join_words(similar)}?" if similar else otherwise


def unknown_name(what: str, word: str, words: Iterable[str]) -> UsageError:
    """The error for a word that names no ``what``, with the nearest of those that do, or all of them."""
    names = list(words)
    near = nearest(word, names, 1)
    fix = f"did you mean {near[0]}?" if near else f"there are {join_words(names, 'and')}"
    return UsageError(f"no {what} named {word}" if word.strip() else f"no {what} is given", help=fix)


def unknown_suffix(path: str, suffixes: Iterable[str]) -> UsageError:
    """The error for the name of a file to write whose suffix tells no format; ``suffixes`` are those that do."""
    known = " ".join(f".{suffix}" for suffix in suffixes)
    suffix = path.rpartition(".")[2].lower()
    return UsageError(
        f"{path}: no format is known by the suffix .{suffix}", help=f"end the name in {known}, or say --format"
    )


def find_longer_title(name: str, titles: Iterable[str]) -> str | None:
    """The title that begins with a name, as `x [m]` does; None where there is none."""
    return next((title for title in titles if re.match(rf"{re.escape(name)}\W", title)), None)


def closest_option(word: str, options: Iterable[str], otherwise: str) -> str:
    """As `did_you_mean` for `--word`, without the dashes, in which all options are alike."""
    names = [option[2:] for option in options if option.startswith("--")]
    similar = [f"--{name}" for name in nearest(word.lstrip("-"), names)]
    return f"did you mean {join_words(similar)}?" if similar else otherwise
