"""What doubles lose, where, and which form regains it; truths by mpmath at 60 digits."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from mpmath import mp, mpf

from dcalc.analysis.diagnose.losses import DIGITS, find_losses
from dcalc.errors import DcalcError
from dcalc.expr import variables
from dcalc.numbers.enclosure import constants
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from tests.cli.conftest import Run, process
from tests.shapes import POINTS, expressions
from tests.truths import OutOfReach, steady, value

ROOT = Fraction(1.4142135623730951)
CASES = [
    # f, point, (kind, sub-expression) in f, rewritten f
    ("(1-cos(x))/x**2", "1e-6", [("cancellation", "1 - cos(x)")], "sinc(x/2)**2/2"),
    ("log(1+exp(x))", "800", [("overflow", "exp(x)")], "softplus(x)"),
    ("exp(x)/(1+exp(x))", "800", [("overflow", "exp(x)")], "sigmoid(x)"),
    ("1-tanh(x)**2", "20", [("saturation", "tanh(x)"), ("cancellation", "1 - tanh(x)**2")], "sech(x)**2"),
    ("log(1+x)", "1e-10", [("amplification", "log(1 + x)")], "log1p(x)"),
    ("sqrt(x+1)-sqrt(x)", "1e12", [("cancellation", "sqrt(x + 1) - sqrt(x)")], "1/(sqrt(x) + sqrt(x + 1))"),
    ("(exp(x)-1)/x", "1e-8", [("cancellation", "exp(x) - 1")], "expm1(x)/x"),
    ("sqrt(x**2+1)-x", "1e9", [("cancellation", "sqrt(x**2 + 1) - x")], "1/(x + hypot(x, 1))"),
    ("sqrt(1+x**2)", "1e200", [("overflow", "x**2")], "hypot(1, x)"),
    ("1-erf(x)", "7", [("saturation", "erf(x)"), ("cancellation", "1 - erf(x)")], "erfc(x)"),
    ("tanh(x)", "25", [("saturation", "tanh(x)")], None),
    ("exp(-x)", "740", [("underflow", "exp(-x)")], None),
    ("gamma(x)", "200", [("overflow", "gamma(x)")], None),
    ("1e-320*x", "1e-10", [("underflow", "1e-320")], None),
    ("1e400*x/1e390", "1", [("overflow", "1e400"), ("overflow", "1e390")], "10000000000*x"),
    ("x**2", "3", [], None),
    ("sin(x)", "1e22", [], None),
    ("floor(x)*x", "0.5", [], None),
    ("where(x > 0, x, exp(x)-1)", "1e-9", [], None),
    ("x + 1", "-1", [], None),
]


def diagnosed(f: str, at: str, run: Run) -> dict:
    result = run("diagnose", f, f"--at={at}", "--json")
    assert result.code == 0
    return json.loads(result.out)["records"][0]


@pytest.mark.parametrize(("f", "at", "nodes", "rewritten"), CASES, ids=[f"{case[0]} at {case[1]}" for case in CASES])
def test_the_node_at_fault_is_found_and_mended(f, at, nodes, rewritten, run):
    record = diagnosed(f, at, run)
    found = [(node["kind"], node["text"]) for node in record["nodes"] if node["in"] == "f"]
    # An untaken branch of where is looked at as well, but loses nothing of f.
    assert [pair for pair in found if "where" not in f] == nodes
    assert (record["rewrite"] or {}).get("expression") == rewritten


@pytest.mark.parametrize(("f", "at"), [case[:2] for case in CASES if case[0] not in ("gamma(x)",)])
def test_digits_lost_are_those_that_mpmath_finds(f, at, run):
    record = diagnosed(f, at, run)
    root = parse(f).root
    with mp.workdps(1000):
        truth = value(root, {"x": float(at)})
    assert record["digits_lost"]["f"] == pytest.approx(_lost(evaluate(root, {"x": float(at)}), truth), abs=0.06)
    if record["rewrite"] is not None:
        after = _lost(evaluate(parse(record["rewrite"]["expression"]).root, {"x": float(at)}), truth)
        gained = record["digits_lost"]["f"] - after
        assert record["rewrite"]["digits_gained"] == pytest.approx(gained, abs=0.15)


def _lost(value: float, truth: object) -> float:
    with mp.workdps(60):
        if not mp.isfinite(value):
            return DIGITS
        if not truth:
            return 0.0 if not value else DIGITS
        error = abs((mpf(value) - truth) / truth)
        return 0.0 if not error else float(min(DIGITS, max(0, mp.log10(error) + DIGITS)))


@pytest.mark.parametrize(
    ("f", "at", "of_f", "of_derivative"),
    [
        ("x**3", "2", 3.0, 2.0),  # abs(x*f'/f), by hand
        ("exp(x)", "5", 5.0, 5.0),
        ("log(x)", "1.0000001", 1e7, 1.0),
        ("x**2 - 2", "1.4142135623730951", float(2 * ROOT**2 / abs(ROOT**2 - 2)), 1.0),
        ("5*x", "0", None, 0.0),
        ("sin(x)/x", "0", 0.0, None),
    ],
)
def test_condition_numbers(f, at, of_f, of_derivative, run):
    record = diagnosed(f, at, run)
    found = record["condition"]
    assert found["f"] == pytest.approx(of_f, rel=1e-2) if of_f is not None else found["f"] is None
    assert found["derivative"] == pytest.approx(of_derivative) if of_derivative is not None else True


@pytest.mark.parametrize(
    ("f", "at", "sentence"),
    [
        ("(1-cos(x))/x**2", "1e-6", "1 - cos(x) cancels: 12 of 16 digits lost"),
        ("log(1+exp(x))", "800", "exp(x) overflows: 2.73e347 is beyond a double"),
        ("log(1+x)", "1e-10", "log(1 + x) amplifies the rounding of its argument: 9 of 16 digits lost"),
        ("exp(-x)", "740", "exp(-x) underflows: 4.19e-322 is below the normal doubles"),
        ("x**2", "3", "doubles keep all digits here"),
        (
            "tanh(x)",
            "25",
            "doubles keep all digits here, though tanh(x) saturates at 1.0: nothing of its argument is left",
        ),
        ("sin(x)/x", "0", "f has no number in doubles here"),
    ],
)
def test_the_sentence(f, at, sentence, run):
    assert run("diagnose", f, "--at", at).out.splitlines()[-1] == sentence


def test_the_derivative_has_its_own_rewriting(run):
    record = diagnosed("log(1+exp(x))", "800", run)
    assert record["derivative_rewrite"] == {"expression": "sigmoid(x)", "digits_gained": 16.0}
    record = diagnosed("(1-cos(x))/x**2", "1e-6", run)
    assert record["digits_lost"]["derivative"] == 16.0
    assert record["derivative_rewrite"]["digits_gained"] >= 15


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ("x**2", 2, "error: diagnose needs a point"),
        ("log(x) --at=-1", 3, "error: log(x): argument is -1, needs > 0"),
        ("x*y --at x=1,y=2", 2, "error: the expression has 2 variables: x and y"),
    ],
)
def test_what_has_no_diagnosis(arguments, code, message, run):
    result = run("diagnose", *arguments.split())
    assert (result.code, result.out) == (code, "")
    assert result.err.splitlines()[0] == message


def test_batches_and_points(run):
    result = run("diagnose", "-", "--at", "1e-6", "--format", "jsonl", stdin=b"1-cos(x)\nlog(-x)\nx+\n")
    assert [json.loads(line)["status"] for line in result.out.splitlines()] == ["ok", "undefined", "error"]
    assert result.code == 1
    result = run("diagnose", "1-cos(x)", "--at", "x=1e-6:1e-4:9.9e-5", "--format", "jsonl")
    assert [json.loads(line)["digits_lost"]["f"] > 7 for line in result.out.splitlines()] == [True, True]


def test_exact_points_and_several_variables(run):
    record = diagnosed("sqrt(x**2+y**2)", "x=1e200,y=1e200", lambda *a: run(*a, "--wrt", "x"))
    assert record["rewrite"] == {"expression": "hypot(x, y)", "digits_gained": 16.0}


@pytest.mark.parametrize("width", [40, 80])
def test_the_table_fits(width):
    result = process("diagnose", "(1-cos(x))/x**2", "--at", "1e-6", "--format", "table", COLUMNS=str(width))
    assert result.code == 0
    assert max(map(len, result.out.splitlines())) <= width
    assert "cancellation" in result.out


@given(expressions(size=7))
@settings(max_examples=60, deadline=None)
def test_what_is_lost_in_all_is_what_mpmath_finds(expression):
    """At every node that is listed; and a node that loses by itself is listed."""
    for at in POINTS[:2]:
        point = {name: at[name] for name in variables(expression)}
        try:
            found = find_losses(expression, point, constants(point))
        except DcalcError:
            continue
        for loss in found:
            try:
                truth = steady(loss.node, point)
            except OutOfReach:
                continue
            if truth is not None and loss.kind not in ("overflow", "underflow"):
                assert loss.total == pytest.approx(_lost(loss.value, truth), abs=0.05)
