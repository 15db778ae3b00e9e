"""What derivatives are for, as Python objects: all zeros, a curve studied, tangents, uncertainties, equations."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

from dcalc.api.derivatives import Source, check_names, parse
from dcalc.api.expression import Coordinate, Expression, lift, read_point
from dcalc.errors import NoValue, UsageError
from dcalc.expr import Expr, variables
from dcalc.numbers import FLINT

if TYPE_CHECKING:
    from dcalc.finding import Finding, Subject
    from dcalc.problem import Kind, Status

End = float | str | Expression
"""An end of a range: a number, an expression of one such as `"2*pi"`, or infinite as `math.inf` or `"-inf"`."""
Range = tuple[End, End]
Span = tuple[float, float]
"""An interval in doubles; an infinite end is inf."""
Crossing = Literal["rises", "falls", "touches", "unknown"]
FeatureKind = Literal[
    "maximum", "minimum", "inflection", "stationary", "pole", "hole", "jump", "kink", "edge", "oscillation",
]  # fmt: skip
LineKind = Literal["tangent", "normal", "left tangent", "right tangent"]
DIGITS = 30


@dataclass(frozen=True, slots=True)
class Location:
    """A number that is proved: ``x`` the nearest double, ``exact`` its closed form where there is one, ``decimal`` in
    as many certified digits as were asked for."""

    x: float
    exact: Expression | None
    decimal: str

    def __float__(self) -> float:
        return self.x

    def __str__(self) -> str:
        return repr(self.x) if self.exact is None else str(self.exact)


@dataclass(frozen=True, slots=True)
class Zero(Location):
    """A zero, and how f passes it: it touches 0 where it has one sign, or no value, on one of the sides."""

    crossing: Crossing


@dataclass(frozen=True, slots=True)
class Feature(Location):
    """A place of note on a curve: its kind, f there, and what f tends to from both sides where it is not smooth.

    ``f`` is None where f has no value, ``f_exact`` where it has none in closed form. An inflection is ``level`` where
    f' is 0.
    """

    kind: FeatureKind
    f: float | None
    f_exact: Expression | None
    left: float | None = None
    right: float | None = None
    level: bool = False


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval with its ends, and whether they belong to it; its text has them in closed form."""

    low: float
    high: float
    low_closed: bool
    high_closed: bool
    text: str

    def __contains__(self, x: float) -> bool:
        inside = self.low < x < self.high
        return inside or (self.low_closed and x == self.low) or (self.high_closed and x == self.high)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Asymptote:
    """A line that a curve comes close to: its equation, and at which ends or sides."""

    kind: Literal["vertical", "horizontal", "slant"]
    line: str
    x: float | None
    slope: float | None
    intercept: float | None
    ends: tuple[str, ...]

    def __str__(self) -> str:
        return self.line


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A part of a range of which something is not known: its zeros, its slope or its bend."""

    between: Span
    of: Literal["zeros", "slope", "bend"]


@dataclass(frozen=True, slots=True)
class Solutions(Sequence[Zero]):
    """All zeros of a function, or all solutions of an equation, in order: a sequence of `Zero`.

    ``complete`` says whether these are proved to be all; otherwise ``unsettled`` has the parts of the range that may
    hold others. ``intervals`` are those on which f is 0 throughout. With a ``period`` the zeros are those of one
    period that begins at 0, and all of it repeats.
    """

    zeros: tuple[Zero, ...]
    intervals: tuple[Span, ...]
    period: Location | None
    unsettled: tuple[Span, ...]
    complete: bool
    sentence: str

    def __len__(self) -> int:
        return len(self.zeros)

    @overload
    def __getitem__(self, place: int) -> Zero: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Zero, ...]: ...
    def __getitem__(self, place: int | slice) -> Zero | tuple[Zero, ...]:
        return self.zeros[place]

    def __iter__(self) -> Iterator[Zero]:
        return iter(self.zeros)

    def __str__(self) -> str:
        return "\n".join([*map(str, self.zeros), self.sentence])


@dataclass(frozen=True, slots=True)
class Study:
    """All that a curve does in a range; what is not ``complete`` names the parts that are not settled.

    ``range`` is None where the values of f are not known. With a ``period`` all else is about the one from 0 on.
    """

    domain: tuple[Interval, ...]
    scattered: tuple[Span, ...]
    """Where f has values at single places alone, as x**x has below 0: of these the zeros tell, and nothing else."""
    range: tuple[Interval, ...] | None
    symmetry: Literal["even", "odd"] | None
    period: Location | None
    zeros: tuple[Zero, ...]
    extrema: tuple[Feature, ...]
    inflections: tuple[Feature, ...]
    stationary: tuple[Feature, ...]
    poles: tuple[Feature, ...]
    holes: tuple[Feature, ...]
    jumps: tuple[Feature, ...]
    kinks: tuple[Feature, ...]
    edges: tuple[Feature, ...]
    oscillations: tuple[Feature, ...]
    rising: tuple[Span, ...]
    falling: tuple[Span, ...]
    constant: tuple[Span, ...]
    convex: tuple[Span, ...]
    concave: tuple[Span, ...]
    asymptotes: tuple[Asymptote, ...]
    unsettled: tuple[Unsettled, ...]
    complete: bool
    sentence: str
    text: str = field(repr=False)
    """All of it in lines, as `dcalc study` prints it in a pipe."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Line:
    """A line through a point of a curve: its equation, its slope (None of a vertical one), and whether it is exact."""

    kind: LineKind
    equation: str
    slope: float | None
    exact: bool


@dataclass(frozen=True, slots=True)
class Tangent:
    """The tangent and the normal at a point, or why there are none; ``lines`` has one-sided tangents, too."""

    f: float | None
    slope: float | None
    tangent: str | None
    normal: str | None
    lines: tuple[Line, ...]
    status: Status
    kind: Kind | None
    sentence: str

    def __str__(self) -> str:
        return "\n".join([*(f"{line.kind}: {line.equation}" for line in self.lines), *filter(None, [self.sentence])])


@dataclass(frozen=True, slots=True)
class Moments:
    """An expected value and a standard uncertainty."""

    value: float
    uncertainty: float


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """The value of a function and its standard uncertainty by the law of propagation, both unrounded.

    ``text`` has both rounded as the GUM asks. ``contributions`` are the shares of the variables in the variance in
    percent, ``correlated`` that of all correlations. ``second_order`` has terms of the next order, ``sampled`` the
    mean and standard deviation of random samples; where these show that the law is not to be trusted, ``trusted`` is
    false, and the sentence says why.
    """

    value: float | None
    uncertainty: float | None
    text: str
    gradient: Mapping[str, float | None]
    contributions: Mapping[str, float | None]
    correlated: float | None
    second_order: Moments | None
    sampled: Moments | None
    trusted: bool
    sentence: str

    def __str__(self) -> str:
        return self.text or self.sentence


@dataclass(frozen=True, slots=True)
class Implicit:
    """A derivative along an equation: an expression, and at a point its value, or why there is none."""

    derivative: Expression
    of: str
    wrt: str
    order: int
    value: float | None
    status: Status
    kind: Kind | None
    sentence: str

    def __str__(self) -> str:
        return self.sentence or (str(self.derivative) if self.value is None else repr(self.value))


# --- what is asked -------------------------------------------------------------------------------


def solve(f: Source, over: Range | None = None, *, digits: int = DIGITS) -> Solutions:
    """All zeros of a function of one variable, or all solutions of an equation such as `"cos(x) = x"`.

    ``over`` is a range, ends included; without it the whole line is meant. Each zero is proved, with ``digits``
    certified, and in closed form where one is known. Raises UsageError for several variables, NoValue for what has
    no value anywhere, and what `parse` raises. Cost: milliseconds to a second; bounded.
    """
    from dcalc.analysis.solve import find

    finding = _find(find, _sides(f), digits, over=_read_range(over))
    record = finding.record
    if finding.code == 3:
        raise NoValue(finding.sentence, "undefined")
    return Solutions(
        tuple(Zero(*_locate(zero), zero["crossing"]) for zero in record["zeros"]),
        _spans(record["intervals"]),
        None if record["period"] is None else Location(*_locate(record["period"])),
        _spans(record["unsettled"]),
        record["complete"],
        finding.sentence,
    )


def study(f: Source, over: Range | None = None, *, digits: int = DIGITS) -> Study:
    """All that a function of one variable does: domain, range, symmetry, period, zeros, extrema, where it is not
    smooth, where it rises, falls and bends, asymptotes.

    Arguments and errors are those of `solve`. Cost: milliseconds to two seconds; bounded.
    """
    from dcalc.analysis.study import find

    finding = _find(find, (_read(f),), digits, over=_read_range(over))
    record = finding.record
    if finding.code == 3:
        raise NoValue(finding.sentence, "undefined")
    return Study(
        domain=_intervals(record["domain"]),
        scattered=_spans(record["scattered"]),
        range=None if record["range"] is None else _intervals(record["range"]),
        symmetry=record["symmetry"],
        period=None if record["period"] is None else Location(*_locate(record["period"])),
        zeros=tuple(Zero(*_locate(zero), zero["crossing"]) for zero in record["zeros"]),
        extrema=_features(record["extrema"]),
        inflections=_features(record["inflections"], "inflection"),
        stationary=_features(record["stationary"], "stationary"),
        poles=_features(record["poles"], "pole"),
        holes=_features(record["holes"], "hole"),
        jumps=_features(record["jumps"], "jump"),
        kinks=_features(record["kinks"], "kink"),
        edges=_features(record["edges"], "edge"),
        oscillations=_features(record["oscillations"], "oscillation"),
        rising=_spans(record["rising"]),
        falling=_spans(record["falling"]),
        constant=_spans(record["constant"]),
        convex=_spans(record["convex"]),
        concave=_spans(record["concave"]),
        asymptotes=tuple(Asymptote(**{**one, "ends": tuple(one["ends"])}) for one in record["asymptotes"]),
        unsettled=tuple(Unsettled(_span(part["between"]), part["of"]) for part in record["unsettled"]),
        complete=record["complete"],
        sentence=finding.sentence,
        text="\n".join("\t".join(map(str, line)) for line in finding.plain or ()),
    )


def tangent(f: Source, point: Mapping[str, Coordinate | Expression] | None = None, /, **values: Coordinate) -> Tangent:
    """The tangent and the normal of a curve at a point, `dcalc.tangent("x**2", x=1)`, exact where the point is.

    Raises UsageError for several variables, UnknownVariable, and what `parse` raises. Cost: that of a verdict.
    """
    from dcalc.analysis.tangent import find

    function = _read(f, {**(point or {}), **values})
    at = read_point(function.variables, {**(point or {}), **values}, tuple({**(point or {}), **values})[:1])
    finding = _find(find, (function,), at=at)
    record = finding.record
    return Tangent(
        record["f"],
        record["slope"],
        record["tangent"],
        record["normal"],
        tuple(Line(**line) for line in record["lines"]),
        finding.status,  # type: ignore[arg-type]  # a status of a point, as this is not a run
        record["kind"],
        finding.sentence,
    )


def propagate(
    f: Source,
    values: str | Mapping[str, str | float | tuple[float, float]],
    *,
    correlations: Mapping[tuple[str, str], float] | None = None,
    samples: int = 10_000,
    seed: int = 0,
) -> Uncertainty:
    """The standard uncertainty of a function of measured values, by its certified gradient.

    ``values`` are text, `"m=2.00±0.05, g=9.81(2), h=1.5±1%"`, or by their names text, numbers that are exact, or
    pairs of a value and its uncertainty. ``correlations`` are coefficients by pairs of names. Raises UsageError and
    UnknownVariable where these do not fit. Cost: a certified gradient, and ``samples`` evaluations in doubles.
    """
    from dcalc.analysis.propagate import find

    text = values if isinstance(values, str) else ", ".join(_write_measured(*pair) for pair in values.items())
    pairs = "; ".join(f"{a},{b}={value!r}" for (a, b), value in (correlations or {}).items())
    finding = _find(
        find, (_read(f),), at_text=[text], correlations=[pairs] if pairs else [], samples=samples, seed=seed
    )  # fmt: skip
    record = finding.record
    second, sampled = record["second_order"], record["samples"]
    return Uncertainty(
        record["value"],
        record["uncertainty"],
        record["text"],
        record["gradient"],
        record["contributions"],
        record["correlated"],
        None if second is None else Moments(second["value"], second["uncertainty"]),
        None if sampled is None else Moments(sampled["mean"], sampled["uncertainty"]),
        finding.code == 0,
        record["message"],
    )


def implicit(
    equation: Source | tuple[Source, Source],
    *,
    of: str | Expression | None = None,
    wrt: str | Expression | None = None,
    order: int = 1,
    at: Mapping[str, Coordinate | Expression] | None = None,
) -> Implicit:
    """The derivative of the variable ``of`` by ``wrt`` along an equation, `"x**2 + y**2 = 25"`, or both of its sides.

    An expression alone is set equal to 0. At a point the value is certified, and where the curve is vertical or
    crosses itself the sentence says so. Raises UsageError where the names do not fit, LimitError for an order above 8,
    and what `parse` raises.
    """
    from dcalc.analysis.implicit import find

    sides = tuple(map(_read, equation)) if isinstance(equation, tuple) else _sides(equation, of_curve=True)
    if len(sides) == 1:
        sides = (*sides, Expression(lift(0)))
    names = variables(*(side.node for side in sides))
    point = None if at is None else read_point(tuple(names), at)
    by = check_names([] if wrt is None else [wrt])
    own = None if of is None else check_names([of])[0]
    finding = _find(find, sides, at=point, wrt=by, order=order, of=own)
    record = finding.record
    return Implicit(
        Expression(record["derivative"]),
        record["of"],
        (finding.wrt or ("",))[0],
        record["order"],
        record["value"],
        finding.status,  # type: ignore[arg-type]  # a status of a point, as this is not a run
        record["kind"],
        finding.sentence,
    )


# --- reading -------------------------------------------------------------------------------------


def _read(f: Source, names: Iterable[str] = ()) -> Expression:
    return parse(f, variables=tuple(names))


def _sides(f: Source, *, of_curve: bool = False) -> tuple[Expression, ...]:
    """Both sides of an equation that is text, else the expression alone."""
    if not isinstance(f, str):
        return (_read(f),)
    from dcalc.parser.definitions import split_equation

    return tuple(map(_read, split_equation(f, of_curve=of_curve)))


def _subject(sides: Sequence[Expression], **more: Any) -> Subject:
    from dcalc.finding import Subject

    nodes = [side.node for side in sides]
    return Subject(root=nodes[0], names=tuple(variables(*nodes)), more=tuple(nodes[1:]), **more)


def _find(
    find: Any, sides: Sequence[Expression], digits: int = DIGITS, *, at: Any = None, at_text: Any = None,
    wrt: tuple[str, ...] = (), order: int = 1, **own: Any,
) -> Finding:  # fmt: skip
    """What an analysis finds; its record is made at once, as long as ball arithmetic belongs to this thread."""
    if at_text is not None:
        own["at"] = at_text
    with FLINT:
        finding: Finding = find(_subject(sides, wrt=wrt, order=order, at=at, digits=digits), **own)
        _ = finding.record, finding.plain
        return finding


def _read_range(over: Range | None) -> list[tuple[str | None, tuple[float | Expr, float | Expr]]] | None:
    if over is None:
        return None
    from dcalc.point import read_exact_ranges

    if len(over) != 2:
        raise UsageError("a range has two ends", help="write over=(0, 1)")
    return read_exact_ranges(":".join(_write_end(end) for end in over))


def _write_end(end: End) -> str:
    return repr(float(end)) if isinstance(end, float | int) else f"{end}"


def _write_measured(name: str, value: str | float | tuple[float, float]) -> str:
    if isinstance(value, tuple):
        return f"{name}={float(value[0])!r}±{float(value[1])!r}"
    return f"{name}={value}"


def _locate(record: Mapping[str, Any]) -> tuple[float, Expression | None, str]:
    exact = record["exact"]
    return record["x"], Expression(exact) if isinstance(exact, Expr) else None, record["decimal"]


def _features(records: Iterable[Mapping[str, Any]], kind: FeatureKind | None = None) -> tuple[Feature, ...]:
    """The places of a record; extrema tell themselves of which ``kind`` they are."""
    return tuple(_feature(record, kind or record["kind"]) for record in records)


def _feature(record: Mapping[str, Any], kind: FeatureKind) -> Feature:
    exact = record["f_exact"]
    return Feature(
        *_locate(record), kind, record["f"], Expression(exact) if isinstance(exact, Expr) else None,
        record.get("left"), record.get("right"), record.get("level", False),
    )  # fmt: skip


def _intervals(records: Iterable[Mapping[str, Any]]) -> tuple[Interval, ...]:
    return tuple(
        Interval(*_span([one["low"], one["high"]]), one["low_closed"], one["high_closed"], one["text"])
        for one in records
    )


def _span(ends: Sequence[float | None]) -> Span:
    low, high = ends
    return float("-inf") if low is None else low, float("inf") if high is None else high


def _spans(parts: Iterable[Sequence[float | None]]) -> tuple[Span, ...]:
    return tuple(map(_span, parts))
