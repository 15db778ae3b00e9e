"""Did you mean: the nearest of the words that would have been right."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def listed(words: Sequence[str], last: str = "or") -> str:
    """`a`, `a or b`, `a, b or c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


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


def closest_option(word: str, options: Iterable[str], otherwise: str) -> str:
    """As `did_you_mean` for `--word`; its dashes, which all have, make nothing alike."""
    known = [option[2:] for option in options if option.startswith("--")]
    found = [f"--{name}" for name in nearest(word.lstrip("-"), known)]
    return f"did you mean {listed(found)}?" if found else otherwise
