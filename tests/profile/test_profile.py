"""A short run of the profile, the same every time; and that its judges would notice."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.profile import kinds
from tests.profile.formula import read
from tests.profile.kinds.curvature import Signs, signs
from tests.profile.kinds.descent import minima
from tests.profile.run import profile
from tests.profile.truth import Truth, truth

_FEW = {
    "drawing": 6,
    "absolute": 8,
    "claim": 20,
    "descent": 20,
    "flat": 30,
    "gradient": 30,
    "stream": 30,
    "curvature": 40,
    "coefficient": 40,
}
"""Kinds whose answers take hundredths of a second or more."""


@pytest.mark.slow_cases("claim", "coefficient", "curvature", "descent", "flat", "gradient", "stream", "text")
@pytest.mark.parametrize("kind", kinds.names())
def test_nothing_false_is_said(kind: str) -> None:
    tally = profile(kind, _FEW.get(kind, 80), seed=0)
    assert not tally.false
    assert tally.open <= tally.asked * 0.15  # what is left open is not false, but must not become the rule


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds.names())
def test_nothing_false_is_said_of_more(kind: str) -> None:
    assert not profile(kind, 5 * _FEW.get(kind, 80), seed=1).false


@pytest.mark.parametrize(
    ("text", "wrt", "at", "expected"),
    [
        ("abs(x)", "x", (0, 0), Truth("not_differentiable", "kink", None, Fraction(-1), Fraction(1))),
        ("floor(x)", "x", (1, 0), Truth("not_differentiable", "jump", None, None, Fraction(0))),
        ("x/x", "x", (0, 0), Truth("removable", value=Fraction(0))),
        ("1/x", "x", (0, 0), Truth("undefined")),
        ("x*y/x", "y", (0, 1), Truth("continued", value=Fraction(1))),
        ("x*abs(x)", "xx", (0, 0), Truth("not_differentiable", "kink", None, Fraction(-2), Fraction(2))),
        ("where(x == 0, 0, x)", "x", (0, 0), Truth("ok", value=Fraction(1))),
        ("where(x == 0 and y == 0, 0, x*y*(x**2 - y**2)/(x**2 + y**2))", "xy", (0, 0), Truth("ok", value=Fraction(-1))),
        ("where(x == 0 and y == 0, 0, x*y*(x**2 - y**2)/(x**2 + y**2))", "yx", (0, 0), Truth("ok", value=Fraction(1))),
        ("abs(x)*y**2", "xy", (0, 0), Truth("not_differentiable")),
        ("abs(x)*y**2", "yx", (0, 0), Truth("ok", value=Fraction(0))),
        ("x**2*abs(y)", "xxy", (0, 0), Truth("not_differentiable", "kink", None, Fraction(-2), Fraction(2))),
        ("x**3*y**2", "xyx", (1, 1), Truth("ok", value=Fraction(12))),
    ],
)
def test_truths_of_derivatives(text: str, wrt: str, at: tuple[int, int], expected: Truth) -> None:
    found = truth(read(text), wrt, {"x": Fraction(at[0]), "y": Fraction(at[1])})
    if expected.status == "continued":
        assert found.value is not None and expected.value is not None
        assert found.status == "continued" and abs(found.value - expected.value) < Fraction(1, 1 << 30)
    else:
        assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x**2 + 5*min(x, 0)", [Fraction(-5, 2)]),
        ("x**2 + floor(x)", []),
        ("x**2 - 3*abs(x)", [Fraction(-3, 2), Fraction(3, 2)]),
        ("where(x > 0, x**2, x**2 - 1)", [Fraction(0)]),
    ],
)
def test_truths_of_minima(text: str, expected: list[Fraction]) -> None:
    assert minima(read(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5*max(x**2, y**2) - 4*x**2 - 4*y**2", Signs(positive=True, zero=True, negative=True)),
        ("x**2 + x*y + y**2", Signs(positive=True, zero=False, negative=False)),
        ("(x - y)**2", Signs(positive=True, zero=True, negative=False)),
        ("-abs(x*y)", Signs(positive=False, zero=True, negative=True)),
    ],
)
def test_truths_of_signs(text: str, expected: Signs) -> None:
    assert signs(read(text), Fraction(0), Fraction(0)) == expected
