"""The domain of root(x, n): negative x where n is an odd whole number, else x >= 0; from the row of the table."""

from __future__ import annotations

import pytest

from dcalc.backends.reference import differentiate
from dcalc.parser import parse
from dcalc.problem import Problem


@pytest.mark.parametrize(
    ("text", "order", "at", "expected"),
    [
        ("root(x, 0.5)", 1, 0.0, "boundary"),  # x**2, for x >= 0 alone
        ("root(x, 0.5)", 2, 0.0, "boundary"),
        ("root(x, 1/3)", 1, 0.0, "boundary"),  # x**3, for x >= 0 alone
        ("root(x, 0.25)", 1, 0.0, "boundary"),
        ("root(x - 1, 0.5)", 1, 1.0, "boundary"),
        ("root(x, 0.5)", 1, 3.0, 6),
        ("root(x, 0.5)", 0, -1.0, "undefined"),
        ("root(x, 1/3)", 0, -1.0, "undefined"),
        ("root(x, -0.5)", 0, -1.0, "undefined"),
        ("root(x, 0.5)", 1, -1.0, "undefined"),
        ("root(x, 4)", 0, -1.0, "undefined"),
        ("root(x, 3)", 0, -8.0, -2),
        ("root(x, -3)", 0, -8.0, -0.5),
        ("root(-8, x)", 0, 3.0, -2),
        ("root(-8, x)", 0, 0.5, "undefined"),
        ("root(-8, x)", 0, 2.0, "undefined"),
        ("root(-8, x)", 1, 3.0, "boundary"),  # beside 3 the degree is not a whole number
        ("root(-1, x)", 1, 5.0, "boundary"),
        ("root(-8, x)", 1, 4.0, "undefined"),
    ],
)
def test_the_domain_of_a_root(text: str, order: int, at: float, expected: float | str) -> None:
    answer = differentiate(Problem(parse(text).root, ("x",) * order, {"x": at}))
    assert (answer.kind or answer.status if answer.value is None else answer.value) == expected


def test_the_sentence_is_about_the_root() -> None:
    answer = differentiate(Problem(parse("root(x, 0.5)").root, ("x",), {"x": 0.0}))
    assert answer.note == "the domain of root(x, 0.5) ends here: a negative argument needs an odd degree"
