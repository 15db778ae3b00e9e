"""What a laboratory asks of fit, from the command line: options, formats, and the schema that every record follows."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from dcalc.point import read_bounds, read_lists
from tests.cli.conftest import Run

TABLE = "x,y,s,w,g\n1,2.8,0.1,100,u\n2,7.3,0.2,25,u\n3,20,0.5,4,u\n4,55,1,1,v\n5,148,2,0.25,v\n6,404,5,0.04,v\n"
CALL = ("fit", "a*exp(b*x)", "--target", "y", "--from", "a=1,b=1", "--data")


@pytest.fixture
def data(tmp_path: Path) -> str:
    path = tmp_path / "data.csv"
    path.write_text(TABLE, encoding="utf-8")
    return str(path)


def test_lines_of_a_pipe_have_what_was_asked_for(run: Run, data: str) -> None:
    done = run(*CALL, data, "--sigma", "s", "--profile", "--level", "99%", "--predict", "x=1,2", "--predict", "x=7")
    lines = [line.split("\t") for line in done.out.splitlines()]
    assert done.code == 0 and [len(line) for line in lines[:2]] == [7, 7]
    assert [line[0] for line in lines[7:-1]] == ["x=1.0", "x=2.0", "x=7.0"]
    assert all(len(line) == 7 and line[-2:] == ["", ""] for line in lines[7:-1])
    assert done.err == "note: bands of new measurements need their s: write --predict 'x=1,s=0.1'\n"
    wide = run(*CALL, data, "--weights", "w", "--level", "0.5", "--quiet").out.splitlines()[0].split("\t")
    assert float(wide[3]) < float(wide[1]) < float(wide[4]) and len(wide) == 5
    flat = run("fit", "a*b*x", "--target", "y", "--from", "1,1", "--data", data, "--profile").out.splitlines()
    assert [len(line.split("\t")) for line in flat[:2]] == [2, 2]  # neither has an error nor an interval


def test_every_format_shows_errors_and_predictions(run: Run, data: str) -> None:
    call = (*CALL, data, "--sigma", "0.2", "--predict", "x=1:3:1")
    rows = list(csv.DictReader(io.StringIO(run(*call, "--format", "csv").out)))
    assert [row["at_x"] for row in rows] == ["1.0", "2.0", "3.0"] and float(rows[0]["new_low"]) < float(rows[0]["low"])
    plain = list(csv.DictReader(io.StringIO(run(*call[:-2], "--format", "csv").out)))
    assert [row["parameter"] for row in plain] == ["a", "b"] and all(float(row["stderr"]) > 0 for row in plain)
    assert "Predictions: the curve, and a new measurement, at level 0.95" in run(*call, "--format", "table").out
    shown = run(*call, "--format", "table", "--profile", "-v").out
    assert "Covariance and correlation" in shown and "corr b" in shown and "profile low" in shown
    brief = run(*call, "--format", "table", "--profile", "--level", "0.9").out
    assert ", 90% " in brief and ", by profile " in brief and "aic" in brief and "corr b" not in brief
    for kind in ("markdown", "latex"):
        done = run(*call, "--format", kind).out
        assert "std error" in done and "corr" in done
    (line,) = run(*call, "--format", "jsonl").out.splitlines()
    assert json.loads(line)["covariance"]["a"]["b"] < 0


def test_records_follow_the_schema(run: Run, data: str) -> None:
    """`run` holds each record against its schema."""
    for options in (
        ("--bounds", "a=1.1:,b=:5", "--profile"), ("--fix", "b=1"), ("--by", "g", "--each", "a", "--predict", "x=3"),
        ("--sigma", "s", "--sigma-x", "0.05", "--absolute-sigma"), ("--weights", "w", "--loss", "huber"),
    ):  # fmt: skip
        done = run(*CALL, data, *options, "--json")
        (record,) = json.loads(done.out)["records"]
        assert done.code == 0 and record["certified"] and record["level"] == 0.95, options
    held = json.loads(run(*CALL, data, "--bounds", "a=1.1:", "--json").out)["records"][0]["parameters"]["a"]
    assert held["value"] == 1.1 and held["held"] == "lower" and held["stderr"] is None
    shown = run(*CALL, data, "--bounds", "a=1.1:", "--format", "table").out
    assert "a  1.1 (at its lower bound)" in shown
    assert "fixed" in run(*CALL, data, "--fix", "b=1", "--format", "markdown").out
    flat = run("fit", "a*b*x", "--target", "y", "--from", "a=1,b=1", "--data", data, "--json")
    assert json.loads(flat.out)["records"][0]["undetermined"] == [
        {"parameters": ["a", "b"], "determined": ["a*b"], "proved": True}
    ]
    by = run(*CALL, data, "--by", "g", "--each", "a", "--predict", "x=3", "--format", "csv").out
    assert by.splitlines()[0] == "at_x,at_set,value,stderr,low,high,new_low,new_high"
    without = run("fit", "a*exp(b*x)", "--from", "a=1,b=1", "--data", data, "--sigma", "s", "--weights", "w")
    assert without.err.startswith("error: ")
    found = run("fit", "a*x", "--data", "-", "--sigma", "s", stdin=b"x,y,s\n1,2,1\n2,4.1,2\n3,6.2,1\n")
    assert found.code == 0 and found.out.startswith("a\t2.05")  # the column that no option names is the target


def test_pictures_have_bands_for_each_set(run: Run, data: str, tmp_path: Path) -> None:
    path = tmp_path / "fit.svg"
    assert run(*CALL, data, "--by", "g", "--each", "a", "--plot", str(path)).code == 0
    assert "95% band" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--level", "2"), "error: 2 is not a level\n"),
        (("--bounds", "a=:"), "error: bounds need an end\n"),
        (("--bounds", "a=0:,a=:5"), "error: a is given twice\n"),
        (("--bounds", "a=0:,a=1:5"), "error: a is given twice\n"),
        (("--bounds", "a=5:1"), "error: the range ends before it begins\n"),
        (("--fix", "c=zeros(2)"), "error: --fix takes numbers\n"),
        (("--predict", "x=1,z=2"), "error: the model has no input z\n"),
    ],
)
def test_options_that_are_refused(run: Run, data: str, options: tuple[str, ...], message: str) -> None:
    done = run(*CALL, data, *options)
    assert (done.code, done.out) == (2, "") and done.err.startswith(message), done.err


def test_bounds_may_lack_an_end() -> None:
    inf = float("inf")
    assert read_bounds("a=0:,b=:5,c=1:2") == [("a", (0.0, inf)), ("b", (-inf, 5.0)), ("c", (1.0, 2.0))]
    assert read_bounds(":pi") == [(None, (-inf, 3.141592653589793))]


@pytest.mark.parametrize(
    ("texts", "points"),
    [
        (["x=1,2,3"], [{"x": 1.0}, {"x": 2.0}, {"x": 3.0}]), (["1,2"], [{"x": 1.0}, {"x": 2.0}]),
        (["x=0:1:0.5,3"], [{"x": 0.0}, {"x": 0.5}, {"x": 1.0}, {"x": 3.0}]), (["x=1,z=2"], [{"x": 1.0, "z": 2.0}]),
        (["x=1", "x=2"], [{"x": 1.0}, {"x": 2.0}]),
    ],
)  # fmt: skip
def test_lists_of_points(texts: list[str], points: list[dict[str, float]]) -> None:
    assert [point for grid in read_lists(texts).grids for point in grid.points("x")] == points


def test_descents_take_bounds_that_lack_an_end(run: Run) -> None:
    done = run("descend", "(x-3)**2 + x**4", "--from", "5", "--bounds", "x=2:", "--starts", "2", "--seed", "1")
    assert "at a bound, x = 2" in done.out
