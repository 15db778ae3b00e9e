"""Markdown and LaTeX: tables that render, and user text that stays text."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from importlib.util import find_spec

import pytest
from made_reports import (
    diff,
    evaluated,
    expr,
    failed,
    free,
    grad,
    grad_free,
    grad_part,
    hostile,
    kink,
    scores,
    simplified,
    undefined,
)

import dcalc.notation.plain
from dcalc.problem import Answer


@pytest.fixture(autouse=True)
def _latex(monkeypatch):
    """Until there is a notation of that name."""
    if find_spec("dcalc.notation.latex") is None:
        monkeypatch.setitem(sys.modules, "dcalc.notation.latex", dcalc.notation.plain)


MARKDOWN = {
    "no point": ([free()], {}, ["| expression | derivative |", "| --- | --- |", "| `x**2*sin(x)` | `2*x*sin(x) + x**2*cos(x)` |"]),
    "one point": (
        [kink()],
        {},
        [
            "| expression | derivative | x | f | value | status |",
            "| --- | --- | ---: | ---: | ---: | --- |",
            "| `abs(x)` | `sign(x)` | 0.0 | 0.0 |  | not differentiable (kink), left -1.0, right 1.0 |",
        ],
    ),
    "several points": (
        [diff(), kink()],
        {"sweep": True},
        [
            "| x | f | value | status |",
            "| ---: | ---: | ---: | --- |",
            "| 1.0 | 0.8414709848078965 | 2.2232442754839328 | ok |",
            "| 0.0 | 0.0 |  | not differentiable (kink), left -1.0, right 1.0 |",
        ],
    ),
    "a batch": (
        [failed(), undefined()],
        {"batch": True},
        [
            "| expression | at | value | status |",
            "| --- | --- | ---: | --- |",
            "|  |  |  | error (line 4): no function named sinn |",
            r"| `log(x)` | `x=-1.0` |  | undefined: log(x): argument is -1, needs \> 0 |",
        ],
    ),
    "backends": (
        [diff(*scores())],
        {"backends": True},
        [
            "| backend | value | abs error | rel error | ulps | digits | time | note |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
            "| `reference` | 2.22324427548393273070594125070 |  |  |  |  |  |  |",
            "| `forward` | 2.223244275483933 | 4.9e-16 | 2.2e-16 | 1.1 | 15.7 | 12 us |  |",
            "| `symbolic` | 2.2232442754839328 | 0 | 0 | 0 | all | 33 us |  |",
            "| `central` | 2.22324427549 | 6.1e-12 | 2.7e-12 | 1.4e4 | 11.6 |  | h = 6.1e-06 |",
            "| `complex_step` | unsupported |  |  |  |  |  | abs is not analytic |",
        ],
    ),
    "grad": (
        [grad_part()],
        {"command": "grad"},
        [
            "| variable | derivative | value | status |",
            "| --- | --- | ---: | --- |",
            "| `x` |  |  | not differentiable (kink), left -1.0, right 1.0 |",
            "| `y` |  | 1.0 | ok |",
        ],
    ),
    "grad, several points": (
        [grad()],
        {"command": "grad", "sweep": True},
        ["| x | y | df/dx | df/dy | status |", "| ---: | ---: | ---: | ---: | --- |", "| 1.0 | 2.0 | 4.0 | 1.0 | ok |"],
    ),
    "grad, a batch": (
        [grad_free()],
        {"command": "grad", "batch": True},
        [
            "| expression | variable | derivative | status |",
            "| --- | --- | --- | --- |",
            "| `x**2*y` | `x` | `2*x*y` | ok |",
            "| `x**2*y` | `y` | `x**2` | ok |",
        ],
    ),
    "eval": (
        [evaluated()],
        {"command": "eval"},
        ["| expression | x | value | status |", "| --- | ---: | ---: | --- |", "| `x/2` | 1.0 | 0.5 | ok |"],
    ),
    "simplify": (
        [simplified()],
        {"command": "simplify"},
        ["| expression | result |", "| --- | --- |", "| `x + x` | `2*x` |"],
    ),
    "a batch that is given a point later": (
        [free(), diff()],
        {"batch": True},
        [
            "| expression | derivative | status |",
            "| --- | --- | --- |",
            "| `x**2*sin(x)` | `2*x*sin(x) + x**2*cos(x)` | ok |",
            "| `x**2*sin(x)` | `2.2232442754839328 at x=1.0` | ok |",
        ],
    ),
    "a batch that is given none later": (
        [evaluated(), free()],
        {"batch": True},
        [
            "| expression | at | value | status |",
            "| --- | --- | ---: | --- |",
            "| `x/2` | `x=1.0` | 0.5 | ok |",
            r"| `x**2*sin(x)` |  |  | ok: 2\*x\*sin(x) + x\*\*2\*cos(x) |",
        ],
    ),
}


@pytest.mark.parametrize("case", MARKDOWN)
def test_markdown(show, case):
    reports, style, expected = MARKDOWN[case]
    assert show("markdown", *reports, **style).splitlines() == expected


@pytest.mark.parametrize("style", [{"batch": True}, {"sweep": True}, {"backends": True, "batch": True}])
def test_hostile_text_adds_no_cell_to_markdown(show, style):
    lines = show("markdown", *hostile(), **style).split("\n")[:-1]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1
    assert not any("\x1b" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a|b", r"`a\|b`"), ("a`b", "``a`b``"), ("`a", "`` `a ``"), ("``", "``` `` ```"), (r"a\b", r"`a\b`")],
)
def test_code_spans(text, shown):
    from dcalc.formats.markdown import _code

    assert _code(text) == shown


def test_latex_without_a_point_is_the_formula(show):
    text = show("latex", free())
    assert text.endswith("\n")
    assert "tabular" not in text
    assert text.count("\n") == 1


def test_latex_of_a_gradient_is_aligned(show):
    lines = show("latex", grad_free(), command="grad").splitlines()
    assert lines[0] == r"\begin{aligned}"
    assert lines[1].startswith(r"\frac{\partial f}{\partial x} &= ")
    assert lines[1].endswith(r" \\")
    assert lines[2].startswith(r"\frac{\partial f}{\partial y} &= ")
    assert lines[3:] == [r"\end{aligned}"]


def test_latex_of_points_is_a_tabular(show):
    assert show("latex", diff(), kink(), sweep=True).splitlines() == [
        r"\begin{tabular}{rrrl}",
        r"$x$ & f & value & status \\",
        r"\hline",
        r"$1.0$ & $0.8414709848078965$ & $2.2232442754839328$ & ok \\",
        r"$0.0$ & $0.0$ &  & not differentiable (kink), left -1.0, right 1.0 \\",
        r"\end{tabular}",
    ]


def test_latex_of_backends(show):
    lines = show("latex", diff(*scores()), backends=True).splitlines()
    assert lines[0] == r"\begin{tabular}{lrrrrrrl}"
    assert lines[4] == r"forward & $2.223244275483933$ & $4.9 \times 10^{-16}$ & $2.2 \times 10^{-16}$ & $1.1$ & $15.7$ & 12 us &  \\"
    assert lines[7] == r"complex\_step & unsupported &  &  &  &  &  & abs is not analytic \\"


def test_latex_of_a_gradient_at_points(show):
    lines = show("latex", grad(), command="grad", sweep=True).splitlines()
    assert lines[1] == (
        r"$x$ & $y$ & $\frac{\partial f}{\partial x}$ & $\frac{\partial f}{\partial y}$ & status \\"
    )
    lines = show("latex", grad(), command="grad").splitlines()
    assert lines[1] == r"variable & derivative & value & status \\"
    assert lines[3].startswith("$x$ & $")


def test_latex_of_a_batch(show):
    kinked = replace(kink(), at=None, answers=(Answer("undefined", sentence="log(-1): no real value"),))
    reports = [failed("100% of {this}"), free(), kinked, diff()]
    lines = show("latex", *reports, batch=True).splitlines()
    assert lines[0] == "% error: 100% of {this}"
    assert lines[2] == "% undefined: log(-1): no real value"
    assert lines[3] == "2.2232442754839328"
    assert show("latex", kinked) == ""
    assert show("latex", evaluated(), command="eval").splitlines()[-2].endswith(r"$1.0$ & $0.5$ & ok \\")
    exact = replace(evaluated(), at={"x": expr("pi/4")})
    assert "& pi/4 &" in show("latex", exact, command="eval")


def test_hostile_text_adds_no_cell_to_latex(show):
    text = show("latex", *hostile(), batch=True)
    rows = [line for line in text.split("\n") if line.endswith(r"\\")]
    assert len(rows) == 5
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {3}
    assert r"\textbackslash{}" in text
