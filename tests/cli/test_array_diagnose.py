"""Digits lost by operations on arrays. Truths are mpmath's at 50 digits, or identities."""

import json
from typing import Any

import pytest

from tests.cli.conftest import Run

mpmath = pytest.importorskip("mpmath")
pytest.importorskip("numpy")


def ask(run: Run, *arguments: str) -> dict[str, Any]:
    (record,) = json.loads(run("diagnose", *arguments, "--json").out)["records"]
    return record


@pytest.mark.parametrize(
    ("text", "at", "kind", "place", "rewrite", "slope"),
    [
        ("sum(log(1 + exp(-y*x)))", "y=[1,-1],x=[2,800]", "overflow", "[1]", "sum(softplus(-y*x))", "-y*sigmoid(-y*x)"),
        ("log(sum(exp(x)))", "x=[800,1]", "overflow", "[0]", "logsumexp(x)", "softmax(x)"),
        ("log(det(x))", "x=[[1e200,0],[1,1e200]]", "overflow", None, "logdet(x)", "inv(x).T"),
        ("sum(exp(x)/sum(exp(x))*[1,2])", "x=[1000,999]", "overflow", "[0]", "softmax(x).T@[1, 2]", None),
        ("sum(exp(x)-1)", "x=[1e-9,1]", "cancellation", "[0]", None, None),
        ("norm(x)", "x=[1e200,1]", "overflow", None, None, None),
        ("sum(1/(1+exp(x)))", "x=[710,1]", "overflow", "[0]", None, "-sigmoid(-x)*sigmoid(x)"),
        ("(a*x)@x", "a=[1e-200,1e-200],x=[1e-200,1]", "underflow", "[0]", None, None),
    ],
)
def test_the_operation_that_loses_digits_is_named(
    run: Run, text: str, at: str, kind: str, place: str | None, rewrite: str | None, slope: str | None
) -> None:
    record = ask(run, text, "--at", at, "--wrt", "x")
    (node, *_) = record["nodes"]
    assert (node["kind"], node["worst_entry"]) == (kind, place)
    if rewrite is not None:
        assert record["rewrite"]["expression"] == rewrite
        assert record["rewrite"]["digits_gained"] > 15
    if slope is not None:
        assert record["derivative_rewrite"]["expression"] == slope
        assert record["derivative_rewrite"]["digits_gained"] > 14


def test_a_form_is_searched_for_where_rules_do_not_help(run: Run) -> None:
    record = ask(run, "sum((1-cos(x))/x**2)", "--at", "x=[1e-6,1]")
    with mpmath.workdps(50):
        truth = sum((1 - mpmath.cos(x)) / x**2 for x in (mpmath.mpf(1e-6), mpmath.mpf(1)))
        assert mpmath.almosteq(mpmath.mpf(record["reference"]["f"]), truth, 1e-28)
        lost = 16 + mpmath.log10(abs(record["value"]["f"] - truth) / truth)
    assert record["digits_lost"]["f"] == pytest.approx(float(lost), abs=0.2)
    assert record["rewrite"]["digits_gained"] > 11


def test_the_condition_is_the_sum_of_all_shares(run: Run) -> None:
    record = ask(run, "sum(x**3)", "--at", "x=[1,2,4]")
    assert record["condition"] == {"f": pytest.approx(3.0)}  # x*3*x**2 over x**3
    assert (record["digits_lost"], record["rewrite"], record["nodes"]) == ({"f": 0.0, "derivative": 0.0}, None, [])
    assert run("diagnose", "sum(x**3)", "--at", "x=[1,2,4]").out.splitlines()[-1] == "doubles keep all digits here"


def test_saturation_is_seen_where_the_value_is_right(run: Run) -> None:
    result = run("diagnose", "sum(tanh(x))", "--at", "x=[30,-40,1]")
    assert result.out.splitlines()[-1] == (
        "doubles keep all digits here, though tanh(x) saturates in 2 of 3 entries, most at [0] at 1.0: "
        "nothing of its argument is left"
    )


def test_no_value_is_said(run: Run) -> None:
    result = run("diagnose", "sum(log(x))", "--at", "x=[0,1]")
    assert (result.code, result.out) == (3, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("sum(A@x)",), "diagnose needs values"),
        (("A@x", "--at", "A=[[1,2]],x=[1,2]"), "diagnose looks at a scalar; this is 1"),
        (("sum(x)", "--at", "x=[1,2]", "-n", "2"), "--order does not take arrays"),
        (("tr(A@A)", "--at", f"A=[{','.join(['[' + ','.join(['1'] * 40) + ']'] * 40)}]"),
         "more than 30,000 operations are too many to follow digit by digit"),
    ],
)  # fmt: skip
def test_what_cannot_be_diagnosed_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("diagnose", *arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}\n")
