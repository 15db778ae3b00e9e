"""The text of --at, of a line of points, of `at` in JSON: read as blocks of points."""

from __future__ import annotations

import re
from fractions import Fraction
from math import isinf
from sys import float_info
from typing import TYPE_CHECKING, Any

from dcalc.cli.points import Block, Place, Spec, Sweep, Value, variable
from dcalc.errors import DcalcError, LimitError, ParseError, UsageError
from dcalc.problem import DOUBLE_DIGITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcalc.expr import Expr

_LARGEST = Fraction(float_info.max)
_LONGEST_POWER = 4  # characters in the exponent of a bound, which is held as a fraction
_SHORT = 40  # numbers up to this length are repeated in messages
_GUARD_DIGITS = 60  # of an irrational bound of a sweep

FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NAMED = re.compile(r"\s*([^\s=<>!,:()+*/^|-]*)\s*=(?!=)")
_ENDLESS = {"inf", "infinity", "infty", "oo", "nan"}
_HOW = "write --at 1, or --at x=1,y=2"


def read(texts: Sequence[str], *, exact: bool = False) -> Spec:
    """The points that one or several --at mean.

    Raises UsageError, ParseError, LimitError, with the span in the text at fault.
    """
    blocks = [block(text, exact=exact) for text in texts]
    if len(blocks) == 1 or all(block.names == blocks[0].names for block in blocks):
        return Spec(blocks)
    values: dict[str | None, Value] = {}
    sweeps: dict[str | None, Sweep] = {}
    seen: set[str | None] = set()
    places: dict[str | None, Place] = {}
    for one in blocks:
        if None in one.names:
            raise UsageError("one value has a name and another has none", help="write --at x=1 --at y=2")
        if again := seen & one.names:
            raise UsageError(
                f"{min(map(str, again))} is given twice",
                help="for several points give every variable in each --at",
            )
        seen |= one.names
        values.update(one.values)
        sweeps.update(one.sweeps)
        places.update(one.places)
    return Spec([Block(values, sweeps, places)])


def block(text: str, *, exact: bool = False) -> Block:
    """What one --at means: `1`, `pi/4`, `x=1,y=2`, `x=0:1:0.1`, `0:1:0.1`."""
    if not exact and FLOAT.fullmatch(stripped := text.strip()):
        return Block({None: _double(stripped, text)}, {}, {None: (text, (0, len(text)))})
    values: dict[str | None, Value] = {}
    sweeps: dict[str | None, Sweep] = {}
    places: dict[str | None, Place] = {}
    for start, end in pieces(text, ","):
        name, named, begin = name_in(text, start, end)
        if name in places:
            raise repeated(name, text, start, end)
        places[name] = text, named
        parts = list(pieces(text, ":", begin, end))
        if len(parts) == 1:
            values[name] = value_in(text, begin, end, exact)
        else:
            sweeps[name] = _sweep(text, parts, exact)
    if None in places and len(places) > 1:
        raise UsageError(
            "one value has a name and another has none", source=text, span=(0, len(text)), help="write --at x=1,y=2"
        )
    return Block(values, sweeps, places)


def repeated(name: str | None, text: str, start: int, end: int) -> UsageError:
    """For a name, or none, that stands a second time."""
    if name is None:
        return UsageError(
            "two values for one variable",
            source=text,
            span=(start, end),
            help="write x=1,y=2 for two variables, 2.5 for a decimal, --at 1 --at 2 for two points",
        )
    return UsageError(f"{name} is given twice", source=text, span=(start, end), help="give it one value")


def pieces(text: str, mark: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
    """Spans of the parts between marks that stand in no bracket."""
    end = len(text) if end is None else end
    depth = 0
    for place in range(start, end):
        char = text[place]
        depth += (char == "(") - (char == ")")
        if char == mark and depth == 0:
            yield start, place
            start = place + 1
    yield start, end


def name_in(text: str, start: int, end: int) -> tuple[str | None, tuple[int, int], int]:
    """The name before `=`, the span to show of it, and where its value begins."""
    match = _NAMED.match(text, start, end)
    if match is None:
        if not text[start:end].strip():
            raise _missing("a value", text, start, end)
        return None, (start, end), start
    if not match[1]:
        raise _missing("a name", text, match.end() - 1, match.end())
    name = variable(match[1], text, match.span(1))
    if not text[match.end() : end].strip():
        raise _missing(f"the value of {name}", text, match.end() - 1, match.end())
    return name, match.span(1), match.end()


def _missing(what: str, text: str, start: int, end: int) -> UsageError:
    """For `x=`, `=1`, `x=1,` and nothing at all; the caret stands at the nearest mark."""
    if not text.strip():
        return UsageError(f"{what} is missing", help=_HOW)
    if start >= end:
        start = min(start, len(text) - 1)
    return UsageError(f"{what} is missing", source=text, span=(start, max(end, start + 1)), help=_HOW)


def number(text: str, *, exact: bool = False) -> Value:
    """One value that can have no name: `1`, `pi/4`. Raises UsageError, ParseError."""
    try:
        return value_in(text, 0, len(text), exact)
    except ParseError as error:
        if error.help == f"write {text.strip()}=1":
            error.help = "write a number"
        raise


def _double(text: str, source: str, span: tuple[int, int] | None = None) -> float:
    value = float(text)
    if isinf(value):
        raise _too_large(text if len(text) <= _SHORT else "the number", source, span or (0, len(source)))
    return value


def _too_large(what: str, source: str | None = None, span: tuple[int, int] | None = None) -> UsageError:
    help = "with --digits 18 or more it is taken exactly"
    return UsageError(f"{what} is beyond the largest double, 1.8e308", source=source, span=span, help=help)


def value_in(text: str, start: int, end: int, exact: bool) -> Value:
    """The value that a piece of the text means."""
    word = text[start:end].strip()
    if not exact and FLOAT.fullmatch(word):
        return _double(word, text, (start, end))
    if exact:
        return _constant(text, start, end, None)[0]
    return _constant(text, start, end)[1]


def _constant(text: str, start: int, end: int, digits: int | None = DOUBLE_DIGITS) -> tuple[Expr, Any]:
    """A constant expression: its node, and its value: a double, or a Fraction of ``digits``.

    The value comes from ball arithmetic, so that it is the nearest double. Where ``digits`` is
    None the node alone counts, which may be beyond a double.
    """
    from dcalc.compare import solve
    from dcalc.functions import NUMBER
    from dcalc.problem import Problem

    root = _parsed(text, start, end)
    if root.op is NUMBER and digits != DOUBLE_DIGITS:
        return root, Fraction(root.args[0])
    answer = solve(Problem(root, (), {}, digits or DOUBLE_DIGITS))
    found = answer.reference.text if answer.reference is not None else None
    if found is None or (answer.value is None and digits is not None):
        fix = "write a number"
        raise UsageError(answer.sentence or "the value has no number", source=text, span=(start, end), help=fix)
    if digits in (None, DOUBLE_DIGITS):
        return root, answer.value
    if len(found.lower().partition("e")[2]) > _LONGEST_POWER:
        raise LimitError("a bound of a sweep is too small", source=text, span=(start, end), help="write 0")
    return root, Fraction(found)


def _parsed(text: str, start: int, end: int) -> Expr:
    """The node of a constant, with errors that point into the whole text."""
    from dcalc.expr import variables
    from dcalc.parse import parse

    if not text[start:end].strip():
        raise _missing("a value", text, start - 1, start)
    if (place := _second_mark(text, start, end)) is not None:
        fix = "write --at x=1,y=2"
        raise UsageError("a value stands after one = alone", source=text, span=(place, place + 1), help=fix)
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
        raise ParseError(
            "a point is a finite number", source=text, span=(start, end), help="write a number, such as 1e300"
        )
    fix = "write a number" if text.strip() != names[0] else f"write {names[0]}=1"
    raise ParseError(f"a point is a number; {names[0]} is none", source=text, span=(start, end), help=fix)


def _second_mark(text: str, start: int, end: int) -> int | None:
    """Where a value holds an =, as in `x=1 y=2`; those of conditions stand in brackets."""
    found = text.find("=", start, end)
    return None if found < 0 or "(" in text[start:found] else found


def _sweep(text: str, parts: list[tuple[int, int]], exact: bool) -> Sweep:
    whole = (parts[0][0], parts[-1][1])
    if len(parts) != 3:
        raise UsageError("a sweep has a start, an end and a step", source=text, span=whole, help="write x=0:1:0.1")
    (first, a), (last, b), (step, c) = (_bound(text, *part) for part in parts)
    if not exact and max(abs(first), abs(last)) > _LARGEST:
        raise LimitError(
            "a bound of a sweep is beyond a double",
            source=text,
            span=whole,
            help="with --digits 18 or more it is taken exactly",
        )
    if not step or (last - first) * step < 0:
        raise UsageError(
            "the step is zero" if not step else "the step leads away from the end",
            source=text,
            span=parts[2],
            help="write x=0:1:0.1, or x=1:0:-0.1 downwards",
        )
    # Where a bound is irrational its 60 digits may end a hair short of the last step.
    slack = 0 if all(node is None or node.op.name == "number" for node in (a, b, c)) else Fraction(1, 10**30)
    count = int((last - first) / step + slack) + 1
    nodes = (_node(first, a), _node(step, c)) if exact else None
    return Sweep(first, step, count, nodes)


def _node(value: Fraction, node: Expr | None) -> Expr:
    from dcalc.expr import number

    return number(value) if node is None else node


def _bound(text: str, start: int, end: int) -> tuple[Fraction, Expr | None]:
    """A bound of a sweep, exactly, with its node where it is more than a decimal."""
    word = text[start:end].strip()
    if FLOAT.fullmatch(word):
        power = word.lower().partition("e")[2]
        if len(power) > _LONGEST_POWER:
            size = "small" if power.startswith("-") else "large"
            raise LimitError(f"a bound of a sweep is too {size}", source=text, span=(start, end), help="write 0:1:0.1")
        return Fraction(word), None
    node, value = _constant(text, start, end, _GUARD_DIGITS)
    return value, node


def from_json(at: object, *, exact: bool = False) -> Spec:
    """The `at` of a JSON problem: an object, a number, a text, or a list of them."""
    entries: Iterable[object] = at if isinstance(at, list) else [at]
    if not entries:
        raise UsageError('"at" is a list without a point', help='leave it out, or write [{"x": 1.0}]')
    return Spec([_entry(entry, exact) for entry in entries])


def _entry(entry: object, exact: bool) -> Block:
    if isinstance(entry, str):
        return block(entry, exact=exact)
    if not isinstance(entry, dict):
        return Block({None: json_number(entry, exact=exact)}, {})
    values: dict[str | None, Value] = {}
    for word, value in entry.items():
        name = variable(word)
        if name in values:
            raise UsageError(f"{name} is given twice", help="give it one value")
        values[name] = json_number(value, exact=exact)
    return Block(values, {})


def json_number(value: object, *, exact: bool = False) -> Value:
    """A number of JSON, or a text such as "pi/4". Raises UsageError, ParseError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UsageError('"at" holds numbers, or texts such as "pi/4"', help='write {"x": 1.0}')
    if isinstance(value, float) and not exact:
        if isinf(value):
            raise _too_large("a number")
        return value
    return value_in(str(value), 0, len(str(value)), exact)
