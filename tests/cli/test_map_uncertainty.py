"""Uncertainties of tables: `dcalc map --uncertainty`, against the GUM and against `dcalc propagate`."""

from __future__ import annotations

import csv
import io
import json
from math import isclose

import pytest

from dcalc.errors import DcalcError
from dcalc.io.uncertainty import read_spread

H4 = b"As,u_As,ms,u_ms,mx,u_mx,R,u_R,Rx,u_Rx,Rs,u_Rs\n"
H4 += b"0.1368,0.0018,5.0192,0.005,5.0571,0.001,3.170,0.046,652.60,6.42,206.09,3.79\n"
"""JCGM 100:2008, tables H.7 to H.9: the means of six runs, and their standard deviations."""


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_example_h4_of_the_gum(run) -> None:
    """H.4.3: 0.4304 and 0.0083 Bq/g by the ratios of the runs; 0.4300 and 0.0083 by their means."""
    answer = run("map", "As*ms/mx*R", "--uncertainty", "As,ms,mx,R", stdin=H4)
    (row,) = rows(answer.out)
    assert (round(float(row["f"]), 4), row["status"]) == (0.4304, "ok")
    assert float(row["u_f"]) == pytest.approx(0.0083, rel=0.02)
    answer = run("map", "As*ms/mx*Rx/Rs", "--uncertainty", "As, ms, mx", "--uncertainty", "Rx, Rs=u_Rs",
                 "--corr", "Rx,Rs=0.646", stdin=H4)  # fmt: skip
    (row,) = rows(answer.out)
    assert (round(float(row["f"]), 4), round(float(row["u_f"]), 4)) == (
        0.4299,
        0.0083,
    )  # the GUM rounds the ratio to 3.167


@pytest.mark.parametrize(
    ("text", "options", "at", "more"),
    [
        ("V/I", ("V=V_u, I=0.0095e-3",), "V=4.9990±0.0032,I=19.661e-3±0.0095e-3", ("--corr", "V,I=-0.36")),
        ("x*exp(y)", ("x=1%", "y=0.5"), "x=-2.0±1%,y=0.25±0.5", ()),
        ("log(x)", ("x",), "x=3.0±0.125", ()),
        # what is correlated cancels all but a last digit: 1e-8, and sqrt(2e-9 + 1e-14)
        ("x + y - I", ("x=1, y=1e-8, I=1",), "x=-2.0±1,y=0.25±1e-8,I=0.019661±1", ("--corr", "x,I=1")),
        ("x + y - I", ("x=1, y=1e-7, I=1",), "x=-2.0±1,y=0.25±1e-7,I=0.019661±1", ("--corr", "x,I=0.999999999")),
    ],
)
def test_it_is_what_propagate_says(run, tmp_path, text, options, at, more) -> None:
    """One row, the same row after many, and a column file of rows have the same numbers as a single question."""
    table = (
        "V,V_u,I,x,u_x,y\n" + "4.9990,0.0032,0.019661,{},0.125,0.25\n".format("3.0" if "log" in text else "-2.0") * 300
    )
    given = [part for one in options for part in ("--uncertainty", one)]
    (record,) = json.loads(run("propagate", text, "--at", at, *more, "--json").out)["records"]
    answers = rows(run("map", text, *given, *more, stdin=table.encode()).out)
    assert len(answers) == 300
    assert {row["status"] for row in answers} == {"ok"}
    assert all(
        isclose(float(row["f"]), record["value"], rel_tol=1e-15) for row in answers
    )  # some NumPys are an ulp off
    assert all(isclose(float(row["u_f"]), record["uncertainty"], rel_tol=1e-14) for row in answers)
    polars = pytest.importorskip("polars")
    source, target = tmp_path / "in.csv", tmp_path / "out.parquet"
    source.write_text(table)
    assert run("map", text, str(source), *given, *more, "--out", str(target)).code == 0
    frame = polars.read_parquet(target)
    assert frame.columns[-3:] == ["f", "u_f", "status"]
    assert all(isclose(value, record["uncertainty"], rel_tol=1e-12) for value in frame["u_f"])


ODD = b"m,u_m\n2,0.5\n0,0.1\n1,-1\n1,x\n3,0\n"


def test_rows_without_an_answer(run, tmp_path) -> None:
    """At a kink there is no uncertainty, a negative one is an error; both ways to answer agree."""
    expected = [("2.0", "0.5", "ok"), ("0.0", "", "not_differentiable"), ("", "", "error"), ("", "", "error"),
                ("3.0", "0.0", "ok")]  # fmt: skip
    answer = run("map", "abs(m)", "--uncertainty", "m", stdin=ODD)
    assert [(row["f"], row["u_f"], row["status"]) for row in rows(answer.out)] == expected
    assert answer.code == 1
    assert "line 4: an uncertainty is not negative" in answer.err
    pytest.importorskip("polars")
    source, target = tmp_path / "in.csv", tmp_path / "out.tsv"
    source.write_bytes(ODD)
    answer = run("map", "abs(m)", str(source), "--uncertainty", "m", "--out", str(target))
    found = list(csv.DictReader(io.StringIO(target.read_text()), delimiter="\t"))
    assert [(row["f"], row["u_f"], row["status"]) for row in found] == expected
    assert "an uncertainty is not negative" in answer.err


@pytest.mark.parametrize("count", [1, 600])
def test_a_gradient_of_zero_is_told_and_so_is_overflow(run, count) -> None:
    answer = run("map", "m**2", "--uncertainty", "m=0.1", stdin=b"m\n" + b"0\n" * count)
    assert rows(answer.out)[-1]["u_f"] == "0.0"
    assert "where the gradient is 0, the linear law sees no uncertainty" in answer.err
    answer = run("map", "m**2", "--uncertainty", "m=1e308", stdin=b"m\n" + b"1e3\n" * count)
    assert {row["status"] for row in rows(answer.out)} == {"error"}
    assert "beyond the range of doubles" in answer.err


def test_json_lines_and_prefix(run) -> None:
    answer = run("map", "m**2", "--uncertainty", "m", "--prefix", "E_", stdin=b'{"m": 2, "u_m": 0.25}\n')
    assert answer.out == '{"m": 2, "u_m": 0.25, "E_f": 4.0, "E_u_f": 1.0, "E_status": "ok"}\n'


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--uncertainty", "x=1"), "no variable x"), (("--uncertainty", "m=1,m=2"), "two uncertainties"),
        (("--uncertainty", "m="), "names no uncertainty"), (("--uncertainty", "m,,g"), "names no uncertainty"),
        (("--corr", "m,g=0.5"), "--corr is for uncertainties"),
        (("--uncertainty", "m=1", "--hessian"), "--hessian contradict"),
        (("--uncertainty", "m=1", "--wrt", "m"), "--wrt contradict"),
        (("--uncertainty", "m=1", "--corr", "m,g=0.5"), "g has no uncertainty"),
        (("--uncertainty", "m=1,g=1", "--corr", "m,g=1.5"), "between -1 and 1"),
        (("--uncertainty", "m"), "no column u_m"),
    ],
)  # fmt: skip
def test_what_is_refused(run, options, message) -> None:
    answer = run("map", "m*g", *options, stdin=b"m,g\n1,2\n")
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err


def test_sizes_are_read() -> None:
    spread = read_spread(["a=b c, d=.5", "e = 2%"], ("a", "d", "e"), {("a", "e"): -0.5})
    assert [(size.column, size.number, size.is_share) for size in spread.sizes] == [
        ("b c", 0.0, False), ("", 0.5, False), ("", 0.02, True),
    ]  # fmt: skip
    assert (spread.columns, spread.pairs) == (("b c",), ((0, 2, -0.5),))
    with pytest.raises(DcalcError, match="has no variable a"):
        read_spread(["a"], ())


def test_a_mapper_has_them_too() -> None:
    pytest.importorskip("nanoarrow")
    polars = pytest.importorskip("polars")
    import dcalc

    mapper = dcalc.Mapper("m*g", uncertainty="m=m_u, g=0.02")
    frame = polars.DataFrame(mapper(polars.DataFrame({"m": [2.0, 3.1], "g": [9.81, 9.8], "m_u": [0.05, -1.0]})))
    assert frame["u_f"].to_list() == [0.49212828612060094, None]
    assert frame["status"].to_list() == ["ok", "error"]
    with pytest.raises(DcalcError, match="contradict"):
        dcalc.Mapper("m*g", uncertainty="m", hessian=True)
