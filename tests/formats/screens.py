"""What terminals show, and pictures: made anew and held against the files in `golden/`.

A change that alters a screen on purpose rewrites them, to be looked at as part of its diff:

    python -m tests.formats.screens
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import get_args
from unittest import mock

from dcalc.analysis import (
    check,
    descend,
    diagnose,
    diff,
    fit,
    grad,
    hessian,
    jacobian,
    limit,
    plot,
    quotient,
    steps,
    taylor,
    trace,
)
from dcalc.finding import Finding, Subject
from dcalc.formats import Style, load
from dcalc.optimise.descent import Settings
from dcalc.parser import parse
from dcalc.shapes import Curve, Mark, Picture, Sign

FOLDER = Path(__file__).parent / "golden"
WIDTHS = (60, 80, 120, 200)
_HEIGHT = 8
"""Of the curves: what matters of a screen is seen in few rows."""


def _subject(text: str, *more: str, **fields: object) -> Subject:
    root, *others = (parse(one).root for one in (text, *more))
    return Subject(root=root, more=tuple(others), **fields)  # type: ignore[arg-type]  # fields by name


def _diff(text: str, x: float) -> Finding:
    return diff.find(_subject(text, names=("x",), wrt=("x",), targets=(("x",),), at={"x": x}, backends=("all",)))


def _grad(text: str, **at: float) -> Finding:
    names = tuple(at)
    return grad.find(
        _subject(text, names=names, wrt=names, targets=tuple((n,) for n in names), at=at, backends=("all",))
    )


def _check(text: str, claim: str) -> Finding:
    return check.find(_subject(text, names=("x",), wrt=("x",), targets=(("x",),)), claim=claim)


def _fit() -> Finding:
    data = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 2.8, 7.3, 20.5]}
    subject = _subject("a*exp(b*x)", names=("a", "b"), wrt=())
    return fit.find(subject, options=fit.FitOptions(data, "y", start={"a": 1.0, "b": 1.0}))


def _at(text: str, *more: str, order: int = 1, **at: float) -> Subject:
    return _subject(text, *more, names=tuple(at), wrt=tuple(at), order=order, at=at)


def _plot(*texts: str, over: tuple[float, float], **options: object) -> Finding:
    subject = _subject(*texts, names=("x",), wrt=())
    return plot.find(subject, [(None, over)], height=_HEIGHT, **options)  # type: ignore[arg-type]  # by name


def _descend() -> Finding:
    subject = _subject("(x-3)**2 + 10*(y+1)**2", names=("x", "y"), wrt=("x", "y"))
    start: dict[str | int | None, float] = {"x": 0.0, "y": 0.0}
    return descend.find(subject, options=descend.DescentOptions(start, Settings("newton")))


def _methods() -> Finding:
    """Momentum rolls out of the basin in which the others end; each clock reading is a millisecond after the last."""
    start: dict[str | int | None, float] = {"x": 2.0}
    options = descend.DescentOptions(start, Settings(lr=0.02), methods=("gd", "momentum", "adam", "newton"))
    with mock.patch("dcalc.analysis.descend.trial.perf_counter", side_effect=(tick / 1000 for tick in count())):
        return descend.find(_subject("x**4 - 3*x**2 + x", names=("x",), wrt=("x",)), options=options)


SCREENS: dict[str, Callable[[], Finding]] = {
    "diff": lambda: _diff("(1-cos(x))/x**2", 1e-6),
    "diff-kink": lambda: _diff("abs(x)", 0.0),
    "diff-hole": lambda: _diff("sin(x)/x", 0.0),
    "grad": lambda: _grad("x**2*y + abs(x - 1)", x=1.0, y=2.0),
    "check": lambda: _check("x**2*sin(x)", "2*x*cos(x)"),
    "descend": _descend,
    "descend-methods": _methods,
    "fit": _fit,
    "hessian": lambda: hessian.find(_at("x**2*y + sin(x*y)", x=1.0, y=2.0)),
    "jacobian": lambda: jacobian.find(_at("x*abs(y)", "x + y", x=1.0, y=0.0)),
    "taylor": lambda: taylor.find(_at("exp(x)*cos(x)", order=5, x=0.5)),
    # names that no other test has: a trace is in the order in which its parts were first made
    "trace": lambda: trace.find(_at("wx**2*wy + sin(wx*wy)", wx=1.0, wy=2.0)),
    "quotient": lambda: quotient.find(_at("sin(x)", x=1.0)),
    "quotient-kink": lambda: quotient.find(_at("abs(x)", x=0.0)),
    "limit": lambda: limit.find(_at("1/x", x=0.0)),
    "diagnose": lambda: diagnose.find(_at("(1-cos(x))/x**2", x=1e-6)),
    "steps": lambda: steps.find(_subject("x**2*sin(x)/(x + 1)", names=("x",), wrt=("x",))),
    "plot-marks": lambda: _plot("abs(x + 1) + 1/(x - 1) - 1", over=(-4.0, 4.0)),
    "plot-jumps": lambda: _plot("floor(x) + x/3", over=(-2.5, 2.5)),
    "plot-derivative": lambda: _plot("x**3 - 3*x", over=(-3.0, 3.0), derivative=True),
    "plot-swings": lambda: _plot("sin(30/x)", over=(0.05, 2.0)),
    "plot-offset": lambda: _plot("1e9 + x**2", over=(-5.0, 5.0)),
    "plot-several": lambda: _plot("exp(-x)", "exp(-x**2)", over=(0.0, 3.0), log=frozenset("y")),
    "plot-doubt": lambda: _plot("log(abs(sin(x) + x - 2))", over=(0.0, 2.0)),
}

find = cache(lambda name: SCREENS[name]())


def show(name: str) -> str:
    """The screen at each width, without colour; at 80 columns in colour, and in ASCII without tables."""
    finding = find(name)
    styles = [(f"{width} columns", Style("plot", width=width)) for width in WIDTHS]
    styles.append(("80 columns, in colour", Style("plot", width=80, color=True)))
    styles.append(("60 columns, in ASCII, -q", Style("plot", width=60, unicode=False, quiet=True)))
    parts = []
    for title, style in styles:
        text = "".join(load("table").present([finding], style)).replace("\x1b", "␛")
        parts.append(f"--- {title}\n{text}")
    return "".join(parts)


def draw() -> str:
    """A picture of everything that can be drawn, as SVG."""
    signs = [Mark(float(k), 1.0, sign, sign) for k, sign in enumerate(get_args(Sign))]
    doubt = [Mark(2.5, 2.0, "kink", "hollow", proved=False), Mark(3.5, float("nan"), "pole", proved=False)]
    curves = (
        Curve("f", [(0.0, 0.0), (4.0, 3.0), (4.5, float("nan")), (8.0, 2.0)]),
        Curve("range of f", [(4.5, 0.5), (5.0, 0.5)], "band", top=[2.5, 2.5]),
        Curve("f'", [(0.0, 3.0), (8.0, 0.0)]),
        Curve("data", [(1.0, 2.0), (6.0, 1.5)], "dots"),
        Curve("", [(0.0, 2.0), (8.0, 2.0)], "thin"),
    )
    marks = (*signs, *doubt, Mark(7.5, float("nan"), "pole"))
    title = "Everything that can be drawn, under a title that is wrapped as it is longer than one line"
    picture = Picture(curves, title, "x", "y", marks=marks, width=480, height=320)
    return "".join(map(str, load("svg").present([Finding("plot", pictures=(picture,))], Style("plot"))))


def files() -> Iterator[tuple[str, Callable[[], str]]]:
    """The name of each file, and what makes its text."""
    for name in SCREENS:
        yield f"{name}.txt", lambda name=name: show(name)  # type: ignore[misc]  # a default binds the name
    yield "picture.svg", draw


if __name__ == "__main__":
    for name, make in files():
        (FOLDER / name).write_text(make(), encoding="utf-8")
