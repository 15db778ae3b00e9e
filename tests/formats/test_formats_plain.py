"""Plain output: a case for each of its rules."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from dcalc.problem import Result
from tests.formats.made_reports import (
    HOSTILE,
    Report,
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

TWO = {"x": 1.0, "y": 2.0}
ALL = (
    "forward\t2.223244275483933\t4.9e-16\t2.2e-16\tok\n"
    "symbolic\t2.2232442754839328\t0.0\t0.0\tok\n"
    "central\t2.22324427549\t6.07e-12\t2.7e-12\tok\n"
    "complex_step\t\t\t\tunsupported\n"
)

CASES = {
    "no point: the derivative": ([free()], {}, "2*x*sin(x) + x**2*cos(x)\n"),
    "one point: the value alone": ([diff()], {}, "2.2232442754839328\n"),
    "several points": ([diff(), kink()], {"sweep": True}, "1.0\t2.2232442754839328\n0.0\t\tnot_differentiable\n"),
    "several variables": ([replace(diff(), at=TWO)], {"sweep": True}, "x=1.0,y=2.0\t2.2232442754839328\n"),
    "--backend all": ([diff(*scores())], {"backends": True}, ALL),
    "compare": ([diff(*scores(), command="compare")], {"command": "compare"}, ALL),
    "all, several points": (
        [diff(*scores()[1:2])],
        {"backends": True, "sweep": True},
        "1.0\tsymbolic\t2.2232442754839328\t0.0\t0.0\tok\n",
    ),
    "all, a batch": (
        [diff(*scores()[3:])],
        {"backends": True, "batch": True},
        "x**2*sin(x)\tcomplex_step\t\t\t\tunsupported\n",
    ),
    "a single problem without a value": ([kink()], {}, ""),
    "a single error": ([failed()], {}, ""),
    "a batch": (
        [diff(), undefined(), failed()],
        {"batch": True},
        "2.2232442754839328\n# undefined: log(x): argument is -1, needs > 0\n# error: no function named sinn\n",
    ),
    "a batch without points": (
        [free(), failed()],
        {"batch": True},
        "2*x*sin(x) + x**2*cos(x)\n# error: no function named sinn\n",
    ),
    "a line among points that failed": ([failed("no number")], {"sweep": True}, "# error: no number\n"),
    "grad, no point": ([grad_free()], {"command": "grad"}, "x\t2*x*y\ny\tx**2\n"),
    "grad, one point": ([grad()], {"command": "grad"}, "x\t4.0\ny\t1.0\n"),
    "grad, a part missing": ([grad_part()], {"command": "grad"}, "x\t\tnot_differentiable\ny\t1.0\n"),
    "grad, several points": (
        [grad(), grad_part()],
        {"command": "grad", "sweep": True},
        "x=1.0,y=2.0\t4.0\t1.0\nx=0.0,y=2.0\t\t1.0\tnot_differentiable\n",
    ),
    "grad, a batch": (
        [grad(), grad_free(), grad_part()],
        {"command": "grad", "batch": True},
        "4.0\t1.0\n2*x*y\tx**2\n# not_differentiable: abs(x): a kink at x = 0\n",
    ),
    "grad, nothing has a value": ([replace(grad_part(), answers=grad_part().answers[:1] * 2)], {"command": "grad"}, ""),
    "eval": ([evaluated()], {"command": "eval"}, "0.5\n"),
    "eval of a constant": ([replace(evaluated(), at=None)], {"command": "eval"}, "0.5\n"),
    "simplify": ([simplified()], {"command": "simplify"}, "2*x\n"),
    "the shortest text that reads back": ([replace(diff(), answers=(Result(value=2.0),))], {}, "2.0\n"),
    "digits, from the reference": ([diff()], {"digits": 30}, "2.22324427548393273070594125070\n"),
    "digits, rounded correctly": ([diff()], {"digits": 6}, "2.22324\n"),
    "digits, of a backend alone": ([replace(diff(), answers=(Result(value=2.0),))], {"digits": 4}, "2.000\n"),
    "more digits than a double has": ([replace(diff(), answers=(Result(value=0.1),))], {"digits": 40}, "0.1\n"),
    "an infinite value is none": ([replace(diff(), answers=(Result(value=math.inf),))], {}, ""),
    "overflow": (
        [replace(diff(), answers=(Result("reference", None, "overflow", decimal="1.9e434", precision=30),))],
        {"digits": 30},
        "",
    ),
    "an exact point": (
        [replace(diff(), at={"x": expr("1/3")})],
        {"sweep": True},
        "0.3333333333333333\t2.2232442754839328\n",
    ),
    "names are printed as typed": ([replace(free(), answers=(Result(derivative=expr("2*θ")),))], {}, "2*θ\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_plain(show, case):
    reports, style, expected = CASES[case]
    assert show("plain", *reports, **style) == expected


@pytest.mark.parametrize("style", [{"batch": True}, {"sweep": True}, {"batch": True, "backends": True}])
def test_a_record_is_a_line_whatever_its_text(show, style):
    text = show("plain", *hostile(), **style)
    assert len(text.splitlines()) == 4
    assert "\x1b" not in text


def test_a_hostile_sentence_is_spelled_out(show):
    answer = Result(status="undefined", reason=HOSTILE)
    text = show("plain", Report("diff", expr("x"), ("x",), at={"x": 0.0}, answers=(answer,)), batch=True)
    assert text.endswith("\\n\\r\\t\\x1b[31m\\x00\\u202e end\n")


def shared(depth):
    """An expression whose plain text doubles with every level, and one as long without shared parts."""
    node = expr("sin(x)*x")
    for _ in range(depth):
        node = expr("t*(1-t)") if node is None else _squared(node)
    return node


def _squared(node):
    from dcalc.expr import ONE, make
    from dcalc.functions import MUL, SUB

    return make(MUL, node, make(SUB, ONE, node))


@pytest.mark.parametrize(("inputs", "batch", "named"), [(20, False, True), (0, True, True), (10**6, False, False)])
def test_shared_parts_are_named_unless_the_input_was_as_long(show, inputs, batch, named):
    report = Report("diff", expr("x"), ("x",), answers=(Result(derivative=shared(8)),))
    assert show("plain", report, inputs=inputs, batch=batch).startswith("t1 = ") is named


def test_in_a_batch_the_expression_stands_for_the_input(show):
    report = Report("diff", shared(8), ("x",), answers=(Result(derivative=shared(8)),))
    assert show("plain", report, batch=True).startswith("t1 = ")
    flat = expr(" + ".join(f"x**{n}*sin(x*y)" for n in range(2, 80)))
    report = Report("diff", flat, ("x",), answers=(Result(derivative=flat),))
    assert not show("plain", report, batch=True).startswith("t1 = ")
