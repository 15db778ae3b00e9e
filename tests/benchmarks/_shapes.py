"""Texts of any size in the shapes that break recursive programs, for `scaling.py`."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """A text of any size, and the x at which it is evaluated."""

    text: Callable[[int], str]
    at: float = 0.5


def nest(before: str, after: str = ")", inner: str = "x") -> Callable[[int], str]:
    """Something put around something else n times."""
    return lambda n: before * n + inner + after * n


def row(between: str, term: str) -> Callable[[int], str]:
    """n terms with an operator between them; {k} in a term is its number."""
    return lambda n: between.join(term.format(k=k) for k in range(1, n + 1))


SHAPES = {
    "parentheses": Shape(nest("(")),
    "minus": Shape(nest("-", "")),
    "sin": Shape(nest("sin(")),
    "exp": Shape(nest("exp(")),
    "exp-": Shape(nest("exp(-")),
    "abs": Shape(nest("abs(")),
    "sqrt": Shape(nest("sqrt(")),
    "atan": Shape(nest("atan(")),
    "tower": Shape(row("**", "x")),
    "squares": Shape(nest("(", ")**2"), at=1.0),
    "horner": Shape(nest("(", "*x+1)", inner="1")),
    "fraction": Shape(nest("1/(1+")),
    "sum same": Shape(row("+", "x")),
    "sum linear": Shape(row("+", "{k}*x")),
    "sum sines": Shape(row("+", "sin({k}*x)")),
    "sum powers": Shape(row("-", "x**{k}")),
    "sum fractions": Shape(row("+", "x/{k}")),
    "sum squares": Shape(row("+", "(x+{k})**2")),
    "sum names": Shape(row("+", "x*a{k}")),
    "product same": Shape(row("*", "x")),
    "product distinct": Shape(row("*", "(x+{k})")),
    "product names": Shape(lambda n: "x*" + row("*", "a{k}")(n)),
    "quotient": Shape(row("/", "x")),
    "constant calls": Shape(lambda n: "x*" + nest("sin(", inner="1")(n)),
    "constant powers": Shape(lambda n: "x*" + nest("(", ")**2", inner="1")(n)),
    "constant sum": Shape(lambda n: "x*(" + row("+", "sin({k})")(n) + ")"),
    "where": Shape(nest("where(x<1,x,", inner="0")),
    "where deep": Shape(nest("where(x>1,x,x*", inner="1")),
    "max": Shape(lambda n: "max(" + row(",", "x-{k}")(n) + ")"),
}
