"""How a table judges a backend: in words, and red only for what is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dcalc.problem import Result, Score
from tests.formats.made_reports import Report, diff, expr, kink, scores


def test_a_number_where_there_is_none_is_said(show):
    central = Score(Result("central", 0.0, notes=("h = 6.1e-06",)))
    report = replace(kink(), answers=(kink().answers[0].replace(scores=(central,)),))
    text = show("table", report, backends=True)
    assert "a number where there is no derivative; h = 6.1e-06" in text
    assert "\x1b[1;31m0.0" in show("table", report, backends=True, color=True)


def test_a_backend_that_is_off_is_red_and_a_hole_yellow(show):
    off = scores()[2]._replace(rel_error=1e-3)
    missed = scores()[2]._replace(rel_error=None, abs_error=1e-3)
    hole = Score(Result("arb", 1.0, status="removable"), 0.0, 0.0, 0.0, 16.0)
    for score, color in ((off, "1;31"), (missed, "1;31"), (hole, "33"), (scores()[0], None)):
        text = show("table", diff(score), backends=True, color=True)
        assert (f"\x1b[{color}m{score.estimate.backend}" in text) is (color is not None)


def test_a_backend_without_a_number_says_its_status_in_its_place(show):
    finite = Score(Result("finite", None, "not_differentiable", "kink", reason="one-sided quotients differ"))
    report = replace(kink(), answers=(kink().answers[0].replace(scores=(finite,)),))
    lines = show("table", report, backends=True).splitlines()
    assert lines[-1] == "finite   not differentiable  kink; one-sided quotients differ"


@pytest.mark.parametrize(
    ("status", "phantom"),
    [("undefined", True), ("not_differentiable", True), ("overflow", True), ("unresolved", False)],
)
def test_only_a_proof_makes_a_number_wrong(show, status, phantom):
    answer = Result(status=status, scores=(Score(Result("central", 1.0)),))
    report = Report("compare", expr("x"), ("x",), at={"x": 0.0}, answers=(answer,))
    assert ("a number where there is no derivative" in show("table", report, command="compare")) is phantom


def test_a_hole_is_named_beside_its_number(show):
    report = diff(Score(Result("arb", 1.0, "removable", notes=("continuity fills it",)), 0.0, 0.0, 0.0, 16.0))
    assert show("table", report, backends=True, width=100).splitlines()[-1].endswith("removable; continuity fills it")


def test_a_kind_that_the_note_names_is_not_said_twice(show):
    score = Score(Result("arb", None, "not_differentiable", "kink", reason="kink in abs(x)"))
    report = replace(kink(), answers=(kink().answers[0].replace(scores=(score,)),))
    assert show("table", report, backends=True).splitlines()[-1] == "arb      not differentiable  kink in abs(x)"
