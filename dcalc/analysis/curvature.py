"""What kind of point a stationary point is: by the signs of the Hessian's eigenvalues, else by what f is beside it.

Eigenvalues are enclosed by flint (`acb_mat.eig`). An enclosure around 0 cannot say that an eigenvalue is 0; that
is proved by exact entries: by their rank, or by coefficients of the characteristic polynomial that vanish.

Where second derivatives cannot tell, in one variable the sides of the point decide. In several a point is not a minimum
where f falls along a line, and it is one where f is proved to be its value there plus even powers with positive
factors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import Literal, NamedTuple

from flint import acb_mat, arb, arb_mat, ctx, fmpq, fmpq_mat

from dcalc import functions as table
from dcalc.analysis.smoothness import drop_thin_branches, is_twice_differentiable
from dcalc.analysis.toolkit import restrict_to_line, solve_along, solve_gradient, solve_hessian
from dcalc.backends.reference import is_analytic
from dcalc.coordinates import substitute_point
from dcalc.derive import derivative, gradient
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact, make, number, variables, walk
from dcalc.finding import Subject
from dcalc.numbers.rounding import as_double, format_error
from dcalc.numerals import exact_norm
from dcalc.problem import Result
from dcalc.proof.polynomials import rewrite
from dcalc.simplify import Build, simplify
from dcalc.verdict import Beside, Comparison, NeedMoreBits, compare_beside, constant_of

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
        return describe_sides(compare_beside(subject.root, subject.wrt[0], subject.at or {}))
    size = len(subject.wrt)
    directions = list_axes(size) + _list_flat_directions(subject) + list_corners(size)
    lines = search_lines(subject, directions)
    curves = _CURVES[kind]
    if lines.falls and (lines.rises or kind == "positive_semidefinite"):
        where = f" and rises along {lines.rises}" if lines.rises else ""
        return f"a saddle point: the gradient is 0, f {curves}, but falls along {lines.falls}{where}"
    if lines.rises and kind == "negative_semidefinite":
        return f"a saddle point: the gradient is 0, f {curves}, but rises along {lines.rises}"
    even = read_even_sum(subject)
    if even is None:
        if kind == "zero" or not is_quadratic(subject):
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
    return list_flat_directions(exact_rows)


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
        lines = search_lines(subject, list_axes(size) + list_diagonals(size))
        if lines.rises and lines.falls:
            sentence += (
                f"; the point is neither a minimum nor a maximum: f rises along {lines.rises}"
                f" and falls along {lines.falls}"
            )
    return sentence


def _find_other_curvature(subject: Subject) -> str | None:
    """A direction along which the second derivative is another number than the second partials make it."""
    matrix = solve_hessian(subject)
    for direction in list_diagonals(len(subject.wrt)):
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


# --- what f is beside the point, where second derivatives cannot tell ----------------------

_MOST_CORNERED = 4
"""Variables up to which the directions to all corners are tried."""
_MOST_FACTORED = 200
"""Nodes of an expression that is factored."""
_MOST_TERMS = 200
"""Of the polynomials that it is factored by."""


def describe_sides(beside: Beside) -> str | None:
    """What a point is in one variable, as a sentence about a gradient of 0; None where the sides are not decided."""
    sides = {beside.left, beside.right}
    if None in sides or "missing" in sides:
        return None
    if sides == {"above"}:
        return "a strict local minimum: the gradient is 0 and f is larger on both sides"
    if sides == {"below"}:
        return "a strict local maximum: the gradient is 0 and f is smaller on both sides"
    if sides == {"equal"}:
        return "a point around which f is constant"
    if sides == {"above", "below"}:
        return "an inflection, neither a minimum nor a maximum: the gradient is 0, and f is smaller on one side alone"
    kind = "minimum" if "above" in sides else "maximum"
    return f"a local {kind} that is not strict: the gradient is 0 and f is constant on one side"


class Lines(NamedTuple):
    """A direction from the point along which f rises, and one along which it falls; None where none is found."""

    rises: str | None
    falls: str | None


def search_lines(subject: Subject, directions: Sequence[Sequence[Fraction]]) -> Lines:
    """The first directions, among these and their opposites, that are proved to lead up and down."""
    ends: dict[Comparison, str] = {}
    for direction in directions:
        seeds = {name: seed for name, seed in zip(subject.wrt, direction, strict=True) if seed}
        root, step = restrict_to_line(subject, seeds)
        beside = compare_beside(root, step, {**(subject.at or {}), step: 0.0})
        for sign in (1, -1):
            if (outcome := beside.side(sign)) in ("above", "below"):
                ends.setdefault(outcome, ", ".join(f"{name}={sign * seed}" for name, seed in seeds.items()))
        if len(ends) == 2:
            break
    return Lines(ends.get("above"), ends.get("below"))


def list_axes(size: int) -> list[list[Fraction]]:
    """The unit vectors."""
    return [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]


def list_diagonals(size: int) -> list[list[Fraction]]:
    """The sums and differences of two unit vectors."""
    axes = list_axes(size)
    return [
        [a + sign * b for a, b in zip(axes[i], axes[j], strict=True)]
        for i in range(size)
        for j in range(i)
        for sign in (1, -1)
    ]


def list_corners(size: int) -> list[list[Fraction]]:
    """The directions to the corners of a cube, one of each pair of opposites; none in more dimensions than four."""
    if not 2 <= size <= _MOST_CORNERED:
        return []
    return [[Fraction(1), *map(Fraction, signs)] for signs in product((1, -1), repeat=size - 1)]


def list_flat_directions(matrix: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """A basis of the vectors that a matrix maps to 0."""
    size = len(matrix)
    reduced, rank = fmpq_mat([[_to_flint(entry) for entry in row] for row in matrix]).rref()
    pivots = [next(j for j in range(size) if reduced[i, j] != 0) for i in range(rank)]
    basis = []
    for free in (j for j in range(size) if j not in pivots):
        vector = [Fraction(int(j == free)) for j in range(size)]
        for row, pivot in enumerate(pivots):
            vector[pivot] = -Fraction(int(reduced[row, free].p), int(reduced[row, free].q))
        basis.append(vector)
    return basis


def _to_flint(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


class EvenSum(NamedTuple):
    """f as a constant plus products of even powers, those of absolute values included, all with factors of that sign,
    each of them 0 at the point.

    ``is_strict``: the bases have independent gradients enough that no other point near by makes all of them 0.
    """

    sign: int
    is_strict: bool
    has_absolutes: bool = False


def is_quadratic(subject: Subject) -> bool:
    """Whether f is proved to be a polynomial of at most the second degree around the point."""
    if not is_analytic(subject.root, subject.wrt, subject.at or {}):
        return False
    try:
        seconds = [derivative(subject.root, pair) for pair in combinations_with_replacement(subject.wrt, 2)]
    except (Unsupported, LimitError):
        return False
    return not {*variables(*seconds)} & {*subject.wrt}


def read_even_sum(subject: Subject) -> EvenSum | None:
    """The form of f as such a sum, read off its simplified expression or its factors; None where none is seen."""
    simple = simplify(subject.root)
    if (even := _read_even_terms(subject, simple)) is not None or len(walk(simple)) > _MOST_FACTORED:
        return even
    value = exact(simplify(substitute_point(simple, subject.at or {})))
    try:
        factors = rewrite(simple if value is None else make(table.SUB, simple, number(value)), "factor", _MOST_TERMS)
    except LimitError:
        return None
    return _read_even_terms(subject, factors)


def _read_even_terms(subject: Subject, root: Expr) -> EvenSum | None:
    bases: list[Expr] = []
    signs = set()
    for factor, node in _list_terms(root):
        if exact(node) is not None:
            continue
        powers = node.args if node.op is table.MUL else (node,)
        own = [base for power in powers if (base := _read_even_power(power)) is not None]
        values = [exact(substitute_point(base, subject.at or {})) for base in own]
        if len(own) < len(powers) or 0 not in values:
            return None
        if None not in values and values.count(0) == 1:  # else the term is 0 on more than the zeros of one base
            bases.append(own[values.index(0)])
        signs.add(1 if factor > 0 else -1)
    if len(signs) != 1:
        return None
    return EvenSum(signs.pop(), _are_independent(subject, bases), any(node.op is table.ABS for node in walk(root)))


def _list_terms(root: Expr) -> Iterator[tuple[Fraction, Expr]]:
    """The terms of a sum with their rational factors."""
    stack = [(Fraction(1), root)]
    while stack:
        factor, node = stack.pop()
        if node.op is table.ADD:
            stack += [(factor, arg) for arg in node.args]
        elif node.op is table.SUB:
            stack += [(factor, node.args[0]), (-factor, node.args[1])]
        elif node.op is table.NEG:
            stack.append((-factor, node.args[0]))
        elif node.op is table.MUL and (value := exact(node.args[0])) is not None and value:
            rest = node.args[1:]
            stack.append((factor * Fraction(value), rest[0] if len(rest) == 1 else make(table.MUL, *rest)))
        elif node.op is table.DIV and (value := exact(node.args[1])) is not None and value:
            stack.append((factor / Fraction(value), node.args[0]))
        else:
            yield factor, node


def _read_even_power(node: Expr) -> Expr | None:
    """The base of an even power, or of a positive one of an absolute value; None for anything else."""
    if node.op is not table.POW and node.op is not table.ABS:
        return None
    base: Expr = node.args[0] if node.op is table.POW else node
    exponent = exact(node.args[1]) if node.op is table.POW else 1
    if exponent is None or exponent <= 0:
        return None
    if base.op is table.ABS:
        inner: Expr = base.args[0]
        return inner
    return base if Fraction(exponent).denominator == 1 and exponent % 2 == 0 else None


def _are_independent(subject: Subject, bases: Sequence[Expr]) -> bool:
    """Whether the gradients of the bases span all directions, so that their common zero is isolated."""
    rows = []
    if not all(is_analytic(base, subject.wrt, subject.at or {}) for base in bases):
        return False
    for base in bases:
        try:
            row = [exact(substitute_point(derivative(base, (name,)), subject.at or {})) for name in subject.wrt]
        except (Unsupported, LimitError):
            return False
        if None in row:
            return False
        rows.append([_to_flint(Fraction(entry)) for entry in row if entry is not None])
    return fmpq_mat(rows).rank() == len(subject.wrt)
