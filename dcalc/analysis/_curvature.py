"""What the eigenvalues of a Hessian say of a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from dcalc.algebra.eigen import Entry, Spectrum, spectrum
from dcalc.analysis._derivatives import code, derivatives, exactly, gradient
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact
from dcalc.finding import Subject
from dcalc.formats.record import exact_norm
from dcalc.formats.record.numbers import short
from dcalc.problem import Answer
from dcalc.simplify import Build

_DIGITS = (40, 120, 360)
"""Of the entries, until every eigenvalue has its sign and its double."""
_LARGEST_PROOF = 4
"""Determinants of larger matrices are not written out to prove them 0."""
_CURVES = {
    "positive_definite": "curves upward in every direction",
    "negative_definite": "curves downward in every direction",
    "indefinite": "curves upward in some directions and downward in others",
    "positive_semidefinite": "curves downward in no direction, and not at all in some",
    "negative_semidefinite": "curves upward in no direction, and not at all in some",
    "zero": "does not curve",
}
_MAKES = {
    "positive_definite": "a strict local minimum",
    "negative_definite": "a strict local maximum",
    "indefinite": "a saddle point",
    "positive_semidefinite": "a minimum or a saddle, which second derivatives cannot tell",
    "negative_semidefinite": "a maximum or a saddle, which second derivatives cannot tell",
    "zero": "a stationary point of a kind that second derivatives cannot tell",
}


class Curvature(NamedTuple):
    """Eigenvalues, definiteness (None where it is not proved), and the sentence about them."""

    values: Sequence[float | None]
    definiteness: str | None
    sentence: str

    @property
    def words(self) -> str:
        """The definiteness in words."""
        return (self.definiteness or "not resolved").replace("_", " ")

    def record(self) -> dict[str, Any]:
        """For JSON."""
        return {"eigenvalues": list(self.values), "definiteness": self.definiteness, "verdict": self.sentence}


def curvature(subject: Subject, matrix: Mapping[str, Mapping[str, Answer]]) -> Curvature:
    """The verdict on a Hessian all of whose entries have a value. Cost: n**3, and a gradient."""
    found = _spectrum(subject, matrix)
    kind = definiteness(found.signs)
    return Curvature(found.values, kind, _sentence(subject, kind))


def definiteness(signs: Sequence[int | None]) -> str | None:
    """The word for the signs of all eigenvalues; None where those that are known do not decide."""
    if 1 in signs and -1 in signs:
        return "indefinite"
    if None in signs or not signs:
        return None
    if set(signs) == {0}:
        return "zero"
    word = "positive" if 1 in signs else "negative"
    return f"{word}_semidefinite" if 0 in signs else f"{word}_definite"


def _spectrum(subject: Subject, matrix: Mapping[str, Mapping[str, Answer]]) -> Spectrum:
    proofs = _Proofs(subject)
    zeros = 0
    found = Spectrum([], [])
    for digits in _DIGITS:
        sharp = subject._replace(digits=digits)
        entries = [[proofs.entry(a, b, sharp) for b in subject.wrt] for a in subject.wrt]
        if any(entry is None for row in entries for entry in row):
            return found if found.values else Spectrum([None] * len(matrix), [None] * len(matrix))
        known = [[entry for entry in row if entry is not None] for row in entries]
        zeros = zeros or proofs.zeros()
        found = spectrum(known, digits, zeros)
        if found.decided:
            break
    return found


class _Proofs:
    """The entries as exact constants, where the point makes them such."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.build = Build()
        self.nodes: dict[tuple[str, str], Expr | None] = {}
        for place, first in enumerate(subject.wrt):
            for second in subject.wrt[place:]:
                self.nodes[first, second] = self.nodes[second, first] = self._node(first, second)

    def _node(self, first: str, second: str) -> Expr | None:
        """The derivative at the point, simplified; None where it cannot be written."""
        try:
            return exactly(derivative(self.subject.root, (first, second)), self.subject.at or {})
        except (Unsupported, LimitError):
            return None

    def entry(self, first: str, second: str, subject: Subject) -> Entry | None:
        """An entry of the matrix: exact, or with all digits that the subject asks for."""
        node = self.nodes[first, second]
        value = None if node is None else exact(node)
        if value is not None:
            return Fraction(value)
        reference = derivatives(subject, subject.root, ((first, second),))[0].reference
        if reference is None or reference.text is None or not reference.certified:
            return None
        return Fraction(0) if reference.text == "0" else reference.text

    def zeros(self) -> int:
        """How many eigenvalues are 0 because coefficients of the characteristic polynomial are."""
        size = len(self.subject.wrt)
        if size > _LARGEST_PROOF or any(node is None for node in self.nodes.values()):
            return 0
        matrix = [[self.nodes[a, b] or ZERO for b in self.subject.wrt] for a in self.subject.wrt]
        for order in range(size, 0, -1):
            if self._minors(matrix, order) is not ZERO:
                return size - order
        return size

    def _minors(self, matrix: list[list[Expr]], order: int) -> Expr:
        """The sum of the principal minors of an order: a coefficient, but for its sign."""
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


def _sentence(subject: Subject, kind: str | None) -> str:
    slopes = gradient(subject, subject.root, subject.wrt)
    stationary = all(answer.reference is not None and answer.reference.text == "0" for answer in slopes)
    if kind is None:
        return "an eigenvalue could not be told from 0" + (", the gradient is 0" if stationary else "")
    curves = _CURVES[kind]
    if stationary:
        return f"{_MAKES[kind]}: the gradient is 0 and f {curves}"
    if any(code(answer) or (answer.value == 0 and answer.reference is None) for answer in slopes):
        return f"f {curves}; its gradient could not be resolved"
    texts = [answer.reference.text for answer in slopes if answer.reference is not None and answer.reference.text]
    return f"f {curves}; no stationary point: the gradient has length {short(exact_norm(texts))}"
