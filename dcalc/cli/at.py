"""The text of --at, of a line of points, of `at` in JSON: read as blocks of points."""

from __future__ import annotations

import re
from fractions import Fraction
from math import isinf
from sys import float_info
from typing import TYPE_CHECKING, Any

from dcalc.cli.points import Block, Spec, Sweep, Value
from dcalc.errors import DcalcError, LimitError, ParseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcalc.expr import Expr

DOUBLE_DIGITS = 17
_LARGEST = Fraction(float_info.max)
_GUARD_DIGITS = 60  # of an irrational bound of a sweep

_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_NAMED = re.compile(r"\s*([^\s=<>!,:()+*/^|-]+)\s*=(?!=)")


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
    for one in blocks:
        if None in one.names:
            raise UsageError("a value with a name and one without", help="write --at x=1 --at y=2")
        if again := seen & one.names:
            raise UsageError(
                f"{min(map(str, again))} is given twice",
                help="for several points give every variable in each --at",
            )
        seen |= one.names
        values.update(one.values)
        sweeps.update(one.sweeps)
    return Spec([Block(values, sweeps)])


def block(text: str, *, exact: bool = False) -> Block:
    """What one --at means: `1`, `pi/4`, `x=1,y=2`, `x=0:1:0.1`, `0:1:0.1`."""
    if not exact and _FLOAT.fullmatch(stripped := text.strip()):
        return Block({None: _double(stripped, text)}, {})
    values: dict[str | None, Value] = {}
    sweeps: dict[str | None, Sweep] = {}
    for start, end in _pieces(text, ","):
        name, begin = _name(text, start, end)
        if name in values or name in sweeps:
            raise _repeated(name, text, start, end)
        parts = list(_pieces(text, ":", begin, end))
        if len(parts) == 1:
            values[name] = _value(text, begin, end, exact)
        else:
            sweeps[name] = _sweep(text, parts, exact)
    if None in values.keys() | sweeps.keys() and len(values) + len(sweeps) > 1:
        raise UsageError(
            "a value with a name and one without", source=text, span=(0, len(text)), help="write --at x=1,y=2"
        )
    return Block(values, sweeps)


def _repeated(name: str | None, text: str, start: int, end: int) -> UsageError:
    if name is None:
        return UsageError(
            "two values for one variable",
            source=text,
            span=(start, end),
            help="write x=1,y=2 for two variables, 2.5 for a decimal, --at 1 --at 2 for two points",
        )
    return UsageError(f"{name} is given twice", source=text, span=(start, end), help="give it one value")


def _pieces(text: str, mark: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int]]:
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


def _name(text: str, start: int, end: int) -> tuple[str | None, int]:
    """The name before `=`, and where its value begins."""
    match = _NAMED.match(text, start, end)
    if match is None:
        return None, start
    return variable(match[1], text, match.span(1)), match.end()


def variable(word: str, source: str | None = None, span: tuple[int, int] | None = None) -> str:
    """The word as the name of a variable, normalised as the parser does it."""
    name = word
    if not word.isascii():
        from unicodedata import normalize

        name = normalize("NFKC", word)
    if not name.isidentifier():
        shown = f"{word} is no name of a variable" if word else "an empty name"
        raise UsageError(shown, source=source, span=span, help="write a name such as x")
    return name


def _double(text: str, source: str, span: tuple[int, int] | None = None) -> float:
    value = float(text)
    if isinf(value):
        raise UsageError(
            f"{text} is beyond the largest double, 1.8e308",
            source=source,
            span=span or (0, len(source)),
            help="with --digits 18 or more it is taken exactly",
        )
    return value


def _value(text: str, start: int, end: int, exact: bool) -> Value:
    word = text[start:end].strip()
    if not exact and _FLOAT.fullmatch(word):
        return _double(word, text, (start, end))
    node, value = _constant(text, start, end)
    return node if exact else value


def _constant(text: str, start: int, end: int, digits: int = DOUBLE_DIGITS) -> tuple[Expr, Any]:
    """A constant expression: its node, and its value: a double, or a Fraction of ``digits``.

    The value comes from ball arithmetic, so that it is the nearest double.
    """
    from dcalc.compare import solve
    from dcalc.expr import variables
    from dcalc.functions import NUMBER
    from dcalc.parse import parse
    from dcalc.problem import Problem

    try:
        root = parse(text[start:end]).root
    except DcalcError as error:
        first, last = error.span or (0, end - start)
        error.source, error.span = text, (first + start, last + start)
        raise
    names = variables(root)
    if names:
        fix = "write a number" if text[start:end].strip() != names[0] else f"write {names[0]}=1"
        raise ParseError(f"a point is a number; {names[0]} is none", source=text, span=(start, end), help=fix)
    if root.op is NUMBER and digits > DOUBLE_DIGITS:
        return root, Fraction(root.args[0])
    answer = solve(Problem(root, (), {}, digits))
    reference = answer.reference
    if answer.value is None or reference is None or reference.text is None:
        raise UsageError(
            answer.sentence or "the value has no number",
            source=text,
            span=(start, end),
            help="write a number",
        )
    return root, Fraction(reference.text) if digits > DOUBLE_DIGITS else answer.value


def _sweep(text: str, parts: list[tuple[int, int]], exact: bool) -> Sweep:
    whole = (parts[0][0], parts[-1][1])
    if len(parts) != 3:
        raise UsageError("a sweep has a start, an end and a step", source=text, span=whole, help="write x=0:1:0.1")
    (first, a), (last, b), (step, c) = (_bound(text, *part) for part in parts)
    if not exact and max(abs(first), abs(last)) > _LARGEST:
        raise LimitError("a bound of a sweep is beyond a double", source=text, span=whole)
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
    if _FLOAT.fullmatch(word):
        power = word.lower().partition("e")[2]
        if len(power) > 4:
            raise LimitError("a bound of a sweep is too large", source=text, span=(start, end))
        return Fraction(word), None
    node, value = _constant(text, start, end, _GUARD_DIGITS)
    return value, node


def from_json(at: object, *, exact: bool = False) -> Spec:
    """The `at` of a JSON problem: an object, a number, a text, or a list of them."""
    entries: Iterable[object] = at if isinstance(at, list) else [at]
    return Spec([_entry(entry, exact) for entry in entries])


def _entry(entry: object, exact: bool) -> Block:
    if isinstance(entry, str):
        return block(entry, exact=exact)
    if not isinstance(entry, dict):
        return Block({None: _number(entry, exact)}, {})
    return Block({variable(name): _number(value, exact) for name, value in entry.items()}, {})


def _number(value: object, exact: bool) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise UsageError('"at" holds numbers, or texts such as "pi/4"', help='write {"x": 1.0}')
    if isinstance(value, float) and not exact:
        return value
    return _value(str(value), 0, len(str(value)), exact)
