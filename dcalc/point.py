"""Points: numbers and sweeps by name, how they are matched with an expression, and how they are read from text.

A coordinate is the double that a decimal reads as, and the exact constant that any other text means; where
more than 17 digits are asked for, decimals are exact, too. Sweeps count in exact steps and are never held in
memory. A text is read as blocks of points (the values of --at, a line of points, `at` in a JSON problem), as
ranges (--over), or as a direction (--along).
"""

from __future__ import annotations

import math
import re
from contextlib import contextmanager
from contextvars import ContextVar
from fractions import Fraction
from functools import cache
from math import isfinite, isinf
from sys import float_info
from typing import TYPE_CHECKING, Any

from dcalc.coordinates import nearest_double
from dcalc.errors import DcalcError, LimitError, ParseError, UnknownVariable, UsageError
from dcalc.functions import NUMBER
from dcalc.problem import DOUBLE_DIGITS
from dcalc.records import NamedTuple
from dcalc.text import FLOAT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dcalc.expr import Expr


Value = Any  # a float, or an Expr: the exact constant that was typed
Name = str | int | None  # of a value: None for the only variable, a number for a place in the order of the variables
TextSpan = tuple[str, tuple[int, int]]
"""A text, and a span in it that messages show."""

MOST_POINTS = 10_000_000
"""A sweep with more is refused: it is more often a slip of the step than meant."""


class Sweep:
    """``count`` values, the first of which is ``start``, ``step`` apart.

    ``exactly`` gives the k-th value as an exact constant, where those are asked for.
    """

    # No dataclass: making one would cost a short call more than all the rest of this file.
    __slots__ = ("count", "exactly", "start", "step")

    def __init__(
        self, start: Fraction, step: Fraction, count: int, exactly: Callable[[int], Value] | None = None
    ) -> None:
        self.start = start
        self.step = step
        self.count = count
        self.exactly = exactly

    def __iter__(self) -> Iterator[Value]:
        """The values, each computed when it is asked for."""
        if self.exactly is not None:
            return map(self.exactly, range(self.count))
        # On a common denominator: the quotient of two ints is correctly rounded.
        scale = self.start.denominator * self.step.denominator
        first = self.start.numerator * self.step.denominator
        step = self.step.numerator * self.start.denominator
        return ((first + k * step) / scale for k in range(self.count))


class Grid(NamedTuple):
    """A value or a sweep for each name: one point, or the grid on which the sweeps cross.

    The name None stands for the only variable, and 0, 1, ... for the variables in their order. ``places`` tells, of
    all names as they were given, where each was written, for messages; ``words`` holds the texts of the values where
    the notation is to be echoed.
    """

    values: Mapping[Name, Value]
    sweeps: Mapping[Name, Sweep]
    places: Mapping[Name, TextSpan | None]
    words: Mapping[Name, str]

    def points(self, only: str, keep: set[str] | None = None, order: Sequence[str] = ()) -> Iterator[dict[str, Value]]:
        """The points, in which the last sweep runs fastest; ``only`` is the name of a value without one.

        ``order`` are the names of values that stand in the order of the variables.

        With ``keep``, values of other names are left out, as a batch of expressions needs it.
        """
        base: dict[str, Value] = {}
        sweeps: list[tuple[str, Sweep]] = []
        for given, value in (*self.values.items(), *self.sweeps.items()):
            name = order[given] if isinstance(given, int) else given or only
            if keep is not None and name not in keep:
                continue
            if isinstance(value, Sweep):
                sweeps.append((name, value))
            else:
                base[name] = value
        if sweeps:
            yield from _cross_sweeps(base, sweeps)
        else:
            yield base


def _cross_sweeps(base: dict[str, Value], sweeps: list[tuple[str, Sweep]]) -> Iterator[dict[str, Value]]:
    if not sweeps:
        yield base
        return
    (name, sweep), *rest = sweeps
    for value in sweep:
        yield from _cross_sweeps({**base, name: value}, rest)


class PointSet:
    """All points at which one or several expressions are asked for. Raises LimitError where there are too many."""

    def __init__(self, grids: Sequence[Grid]) -> None:
        self.grids = grids
        self.names: set[str] = set()
        self.count = 0
        self.is_unusual = False
        """Whether one is written in another way than x=1,y=2, as by values in the order of the variables."""
        for grid in grids:
            if 0 not in grid.places and None not in grid.places:
                self.names.update(map(str, grid.places))
            self.count += math.prod(sweep.count for sweep in grid.sweeps.values()) if grid.sweeps else 1
            self.is_unusual = self.is_unusual or 0 in grid.places or bool(grid.words)
        if self.count > MOST_POINTS:
            raise LimitError(f"the sweep has more than {MOST_POINTS:,} points", help="take a larger step")

    def points(
        self, variables: Sequence[str], wrt: Sequence[str], *, lenient: bool = False, order: Sequence[str] = ()
    ) -> Iterator[dict[str, Value]]:
        """The points for an expression with these variables.

        ``wrt`` may name more; ``lenient`` passes over names that are in neither, as in a
        batch of expressions. ``order`` is that of values without names, if not that of ``variables``.
        Raises UnknownVariable where names and variables do not fit.
        """
        names = set(variables) | set(wrt)
        for grid in self.grids:
            only = _match_names(grid, variables, wrt, names, lenient, order or variables)
            yield from grid.points(only, names if lenient else None, order or variables)

    def echo(self, order: Sequence[str]) -> tuple[str, ...]:
        """A note on the first point that `is_unusual`, with how it is read."""
        for grid in self.grids:
            if grid.words and (0 not in grid.words or len(order) >= len(grid.words)):
                titles = (order[name] if isinstance(name, int) else name for name in grid.words)
                pairs = [
                    f"{title}={word}" if title else word
                    for title, word in zip(titles, grid.words.values(), strict=True)
                ]
                return (f"the point is read as {','.join(pairs)}",)
        return ()


def _match_names(
    grid: Grid, variables: Sequence[str], wrt: Sequence[str], allowed: set[str], lenient: bool, order: Sequence[str]
) -> str:
    """Check the names of a grid. Returns the name that a value without one belongs to."""
    names = grid.places
    if 0 in names:
        _match_order(grid, variables, order)
        return ""
    if None in names:
        if len(variables) == 1:
            return variables[0]
        if not variables and wrt:
            return wrt[0]
        raise _refuse_single_value(variables, names[None])
    if not lenient:
        for name, place in names.items():
            if name not in allowed:
                raise _not_a_variable(str(name), variables, place)
    for name in variables:
        if name not in names:
            raise UnknownVariable(f"no value is given for {name}", help=suggest_values(variables))
    return ""


def suggest_values(variables: Sequence[str]) -> str:
    """A help that shows values for the variables, as they can be typed."""
    if len(variables) > 8:
        return f"give every variable a value: --at {variables[0]}=1 --at {variables[1]}=2 and so on"
    return "write --at " + ",".join(f"{name}={value}" for value, name in enumerate(variables, 1))


def _match_order(grid: Grid, variables: Sequence[str], order: Sequence[str]) -> None:
    """Check that values without names are as many as the variables in their order."""
    count = len(grid.places)
    text, span = grid.places[1] or ("", (0, 0))
    if len(order) == 1:
        raise name_given_twice(None, text, *span)
    if count != len(order):
        message = f"{count} values, but the expression has {len(order) or 'no'} variables"
        help = suggest_values(variables) if variables else "leave --at out"
        raise _point_out((text, (0, len(text))), message, help)
    if missing := [name for name in variables if name not in order]:
        raise UnknownVariable(f"no value is given for {missing[0]}", help=suggest_values(variables))


def _refuse_single_value(variables: Sequence[str], place: TextSpan | None) -> UnknownVariable:
    """The error for a value without a name where there is not one variable."""
    if not variables:
        return _point_out(place, "the expression has no variable", "leave --at out")
    return _point_out(place, f"one value, but the expression has {len(variables)} variables", suggest_values(variables))


def _point_out(place: TextSpan | None, message: str, help: str) -> UnknownVariable:
    source, span = place or (None, None)
    return UnknownVariable(message, source=source, span=span, help=help)


def _not_a_variable(name: str, variables: Sequence[str], place: TextSpan | None) -> UnknownVariable:
    from dcalc.text import did_you_mean, join_words, some

    verb = "its variable is" if len(variables) == 1 else "its variables are"
    otherwise = f"{verb} {join_words(some(variables), 'and')}" if variables else "it has none: leave --at out"
    help = otherwise if len(variables) < 2 else did_you_mean(name, variables, otherwise)
    return _point_out(place, f"the expression has no variable {name}", help)


# --- Points as text.

_LARGEST = Fraction(float_info.max)
_LONGEST_POWER = 4  # characters in the exponent of a bound, which is held as a fraction
_SHORT = 40  # numbers up to this length are repeated in messages
_GUARD_DIGITS = 60  # of an irrational bound of a sweep
_compile = cache(re.compile)
"""Most points are a number: what is looked for in others is compiled where it is, at a tenth of a millisecond each."""

_NAMED = r"\s*([^\s=<>!,:()+*/^|-]*)\s*=(?!=)"
_INFINITE = {"inf", "infinity", "infty", "oo", "∞"}
_ENDLESS = _INFINITE | {"nan"}
_LOGIC = {"and", "or", "not"}
_DOTS = r"\s*([-+]?[0-9]+)\.\.+([0-9]+)\s*"
_LISTED = rf"\s*[\[{{](\s*{FLOAT.pattern}\s*(?:,\s*{FLOAT.pattern}\s*)+)[\]}}]\s*"
_takes_infinity: ContextVar[bool] = ContextVar("takes_infinity", default=False)
"""Whether the command at hand has a meaning for inf as a coordinate: ambient, since every reader of points asks it."""
_HOW = "write --at 1, or --at x=1,y=2"


def read_name(word: str, source: str | None = None, span: tuple[int, int] | None = None) -> str:
    """The word as the name of a variable, normalised as the parser does it: π is pi.

    ``source`` and ``span`` tell where it stands, for the message. Raises UsageError.
    """
    source, span = (word, (0, len(word))) if source is None or span is None else (source, span)
    name = word
    if not word.isascii():
        from dcalc.parser.lexer import normal

        try:
            name = normal(source, word, span[0])
        except DcalcError:
            name = ""  # it has a superscript, or another character that is not a letter
    if not name.isidentifier() or name in _LOGIC:
        message = f"{word} is not a valid variable name" if word else "a name is missing"
        raise UsageError(message, source=source, span=span, help="write a name such as x")
    return name


def read_points(texts: Sequence[str], *, exact: bool = False) -> PointSet:
    """The points that one or several --at mean.

    Several that give values to the same names are several points; others are merged to one grid.
    A decimal is the double that it reads as, and any other constant is exact: an expression. With ``exact`` decimals
    are so, too. Raises UsageError, ParseError, LimitError, with the span in the text at fault.
    """
    if len(texts) == 1:
        return PointSet([read_grid(texts[0], exact=exact)])
    grids = [read_grid(text, exact=exact) for text in texts]
    if all(grid.places.keys() == grids[0].places.keys() for grid in grids):
        return PointSet(grids)
    return PointSet([_merge_grids(grids)])


def read_lists(texts: Sequence[str]) -> PointSet:
    """The same, where values without a name follow one with a name and belong to it: `x=1,2,3`, `x=0:1:0.1,2`."""
    spread: list[str] = []
    for text in texts:
        pieces = [text[start:end].strip() for start, end in split_outside_brackets(text, ",")]
        first, equal, _ = pieces[0].partition("=")
        lists = bool(equal) and len(pieces) > 1 and not any("=" in piece for piece in pieces[1:])
        lists = lists or (not equal and len(pieces) > 1 and "=" not in text)
        head = f"{first.strip()}=" if equal else ""
        spread += [pieces[0], *(head + piece for piece in pieces[1:])] if lists else [text]
    return read_points(spread)


def _merge_grids(grids: Iterable[Grid]) -> Grid:
    values: dict[Name, Value] = {}
    sweeps: dict[Name, Sweep] = {}
    places: dict[Name, TextSpan | None] = {}
    words: dict[Name, str] = {}
    for grid in grids:
        if None in grid.places or 0 in grid.places:
            raise UsageError("one value has a name and another has none", help="write --at x=1 --at y=2")
        if repeated := places.keys() & grid.places.keys():
            raise UsageError(
                f"{min(map(str, repeated))} is given twice",
                help="for several points give every variable in each --at",
            )
        values.update(grid.values)
        sweeps.update(grid.sweeps)
        places.update(grid.places)
        words.update(grid.words)
    if words and len(words) < len(places):
        words = {name: words.get(name) or _word(place) for name, place in places.items()}
    return Grid(values, sweeps, places, words)


def _word(place: TextSpan | None) -> str:
    """The value after the name at a place."""
    text, span = place or ("", (0, 0))
    rest = text[span[1] :].lstrip().removeprefix("=")
    return rest.partition(",")[0].strip()


def read_grid(text: str, *, exact: bool = False) -> Grid:
    """What one --at means: `1`, `pi/4`, `x=1,y=2`, `x=0:1:0.1`, `0:1:0.1`."""
    if not exact and FLOAT.fullmatch(stripped := text.strip()) and isfinite(value := float(stripped)):
        return Grid({None: value}, {}, {None: (text, (0, len(text)))}, {})
    values: dict[Name, Value] = {}
    sweeps: dict[Name, Sweep] = {}
    places: dict[Name, TextSpan | None] = {}
    words: dict[Name, str] = {}
    pieces, is_usual = _split_coordinates(text)
    for start, end in pieces:
        given, named, begin = split_name(text, start, end)
        if given is None and (colon := _compile(_BEFORE_COLON).match(text, start, end)):
            given, named, begin, is_usual = (
                read_name(colon["name"], text, colon.span("name")), colon.span("name"), colon.end(), False,
            )  # fmt: skip
        # A single value is for the only variable; several without names are for the variables in their order.
        name: Name = len(places) if given is None and len(pieces) > 1 else given
        if name in places:
            raise name_given_twice(given, text, start, end)
        places[name] = text, named
        parts = list(split_outside_brackets(text, ":", begin, end))
        words[name] = " ".join(text[begin:end].split())
        if len(parts) == 1:
            values[name] = read_value(text, begin, end, exact)
            if not _compile(_USUAL_VALUE).fullmatch(words[name]) and (echo := _echo_value(words[name])):
                words[name], is_usual = echo, False
        else:
            sweeps[name] = _read_sweep(text, parts, exact)
    if any(isinstance(name, int) for name in places):
        if any(isinstance(name, str) for name in places):
            raise UsageError(
                "one value has a name and another has none", source=text, span=(0, len(text)), help="write --at x=1,y=2"
            )
        is_usual = False
    return Grid(values, sweeps, places, {} if is_usual else words)


_USUAL_VALUE = r"(?:pi|e|tau|inf|[a-z]\w*(?=\()|[-+*/(),.\d^]|\*\*)*"


def _echo_value(word: str) -> str:
    """A constant that is not quite in dcalc's own language, such as `PI/2` or `90°`, as it is read; else nothing."""
    from dcalc.notation import write
    from dcalc.parser import parse

    if read_infinity(word) is not None:
        return ""
    parsed = parse(word)
    return write(parsed.root) if parsed.readings else ""


_BEFORE_COLON = r"\s*(?P<quote>[\"']?)(?P<name>[^\W\d]\w*)(?P=quote)\s*:(?=[^:]*(?::[^:]*:[^:]*)?$)"
"""The x of `x:1`, of `x:0:1:0.1` and of `{"x": 1}`."""
_BESIDE = rf"\s*{FLOAT.pattern}(?:\s+(?![-+]|[0-9]{{3}}(?![0-9.])){FLOAT.pattern})+\s*"
"""Numbers between spaces; `1 000` may be one."""
_BRACKETS = ("()", "[]", "{}")
_NEXT_NAME = r"\s+(?=[^\W\d]\w*\s*[=:](?!=))"


def _split_coordinates(text: str) -> tuple[list[tuple[int, int]], bool]:
    """The spans of the coordinates, and whether they are separated by commas alone, without brackets around them."""
    start, end, is_usual = 0, len(text), True
    stripped = text.strip()
    if stripped[:1] + stripped[-1:] in _BRACKETS:
        first, last = text.index(stripped[0]) + 1, text.rindex(stripped[-1])
        inside = list(split_outside_brackets(text, ",", first, last))
        is_named = "=" in text or (stripped[0] == "{" and ":" in text)
        if (len(inside) > 1 or is_named) and text.count("(", first, last) == text.count(")", first, last):
            start, end, is_usual = first, last, False
    pieces: list[tuple[int, int]] = []
    for left, right in split_outside_brackets(text, ",", start, end):
        if _compile(_BESIDE).fullmatch(text, left, right):
            pieces += [number.span() for number in re.compile(r"\S+").finditer(text, left, right)]
            is_usual = False
            continue
        begin = left
        for gap in _compile(_NEXT_NAME).finditer(text, left, right):
            if text[begin : gap.start()].strip() and _is_balanced(text[begin : gap.start()]):
                pieces.append((begin, gap.start()))
                begin, is_usual = gap.end(), False
        pieces.append((begin, right))
    return pieces, is_usual


def _is_balanced(text: str) -> bool:
    return text.count("(") == text.count(")")


def name_given_twice(name: Name, text: str, start: int, end: int) -> UsageError:
    """The error for a name, or a value without one, that stands a second time."""
    if name is None:
        return UsageError(
            "two values for one variable",
            source=text,
            span=(start, end),
            help="write x=1,y=2 for two variables, 2.5 for a decimal, --at 1 --at 2 for two points",
        )
    return UsageError(f"{name} is given twice", source=text, span=(start, end), help="give it one value")


def split_outside_brackets(text: str, mark: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """The spans of the parts between marks, except for marks inside brackets."""
    end = len(text) if end is None else end
    depth = 0
    for place in range(start, end):
        char = text[place]
        depth += (char in "([{") - (char in ")]}")
        if char == mark and depth == 0:
            yield start, place
            start = place + 1
    yield start, end


def split_name(text: str, start: int, end: int) -> tuple[str | None, tuple[int, int], int]:
    """The name before `=`, the span to show of it, and where its value begins."""
    match = _compile(_NAMED).match(text, start, end)
    if match is None:
        if not text[start:end].strip():
            raise _missing_part("a value", text, start, end)
        return None, (start, end), start
    if not match[1]:
        raise _missing_part("a name", text, match.end() - 1, match.end())
    name = read_name(match[1], text, match.span(1))
    if not text[match.end() : end].strip():
        raise _missing_part(f"the value of {name}", text, match.end() - 1, match.end())
    return name, match.span(1), match.end()


def _missing_part(what: str, text: str, start: int, end: int) -> UsageError:
    """The error for `x=`, `=1`, `x=1,` and nothing at all; the caret points at the nearest mark."""
    if not text.strip():
        return UsageError(f"{what} is missing", help=_HOW)
    if start >= end:
        start = min(start, len(text) - 1)
    return UsageError(f"{what} is missing", source=text, span=(start, max(end, start + 1)), help=_HOW)


def read_number(text: str, *, exact: bool = False) -> Value:
    """A number of a pipe or file, `1` or `pi/4`: the double nearest to it, or with ``exact`` itself.

    Raises UsageError, ParseError.
    """
    try:
        value = read_value(text, 0, len(text), exact)
        return value if exact else nearest_double(value)
    except ParseError as error:
        if error.help == f"write {text.strip()}=1":
            error.help = "write a number"
        raise


def _too_large(what: str, source: str | None = None, span: tuple[int, int] | None = None) -> UsageError:
    help = "with --digits 18 or more it is taken exactly"
    return UsageError(f"{what} is beyond the largest double, 1.8e308", source=source, span=span, help=help)


def read_value(text: str, start: int, end: int, exact: bool) -> Value:
    """The value that a piece of the text means."""
    word = text[start:end].strip()
    if not exact and FLOAT.fullmatch(word):
        if isfinite(value := float(word)):
            return value
        raise _too_large(word if len(word) <= _SHORT else "the number", text, (start, end))
    if _takes_infinity.get() and (infinity := read_infinity(word)) is not None:
        return infinity
    if exact:
        return _read_constant(text, start, end, None)[0]
    node, nearest = _read_constant(text, start, end, DOUBLE_DIGITS)
    return nearest if node.op is NUMBER else node


@contextmanager
def allow_infinity() -> Iterator[None]:
    """Let inf and -inf be coordinates while points are read: the double infinities."""
    token = _takes_infinity.set(True)
    try:
        yield
    finally:
        _takes_infinity.reset(token)


def read_infinity(word: str) -> float | None:
    """The infinity that a word such as `inf`, `-inf` or `oo` means; None for others."""
    size = word.removeprefix("-").removeprefix("+").strip().lower()
    if size not in _INFINITE:
        return None
    return -math.inf if word.startswith("-") else math.inf


def _read_constant(text: str, start: int, end: int, digits: int | None) -> tuple[Expr, Any]:
    """A constant expression: its node, and its value as a double, or as a Fraction of ``digits``.

    The value comes from ball arithmetic, so that it is the nearest double. Where ``digits`` is
    None, only the node is wanted, whose value may be beyond a double.
    """
    from dcalc.problem import Problem
    from dcalc.solver import solve

    root = _parse_constant(text, start, end)
    if root.op is NUMBER and digits != DOUBLE_DIGITS:
        return root, Fraction(root.args[0])
    result = solve(Problem(root, (), {}, digits or DOUBLE_DIGITS))
    decimal = result.reference.decimal if result.reference is not None else None
    if decimal is None or (result.value is None and digits is not None):
        fix = "write a number"
        raise UsageError(result.reason or "the value has no number", source=text, span=(start, end), help=fix)
    if digits in (None, DOUBLE_DIGITS):
        return root, result.value
    if len(decimal.lower().partition("e")[2]) > _LONGEST_POWER:
        raise LimitError("a bound of a sweep is too small", source=text, span=(start, end), help="write 0")
    return root, Fraction(decimal)


def _parse_constant(text: str, start: int, end: int) -> Expr:
    """The node of a constant, with errors that point into the whole text."""
    from dcalc.expr import variables
    from dcalc.parser import parse

    if not text[start:end].strip():
        raise _missing_part("a value", text, start - 1, start)
    if (place := _second_mark(text, start, end)) is not None:
        fix = "write --at x=1,y=2"
        message = "a value may follow only one =; separate values with commas"
        raise UsageError(message, source=text, span=(place, place + 1), help=fix)
    if ".." in text and (dots := _compile(_DOTS).fullmatch(text, start, end)) and end - start <= _SHORT:
        fix = f"write {dots[1]}.{dots[2]}, or {dots[1]}:{dots[2]}:0.1 for a sweep"
        raise ParseError(f"not a number: {dots[0].strip()}", source=text, span=(start, end), help=fix)
    if "," in text and (listed := _compile(_LISTED).fullmatch(text, start, end)) and len(listed[0]) <= _SHORT:
        named = text[:start].rpartition(",")[2].strip()
        fix = "write " + " ".join(f"--at {named}{value.strip()}" for value in listed[1].split(","))
        raise UsageError("a list is not a number", source=text, span=(start, end), help=fix)
    if text[start:end].strip().lstrip("+-").strip().lower() in _ENDLESS:
        raise _not_finite(text, start, end)
    try:
        root = parse(text[start:end]).root
    except DcalcError as error:
        first, last = error.span or (0, end - start)
        error.source, error.span = text, (first + start, last + start)
        raise
    names = variables(root)
    if not names:
        return root
    if not _ENDLESS.isdisjoint(name.lower() for name in names):
        raise _not_finite(text, start, end)
    fix = "write a number" if text.strip() != names[0] else f"write {names[0]}=1"
    raise ParseError(f"a point must be a number, not the name {names[0]}", source=text, span=(start, end), help=fix)


def _not_finite(text: str, start: int, end: int) -> ParseError:
    help = "write a number, such as 1e300"
    return ParseError("a point must be a finite number", source=text, span=(start, end), help=help)


def _second_mark(text: str, start: int, end: int) -> int | None:
    """Where a value contains an =, as in `x=1 y=2`; None where it does not, or only inside brackets."""
    place = text.find("=", start, end)
    return None if place < 0 or "(" in text[start:place] else place


def _read_sweep(text: str, parts: list[tuple[int, int]], exact: bool) -> Sweep:
    whole = (parts[0][0], parts[-1][1])
    if len(parts) != 3:
        raise UsageError("a sweep has a start, an end and a step", source=text, span=whole, help="write x=0:1:0.1")
    (first, a), (last, b), (step, c) = (_read_bound(text, *part) for part in parts)
    if not exact and max(abs(first), abs(last)) > _LARGEST:
        raise LimitError(
            "a bound of a sweep is beyond a double",
            source=text,
            span=whole,
            help="with --digits 18 or more it is taken exactly",
        )
    if abs(step) > abs(last - first) > 0:
        start, width, end = (text[slice(*part)].strip() for part in parts)
        is_swapped = 0 < last / (step - first) <= 1 if step != first else False  # as MATLAB has them
        fix = f"the step comes last: write {start}:{end}:{width}" if is_swapped else "take a shorter one"
        raise UsageError("the step is longer than the sweep", source=text, span=parts[2], help=fix)
    if not step or (last - first) * step < 0:
        raise UsageError(
            "the step is zero" if not step else "the step leads away from the end",
            source=text,
            span=parts[2],
            help="write x=0:1:0.1, or x=1:0:-0.1 downwards",
        )
    # Where a bound is irrational its 60 digits may end a hair short of the last step.
    slack = 0 if all(map(_is_decimal, (a, b, c))) else Fraction(1, 10**30)
    count = int((last - first) / step + slack) + 1
    if not exact and _is_decimal(a) and _is_decimal(c):
        return Sweep(first, step, count)
    return Sweep(first, step, count, _make_steps(first, a, step, c, exact))


def _is_decimal(bound: Expr | None) -> bool:
    return bound is None or bound.op is NUMBER


def _make_steps(
    first: Fraction, start: Expr | None, step: Fraction, width: Expr | None, exact: bool
) -> Callable[[int], Value]:
    """The values of a sweep as constants, given its start and step, with their nodes where those are not decimals."""
    from dcalc.expr import make, number
    from dcalc.functions import ADD, MUL
    from dcalc.simplify import simplify

    if _is_decimal(start) and _is_decimal(width):
        return lambda k: number(first + k * step)
    begin, move = (number(first) if start is None else start), (number(step) if width is None else width)

    def step_to(k: int) -> Value:
        node = simplify(make(ADD, begin, make(MUL, number(k), move)))
        return node if exact else as_double(node)

    return step_to


def _read_bound(text: str, start: int, end: int) -> tuple[Fraction, Expr | None]:
    """A bound of a sweep, exactly, with its node where it is more than a decimal."""
    word = text[start:end].strip()
    if FLOAT.fullmatch(word):
        power = word.lower().partition("e")[2]
        if len(power) > _LONGEST_POWER:
            size = "small" if power.startswith("-") else "large"
            raise LimitError(f"a bound of a sweep is too {size}", source=text, span=(start, end), help="write 0:1:0.1")
        return Fraction(word), None
    node, value = _read_constant(text, start, end, _GUARD_DIGITS)
    return value, node


def as_double(value: Value) -> Value:
    """The same coordinate, as a double where it is exactly that."""
    if isinstance(value, float) or value.op is not NUMBER:
        return value
    try:
        near = float(value.args[0])
    except OverflowError:
        return value
    return near if near == value.args[0] else value


def read_json_points(at: object, *, exact: bool = False) -> PointSet:
    """The `at` of a JSON problem: an object, a number, a text, or a list of them."""
    entries: Iterable[object] = at if isinstance(at, list) else [at]
    if not entries:
        raise UsageError('"at" is an empty list', help='leave it out, or write [{"x": 1.0}]')
    return PointSet([_read_json_entry(entry, exact) for entry in entries])


def _read_json_entry(entry: object, exact: bool) -> Grid:
    if isinstance(entry, str):
        grid = read_grid(entry, exact=True)
        values = grid.values if exact else {name: as_double(value) for name, value in grid.values.items()}
        return grid._replace(values=values, words=grid.words if exact else {})
    if not isinstance(entry, dict):
        return Grid({None: read_json_number(entry, exact=exact)}, {}, {None: None}, {})
    numbers: dict[Name, Value] = {}
    for word, value in entry.items():
        name = read_name(word)
        if name in numbers:
            raise UsageError(f"{name} is given twice", help="give it one value")
        numbers[name] = read_json_number(value, exact=exact)
    return Grid(numbers, {}, dict.fromkeys(numbers), {})


def read_json_number(value: object, *, exact: bool = False) -> Value:
    """A number of JSON, the double that it is, or a text such as "pi/4", which is exact.

    Raises UsageError, ParseError.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UsageError('"at" must hold numbers, or strings such as "pi/4"', help='write {"x": 1.0}')
    if isinstance(value, float) and not exact:
        if isinf(value):
            raise _too_large("a number")
        return value
    if isinstance(value, int) and not exact:
        return read_value(str(value), 0, len(str(value)), False)
    node = read_value(str(value), 0, len(str(value)), True)
    return node if exact else as_double(node)


# --- Ranges and directions as text, by name or in order.


def read_ranges(text: str) -> list[tuple[str | None, tuple[float, float]]]:
    """What --over means: `-3:3`, `x=-3:3,y=0:1`. Raises UsageError, ParseError."""
    return [
        (name, (nearest_double(low), nearest_double(high))) for name, (low, high) in _read_ranges(text, exact=False)
    ]


def read_bounds(text: str) -> list[tuple[str | None, tuple[float, float]]]:
    """What --bounds means: `x=0:10`, `a=0:,b=:5`, where an end that is left out is infinite.

    Raises UsageError, ParseError.
    """
    bounds: list[tuple[str | None, tuple[float, float]]] = []
    for start, end in split_outside_brackets(text, ","):
        name, _, begin = split_name(text, start, end)
        parts = list(split_outside_brackets(text, ":", begin, end))
        if len(parts) == 2 and (given := [bool(text[slice(*part)].strip()) for part in parts]) != [True, True]:
            if name in dict(bounds):
                raise name_given_twice(name, text, start, end)
            if not any(given):
                raise UsageError("bounds need an end", source=text, span=(start, end), help="write --bounds x=0:")
            number = nearest_double(read_value(text, *parts[given.index(True)], exact=False))
            bounds.append((name, (number, math.inf) if given[0] else (-math.inf, number)))
        else:
            (usual,) = read_ranges(text[start:end])
            if usual[0] in dict(bounds):
                raise name_given_twice(name, text, start, end)
            bounds.append(usual)
    return bounds


def read_exact_ranges(text: str) -> list[tuple[str | None, tuple[Value, Value]]]:
    """The same with exact ends, which may be infinite: `0:2*pi`, `0.1:inf`. Raises UsageError, ParseError."""
    with allow_infinity():
        return _read_ranges(text, exact=True)


def _read_ranges(text: str, *, exact: bool) -> list[tuple[str | None, tuple[Value, Value]]]:
    ranges: list[tuple[str | None, tuple[Value, Value]]] = []
    for start, end in split_outside_brackets(text, ","):
        name, _, begin = split_name(text, start, end)
        if name in dict(ranges):
            raise name_given_twice(name, text, start, end)
        parts = list(split_outside_brackets(text, ":", begin, end))
        if len(parts) != 2:
            raise UsageError("a range has two ends", source=text, span=(start, end), help="write --over x=-3:3")
        low, high = (read_value(text, *part, exact=exact) for part in parts)
        if not nearest_double(low) < nearest_double(high):
            raise UsageError("the range ends before it begins", source=text, span=(start, end), help="write -3:3")
        ranges.append((name, (low, high)))
    return ranges


def read_direction(text: str) -> list[tuple[str | None, float]]:
    """What --along means: `1,1`, or `x=1,y=1`. Raises UsageError, ParseError."""
    parts: list[tuple[str | None, float]] = []
    for start, end in split_outside_brackets(text, ","):
        name, named, begin = split_name(text, start, end)
        if name is not None and name in dict(parts):
            raise name_given_twice(name, text, start, end)
        if parts and (name is None) != (parts[0][0] is None):
            raise UsageError("one part has a name and another has none", source=text, span=named, help="write 1,1")
        parts.append((name, nearest_double(read_value(text, begin, end, exact=False))))
    return parts
