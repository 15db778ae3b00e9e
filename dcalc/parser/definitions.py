"""Texts that are more than one expression: several functions, and equations.

Of functions it is told which one a text is about, in which order they are read, and which are dcalc's own. A
program that dcalc has written has helpers, and beside f its derivatives, which are known by their names.
"""

from __future__ import annotations

import re
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.errors import ParseError
from dcalc.expr import variables

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dcalc.expr import Expr
    from dcalc.functions import Row


RENAMED = "the variable {} is called {}"
"""The comment in a program for a variable whose name the language does not allow."""
_RENAMED = re.compile(r"^(?:#|//|%) " + RENAMED.format(r"(\w+)", r"(\w+)") + "$", re.MULTILINE)
HELPERS = "helpers.txt"
"""The file beside the spellings with a line for each helper that dcalc writes: its fingerprint and its row."""
_WORD = re.compile(r"[^\W\d]\w*")


def find_base(name: str, names: Collection[str]) -> str | None:
    """The function that another one is called a derivative of: f of `df_dx`, `d2f_dxdy`, `grad_f` and `hess_f`."""
    if match := re.fullmatch(r"(?:grad|hess|jac)_(\w+)", name):
        return match[1] if match[1] in names else None
    stem = re.sub(r"^d\d*", "", name) if name.startswith("d") else ""
    places = [match.start() for match in re.finditer(r"_d\w", stem)]
    return next((stem[:place] for place in places if stem[:place] in names), None)


def main_functions(calls: Mapping[str, Collection[str]]) -> list[str]:
    """The functions that a text may be about, given which of them each one calls.

    That is the one that others are derivatives of, or else all that no other one calls.
    """
    bases = {base for name in calls if (base := find_base(name, calls)) is not None}
    first = [base for base in bases if find_base(base, calls) is None]
    if len(first) == 1:
        return first
    called = {callee for callees in calls.values() for callee in callees}
    return [name for name in calls if name not in called]


def find_captured(value: Expr, own: Collection[str], others: Collection[str]) -> str | None:
    """A variable of a function that is not among its own parameters, and is one of the ``others``, those of other
    functions: what is meant is another one."""
    return next((name for name in variables(value) if name not in own and name in others), None)


def mentions(text: str, names: Collection[str]) -> list[str]:
    """Those of the names that a text mentions."""
    return [word for word in dict.fromkeys(_WORD.findall(text)) if word in names]


def sort_callees_first(
    main: str, calls: Mapping[str, Collection[str]], spans: Mapping[str, tuple[int, int]]
) -> list[str]:
    """What ``main`` calls, directly or not, each after what it calls itself, and ``main`` last.

    Raises ParseError for a function that calls itself, with its place in ``spans``.
    """
    order: dict[str, None] = {}
    active: set[str] = set()
    stack = [(main, False)]
    while stack:
        name, is_done = stack.pop()
        if is_done:
            active.discard(name)
            order[name] = None
        elif name in active:
            raise ParseError(f"{name} calls itself", span=spans[name], help="write its formula")
        elif name not in order:
            active.add(name)
            stack.append((name, True))
            stack += [(callee, False) for callee in calls[name]]
    return list(order)


def original_names(source: str) -> dict[str, str]:
    """The names of the variables that a program had to call otherwise, as comments of its head say, by what it calls
    them."""
    return {match[2]: match[1] for match in _RENAMED.finditer(source)}


def fingerprint(text: str) -> str:
    """What tells the text of a function from others, whatever the white space."""
    return blake2b(" ".join(text.split()).encode(), digest_size=8).hexdigest()


def known_helper(text: str) -> Row | None:
    """The row that a function stands for whose text is, word by word, that of a helper of dcalc's own; else None."""
    key = _read_helpers().get(fingerprint(text))
    return None if key is None else table.BY_KEY.get(key)


@cache
def _read_helpers() -> Mapping[str, str]:
    path = Path(__file__).parent.parent / "spellings" / HELPERS
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return dict(line.split(" ", 1) for line in lines)


# --- Equations: both sides of `cos(x) = x`, where a command takes one.

_EQUALS = re.compile(r"(?<![<>=!:])==?(?!=)")
_HEAD = re.compile(r"\s*([^\W\d]\w*)(?:\s*\(\s*[^\W\d]\w*\s*\))?\s*")
_MODEL = re.compile(r"\s*([^\W\d]\w*)\s*(=(?!=)|~)(?=\s*\S)")


def split_equation(text: str, *, of_curve: bool = False) -> list[str]:
    """Both sides of an equation, which may have the `==` of programs; the text alone where it is none.

    `f(x) = x**2` and `y = x**2` name what is on the right, and so are not equations, unless y stands on the right, too;
    the second is one where a curve is asked for.
    """
    signs = [match for match in _EQUALS.finditer(text) if _is_outside_brackets(text, match.start())]
    if len(signs) != 1 or ";" in text:
        return [text]
    left, right = text[: signs[0].start()], text[signs[0].end() :]
    head = _HEAD.fullmatch(left) if signs[0][0] == "=" else None
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
