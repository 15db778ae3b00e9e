"""Tables: what they show, and that nothing a terminal or a user does breaks them."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count

import pytest

from dcalc.expr import symbol
from dcalc.problem import Result
from tests.formats.conftest import chunks
from tests.formats.made_reports import (
    Report,
    diff,
    evaluated,
    expr,
    failed,
    free,
    grad,
    grad_free,
    grad_part,
    kink,
    nowhere,
    scores,
    simplified,
    undefined,
)

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")

COMPARED = """\
expression  x**2*sin(x)
derivative  2*x*sin(x) + x**2*cos(x)
at          x = 1.0
f           0.8414709848078965
value       2.2232442754839328
reference   2.22324427548393273070594125070
certified   all 30 digits
status      ok

backend       value               abs error  rel error   ulps  digits   time
────────────────────────────────────────────────────────────────────────────
forward       2.223244275483933     4.9e-16    2.2e-16    1.1    15.7  12 us
symbolic      2.2232442754839328          0          0      0     all  33 us
central       2.22324427549         6.1e-12    2.7e-12  1.4e4    11.6
complex_step  unsupported

central: h = 6.1e-06
complex_step: abs is not analytic
"""

NARROW = """\
expression  x**2*sin(x)
derivative  2*x*sin(x) + x**2*cos(x)
at          x = 1.0
f           0.8414709848078965
value       2.2232442754839328
reference
  2.22324427548393273070594125070
certified   all 30 digits
status      ok

backend       value
────────────────────────────────────────
forward       2.223244275483933
              abs 4.9e-16, rel 2.2e-16
              ulps 1.1, digits 15.7
              time 12 us
symbolic      2.2232442754839328
              abs 0, rel 0, ulps 0
              digits all, time 33 us
central       2.22324427549
              abs 6.1e-12, rel 2.7e-12
              ulps 1.4e4, digits 11.6
complex_step  unsupported

central: h = 6.1e-06
complex_step: abs is not analytic
"""

KINK = """\
expression  abs(x)
derivative  sign(x)
at          x = 0.0
f           0.0
status      not differentiable (kink)
left        -1.0
right       1.0
why         abs(x): its argument changes sign at x = 0
"""

GRADIENT = """\
expression  x**2*y
at          x = 1.0, y = 2.0
f           2.0
norm        4.123105625617661
status      ok

variable  derivative  value  status
───────────────────────────────────
x         2*x*y       4.0    ok
y         x**2        1.0    ok
"""

SWEEP = """\
x    f                   value               status
────────────────────────────────────────────────────────────────────────────────
1.0  0.8414709848078965  2.2232442754839328  ok
0.0  0.0                                     not differentiable (kink), left
                                             -1.0, right 1.0
"""

BATCH = """\
expression   at      value               status
────────────────────────────────────────────────────────────────────────────────
x**2*sin(x)  x=1.0   2.2232442754839328  ok
log(x)       x=-1.0                      undefined: log(x): argument is -1,
                                         needs > 0
                                         error (line 4): no function named sinn
"""

CERTIFICATE = "certified to 30 digits: 2.22324427548393273070594125070\n"
AGREEING = f"""\
2.2232442754839328
{CERTIFICATE}
backend           value               rel error   ulps  digits  note
────────────────────────────────────────────────────────────────────────────────
symbolic, taylor  2.2232442754839328          0      0     all
forward           2.223244275483933     2.2e-16    1.1    15.7
central           2.22324427549         2.7e-12  1.4e4    11.6  h = 6.1e-06
complex_step      unsupported                                   abs is not
                                                                analytic
"""


def agreeing() -> Report:
    """Two backends are right, and the reference, which is the answer, has no line of its own."""
    forward, exact, central, cannot = scores()
    taylor = exact._replace(estimate=exact.estimate.replace(backend="taylor"))
    reference = exact._replace(estimate=exact.estimate.replace(backend="reference"))
    return diff(forward, exact, central, cannot, taylor, reference)


CASES = {
    "compare": ([diff(*scores(), command="compare")], {"command": "compare"}, COMPARED),
    "all backends": ([diff(*scores())], {"backends": True, "verbose": True}, COMPARED),
    "backends that agree": ([agreeing()], {"backends": True}, AGREEING),
    "the answer alone": ([diff()], {}, "2.2232442754839328\n" + CERTIFICATE),
    "more digits": (
        [diff()],
        {"digits": 20},
        "2.2232442754839327307\ncertified to 30 digits\n",
    ),
    "a kink in all detail": ([kink()], {"verbose": True}, KINK),
    "compare at 40 columns": ([diff(*scores(), command="compare")], {"command": "compare", "width": 40}, NARROW),
    "a kink": (
        [kink()],
        {},
        "not differentiable: abs(x): its argument changes sign at x = 0\n-1.0 from the left and 1.0 from the right\n",
    ),
    "grad": ([grad()], {"command": "grad"}, "x  4.0\ny  1.0\nnorm 4.123105625617661\n"),
    "grad in all detail": ([grad()], {"command": "grad", "verbose": True}, GRADIENT),
    "grad without a part": (
        [grad_part()],
        {"command": "grad"},
        "x  not differentiable: abs(x): a kink at x = 0; -1.0 from the left and 1.0 from\n   the right\ny  1.0\n",
    ),
    "grad as expressions": ([grad_free()], {"command": "grad"}, "x  2*x*y\ny  x**2\n"),
    "several points": ([diff(), kink()], {"sweep": True}, SWEEP),
    "a batch": ([diff(), undefined(), failed()], {"batch": True}, BATCH),
    "no point": ([free()], {}, "2*x*sin(x) + x**2*cos(x)\n"),
    "no point in all detail": (
        [free()],
        {"verbose": True},
        "expression  x**2*sin(x)\nderivative  2*x*sin(x) + x**2*cos(x)\n",
    ),
    "a note": (
        [replace(free(), notes=("a remark that is longer than a line of this terminal",))],
        {"width": 40},
        "2*x*sin(x) + x**2*cos(x)\nnote: a remark that is longer than a\n      line of this terminal\n",
    ),
    "no note with -q": ([replace(free(), notes=("a remark",))], {"quiet": True}, "2*x*sin(x) + x**2*cos(x)\n"),
    "one backend alone": (
        [Report("diff", expr("x"), ("x",), at={"x": 1.0}, answers=(Result("forward", 1.0),))],
        {},
        "1.0\nby the backend forward alone: no digit is certified\n",
    ),
    "simplify": ([simplified()], {"command": "simplify"}, "2*x\n"),
    "simplify in all detail": (
        [simplified()],
        {"command": "simplify", "verbose": True},
        "expression  x + x\nresult      2*x\n",
    ),
    "eval": ([evaluated()], {"command": "eval"}, "0.5\ncertified to 30 digits: 0.5\n"),
    "eval in all detail": (
        [evaluated()],
        {"command": "eval", "verbose": True},
        "expression  x/2\n"
        "at          x = 1.0\n"
        "value       0.5\n"
        "reference   0.5\n"
        "certified   all 30 digits\n"
        "status      ok\n",
    ),
    "without a value anywhere": (
        [nowhere()],
        {},
        "undefined: log(-1): no real value\n",
    ),
    "without a value, in all detail": (
        [nowhere()],
        {"verbose": True},
        "expression  log(-1)*x\nstatus      undefined\nwhy         log(-1): no real value\n",
    ),
    "a failure belongs on stderr": ([failed()], {}, ""),
}


@pytest.mark.parametrize("case", CASES)
def test_table(show, case):
    reports, style, expected = CASES[case]
    assert show("table", *reports, **style) == expected


@pytest.mark.parametrize("case", CASES)
def test_colors_change_no_character(show, case):
    reports, style, expected = CASES[case]
    colored = show("table", *reports, **style, color=True)
    assert [line.rstrip() for line in ESCAPE.sub("", colored).splitlines()] == expected.splitlines()
    assert ("\x1b" in colored) is bool(expected)


@pytest.mark.parametrize("width", [24, 30, 40, 60, 80])
def test_no_number_is_broken(show, width):
    for report in (diff(*scores(), command="compare"), grad(), evaluated()):
        text = show("table", report, width=width, command=report.command, verbose=True)
        numbers = ["2.2232442754839328", "2.223244275483933", "6.1e-12"] if report.command == "compare" else ["0.5"]
        numbers = ["4.123105625617661", "4.0", "2.0"] if report.command == "grad" else numbers
        assert all(re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", text) for number in numbers)
    text = show("table", agreeing(), width=width, backends=True)
    assert all(number in text for number in ("2.2232442754839328", "2.223244275483933", "2.22324427549 "[:13]))


def test_a_number_longer_than_the_line_is_broken_between_groups(show):
    answer = Result("reference", 0.1, decimal="0." + "1234567890" * 10, precision=100, certified=True)
    report = Report("diff", expr("x"), ("x",), at={"x": 1.0}, answers=(answer,))
    first, *rest = show("table", report, width=40, digits=100).splitlines()
    assert "".join([first, *rest[:2]]) == answer.decimal
    lines = show("table", report, width=40, digits=100, verbose=True).splitlines()
    start = lines.index("value")
    assert lines[start + 1] == "  0.1234567890123456789012345678"
    assert "".join(line.strip() for line in lines[start + 1 : start + 5]) == answer.decimal


def test_a_huge_derivative_is_shown_by_its_ends(show):
    report = replace(free(), answers=(Result(derivative=symbol("y" * 50_000)),))
    for verbose in (False, True):
        text = show("table", report, width=80, verbose=verbose)
        assert len(text) < 3_000
        assert "50,000 characters in all; --format plain shows them" in " ".join(text.split())


def test_what_is_left_out_is_said(show):
    long = replace(diff(), answers=(Result(value=1.0, derivative=symbol("y" * 10_001)),))
    assert "(over 10,000 characters; shown where no point is given)" in show("table", long, verbose=True)
    high = show("table", replace(diff(), order=11), verbose=True)
    assert "(not written out above order 10)" in high
    assert "wrt         x (order 11)" in high


def test_what_is_differentiated_by_is_said_where_it_is_not_obvious(show):
    assert "wrt" not in show("table", free(), verbose=True)
    assert "wrt         x\n" in show("table", replace(free(), expression=expr("x*y")), verbose=True)
    assert "wrt         x, y (order 2)\n" in show("table", replace(free(), wrt=("x", "y"), order=2), verbose=True)
    assert "wrt         (order 0)\n" in show("table", replace(free(), wrt=(), order=0), verbose=True)


def test_the_parts_of_a_gradient_that_fail_are_named(show):
    text = show("table", grad_part(), command="grad", verbose=True)
    assert "status      x: not differentiable (kink), left -1.0, right 1.0: abs(x): a kink\n" in text
    assert "norm" not in text


def test_backends_of_a_gradient_stand_under_it(show):
    answers = tuple(answer.replace(scores=scores()[2:]) for answer in grad().answers)
    text = show("table", replace(grad(), answers=answers), command="grad", backends=True, width=60, verbose=True)
    assert "variable  derivative  value  status" in text
    assert "variable  backend" in text
    assert "y, complex_step: abs is not analytic" in text


def test_certified_is_never_claimed_for_an_estimate(show):
    answer = Result("reference", None, "unresolved", decimal="1e-2466", precision=1)
    report = Report("diff", expr("x"), ("x",), at={"x": 1.0}, answers=(answer,))
    assert show("table", report) == "unresolved\nnot certified: 1e-2466\n"
    text = show("table", report, verbose=True)
    assert "reference   1e-2466\ncertified   no\nstatus      unresolved\n" in text


def test_digits_asked_are_the_value(show):
    text = show("table", diff(), digits=30, verbose=True)
    assert "value       2.22324427548393273070594125070\ncertified   all 30 digits\n" in text
    assert "reference" not in text


def test_without_unicode_everything_is_ascii(show):
    report = Report("diff", expr("θ**2"), ("θ",), answers=(Result(derivative=expr("2*θ")),))
    assert show("table", report, unicode=False) == "2*\\u03b8\n"
    assert show("table", report, unicode=False, verbose=True) == "expression  \\u03b8**2\nderivative  2*\\u03b8\n"
    assert "---" in show("table", diff(), sweep=True, unicode=False)


def test_pages_keep_their_widths_and_repeat_no_heading(show):
    text = show("table", *[diff()] * 5, sweep=True, page=2)
    assert text.count("status") == 1
    assert text == show("table", *[diff()] * 5, sweep=True)


def test_the_heading_returns_where_the_widths_change(show):
    text = show("table", kink(), diff(), sweep=True, page=1)
    assert text.count("status") == 2


def test_a_page_of_one_row_waits_for_nothing():
    taken = []

    def endless():
        for place in count():
            taken.append(place)
            yield diff()

    shown = chunks("table", endless(), sweep=True, page=1)
    assert "2.2232442754839328" in next(shown)
    assert len(taken) == 1


def test_user_text_is_no_markup(show):
    answer = undefined().answers[0].replace(reason="[red]no[/red] :smile:")
    report = replace(undefined(), answers=(answer,))
    assert "[red]no[/red] :smile:" in show("table", report)
    assert "[red]no[/red] :smile:" in show("table", report, batch=True, width=120)


def test_the_answer_stands_out_from_its_certificate(show):
    value, certificate = show("table", diff(), color=True).splitlines()[:2]
    assert value == "\x1b[1m2.2232442754839328\x1b[0m"
    assert certificate.startswith("\x1b[2mcertified")


def test_what_stands_out_is_not_dim(show):
    for report, style in ((diff(), {}), (diff(), {"verbose": True}), (grad(), {"command": "grad"})):
        text = show("table", report, color=True, **style)
        value = "4.0" if report.command == "grad" else "2.2232442754839328"
        assert f"\x1b[1m{value}\x1b[0m" in text
    assert "\x1b[33mnote: \x1b[0mshort" in show("table", replace(diff(), notes=("short",)), color=True)
