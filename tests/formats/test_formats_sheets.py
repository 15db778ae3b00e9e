"""csv and tsv: their headings, and every cell reads back."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import pytest

from dcalc.errors import UsageError
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

DIFF = "line,id,expression,wrt,order,derivative,x,f,value,status,kind,left,right"
SCORED = (
    "line,id,expression,wrt,order,derivative,x,f,reference,backend,value,abs_error,rel_error,ulps,"
    "error_bound,evaluations,seconds,status,kind,left,right,note"
)

CASES = {
    "diff at a point": (
        [diff()],
        {},
        [DIFF, "1,,x**2*sin(x),x,1,2*x*sin(x) + x**2*cos(x),1.0,0.8414709848078965,2.2232442754839328,ok,,,"],
    ),
    "diff without a point": (
        [free()],
        {},
        [DIFF.replace("x,f", "f"), "1,,x**2*sin(x),x,1,2*x*sin(x) + x**2*cos(x),,,ok,,,"],
    ),
    "a kink": ([kink()], {}, [DIFF, "2,,abs(x),x,1,sign(x),0.0,0.0,,not_differentiable,kink,-1.0,1.0"]),
    "an error comes first": (
        [failed(), undefined()],
        {"batch": True},
        [DIFF, "4,d,,,,,,,,error,unknown_function,,", "3,,log(x),x,1,1/x,-1.0,,,undefined,,,"],
    ),
    "nothing but errors": (
        [failed()] * 2,
        {"batch": True},
        [DIFF.replace("x,f", "f"), *["4,d,,,,,,,error,unknown_function,,"] * 2],
    ),
    "nothing": ([], {}, [DIFF.replace("x,f", "f")]),
    "grad": (
        [grad(), grad_part()],
        {"command": "grad", "sweep": True},
        [
            "line,id,expression,x,y,f,df_dx,df_dy,norm,status,kind",
            "1,,x**2*y,1.0,2.0,2.0,4.0,1.0,4.123105625617661,ok,",
            "1,,abs(x) + y,0.0,2.0,2.0,,1.0,,not_differentiable,kink",
        ],
    ),
    "grad without a point": (
        [grad_free()],
        {"command": "grad"},
        ["line,id,expression,f,df_dx,df_dy,norm,status,kind", "1,,x**2*y,,2*x*y,x**2,,ok,"],
    ),
    "compare": (
        [diff(*scores()[:1], command="compare")],
        {"command": "compare"},
        [
            SCORED,
            "1,,x**2*sin(x),x,1,2*x*sin(x) + x**2*cos(x),1.0,0.8414709848078965,2.22324427548393273070594125070,"
            "forward,2.223244275483933,4.9e-16,2.2e-16,1.1,,1,1.23e-05,ok,,,,",
        ],
    ),
    "all backends": (
        [diff(*scores()[3:])],
        {"backends": True},
        [
            SCORED,
            "1,,x**2*sin(x),x,1,2*x*sin(x) + x**2*cos(x),1.0,0.8414709848078965,2.22324427548393273070594125070,"
            "complex_step,,,,,,0,,unsupported,,,,abs is not analytic",
        ],
    ),
    "eval": ([evaluated()], {"command": "eval"}, ["line,id,expression,x,value,status,kind", "1,,x/2,1.0,0.5,ok,"]),
    "simplify": (
        [simplified()],
        {"command": "simplify"},
        ["line,id,expression,result,status,kind", "1,,x + x,2*x,ok,"],
    ),
    "digits": (
        [diff()],
        {"digits": 4},
        [DIFF, "1,,x**2*sin(x),x,1,2*x*sin(x) + x**2*cos(x),1.0,0.8415,2.223,ok,,,"],
    ),
    "an expression with a comma": (
        [replace(free(), expression=expr("atan2(x, 1)"))],
        {},
        [DIFF.replace("x,f", "f"), '1,,"atan2(x, 1)",x,1,2*x*sin(x) + x**2*cos(x),,,ok,,,'],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_csv(show, case):
    reports, style, expected = CASES[case]
    style = {"command": "diff", **style}
    assert show("csv", *reports, **style).splitlines() == expected


@pytest.mark.parametrize("case", [case for case in CASES if "comma" not in case])
def test_tsv_has_the_same_cells(show, case):
    reports, style, expected = CASES[case]
    assert show("tsv", *reports, **style) == "".join(line.replace(",", "\t") + "\n" for line in expected)


def test_csv_reads_back(show):
    text = show("csv", *hostile(), batch=True, variables=("x", "v" * 5000, "θ_1"))
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert len(rows) == 4
    assert rows[0]["id"] == HOSTILE
    assert rows[2]["v" * 5000] == "1.0"
    assert rows[2]["id"] == "NaN"
    assert rows[3]["id"] == r"\ud800"
    assert rows[3]["θ_1"] == "3"


def test_tsv_keeps_a_record_on_a_line(show):
    text = show("tsv", *hostile(), batch=True, variables=("x", "v" * 5000, "θ_1"))
    lines = text.rstrip("\n").split("\n")
    assert {line.count("\t") for line in lines} == {lines[0].count("\t")}
    cell = lines[1].split("\t")[1]
    assert re.sub(r"\\(.)", lambda escape: {"t": "\t", "n": "\n", "r": "\r"}.get(escape[1], "\\"), cell) == HOSTILE


def test_a_variable_named_like_a_column_gets_a_heading_of_its_own(show):
    report = Report("diff", expr("f*value"), ("f",), at={"f": 1.0, "value": 2.0}, answers=(Result(value=2.0),))
    (row,) = csv.DictReader(io.StringIO(show("csv", report)))
    assert (row["at_f"], row["at_value"], row["value"], row["f"]) == ("1.0", "2.0", "2.0", "")


@pytest.mark.parametrize(
    ("first", "second", "column"),
    [(diff(), replace(diff(), at={"z": 1.0}), "z"), (grad(), replace(grad(), wrt=("x", "z")), "df_dz")],
)
def test_what_the_heading_has_no_column_for_is_refused(show, first, second, column):
    with pytest.raises(UsageError, match=f"line 1 needs a column {column}, which the heading lacks"):
        show("csv", first, second, command=first.command, batch=True)


def test_columns_can_be_told_beforehand(show):
    text = show("csv", replace(diff(), at={"y": 1.0}), batch=True, variables=("x", "y"))
    assert text.splitlines()[0] == DIFF.replace("x,f", "x,y,f")
    text = show("csv", replace(grad(), wrt=("y",), answers=grad().answers[:1]), command="grad", wrt=("x", "y"))
    assert text.splitlines()[1].split(",")[6:8] == ["", "4.0"]


def test_a_compared_point_without_scores_is_still_a_row(show):
    (row,) = csv.DictReader(io.StringIO(show("csv", replace(undefined(), command="compare"), command="compare")))
    assert (row["backend"], row["status"]) == ("", "undefined")


def test_errors_are_held_back_only_for_so_long(show):
    text = show("csv", *[failed()] * 100, free(), batch=True)
    assert len(text.splitlines()) == 102
