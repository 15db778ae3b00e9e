"""The uncertainty of a result from those of what was measured: by the gradient, by second derivatives, and by chance.

Formulas are the GUM's (JCGM 100:2008): 5.1.2 the law of propagation, its note the next order, 5.2.2 correlated
quantities. Random samples follow supplement 1 (JCGM 101:2008), with normal distributions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, localcontext
from fractions import Fraction
from math import dist, frexp, isfinite, ldexp, sqrt, ulp
from random import Random
from statistics import fmean
from sys import float_info
from typing import NamedTuple

from dcalc import functions as table
from dcalc.analysis.propagate.measured import Measured, read_measured, write_measured
from dcalc.analysis.toolkit import explain_status, solve_gradient, solve_partials
from dcalc.derive import derivative
from dcalc.errors import LimitError, UnknownVariable, Unsupported, UsageError
from dcalc.expr import Expr, exact, is_leaf, variables, walk
from dcalc.finding import Brief, Cell, Column, Fact, Field, Finding, Key, Sheet, Subject
from dcalc.numbers import real
from dcalc.numbers.rounding import explain_underflow, format_number
from dcalc.optimise.linear import dot
from dcalc.point import suggest_values
from dcalc.problem import Problem, Result
from dcalc.simplify import simplify
from dcalc.solver import solve
from dcalc.tape import lower, run

MOST_SECOND = 12
"""Variables up to which terms of the second order are computed: there are as many as the square of that."""
_OFF = 0.1
"""Where another way gives an uncertainty that differs by more than this share, a warning says so (GUM, 5.1.2)."""
_FEW = 50
"""Random samples up to which their deviation, which is known to a share of 1/sqrt(2*n), does not test another."""
_MOST_DIGITS = 240
"""Digits of slopes up to which the variance is taken for one that is not 0, and its root is rounded with certainty."""
RECORD = {
    "value": Field("number | null", "f at the values"),
    "uncertainty": Field("number | null", "its standard uncertainty, not rounded; null where f has no gradient"),
    "text": Field("string", "both, rounded: an uncertainty of two digits; empty where it is 0 or lacks"),
    "gradient": Field("{number | null}", "the derivative by each variable that has an uncertainty"),
    "contributions": Field(
        "{number | null}", "the share of each variable in the variance, in percent; correlations are not in it"
    ),
    "correlated": Field("number | null", "the share of all correlations in the variance, in percent"),
    "second_order": Field(
        "object | null",
        "with terms of the second order: the expected value, and the uncertainty",
        {"value": Field("number", "the expected value"), "uncertainty": Field("number", "the uncertainty")},
    ),
    "samples": Field(
        "object | null",
        "by random samples",
        {
            "count": Field("integer", "how many"),
            "mean": Field("number", "their mean"),
            "uncertainty": Field("number", "their standard deviation"),
            "low": Field("number", "2.5 % lie below"),
            "high": Field("number", "2.5 % lie above"),
            "undefined": Field("integer", "samples at which f has no value"),
        },
    ),
    "message": Field("string", "whether linear propagation can be trusted"),
}
Correlations = Mapping[tuple[str, str], float]


def _find_root(square: Fraction) -> float:
    """The square root as a double, which is infinite where it is beyond one."""
    with localcontext(Context(prec=_MOST_DIGITS)):
        return float((Decimal(square.numerator) / square.denominator).sqrt())


class _Linear(NamedTuple):
    """The law of propagation: the variance, and what each variable and all correlations are in it."""

    variance: Fraction
    parts: Mapping[str, Fraction]
    crossed: Fraction

    @property
    def uncertainty(self) -> float | None:
        """The root of the variance; None where that is beyond a double."""
        uncertainty = _find_root(self.variance)
        return uncertainty if isfinite(uncertainty) else None

    def share(self, part: Fraction) -> float | None:
        """A part of the variance in percent; None where that is 0."""
        return float(100 * part / self.variance) if self.variance else None


def read_pairs(texts: Sequence[str], option: str) -> dict[tuple[str, str], float]:
    """The numbers of `m,g=0.3; m,h=-0.1`, by pairs of names. Raises UsageError."""
    pairs: dict[tuple[str, str], float] = {}
    for text in texts:
        for part in filter(str.strip, text.split(";")):
            names, sign, number = part.rpartition("=")
            first, comma, second = (piece.strip() for piece in names.partition(","))
            try:
                value = float(number)
            except ValueError:
                value = float("nan")
            if not sign or not comma or not first or not second or not isfinite(value):
                raise UsageError(f"{part.strip()} is not a pair with a number", help=f"write {option} 'm,g=0.3'")
            if (first, second) in pairs or (second, first) in pairs:
                raise UsageError(f"{first},{second} is given twice", help="give it one number")
            pairs[first, second] = value
    return pairs


def find(
    subject: Subject,
    *,
    at: Sequence[str] | str,
    correlations: Sequence[str] = (),
    covariances: Sequence[str] = (),
    samples: int = 10_000,
    seed: int = 0,
) -> Finding:
    """The value of an expression and its standard uncertainty.

    ``at`` are texts of `read_measured`, or one, ``correlations`` and ``covariances`` of `read_pairs`. Raises
    UsageError and UnknownVariable where they do not fit. Cost: a certified gradient, second and third derivatives of
    few variables, and ``samples`` evaluations in doubles.
    """
    if not isinstance(at, str | list | tuple) or not all(isinstance(text, str) for text in at):
        raise UsageError('"at" must be text', help='write "at": "m=2.00±0.05, g=9.81(2)"')
    given = _match(subject, read_measured([at] if isinstance(at, str) else at, subject.names))
    spread = [name for name, one in given.items() if one.uncertainty]
    if not spread:
        raise UsageError("no value has an uncertainty", help="write --at 'm=2.00±0.05'")
    pairs = _read_correlations(given, spread, correlations, covariances)
    factor = factor_correlations(spread, pairs)
    point = subject.replace(at={name: one.value for name, one in given.items()})
    value = solve(Problem(subject.root, (), point.at, subject.digits), expression=False)
    slopes = dict(zip(spread, solve_gradient(point, subject.root, spread), strict=True))
    lacking = next((one for one in (value, *slopes.values()) if one.value is None), None)
    numbers = {name: one.value for name, one in slopes.items()}
    linear = None if lacking is not None else _propagate(slopes, given, pairs)
    second = _add_second_order(point, value.value, linear, spread, given) if linear is not None and not pairs else None
    sampled = sample(subject.root, given, factor, samples, seed) if samples else None
    uncertainty = None if linear is None else linear.uncertainty
    why_none = "" if linear is None else _explain_zero(linear, slopes)
    if linear is None:
        verdict = _Trust(f"no linear propagation: {explain_status(lacking or value)}", False)
    elif uncertainty is None:
        verdict = _Trust("no linear propagation: overflow: the uncertainty is beyond a double", False)
    elif _is_straight(subject.root, spread):
        verdict = _Trust(f"linear propagation holds: f is linear{' and ' * (not uncertainty)}{why_none}", True)
    else:
        verdict = _judge(uncertainty, second, sampled, samples, why_none.partition(",")[0])
    notes = tuple(dict.fromkeys(note for one in (value, *slopes.values()) for note in one.notes))
    return _finding(point, value.value, numbers, linear, second, sampled, verdict).replace(notes=notes)


def _explain_zero(linear: _Linear, slopes: Mapping[str, Result]) -> str:
    """Why the linear law has no uncertainty; empty where it has one."""
    if linear.uncertainty != 0:
        return ""
    if linear.variance:
        return "the uncertainty is 0 as a double"
    if any(one.value for one in slopes.values()):
        return "correlated parts cancel, so that nothing is uncertain"
    if any(explain_underflow(one.value, one.decimal) for one in slopes.values()):
        return "the gradient is 0 as a double"
    return "the gradient is 0, so that nothing is uncertain"


def _is_straight(root: Expr, names: Sequence[str]) -> bool:
    """Whether f is proved to be linear in these variables, wherever they are.

    It is where it is analytic everywhere and the first derivatives do not depend on them: those of floor(x) and
    max(x, 1) do not, either.
    """
    spread = frozenset(names)
    if not all(_is_smooth_everywhere(node, spread) for node in walk(root)):
        return False
    try:
        return not any(spread.intersection(variables(simplify(derivative(root, (name,))))) for name in names)
    except (Unsupported, LimitError):
        return False


def _is_smooth_everywhere(node: Expr, names: frozenset[str]) -> bool:
    """Whether an operation is analytic for all values of what in its arguments depends on these variables."""
    row = node.op
    moving = [] if is_leaf(node) else [not names.isdisjoint(variables(arg)) for arg in node.args]
    if not any(moving):
        return True
    if row is table.DIV:
        return not moving[-1]
    if row is table.POW:
        power = exact(node.args[-1])
        return power is not None and power >= 0 and power.denominator == 1
    is_rough = row.domain or row.kinks or row.vertical or row.body or row.chooses
    return not (is_rough or row is table.WHERE or row in table.CONDITIONS)


def _match(subject: Subject, given: Mapping[str, Measured]) -> dict[str, Measured]:
    for name in given:
        if name not in subject.names:
            raise UnknownVariable(f"the expression has no variable {name}", help=suggest_values(subject.names))
    for name in subject.names:
        if name not in given:
            raise UnknownVariable(f"no value is given for {name}", help=f"write --at '{name}=2.00±0.05'")
    return {name: given[name] for name in subject.names}


def _read_correlations(
    given: Mapping[str, Measured], spread: Sequence[str], correlations: Sequence[str], covariances: Sequence[str]
) -> dict[tuple[str, str], float]:
    """Correlation coefficients by pair. Raises UsageError for those that no distribution has."""
    pairs = read_pairs(correlations, "--corr")
    for (first, second), value in read_pairs(covariances, "--cov").items():
        if (first, second) in pairs or (second, first) in pairs:
            raise UsageError(f"{first},{second} is given twice", help="give it by --corr or by --cov")
        scale = Fraction(1)
        for name in (first, second):
            scale *= Fraction(repr(given[name].uncertainty)) if name in given else 0
        if not scale:
            raise UsageError(f"{first} and {second} need uncertainties for a covariance", help="write m=2.00±0.05")
        pairs[first, second] = float(Fraction(repr(value)) / scale)
    for (first, second), value in pairs.items():
        for name in (first, second):
            if name not in spread:
                raise UsageError(f"{name} has no uncertainty", help="write m=2.00±0.05 for what is correlated")
        if first == second or abs(value) > 1:
            raise UsageError(f"{first},{second}: a correlation is between -1 and 1", help="write --corr 'm,g=0.3'")
    return pairs


def _propagate(slopes: Mapping[str, Result], given: Mapping[str, Measured], pairs: Correlations) -> _Linear:
    """The GUM's equation 16, of uncertainties as the decimals that they are typed as.

    Slopes are refined until they decide the double that the uncertainty is.
    """
    shifts = {name: _read_exactly(slope) * Fraction(repr(given[name].uncertainty)) for name, slope in slopes.items()}
    parts = {name: shift**2 for name, shift in shifts.items()}
    crossed = sum((2 * shifts[a] * shifts[b] * Fraction(repr(r)) for (a, b), r in pairs.items()), Fraction(0))
    variance = sum(parts.values(), Fraction(0)) + crossed
    rounded = [one for one in slopes.values() if not one.exact]
    digits = min((one.precision for one in rounded), default=0)
    unknown = sum(map(abs, shifts.values())) ** 2 / 10 ** (digits - 1) if rounded else Fraction(0)
    is_open = variance <= unknown or _find_root(variance - unknown) != _find_root(variance + unknown)
    if unknown and is_open and digits < _MOST_DIGITS:
        finer = {name: one.refine(2 * max(digits, 1)) if one.refine else one for name, one in slopes.items()}
        if min(one.precision for one in finer.values()) > digits:
            return _propagate(finer, given, pairs)
    return _Linear(variance if variance > unknown else Fraction(0), parts, crossed)


def _read_exactly(answer: Result) -> Fraction:
    """A certified number with all digits that are known of it."""
    return Fraction(answer.decimal if answer.decimal is not None and answer.value else answer.value or 0)


def _add_second_order(
    subject: Subject, value: float | None, linear: _Linear, spread: Sequence[str], given: Mapping[str, Measured]
) -> tuple[float, float] | None:
    """The expected value and the uncertainty with the terms of the note on the GUM's 5.1.2; None where they lack.

    These are for independent quantities with symmetric distributions: for normal ones the sum over i and j of
    (f_ij**2/2 + f_i*f_ijj)*u_i**2*u_j**2.
    """
    if value is None or len(spread) > MOST_SECOND:
        return None
    pairs = [(a, b) for a in spread for b in spread]
    slopes = {
        name: answer.value for name, answer in zip(spread, solve_gradient(subject, subject.root, spread), strict=True)
    }
    curves = solve_partials(subject, subject.root, pairs)
    thirds = solve_partials(subject, subject.root, [(a, b, b) for a, b in pairs])
    variance, expected = linear.variance, Fraction(value)
    for (a, b), curve, third in zip(pairs, curves, thirds, strict=True):
        slope = slopes[a]
        if curve.value is None or third.value is None or slope is None:
            return None
        scale = (Fraction(given[a].uncertainty) * Fraction(given[b].uncertainty)) ** 2
        variance += (Fraction(curve.value) ** 2 / 2 + Fraction(slope) * Fraction(third.value)) * scale
        if a == b:
            expected += Fraction(curve.value) * Fraction(given[a].uncertainty) ** 2 / 2
    if variance < 0 or not isfinite(uncertainty := _find_root(variance)) or abs(expected) > float_info.max:
        return None
    return float(expected), uncertainty


# --- what is said ------------------------------------------------------------------------------


class _Trust(NamedTuple):
    """Whether the linear law can be trusted, and that as a sentence."""

    sentence: str
    is_sound: bool


def _judge(
    uncertainty: float, second: tuple[float, float] | None, sampled: Sampled | None, count: int, why_none: str
) -> _Trust:
    """The linear law held against other ways; ``why_none`` says why its uncertainty is 0, where it is.

    There are ``count`` random samples, of which at most one has a value where ``sampled`` is None.
    """
    faults = []
    if uncertainty == 0:
        faults.append(f"{why_none}, so that the linear law sees no uncertainty")
    if second is not None and abs(second[1] - uncertainty) > _OFF * max(uncertainty, second[1]):
        faults.append(f"terms of the second order make it {second[1]:.2g}")
    is_tested = sampled is not None and sampled.size - sampled.undefined > _FEW
    if sampled is not None:
        other = sampled.uncertainty
        if is_tested and abs(other - uncertainty) > (_OFF + sampled.noise) * max(uncertainty, other):
            faults.append(f"random samples have {other:.2g}")
        if sampled.undefined:
            faults.append(f"at {sampled.undefined:,} of {sampled.size:,} samples f has no value")
    elif count > 1:
        faults.append(f"at {count - 1:,} or all of {count:,} samples f has no value")
    if faults:
        return _Trust(f"linear propagation is not to be trusted here: {'; '.join(faults)}", False)
    if is_tested:
        return _Trust("linear propagation holds, as random samples agree", True)
    if second is not None:
        return _Trust("linear propagation holds, as terms of the second order are small", True)
    return _Trust("linear propagation is not tested: there are too few random samples", False)


def _finding(
    subject: Subject,
    value: float | None,
    slopes: Mapping[str, float | None],
    linear: _Linear | None,
    second: tuple[float, float] | None,
    sampled: Sampled | None,
    verdict: _Trust,
) -> Finding:
    sentence, is_sound = verdict
    uncertainty = None if linear is None else linear.uncertainty
    text = "" if value is None or not uncertainty else write_measured(value, uncertainty)
    shares = {name: None if linear is None else linear.share(linear.parts[name]) for name in slopes}
    crossed = None if linear is None else linear.share(linear.crossed)
    rows: list[Mapping[Key, Cell]] = [
        {"name": name, "slope": slope, "share": shares[name]} for name, slope in slopes.items()
    ]
    sheet = Sheet(
        (
            Column("name", "variable", "code"),
            Column("slope", "derivative", "brief"),
            Column("share", "percent of the variance", "brief", 0, "percent"),
        ),
        rows,
    )
    facts = [Fact("value", value), Fact("uncertainty", uncertainty)]
    if crossed:
        facts.append(Fact("correlations", f"{crossed:.3g} % of the variance"))
    if second is not None:
        facts.append(Fact("second order", f"{format_number(second[0])}, uncertainty {second[1]:.4g}"))
    if sampled is not None:
        facts.append(
            Fact("samples", f"{sampled.mean:.6g}, uncertainty {sampled.uncertainty:.4g}, "
                            f"95 % from {sampled.low:.6g} to {sampled.high:.6g}")
        )  # fmt: skip
    plain = [("value", value), ("uncertainty", uncertainty), ("text", text)]
    plain += [(f"percent {name}", share) for name, share in shares.items()]
    return Finding(
        "propagate", subject.root, tuple(slopes), subject.at, "ok" if uncertainty is not None else "unresolved",
        {
            "value": value, "uncertainty": uncertainty, "text": text, "gradient": dict(slopes),
            "contributions": shares, "correlated": crossed,
            "second_order": None if second is None else {"value": second[0], "uncertainty": second[1]},
            "samples": None if sampled is None else _sampled_record(sampled), "message": sentence,
        },
        facts=facts,
        brief=Brief(
            [*([Fact("", text, "strong")] if text else []), Fact("", sentence, "good" if is_sound else "warn"), *facts],
            [sheet],
        ),
        sheets=[sheet], plain=plain if value is not None else [], sentence=sentence,
        code=0 if is_sound else 3 if value is None else 1,
    )  # fmt: skip


def _sampled_record(sampled: Sampled) -> dict[str, float]:
    return {
        "count": sampled.size, "mean": sampled.mean, "uncertainty": sampled.uncertainty, "low": sampled.low,
        "high": sampled.high, "undefined": sampled.undefined,
    }  # fmt: skip


# --- the spread by random samples, as supplement 1 of the GUM has it ---------------------------


class Sampled(NamedTuple):
    """The mean, the standard deviation and the central 95 % of samples; ``undefined`` of the ``size`` have no value."""

    size: int
    mean: float
    uncertainty: float
    low: float
    high: float
    undefined: int

    @property
    def noise(self) -> float:
        """Three standard deviations of the uncertainty, as a share of it, where the values are normal."""
        return 3 / sqrt(2 * (self.size - self.undefined - 1))


def sample(
    root: Expr, given: Mapping[str, Measured], factor: Sequence[Sequence[float]], count: int, seed: int
) -> Sampled | None:
    """Values at random points, normal around what was measured (Mersenne Twister); None where none has a value.

    ``factor`` is that of the correlations of the quantities with an uncertainty, in their order.
    Cost: ``count`` evaluations in doubles.
    """
    random = Random(seed)
    spread = [name for name, one in given.items() if one.uncertainty]
    middle = {name: one.nearest for name, one in given.items()}
    tape = lower(root)
    place = tape.place(root)
    values = []
    for _ in range(count):
        normal = [random.gauss(0.0, 1.0) for _ in spread]
        point = dict(middle)
        for k, name in enumerate(spread):
            shift = sum(a * b for a, b in zip(factor[k], normal, strict=False))
            point[name] += given[name].uncertainty * shift
        values.append(run(tape, point, real.constant, real.evaluator)[place])
    finite = sorted(value for value in values if isfinite(value))
    if len(finite) < 2:
        return None
    _, power = frexp(max(-finite[0], finite[-1]))
    scaled = [ldexp(value, -power) for value in finite]  # sums and squares of them are doubles
    mean = fmean(scaled)
    deviation = dist(scaled, [mean] * len(scaled)) / sqrt(len(scaled) - 1)
    unit = ldexp(1.0, power - 1)
    edge = len(finite) * 25 // 1000
    return Sampled(
        count, 2 * (mean * unit), 2 * (deviation * unit), finite[edge], finite[-1 - edge], count - len(finite)
    )


def factor_correlations(names: Sequence[str], pairs: Mapping[tuple[str, str], float]) -> list[list[float]]:
    """The lower triangle whose product with its transpose is the matrix of correlations, which may be singular.

    Quantities that are perfectly correlated have a 0 on the diagonal. Raises UsageError for coefficients that no
    distribution has: those of a matrix with a negative eigenvalue. Cost: cubic.
    """
    size = len(names)
    matrix = [[1.0 if a == b else pairs.get((a, b), pairs.get((b, a), 0.0)) for b in names] for a in names]
    lower = [[0.0] * size for _ in names]
    slack = 8 * size * ulp(1.0)
    for j in range(size):
        pivot = matrix[j][j] - dot(lower[j][:j], lower[j][:j])
        lower[j][j] = sqrt(pivot) if pivot > slack else 0.0
        for i in range(j + 1, size):
            rest = matrix[i][j] - dot(lower[i][:j], lower[j][:j])
            if lower[j][j]:
                lower[i][j] = rest / lower[j][j]
            elif abs(rest) > sqrt(slack):  # an entry is at most the root of the product of its two pivots
                raise _no_distribution()
        if pivot < -slack:
            raise _no_distribution()
    return lower


def _no_distribution() -> UsageError:
    return UsageError("no distribution has these correlations", help="their matrix must have no negative eigenvalue")
