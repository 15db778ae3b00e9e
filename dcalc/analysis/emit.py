"""An expression and its derivatives as a program in another language."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from math import inf, isfinite, nan, ulp
from typing import Any, NamedTuple

from dcalc import targets
from dcalc.analysis.toolkit import Over, read_box, undefined_finding
from dcalc.expr import Expr
from dcalc.finding import Column, Fact, Field, Finding, Sheet, Subject
from dcalc.functions import Row
from dcalc.problem import VALUED, Problem
from dcalc.solver import solve
from dcalc.targets import Argument, Order, Precision, Product, Quantity
from dcalc.text import count_noun

Run = Callable[[str, Sequence[Sequence[str]], str], list[float]]
"""Runs a text by commands, under the name of a file, and gives the numbers that it prints."""
RECORD = {
    "target": Field("string", "the language"),
    "code": Field("string", "the program"),
    "functions": Field(
        "[object]",
        "the functions in it",
        {
            "name": Field("string", "what it is called"),
            "arguments": Field("[string]", "the variables that it takes, in order"),
            "shape": Field(
                "[integer | string]",
                "empty for a number, and for several results, else the lengths of a vector or of a matrix",
            ),
        },
    ),
    "shapes": Field("{[integer | string]}", "of arrays: the lengths of the axes, by variable", optional=True),
    "rewritings": Field("[string]", "the stable forms that were used, by what they replace"),
}


class File:
    """What one file has of the programs for several expressions: how many, and the helpers that they share."""

    def __init__(self) -> None:
        self.count = 0
        self.helpers: frozenset[Row] = frozenset()

    def add(self, product: Product) -> None:
        """Count a program of the file."""
        self.count += 1
        self.helpers |= product.helpers


def find(
    subject: Subject,
    *,
    target: str,
    of: Sequence[Quantity] = (),
    name: str = "f",
    precision: Precision = "float64",
    plain: bool = False,
    over: Over | None = None,
    run: Run | None = None,
    file: File | None = None,
    arrays: tuple[Argument, ...] = (),
    text: str = "",
    remarks: Sequence[str] = (),
) -> Finding:
    """The program for a subject's expressions: f and its derivative, gradient or Jacobian, unless ``of`` says what.

    The targets of the subject are what the derivative is taken by, in turn, and the variables of gradients.
    With ``over`` its head says how far it is off certified values there, in dcalc's own doubles. With ``run``, which
    translates and runs a text by commands, it is held against certified values, and the finding fails where digits
    are lost. The variables may be entries of ``arrays``, in which the expression is ``text``; ``remarks`` are for the
    head. Of a batch that goes to one ``file`` the functions have numbers, and each helper is written once. Raises
    Unsupported with the name of a function that the language lacks, UsageError where the quantities do not fit. Linear
    in the nodes of the expressions and of their derivatives.
    """
    if (undefined := undefined_finding(subject, "emit")) is not None:
        return undefined
    along, among = subject.targets
    order = Order(
        target,
        tuple(of) or default_quantities(subject),
        along if len(set(along)) > 1 else along[:1],
        among,
        len(along) if len(set(along)) == 1 else 1,
        name,
        precision,
        plain,
        arrays=arrays,
        text=text,
    )
    roots = (subject.root, *subject.more)
    if file is not None and subject.setting.batch:
        place = file.count + 1
        order = order._replace(name=f"{name}{place}", place=place, helpers=file.helpers)
    product = targets.emit(roots, order, remarks)
    if file is not None:
        file.add(product)
    if over is None and run is None:
        return _make_finding(subject, order, product)
    points = choose_points(product.arguments, over)
    if precision == "float32":
        points = [tuple(map(_round_single, point)) for point in points]
    certified = _certify(roots, product, points)
    if over is not None:
        values = _evaluate(product, order, certified.points)
        remarks = [f"{line}, in dcalc's own doubles" for line in _compare(certified, product, values).lines]
        product = targets.emit(roots, order, remarks)
    finding = _make_finding(subject, order, product)
    if run is None:
        return finding
    text, commands, source = targets.write_driven(product, order, certified.points)
    numbers = _sort(run(text, commands, source), product, len(certified.points))
    if precision == "float32":
        judgement = _compare(certified, product, numbers, unit=_SINGLE, most=_MOST_SINGLE_ULPS)
    else:
        judgement = _compare(certified, product, numbers, _evaluate(product, order, certified.points))
    said = [*judgement.lines, *([judgement.lost] if judgement.lost else [])]
    return finding.replace(notes=(*finding.notes, *said), code=1 if judgement.lost else 0)


_NOISE, _FACTOR = 64.0, 8.0
"""Ulps, and the multiple of the error of dcalc's own doubles, that a program may be off."""
_MOST_ULPS = 4096.0
"""Twelve digits: what is further off has lost some."""
_SINGLE = 2.0**29
"""Ulps of doubles in one of float32."""
_MOST_SINGLE_ULPS = 512.0
"""Four digits: what is further off in float32 has lost some."""
_LEAST_SINGLE, _LARGEST_SINGLE = 2.0**-120, 2.0**120


class Certified(NamedTuple):
    """Points, and the certified values of each function's entries at them; None where there is none."""

    points: list[tuple[float, ...]]
    values: list[list[list[float | None]]]


class Judgement(NamedTuple):
    """A line on the worst error of each function, and a sentence where digits are lost that should not be."""

    lines: list[str]
    lost: str


def choose_points(names: Sequence[str], over: Over | None) -> list[tuple[float, ...]]:
    """Points to judge a program at: evenly over ranges, else small and large ones of both signs."""
    if over is None:
        return [tuple(_USUAL[(place + 3 * k) % len(_USUAL)] for k in range(len(names))) for place in range(len(_USUAL))]
    box = read_box(over, names, dict.fromkeys(names, (-2.0, 2.0)))
    # Fractions of the golden ratio spread the points of several variables evenly.
    return [
        tuple(box[name][0] + (box[name][1] - box[name][0]) * ((place + 0.5) * _GOLDEN ** (k + 1) % 1.0)
              for k, name in enumerate(names))
        for place in range(_MOST_POINTS)
    ]  # fmt: skip


def _certify(roots: Sequence[Expr], product: Product, points: list[tuple[float, ...]]) -> Certified:
    values = []
    for function in product.functions:
        rows = []
        for point in points:
            at = dict(zip(product.arguments, point, strict=True))
            answers = [solve(Problem(roots[place], wrt, at), expression=False) for place, wrt in function.partials]
            rows.append([answer.value if answer.status in VALUED else None for answer in answers])
        values.append(rows)
    # Outside of the domain there is nothing to compare, and some libraries warn or raise.
    kept = [at for at in range(len(points)) if any(value is not None for rows in values for value in rows[at])]
    if not kept:
        return Certified(points, values)
    return Certified([points[at] for at in kept], [[rows[at] for at in kept] for rows in values])


def _sort(numbers: Sequence[float], product: Product, count: int) -> list[list[list[float]]]:
    """The numbers that a program printed, by point and function, as `targets.evaluate` gives them."""
    rest = iter(numbers)
    by_function = [[[next(rest, nan) for _ in each.partials] for _ in range(count)] for each in product.functions]
    return [[rows[place] for rows in by_function] for place in range(count)]


Values = Sequence[list[list[float]]]
"""The numbers of each function, by points."""


def _evaluate(product: Product, order: Order, points: Sequence[tuple[float, ...]]) -> Values:
    return [targets.evaluate(product, order, dict(zip(product.arguments, at, strict=True))) for at in points]


def _compare(
    certified: Certified,
    product: Product,
    values: Values,
    own: Values | None = None,
    *,
    unit: float = 1.0,
    most: float = _MOST_ULPS,
) -> Judgement:
    """How far values are off. Digits are lost where twelve are not right, and where those of ``own`` doubles,
    which compute the same program, are closer by far: then it is the compiler or the library that loses them. The
    ``unit`` is that of the errors, in ulps of doubles; ``most`` of them may be off."""
    lines, lost = [], []
    for place, function in enumerate(product.functions):
        worst, where, count, excess = 0.0, certified.points[0], 0, False
        for number, point in enumerate(certified.points):
            ours = own[number][place] if own is not None else values[number][place]
            for value, mine, truth in zip(values[number][place], ours, certified.values[place][number], strict=True):
                if truth is None or (unit > 1 and not _LEAST_SINGLE < abs(truth) < _LARGEST_SINGLE):
                    continue
                count += 1
                error = _count_ulps(value, truth) / unit
                if error > worst:
                    worst, where = error, point
                excess |= error > _NOISE + _FACTOR * _count_ulps(mine, truth)
        at = ",".join(f"{name}={x!r}" for name, x in zip(product.arguments, where, strict=True))
        off, points = count_noun(worst, "ulp"), count_noun(count, "point")
        lines.append(f"{function.name}: at most {off} off certified values at {points}, most at {at}")
        if worst > most or (excess and own is not None):
            lost.append(f"{function.name} loses digits at {at}: it is {off} off")
    return Judgement(lines, "; ".join(lost))


def _round_single(x: float) -> float:
    return struct.unpack("f", struct.pack("f", x))[0]  # type: ignore[no-any-return]  # what "f" stands for


def _count_ulps(value: float, truth: float) -> float:
    return abs(value - truth) / ulp(truth) if isfinite(value) else inf


_USUAL = (0.375, -0.75, 1.9, 5.5, -12.25, 41.0, 1e-3, -1e-6, 3.0, 0.1, -2.5, 300.0)
_GOLDEN = 0.6180339887498949
_MOST_POINTS = 48


def default_quantities(subject: Subject) -> tuple[Quantity, ...]:
    """What is emitted where nothing is named: the first derivatives beside f."""
    if subject.more:
        return "f", "jacobian"
    return ("f", "derivative") if subject.targets[0] else ("f", "gradient")


def program_finding(record: Mapping[str, Any], **about: Any) -> Finding:
    """The finding of a program, line by line: the keys of its record, and what it is ``about``."""
    lines = record["code"].rstrip("\n").split("\n")
    return Finding(
        "emit",
        record=record,
        facts=[Fact("", line, "strong") for line in lines],
        plain=[[line] for line in lines],
        data=Sheet(
            (Column("line", "line"), Column("code", "code")),
            [{"line": count, "code": line} for count, line in enumerate(lines, 1)],
        ),
        named=False,
        **about,
    )


def _make_finding(subject: Subject, order: Order, product: Product) -> Finding:
    roots = (subject.root, *subject.more)
    functions = [
        {
            "name": each.name,
            "arguments": [one.name for one in order.arrays] or list(product.arguments),
            "shape": list(each.shape),
        }
        for each in product.functions
    ]
    return program_finding(
        {
            "target": order.target,
            "code": product.text,
            "functions": functions,
            "rewritings": list(product.rewritings),
        },
        expression=roots if len(roots) > 1 else subject.root,
        wrt=subject.wrt,
    )
