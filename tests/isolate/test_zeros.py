"""All zeros in a range: against truths of mpmath, each row with where its count comes from."""

from __future__ import annotations

from pathlib import Path

import mpmath
import pytest

from dcalc.analysis.solve import find
from dcalc.finding import Finding, Subject
from dcalc.parser import parse
from dcalc.parser.definitions import split_equation
from dcalc.point import read_exact_ranges

ROWS = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "zeros.tsv").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]


def solve(text: str, over: str = "", digits: int = 30) -> Finding:
    """The finding of `dcalc solve`."""
    first, *more = (parse(side).root for side in split_equation(text))
    subject = Subject(root=first, names=("x",), wrt=(), digits=digits, more=tuple(more))
    return find(subject, read_exact_ranges(over) if over else None)


def read_truth(text: str) -> list[mpmath.mpf]:
    """The zeros of a row to 50 digits."""
    with mpmath.workdps(50):
        names = {name: getattr(mpmath, name) for name in dir(mpmath) if not name.startswith("_")}
        return [mpmath.mpf(mpmath.re(zero)) for zero in eval(f"[{text}]", names)]


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]} {row[1]}" for row in ROWS])
def test_all_zeros_are_found_and_no_others(row: tuple[str, ...]) -> None:
    text, over, zeros, complete, source = row
    assert source
    record = solve(text, over).record
    assert record["complete"] is (complete == "yes")
    if complete != "yes" and not zeros:
        assert record["unsettled"]
        return
    truths = read_truth(zeros)
    assert len(record["zeros"]) == len(truths)
    with mpmath.workdps(50):
        for zero, truth in zip(record["zeros"], truths, strict=True):
            assert mpmath.almosteq(mpmath.mpf(zero["decimal"]), truth, 1e-28, 1e-28)
            assert zero["x"] == float(truth)


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        ("x**2 - 2*x - 1", ["1 - sqrt(2)", "sqrt(2) + 1"]),
        ("x**4 - 2", ["-2**(1/4)", "2**(1/4)"]),
        ("sin(x) + cos(x)", ["3*pi/4", "7*pi/4"]),
        ("2*sin(x)**2 - 3*sin(x) + 1", ["pi/6", "pi/2", "5*pi/6"]),
        ("exp(x) - 2", ["log(2)"]),
        ("cosh(x) - 2", ["-acosh(2)", "acosh(2)"]),
        ("tan(x) - 2", ["atan(2)"]),
        ("x**3 - x - 1", [None]),
        ("x*exp(x) - 1", ["lambertw(1)"]),
        ("exp(1/x) - 2", ["1/log(2)"]),
        ("4*x**2 - 2", ["-sqrt(2)/2", "sqrt(2)/2"]),
        ("3*x**2 - 2*x - 3", ["(1 - sqrt(10))/3", "(sqrt(10) + 1)/3"]),
    ],
)
def test_closed_forms_are_proved(text: str, forms: list[str | None]) -> None:
    from dcalc.notation import write

    exact = [zero["exact"] for zero in solve(text).record["zeros"]]
    assert [None if node is None else write(node) for node in exact] == forms


@pytest.mark.parametrize(
    ("text", "period", "zeros"),
    [
        ("sin(x)", "2*pi", 2),
        ("tan(x)", "pi", 1),
        ("abs(sin(x))", "pi", 1),
        ("mod(x, 3) - 1", "3", 1),
        ("x - floor(x) - 1/2", "1", 1),
        ("sin(2*x) + cos(3*x)", "2*pi", 6),
    ],
)
def test_one_period_stands_for_all(text: str, period: str, zeros: int) -> None:
    from dcalc.notation import write

    record = solve(text).record
    assert write(record["period"]["exact"]) == period
    assert len(record["zeros"]) == zeros
    assert record["complete"]


@pytest.mark.parametrize(
    ("text", "crossings"),
    [
        ("x**3", ["rises"]),
        ("-x", ["falls"]),
        ("x**2*(x - 1)", ["touches", "rises"]),
        ("sqrt(x)", ["touches"]),
        ("abs(x) - 1", ["falls", "rises"]),
        ("1e-400*x - 1", ["rises"]),
        ("(x - pi)**2 - 1e-40", ["falls", "rises"]),  # nearer to each other than doubles are
    ],
)
def test_how_zeros_are_passed(text: str, crossings: list[str]) -> None:
    assert [zero["crossing"] for zero in solve(text).record["zeros"]] == crossings


def test_zeros_that_are_printed_alike_are_noted() -> None:
    assert solve("(x - 1)**2 - 1e-40").notes == (
        "numbers that are printed alike are different zeros: --digits tells them apart",
    )
    assert solve("(x - 1)**2 - 1e-20").notes == ()


def test_a_constant_that_may_be_zero_leaves_open_what_is_zero() -> None:
    """gamma(1/3)*gamma(2/3) is 2*pi/sqrt(3) by reflection, DLMF 5.5.3, so that f is 0 everywhere."""
    record = solve("x*(gamma(1/3)*gamma(2/3) - 2*pi/sqrt(3))").record
    assert not record["complete"] or record["intervals"] == [[None, None]]


def test_intervals_of_zeros_are_named() -> None:
    assert solve("max(x, 0)").record["intervals"] == [[None, 0.0]]
    assert solve("abs(x - 1) + abs(x + 2) - 3").record["intervals"] == [[-2.0, 1.0]]
    assert solve("x - x").record["intervals"] == [[None, None]]
    assert solve("x*(4*atan(1/5) - atan(1/239) - pi/4)").record["intervals"] == [[None, None]]  # Machin's formula


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("floor(x)", "every x in [0, 1) is a zero, and no others: proved"),
        ("round(x) = 1", "every x in (1/2, 3/2) is a solution, and no others: proved"),
        ("max(x, 0)*(x - 1)", "1 zero and every x in [-3, 0], and no others: proved"),
        ("where(x < 0, 0, x + 1)", "every x in [-3, 0) is a zero, and no others: proved"),
        ("relu(x + 3)/(x + 3)", "no zeros, and no others: proved"),  # 0 on the left of the range alone
        ("sin(2*x) = 2*sin(x)*cos(x)", "every x in [-3, 3] is a solution, and no others: proved"),  # DLMF 4.21.27
        ("gamma(x + 4) - (x + 3)*gamma(x + 3)", "every x in (-3, 3] is a zero, and no others: proved"),  # DLMF 5.5.1
    ],
)
def test_intervals_of_zeros_are_told_with_their_ends(text: str, sentence: str) -> None:
    assert solve(text, "-3:3").sentence == sentence


@pytest.mark.parametrize("order", [0, 1])
def test_what_is_far_takes_no_work_from_what_is_near(order: int) -> None:
    """The zeros of J0 and J1 are those of DLMF table 10.21.1, as mpmath has them."""
    record = solve(f"besselj({order}, x)").record
    truths = [mpmath.besseljzero(order, count) for count in range(1, 5)]
    zeros = [zero["x"] for zero in record["zeros"]]
    assert [zero for zero in zeros if zero > 0][:4] == [float(truth) for truth in truths]
    assert {tuple(gap) for gap in record["unsettled"]} == {(None, -16.0), (16.0, None)}


def test_what_is_not_settled_is_named() -> None:
    finding = solve("x*sin(1/x)")
    assert (finding.status, finding.code) == ("unresolved", 1)
    assert "not settled for x from " in finding.sentence
    (left, right) = finding.record["unsettled"]
    assert left[1] == right[0] == 0.0
    assert solve("floor(x)").record["unsettled"] == [[None, -16.0], [16.0, None]]


def test_zeros_of_two_factors_that_may_be_one_are_not_counted() -> None:
    """The Dottie number is a zero of both factors, which no digits can prove."""
    finding = solve("(x - cos(x))*(acos(x) - x)")
    assert not finding.record["complete"]
    assert finding.record["zeros"] == []


def test_equations_are_told_from_definitions() -> None:
    assert split_equation("cos(x) = x") == ["cos(x) ", " x"]
    assert split_equation("f(x) = x**2") == ["f(x) = x**2"]
    assert split_equation("y = x**2") == ["y = x**2"]
    assert split_equation("x = 3") == ["x ", " 3"]
    assert split_equation("y == x**2") == ["y ", " x**2"]
    assert split_equation("where(x == 1, 2, x)") == ["where(x == 1, 2, x)"]
    assert split_equation("a <= b") == ["a <= b"]


def test_constants_have_no_period() -> None:
    assert solve("sin(x)**2 + cos(x)**2").record["period"] is None
    assert solve("sin(x)**2 + cos(x)**2").record["complete"]
