"""Did you mean: the nearest of the words that would have been right; and lists of words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


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


def closest_option(word: str, options: Iterable[str], otherwise: str) -> str:
    """As `did_you_mean` for `--word`, without the dashes, in which all options are alike."""
    names = [option[2:] for option in options if option.startswith("--")]
    similar = [f"--{name}" for name in nearest(word.lstrip("-"), names)]
    return f"did you mean {join_words(similar)}?" if similar else otherwise
