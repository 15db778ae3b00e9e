"""Equations: both sides of `cos(x) = x`, where a command takes one."""

from __future__ import annotations

import re

_EQUALS = re.compile(r"(?<![<>=!:])=(?!=)")
_HEAD = re.compile(r"\s*([^\W\d]\w*)(?:\s*\(\s*[^\W\d]\w*\s*\))?\s*")
_MODEL = re.compile(r"\s*([^\W\d]\w*)\s*(=(?!=)|~)(?=\s*\S)")


def split_equation(text: str, *, of_curve: bool = False) -> list[str]:
    """Both sides of an equation; the text alone where it is none.

    `f(x) = x**2` and `y = x**2` name what is on the right, and so are not equations, unless y stands on the right, too;
    the second is one where a curve is asked for.
    """
    places = [match.start() for match in _EQUALS.finditer(text) if _is_outside_brackets(text, match.start())]
    if len(places) != 1 or ";" in text:
        return [text]
    left, right = text[: places[0]], text[places[0] + 1 :]
    head = _HEAD.fullmatch(left)
    if head is not None and right.strip() and _is_name_of(head[1], left, right) and ("(" in left or not of_curve):
        return [text]
    return [left, right]


def read_model(text: str) -> tuple[str, str | None]:
    """A model as it is to be parsed, and the y of `y = a*x + b`, which R and Python's formulas write `y ~ a*x + b`."""
    match = _MODEL.match(text)
    if match is None:
        return text, None
    return f"{text[: match.start(2)]}={text[match.end(2) :]}", match[1]


def _is_name_of(name: str, left: str, right: str) -> bool:
    words = set(re.findall(r"[^\W\d]\w*", right))
    if "(" in left:
        return len(name) == 1
    return name not in words and bool(words)


def _is_outside_brackets(text: str, place: int) -> bool:
    before = text[:place]
    return before.count("(") == before.count(")") and before.count("[") == before.count("]")
