"""JSON and JSON Lines: exactly the documented keys, in order, and nothing that JSON lacks."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction
from itertools import count

import pytest

from dcalc import formats
from dcalc.errors import LimitError
from dcalc.expr import number, symbol
from dcalc.problem import Result
from tests.formats.conftest import chunks
from tests.formats.made_reports import (
    TRUTH,
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
)

RECORD_OF_DIFF = """\
{"schema": 1, "command": "diff", "records": [
{"id": null, "line": 1, "expression": "x**2*sin(x)", "wrt": "x", "order": 1, \
"derivative": "2*x*sin(x) + x**2*cos(x)", "at": {"x": 1.0}, "status": "ok", "f": 0.8414709848078965, \
"value": 2.2232442754839328, "left": null, "right": null, "kind": null, \
"reference": {"value": "2.22324427548393273070594125070", "digits": 30, "certified": true}, \
"backends": [{"backend": "forward", "status": "ok", "value": 2.223244275483933, "abs_error": 4.9e-16, \
"rel_error": 2.2e-16, "ulps": 1.1, "error_bound": null, "evaluations": 1, "seconds": null, "note": ""}], \
"notes": []}
]}
"""


def records(text):
    return [json.loads(line, parse_constant=pytest.fail) for line in text.splitlines()]


def test_the_whole_record_of_diff(show):
    assert show("json", diff(scores()[0]), command="diff") == RECORD_OF_DIFF


def test_a_document_is_one_json_value_whatever_the_count(show):
    for many in range(4):
        document = json.loads(show("json", *[diff()] * many))
        assert list(document) == ["schema", "command", "records"]
        assert len(document["records"]) == many


def test_json_lines_are_the_records_of_the_document(show):
    reports = [diff(*scores()), free(), kink(), failed(), grad(), evaluated(), simplified()]
    assert records(show("jsonl", *reports)) == json.loads(show("json", *reports))["records"]


def test_without_a_point(show):
    (record,) = records(show("jsonl", free()))
    assert [record[key] for key in ("at", "f", "value", "reference", "backends")] == [None, None, None, None, []]
    assert record["derivative"] == "2*x*sin(x) + x**2*cos(x)"


def test_a_kink(show):
    (record,) = records(show("jsonl", kink()))
    assert record["status"] == "not_differentiable"
    assert (record["kind"], record["left"], record["right"], record["value"]) == ("kink", -1.0, 1.0, None)


def test_a_line_that_failed(show):
    assert show("jsonl", failed()) == (
        '{"id": "d", "line": 4, "status": "error", "error": {"kind": "unknown_function", '
        '"message": "no function named sinn", "column": 6, "end_column": 10, '
        '"help": "did you mean sin, sinh or asin?"}}\n'
    )


def test_a_gradient(show):
    (record,) = records(show("jsonl", grad(), command="grad"))
    component = {"status": "ok", "kind": None, "left": None, "right": None}
    assert record == {
        "id": None,
        "line": 1,
        "expression": "x**2*y",
        "wrt": ["x", "y"],
        "order": 1,
        "derivative": {"x": "2*x*y", "y": "x**2"},
        "at": {"x": 1.0, "y": 2.0},
        "status": "ok",
        "kind": None,
        "f": 2.0,
        "value": {"x": 4.0, "y": 1.0},
        "norm": math.sqrt(17),
        "components": {"x": component, "y": component},
        "reference": {"x": None, "y": None},
        "backends": [],
        "notes": [],
    }


def test_a_gradient_with_a_part_missing_has_its_status_and_no_norm(show):
    (record,) = records(show("jsonl", grad_part(), command="grad"))
    assert (record["status"], record["kind"]) == ("not_differentiable", "kink")
    assert record["norm"] is None
    assert record["value"] == {"x": None, "y": 1.0}
    assert record["components"]["x"] == {"status": "not_differentiable", "kind": "kink", "left": -1.0, "right": 1.0}


def test_a_gradient_without_a_point(show):
    (record,) = records(show("jsonl", grad_free(), command="grad"))
    assert (record["value"], record["norm"], record["reference"]) == (None, None, None)
    assert record["derivative"] == {"x": "2*x*y", "y": "x**2"}


def test_backends_of_a_gradient_say_of_which_variable(show):
    report = grad()
    scored = replace(report, answers=tuple(answer.replace(scores=scores()[:1]) for answer in report.answers))
    (record,) = records(show("jsonl", scored, command="grad", backends=True))
    assert [(row["wrt"], row["backend"]) for row in record["backends"]] == [("x", "forward"), ("y", "forward")]


def test_eval_and_simplify(show):
    assert records(show("jsonl", evaluated()))[0] == {
        "id": None,
        "line": 1,
        "expression": "x/2",
        "wrt": None,
        "at": {"x": 1.0},
        "status": "ok",
        "value": 0.5,
        "reference": {"value": "0.5", "digits": 30, "certified": True},
        "notes": [],
    }
    assert records(show("jsonl", simplified()))[0] == {
        "id": None,
        "line": 1,
        "expression": "x + x",
        "wrt": None,
        "at": None,
        "status": "ok",
        "result": "2*x",
        "notes": [],
    }


@pytest.mark.parametrize(("command", "seconds"), [("diff", None), ("compare", 1.23e-5)])
def test_seconds_are_told_by_compare_alone(show, command, seconds):
    (record,) = records(show("jsonl", diff(*scores(), command=command), command=command))
    assert record["backends"][0]["seconds"] == seconds


@pytest.mark.parametrize(
    ("wrt", "order", "shown"),
    [(("x",), 1, "x"), (("x", "x"), 2, "x"), (("x", "y"), 2, ["x", "y"]), (("x",), 0, "x"), ((), 1, None)],
)
def test_wrt(show, wrt, order, shown):
    (record,) = records(show("jsonl", replace(free(), wrt=wrt, order=order)))
    assert (record["wrt"], record["order"]) == (shown, order)


@pytest.mark.parametrize(
    ("coordinate", "shown", "text"),
    [
        (0.1, 0.1, None),
        (-0.0, -0.0, None),
        (number(Fraction(1, 10)), 0.1, "0.1"),
        (number(3), 3.0, None),
        (number(10**400), "1e400", "1e400"),
        (expr("1/3"), 1 / 3, "1/3"),
        (expr("pi/4"), math.pi / 4, "pi/4"),
        (number(Fraction(10**29 + 1, 10**29)), 1.0, "1.00000000000000000000000000001"),
        (math.inf, "inf", None),
    ],
)
def test_a_coordinate_is_the_nearest_double_beside_the_text_of_what_is_exact(show, coordinate, shown, text):
    (record,) = records(show("jsonl", replace(diff(), at={"x": coordinate})))
    assert record["at"] == {"x": shown}
    assert record.get("exact_at") == (None if text is None else {"x": text})


def test_neither_nan_nor_infinity_appears(show):
    answer = Result(value=math.inf, f=math.nan, left=-math.inf, right=math.inf, scores=(bad := scores()[0],))
    answer = answer.replace(scores=(bad._replace(abs_error=math.inf, rel_error=math.nan, ulps=math.inf),))
    report = Report("diff", expr("x"), ("x",), at={"x": 0.0}, answers=(answer,), id=[math.nan])
    (record,) = records(show("jsonl", report))
    assert [record[key] for key in ("value", "f", "left", "right")] == [None] * 4
    assert record["backends"][0]["abs_error"] is None
    assert record["id"] == "[nan]"


def test_hostile_input_comes_back_unharmed(show):
    lines = records(show("jsonl", *hostile()))
    assert lines[0]["error"]["message"] == hostile()[0].failure.message
    assert lines[2]["expression"] == "v" * 5000
    assert show("jsonl", *hostile()).isascii()


def long_one(**rest):
    return Report("diff", expr("x"), ("x",), answers=(Result(derivative=symbol("y" * 10_001), value=1.0),), **rest)


def test_beside_a_value_a_long_derivative_is_left_out(show):
    assert records(show("jsonl", long_one(at={"x": 1.0})))[0]["derivative"] is None
    assert records(show("jsonl", long_one()))[0]["derivative"] == "y" * 10_001


@pytest.mark.parametrize(("order", "shown"), [(10, "2*x*sin(x) + x**2*cos(x)"), (11, None)])
def test_beside_a_value_a_derivative_of_high_order_is_left_out(show, order, shown):
    assert records(show("jsonl", replace(diff(), order=order)))[0]["derivative"] == shown
    assert records(show("jsonl", replace(free(), order=order)))[0]["derivative"] == "2*x*sin(x) + x**2*cos(x)"


@pytest.fixture
def too_long(monkeypatch):
    """A derivative one character too long, where the limit is a thousandth of what it is."""
    assert formats.ALONE == 1_000_000
    monkeypatch.setattr(formats, "ALONE", 1_000)
    return Report("diff", expr("x"), ("x",), answers=(Result(derivative=symbol("y" * 1_001)),), line=7)


def test_alone_a_derivative_over_the_limit_is_refused(show, too_long):
    with pytest.raises(LimitError, match="1,001 characters"):
        show("jsonl", too_long)
    assert show("plain", too_long, inputs=126) == "y" * 1_001 + "\n"  # eight times the input


def test_in_a_batch_the_input_is_measured(show, too_long):
    report = replace(too_long, expression=symbol("x" * 126))
    assert show("plain", report, batch=True) == "y" * 1_001 + "\n"


@pytest.mark.parametrize("name", ["plain", "jsonl", "json", "csv", "tsv", "markdown", "table"])
def test_in_a_batch_the_refused_one_is_a_record_and_the_caller_is_told(show, name, too_long):
    told = []
    text = show(
        name, too_long, free(), batch=True, on_error=lambda report, error: told.append((report.line, error.kind))
    )
    assert told == [(7, "limit")]
    assert "error" in text
    assert "x**2*cos(x)" in text


def test_a_sweep_writes_its_texts_once(monkeypatch):
    written = []
    monkeypatch.setattr(formats, "write", lambda node, *rest, **more: written.append(node) or "text")
    list(chunks("jsonl", [diff()] * 5, sweep=True, inputs=11))
    assert len(written) == 2


@pytest.mark.parametrize("name", ["plain", "jsonl", "json", "csv", "tsv", "markdown"])
def test_what_is_there_is_shown_before_more_is_asked(name):
    taken = []

    def endless():
        for place in count():
            taken.append(place)
            yield diff()

    shown = chunks(name, endless(), sweep=True)
    for _ in range(10):
        next(shown)
    assert len(taken) <= 11


def test_digits_never_change_the_value(show):
    (record,) = records(show("jsonl", diff(), digits=5))
    assert record["value"] == 2.2232442754839328
    assert record["reference"]["value"] == TRUTH.decimal


def test_a_gradient_of_nothing(show):
    nothing = Report("grad", expr("2"), at={}, answers=())
    (record,) = records(show("jsonl", nothing, command="grad"))
    assert (record["status"], record["value"], record["norm"]) == ("ok", {}, 0.0)
    assert show("csv", nothing, command="grad").splitlines()[1] == ",,2,,0.0,ok,"
    assert show("plain", nothing, command="grad") == ""
