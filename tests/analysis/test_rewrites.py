"""Expressions that lose digits are given forms that keep them, and that are the same function; truths by mpmath."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import pytest
from mpmath import mp, mpf

from dcalc.analysis import diagnose
from dcalc.expr import Expr, natural, variables
from dcalc.finding import Subject
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from tests.analysis.lossy import CASES
from tests.truths import OutOfReach, value

HERBIE = Path(__file__).with_name("herbie.tsv")
DIGITS = 53 * math.log10(2)
MOST_LEFT = 2.0
"""Digits that a rewritten form may still lose."""
LOSSY = 8.0
NEEDED = 0.8
"""The part of Herbie's expressions that must be given a form."""
TINY = mpf("1e-300")
"""Below it, a value of mpmath at 400 digits is 0."""
FACTORS = (0.5, 3.0, -1.0, -0.25, 1e3, 1e-3)
"""Where forms are compared besides: at multiples of the point."""
PLACES = (4.25, -2.5, 0.75)
"""And at points where all variables have these values, in a sum with their place."""


class Row(NamedTuple):
    """An expression of Herbie's with a point."""

    name: str
    expression: str
    at: str


def read_herbie() -> list[Row]:
    """One row for each point of the file."""
    rows = []
    for line in HERBIE.read_text().splitlines():
        if not line.startswith("#"):
            file, name, points, expression = line.split("\t")
            rows += [Row(f"{file}: {name}", expression, point) for point in points.split("; ")]
    return rows


def read_point(text: str) -> dict[str, float]:
    return {name: float(number) for name, number in (pair.split("=") for pair in text.split(","))}


def read_row(row: Row) -> tuple[Expr, dict[str, float]]:
    """The expression and the point, whose names are variables: also i, which alone is not taken for one."""
    point = read_point(row.at)
    return parse(row.expression, variables=tuple(point)).root, point


def count_lost(number: float, truth: object) -> float:
    with mp.workdps(60):
        if not mp.isfinite(number):
            return DIGITS
        error = abs((mpf(number) - truth) / truth) if truth else abs(mpf(number))
        return 0.0 if not error else float(min(DIGITS, max(0, mp.log10(error) + DIGITS)))


def find_rewrite(root: Expr, at: Mapping[str, float]) -> Expr | None:
    names = tuple(natural(variables(root)))
    subject = Subject(root=root, names=names, wrt=names[:1], at=dict(at))
    rewrite = diagnose.find(subject).record["rewrite"]
    return None if rewrite is None else parse(diagnose.write(rewrite["expression"]), variables=names).root


def find_truth(root: Expr, at: Mapping[str, float]) -> object:
    """The value in mpmath; None where that takes too long."""
    try:
        with mp.workdps(1000):
            return value(root, at)
    except OutOfReach:
        return None


@pytest.mark.slow_cases(fast_every=3)
@pytest.mark.parametrize(("expression", "at"), CASES, ids=[f"{expression} at {at}" for expression, at in CASES])
def test_a_form_regains_the_digits_and_is_the_same_function(expression, at):
    root, point = read_row(Row("", expression, at))
    truth = find_truth(root, point)
    assert count_lost(evaluate(root, point), truth) > MOST_LEFT + 1
    form = find_rewrite(root, point)
    assert form is not None
    assert count_lost(evaluate(form, point), truth) <= MOST_LEFT
    assert_same(root, form, point)


def assert_same(root: Expr, form: Expr, point: Mapping[str, float]) -> None:
    """Both have the same values at multiples of the point, up to the ulp that a series may leave out."""
    multiples = [{name: number * factor for name, number in point.items()} for factor in FACTORS]
    plain = [{name: start + place / 8 for place, name in enumerate(point)} for start in PLACES]
    for beside in (*multiples, *plain):
        try:
            with mp.workdps(400):
                wanted, found = value(root, beside), value(form, beside)
        except (OutOfReach, ZeroDivisionError, ValueError, OverflowError):
            continue
        if wanted is None or found is None or not mp.isfinite(wanted):
            continue
        with mp.workdps(60):
            assert abs(found - wanted) <= abs(wanted) * mpf(2) ** -52 + TINY, beside


@pytest.mark.slow
def test_most_of_herbies_expressions_are_given_a_form():
    """At points where doubles lose 8 digits or more; what is judged is the double of the form, read from its text."""
    count, regained = 0, []
    for row in read_herbie():
        root, point = read_row(row)
        truth = find_truth(root, point)
        if truth is None:
            continue
        form = find_rewrite(root, point)
        count += 1
        if form is not None and count_lost(evaluate(form, point), truth) <= MOST_LEFT:
            regained.append(row)
    assert count > 300
    assert len(regained) >= NEEDED * count


@pytest.mark.parametrize("row", list(islice(read_herbie(), 0, None, 16)), ids=lambda row: row.name)
def test_herbies_forms_are_the_same_function(row):
    root, point = read_row(row)
    truth = find_truth(root, point)
    assert truth is None or count_lost(evaluate(root, point), truth) >= LOSSY - 0.5
    form = find_rewrite(root, point)
    if form is not None:
        assert_same(root, form, point)


@pytest.mark.parametrize(
    ("expression", "at", "near"),
    [
        ("atan(1/x) - 1/x", 1e6, (8.1, 16.5, -17.0, 40.0)),
        ("x*log(1 + 1/x) - 1", 1e8, (17.0, 65.0, -70.0, 300.0)),
        ("(x - sin(x))/x**3", 1e-4, (0.99, -0.999, 0.5, 1.01)),
    ],
)
def test_series_leave_out_less_than_a_double_shows_up_to_the_edge_of_where_they_are_taken(expression, at, near):
    root = parse(expression).root
    form = find_rewrite(root, {"x": at})
    assert form is not None
    with mp.workdps(60):
        for place in near:
            truth = value(root, {"x": place})
            assert abs(value(form, {"x": place}) - truth) < abs(truth) * mpf(2) ** -52
