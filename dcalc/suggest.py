"""Did you mean: the nearest of the words that would have been right; and lists of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def listed(words: Sequence[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def some(words: Iterable[str], most: int = 8) -> list[str]:
    """The first of the words, and `...` where there are more."""
    known = list(words)
    return [*known[:most], *(["..."] if len(known) > most else [])]


def nearest(word: str, words: Iterable[str], count: int = 3) -> list[str]:
    """Up to ``count`` of the words that look like ``word``, the most alike first."""
    # Imported here, for only a mistake needs it.
    from difflib import get_close_matches

    folded = {known.lower(): known for known in words}
    return [folded[match] for match in get_close_matches(word.lower(), list(folded), n=count, cutoff=0.65)]


def did_you_mean(word: str, words: Iterable[str], otherwise: str) -> str:
    """The text after `help:`, which is ``otherwise`` where nothing looks like the word."""
    found = nearest(word, words)
    return f"did you mean {listed(found)}?" if found else otherwise


def unknown(what: str, word: str, words: Iterable[str]) -> UsageError:
    """For a word that is none of those that name a ``what``: the nearest of them, or all."""
    known = list(words)
    near = nearest(word, known, 1)
    fix = f"did you mean {near[0]}?" if near else f"there are {listed(known, 'and')}"
    return UsageError(f"no {what} named {word}" if word.strip() else f"no {what} is named", help=fix)


def closest_option(word: str, options: Iterable[str], otherwise: str) -> str:
    """As `did_you_mean` for `--word`; its dashes, which all have, make nothing alike."""
    known = [option[2:] for option in options if option.startswith("--")]
    found = [f"--{name}" for name in nearest(word.lstrip("-"), known)]
    return f"did you mean {listed(found)}?" if found else otherwise
