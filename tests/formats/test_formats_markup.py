"""Markdown and LaTeX: tables that render, and user text that stays text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from dcalc.expr import ONE, make
from dcalc.functions import MUL, SUB
from dcalc.problem import Result
from tests.formats.made_reports import (
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
    nowhere,
    scores,
    simplified,
    undefined,
)

MARKDOWN = {
    "no point": (
        [free()],
        {},
        ["| expression | derivative |", "| --- | --- |", "| `x**2*sin(x)` | `2*x*sin(x) + x**2*cos(x)` |"],
    ),
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
            "| `truth` | 2.22324427548393273070594125070 |  |  |  |  |  |  |",
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
    from dcalc.formats.markdown import code_span

    assert code_span(text) == shown


FREE = r"2 x \sin\left(x\right) + x^{2} \cos\left(x\right)"
PARTIAL = r"\frac{\partial f}{\partial %s}"

LATEX = {
    "no point: the formula": ([free()], {}, [FREE]),
    "a gradient is aligned": (
        [grad_free()],
        {"command": "grad"},
        [
            r"\begin{aligned}",
            PARTIAL % "x" + r" &= 2 x y \\",
            PARTIAL % "y" + r" &= x^{2}",
            r"\end{aligned}",
        ],
    ),
    "several points": (
        [diff(), kink()],
        {"sweep": True},
        [
            r"\begin{tabular}{rrrl}",
            r"$x$ & f & value & status \\",
            r"\hline",
            r"$1.0$ & $0.8414709848078965$ & $2.2232442754839328$ & ok \\",
            r"$0.0$ & $0.0$ &  & not differentiable (kink), left -1.0, right 1.0 \\",
            r"\end{tabular}",
        ],
    ),
    "one point": (
        [kink()],
        {},
        [
            r"\begin{tabular}{llrrrl}",
            r"expression & derivative & $x$ & f & value & status \\",
            r"\hline",
            r"$\left|x\right|$ & $\operatorname{sign}\left(x\right)$ & $0.0$ & $0.0$ &  & "
            r"not differentiable (kink), left -1.0, right 1.0 \\",
            r"\end{tabular}",
        ],
    ),
    "backends": (
        [diff(*scores())],
        {"backends": True},
        [
            r"\begin{tabular}{lrrrrrrl}",
            r"backend & value & abs error & rel error & ulps & digits & time & note \\",
            r"\hline",
            r"truth & $2.22324427548393273070594125070$ &  &  &  &  &  &  \\",
            r"forward & $2.223244275483933$ & $4.9 \times 10^{-16}$ & $2.2 \times 10^{-16}$ & "
            r"$1.1$ & $15.7$ & 12 us &  \\",
            r"symbolic & $2.2232442754839328$ & $0$ & $0$ & $0$ & all & 33 us &  \\",
            r"central & $2.22324427549$ & $6.1 \times 10^{-12}$ & $2.7 \times 10^{-12}$ & "
            r"$1.4 \times 10^{4}$ & $11.6$ &  & h = 6.1e-06 \\",
            r"complex\_step & unsupported &  &  &  &  &  & abs is not analytic \\",
            r"\end{tabular}",
        ],
    ),
    "a gradient at a point": (
        [grad()],
        {"command": "grad"},
        [
            r"\begin{tabular}{llrl}",
            r"variable & derivative & value & status \\",
            r"\hline",
            r"$x$ & $2 x y$ & $4.0$ & ok \\",
            r"$y$ & $x^{2}$ & $1.0$ & ok \\",
            r"\end{tabular}",
        ],
    ),
    "a gradient at several points": (
        [grad()],
        {"command": "grad", "sweep": True},
        [
            r"\begin{tabular}{rrrrl}",
            f"$x$ & $y$ & ${PARTIAL % 'x'}$ & ${PARTIAL % 'y'}$ & status \\\\",
            r"\hline",
            r"$1.0$ & $2.0$ & $4.0$ & $1.0$ & ok \\",
            r"\end{tabular}",
        ],
    ),
    "a batch of formulas": (
        [failed("100% of {this}"), free(), nowhere(), diff()],
        {"batch": True},
        ["% error: 100% of {this}", FREE, "% undefined: log(-1): no real value", "2.2232442754839328"],
    ),
    "a batch of values": (
        [failed("100% of {this}"), undefined(), free()],
        {"batch": True},
        [
            r"\begin{tabular}{llrl}",
            r"expression & at & value & status \\",
            r"\hline",
            r" &  &  & error (line 4): 100\% of \{this\} \\",
            r"$\ln\left(x\right)$ & x=-1.0 &  & undefined: log(x): argument is -1, needs \textgreater{} 0 \\",
            rf"$x^{{2}} \sin\left(x\right)$ &  & ${FREE}$ & ok \\",
            r"\end{tabular}",
        ],
    ),
    "nothing to say of a single problem": ([nowhere()], {}, []),
    "an exact point": (
        [replace(evaluated(), at={"x": expr("pi/4")})],
        {"command": "eval"},
        [
            r"\begin{tabular}{lrrl}",
            r"expression & $x$ & value & status \\",
            r"\hline",
            r"$\frac{x}{2}$ & pi/4 & $0.5$ & ok \\",
            r"\end{tabular}",
        ],
    ),
}


@pytest.mark.parametrize("case", LATEX)
def test_latex(show, case):
    reports, style, expected = LATEX[case]
    assert show("latex", *reports, **style).splitlines() == expected


def test_shared_parts_are_an_aligned_block(show):
    node = expr("sin(x)")
    for _ in range(9):
        node = make(MUL, node, make(SUB, ONE, node))
    report = replace(free(), answers=(Result(derivative=node),))
    lines = show("latex", report, inputs=6).splitlines()
    assert lines[0] == r"\begin{aligned}"
    assert lines[1].startswith("t_{1} &= ")
    assert lines[-1] == r"\end{aligned}"


def test_hostile_text_adds_no_cell_to_latex(show):
    text = show("latex", *hostile(), batch=True)
    rows = [line for line in text.split("\n") if line.endswith(r"\\")]
    assert len(rows) == 5
    assert {len(re.findall(r"(?<!\\)&", row)) for row in rows} == {3}
    assert r"\textbackslash{}" in text
