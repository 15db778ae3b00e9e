"""What kind of point the eigenvalues of a Hessian make: certified signs, and a sentence about them.

Eigenvalues are enclosed by flint (`acb_mat.eig`). An enclosure around 0 cannot say that an eigenvalue is 0; that
is proved by exact entries: by their rank, or by coefficients of the characteristic polynomial that vanish.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from flint import acb_mat, arb, arb_mat, ctx, fmpq, fmpq_mat

from dcalc.analysis import stationary
from dcalc.analysis.smoothness import drop_thin_branches, is_twice_differentiable
from dcalc.analysis.toolkit import solve_along, solve_gradient, solve_hessian
from dcalc.backends.reference import is_analytic
from dcalc.coordinates import substitute_point
from dcalc.derive import derivative, gradient
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact
from dcalc.finding import Subject
from dcalc.numbers.rounding import as_double
from dcalc.numerals import exact_norm
from dcalc.problem import Result
from dcalc.simplify import Build
from dcalc.text import format_error
from dcalc.verdict import NeedMoreBits, compare_beside, constant_of

_DIGITS = (40, 120, 360)
"""Working digits of the entries, raised until each eigenvalue has its sign and its nearest double."""
_PROOF_BITS = 512
"""Precision of the balls of a coefficient that may be 0: a root bound may need some hundred bits."""
_LARGEST_PROOF = 4
"""Variables up to which minors are written out to prove them 0: they have size! terms."""
_ROUNDING = 1e-9
"""Two curvatures of certified digits that differ by more than this part of their terms are different numbers."""
Definiteness = Literal[
    "positive_definite", "negative_definite", "indefinite", "positive_semidefinite", "negative_semidefinite", "zero"
]
_CURVES: dict[Definiteness, str] = {
    "positive_definite": "curves upward in every direction",
    "negative_definite": "curves downward in every direction",
    "indefinite": "curves upward in some directions and downward in others",
    "positive_semidefinite": "curves downward in no direction, and not at all in some",
    "negative_semidefinite": "curves upward in no direction, and not at all in some",
    "zero": "does not curve",
}
_POINTS: dict[Definiteness, str] = {
    "positive_definite": "a strict local minimum",
    "negative_definite": "a strict local maximum",
    "indefinite": "a saddle point",
    "positive_semidefinite": "a minimum or a saddle, which second derivatives cannot tell",
    "negative_semidefinite": "a maximum or a saddle, which second derivatives cannot tell",
    "zero": "a stationary point of a kind that second derivatives cannot tell",
}

_UNDECIDED: frozenset[Definiteness] = frozenset(("positive_semidefinite", "negative_semidefinite", "zero"))


class Curvature(NamedTuple):
    """Eigenvalues in ascending order, definiteness, and a sentence; None for what is not proved."""

    values: Sequence[float | None]
    definiteness: Definiteness | None
    sentence: str

    @property
    def words(self) -> str:
        """The definiteness in words."""
        return (self.definiteness or "not resolved").replace("_", " ")

    def record(self) -> dict[str, object]:
        """The keys of JSON."""
        return {"eigenvalues": list(self.values) or None, "definiteness": self.definiteness, "verdict": self.sentence}


def find_curvature(subject: Subject) -> Curvature:
    """The verdict on a Hessian whose entries all have a value. Cost: n**3, and one gradient per variable.

    There is none where f is not proved to be twice differentiable: second partials alone do not tell how f curves.
    """
    subject = subject.replace(root=drop_thin_branches(subject))
    if not is_twice_differentiable(subject):
        return Curvature([], None, _describe_rough(subject))
    spectrum = solve_spectrum(subject)
    definiteness = name_definiteness(spectrum.signs)
    return Curvature(spectrum.values, definiteness, _describe(subject, definiteness))


def name_definiteness(signs: Sequence[int | None]) -> Definiteness | None:
    """The word for the signs of all eigenvalues; None where the known ones do not decide."""
    if 1 in signs and -1 in signs:
        return "indefinite"
    if None in signs or not signs:
        return None
    if set(signs) == {0}:
        return "zero"
    if 1 in signs:
        return "positive_semidefinite" if 0 in signs else "positive_definite"
    return "negative_semidefinite" if 0 in signs else "negative_definite"


def solve_spectrum(subject: Subject) -> Spectrum:
    """The eigenvalues of the Hessian, from as many digits of its entries as it takes."""
    exact_entries = _ExactEntries(subject)
    zeros = exact_entries.zeros()
    spectrum = Spectrum([None] * len(subject.wrt), [None] * len(subject.wrt))
    for digits in _DIGITS:
        entries = exact_entries.entries(digits)
        if entries is None:
            break
        spectrum = enclose_spectrum(entries, digits, zeros)
        if spectrum.decided:
            break
    return spectrum


class _ExactEntries:
    """The entries as exact constants, where the point makes them so.

    Only where f is analytic: elsewhere the expression of a derivative may have another value than the
    derivative itself, as for max(x, -x) - abs(x) at 0.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.build = Build()
        self.nodes: dict[tuple[str, str], Expr | None] = {}
        self.smooth = is_analytic(subject.root, subject.wrt, subject.at or {})
        for place, first in enumerate(subject.wrt):
            later = subject.wrt[place:]
            for second, node in zip(later, self._row(first, later), strict=True):
                self.nodes[first, second] = self.nodes[second, first] = node

    def _row(self, first: str, names: Sequence[str]) -> Sequence[Expr | None]:
        """The entries by ``first`` and each name, simplified; None where they cannot be written."""
        at = self.subject.at or {}
        if not self.smooth:
            return [None] * len(names)
        try:
            return [substitute_point(node, at) for node in gradient(derivative(self.subject.root, (first,)), names)]
        except (Unsupported, LimitError):
            return [None] * len(names)

    def entries(self, digits: int) -> list[list[Entry]] | None:
        """The matrix, each entry exact or with that many digits; None where an entry has fewer."""
        names = self.subject.wrt
        constants = {pair: None if node is None else exact(node) for pair, node in self.nodes.items()}
        answers = {} if None not in constants.values() else solve_hessian(self.subject.replace(digits=digits))
        rows: list[list[Entry]] = []
        for first in names:
            row = [
                _to_entry(answers[first][second]) if (value := constants[first, second]) is None else Fraction(value)
                for second in names
            ]
            if None in row:
                return None
            rows.append([entry for entry in row if entry is not None])
        return rows

    def zeros(self) -> int:
        """How many eigenvalues are 0 because the last coefficients of the characteristic polynomial are 0."""
        size = len(self.subject.wrt)
        if size > _LARGEST_PROOF or any(node is None for node in self.nodes.values()):
            return 0
        matrix = [[self.nodes[a, b] or ZERO for b in self.subject.wrt] for a in self.subject.wrt]
        for order in range(size, 0, -1):
            if not _is_zero(self._minors(matrix, order)):
                return size - order
        return size

    def _minors(self, matrix: list[list[Expr]], order: int) -> Expr:
        """The sum of all principal minors of one order: up to its sign, a coefficient."""
        from itertools import combinations

        minors = [self._determinant(matrix, chosen) for chosen in combinations(range(len(matrix)), order)]
        return self.build.add(minors)

    def _determinant(self, matrix: list[list[Expr]], chosen: tuple[int, ...]) -> Expr:
        from itertools import permutations

        terms = []
        for columns in permutations(chosen):
            swaps = sum(columns[i] > columns[j] for i in range(len(columns)) for j in range(i + 1, len(columns)))
            factors = [matrix[row][column] for row, column in zip(chosen, columns, strict=True)]
            terms.append(self.build.mul([MINUS_ONE if swaps % 2 else ONE, *factors]))
        return self.build.add(terms)


def _is_zero(node: Expr) -> bool:
    """Whether a constant is proved to be 0."""
    if (value := exact(node)) is not None:
        return value == 0
    with ctx.workprec(_PROOF_BITS):
        try:
            return constant_of(node).is_zero()
        except NeedMoreBits:
            return False


def _to_entry(answer: Result) -> Entry | None:
    """The certified digits of an entry; None where it has none."""
    reference = answer.reference
    if reference is None or reference.decimal is None or not reference.certified:
        return None
    return Fraction(0) if reference.decimal == "0" else reference.decimal


def _describe(subject: Subject, kind: Definiteness | None) -> str:
    slopes = _find_slopes(subject)
    if kind is None:
        return "an eigenvalue could not be told from 0" + (", the gradient is 0" if slopes.are_zero else "")
    curves = _CURVES[kind]
    if slopes.are_zero:
        higher = _describe_beyond(subject, kind) if kind in _UNDECIDED else None
        return higher or f"{_POINTS[kind]}: the gradient is 0 and f {curves}"
    if not slopes.are_known:
        return f"f {curves}; its gradient could not be resolved"
    length = exact_norm(slopes.decimals)
    size = f"has length {format_error(length)}" if length else "is small, but not 0"
    return f"f {curves}; no stationary point: the gradient {size}"


class _Slopes(NamedTuple):
    """The first partials as decimals, "0" where one is proved to be 0; None for one that is not decided."""

    texts: Sequence[str | None]

    @property
    def are_zero(self) -> bool:
        return all(text == "0" for text in self.texts)

    @property
    def are_known(self) -> bool:
        return None not in self.texts

    @property
    def decimals(self) -> list[str]:
        return [text for text in self.texts if text is not None]


def _find_slopes(subject: Subject) -> _Slopes:
    answers = solve_gradient(subject, subject.root, subject.wrt)
    return _Slopes([_read_slope(subject, name, answer) for name, answer in zip(subject.wrt, answers, strict=True)])


def _read_slope(subject: Subject, name: str, answer: Result) -> str | None:
    reference = answer.reference
    if reference is not None and reference.decimal is not None and not answer.code:
        return reference.decimal
    if not is_analytic(subject.root, (name,), subject.at or {}):
        return None
    try:
        node = substitute_point(derivative(subject.root, (name,)), subject.at or {})
    except (Unsupported, LimitError):
        return None
    return "0" if _is_zero(node) else None


def _describe_beyond(subject: Subject, kind: Definiteness) -> str | None:
    """What a stationary point is by more than second derivatives; None where that is not proved."""
    if len(subject.wrt) == 1:
        return stationary.describe_sides(compare_beside(subject.root, subject.wrt[0], subject.at or {}))
    size = len(subject.wrt)
    directions = stationary.list_axes(size) + _list_flat_directions(subject) + stationary.list_corners(size)
    lines = stationary.search_lines(subject, directions)
    curves = _CURVES[kind]
    if lines.falls and (lines.rises or kind == "positive_semidefinite"):
        where = f" and rises along {lines.rises}" if lines.rises else ""
        return f"a saddle point: the gradient is 0, f {curves}, but falls along {lines.falls}{where}"
    if lines.rises and kind == "negative_semidefinite":
        return f"a saddle point: the gradient is 0, f {curves}, but rises along {lines.rises}"
    even = stationary.read_even_sum(subject)
    if even is None:
        if kind == "zero" or not stationary.is_quadratic(subject):
            return None
        name = "minimum" if kind == "positive_semidefinite" else "maximum"
        return f"a {name}: the gradient is 0, f {curves}, and has no terms of a higher degree than the second"
    name = "minimum" if even.sign > 0 else "maximum"
    sign = "" if even.sign > 0 else "minus "
    strict = "a strict local" if even.is_strict else "a"
    powers = "powers of absolute values" if even.has_absolutes else "even powers"
    return f"{strict} {name}: the gradient is 0 and f is its value there plus {sign}{powers}"


def _list_flat_directions(subject: Subject) -> list[list[Fraction]]:
    """The directions along which f does not curve, where the entries are exact."""
    rows = _ExactEntries(subject).entries(_DIGITS[0])
    exact_rows = [[entry for entry in row if isinstance(entry, Fraction)] for row in rows or ()]
    if not exact_rows or any(len(row) < len(subject.wrt) for row in exact_rows):
        return []
    return stationary.list_flat_directions(exact_rows)


def _describe_rough(subject: Subject) -> str:
    """What is known where f is not proved to be twice differentiable."""
    together = " and ".join(subject.wrt) if len(subject.wrt) <= _LARGEST_PROOF else "all variables"
    sentence = f"f is not shown to be twice differentiable in {together} together, so no verdict follows"
    if len(subject.wrt) > _LARGEST_PROOF:
        return sentence
    size = len(subject.wrt)
    if (direction := _find_other_curvature(subject)) is not None:
        sentence = f"f is not twice differentiable: {direction}, so no verdict follows from the second partials"
    if _find_slopes(subject).are_zero:
        lines = stationary.search_lines(subject, stationary.list_axes(size) + stationary.list_diagonals(size))
        if lines.rises and lines.falls:
            sentence += (
                f"; the point is neither a minimum nor a maximum: f rises along {lines.rises}"
                f" and falls along {lines.falls}"
            )
    return sentence


def _find_other_curvature(subject: Subject) -> str | None:
    """A direction along which the second derivative is another number than the second partials make it."""
    matrix = solve_hessian(subject)
    for direction in stationary.list_diagonals(len(subject.wrt)):
        seeds = {name: float(seed) for name, seed in zip(subject.wrt, direction, strict=True) if seed}
        answer = solve_along(subject, seeds, order=2)
        terms = [
            a * b * value
            for (first, a) in seeds.items()
            for (second, b) in seeds.items()
            if (value := matrix[first][second].value) is not None
        ]
        if answer.value is None or len(terms) < 4:
            continue
        if abs(answer.value - sum(terms)) > _ROUNDING * (abs(answer.value) + sum(map(abs, terms))):
            along = ", ".join(f"{name}={seed:g}" for name, seed in seeds.items())
            return f"along {along} its second derivative is {answer.value:.6g}, not {sum(terms):.6g}"
    return None


# --- enclosed eigenvalues of symmetric matrices -------------------------------------------

Entry = Fraction | str
"""An exact number, or a decimal that is right to its last digit."""
_GUARD = 64
"""Bits beyond those of the entries."""
_ENOUGH = 60
"""Bits with which the middle of a ball is its nearest double, short of a tie: 53 and seven to spare."""


class Spectrum(NamedTuple):
    """Eigenvalues in ascending order and their signs.

    A value is None where its nearest double is not decided, a sign where it may be 0.
    """

    values: list[float | None]
    signs: list[int | None]

    @property
    def decided(self) -> bool:
        """Whether nothing is left open."""
        return None not in self.values and None not in self.signs


def enclose_spectrum(matrix: Sequence[Sequence[Entry]], digits: int, zeros: int = 0) -> Spectrum:
    """The eigenvalues of a symmetric matrix, of which at least ``zeros`` are known to be 0.

    The first ``digits`` digits of each decimal are right. Cost: n**3 at that precision.
    """
    with ctx.workprec(int(3.33 * digits) + _GUARD):
        balls = arb_mat([[_to_ball(entry, digits) for entry in row] for row in matrix])
        try:
            balls_of_eigenvalues = acb_mat(balls).eig(multiple=True)
        except ValueError:  # none of them could be enclosed
            return Spectrum([None] * len(matrix), [None] * len(matrix))
        # A symmetric matrix has real eigenvalues: the imaginary parts are errors.
        real = sorted((value.real for value in balls_of_eigenvalues), key=lambda value: float(value.mid()))
        known_zeros = max(zeros, count_zero_eigenvalues(matrix))
        possible_zeros = [value for value in real if 0 in value]
        signs = [0 if 0 in value and len(possible_zeros) == known_zeros else _sign(value) for value in real]
        values = [0.0 if sign == 0 else _double(value) for value, sign in zip(real, signs, strict=True)]
        return Spectrum(values, signs)


def count_zero_eigenvalues(matrix: Sequence[Sequence[Entry]]) -> int:
    """How often 0 is an eigenvalue of a symmetric matrix of exact numbers; 0 where an entry is not exact."""
    rows: list[list[fmpq]] = []
    for row in matrix:
        exact = [entry for entry in row if isinstance(entry, Fraction)]
        if len(exact) < len(row):
            return 0
        rows.append([fmpq(entry.numerator, entry.denominator) for entry in exact])
    return len(rows) - fmpq_mat(rows).rank()


def _to_ball(entry: Entry, digits: int) -> arb:
    if isinstance(entry, Fraction):
        return arb(fmpq(entry.numerator, entry.denominator))
    middle = arb(entry)
    return middle + arb(0, abs(middle) * arb(10) ** (1 - digits))


def _sign(value: arb) -> int | None:
    if value.is_zero():
        return 0
    if value > 0:
        return 1
    return -1 if value < 0 else None


def _double(value: arb) -> float | None:
    double = as_double(value)
    return float(value.mid()) if double is None and value.rel_accuracy_bits() > _ENOUGH else double
