"""The length of a gradient."""

from __future__ import annotations

import pytest

from dcalc.analysis.answers import norm
from dcalc.problem import Result
from tests.formats.made_reports import Report, expr


def with_values(*values, digits=0, decimals=()):
    decimals = decimals or [None] * len(values)
    answers = [
        Result("reference", value, decimal=text, precision=digits) for value, text in zip(values, decimals, strict=True)
    ]
    return Report("grad", expr("x + y"), ("x", "y")[: len(values)], at={"x": 0.0, "y": 0.0}, answers=tuple(answers))


@pytest.mark.parametrize(
    ("report", "length"),
    [
        (with_values(3.0, 4.0), 5.0),
        (with_values(3e300, 4e300), 5e300),  # the squares overflow
        (with_values(3e-300, 4e-300), 5e-300),  # the squares underflow
        (with_values(1.7e308, 1.7e308), None),  # so does the norm itself
        (with_values(-2.0), 2.0),
        (with_values(0.1, 0.2, digits=30, decimals=("0.1", "0.2")), 0.22360679774997896),  # sqrt(5)/10
    ],
)
def test_the_norm(report, length):
    assert norm(report.answers) == length
