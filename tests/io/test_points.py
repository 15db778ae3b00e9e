"""Points on stdin: what comes out for what goes in, as it stands in a shell."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys

import pytest

from tests.cli.conftest import Run

SQUARE = ("diff", "x**2", "--at", "-")
PRODUCT = ("grad", "x**2*y", "--at", "-")

# What is asked, stdin, stdout, exit code, and how many errors are told.
ROWS = {
    "numbers": (SQUARE, "1\n.5\n+3\n1_000\n-0\npi/4\n", None, 0, 0),
    "passed over": (SQUARE, "\n# two\n\n 2 \n#\n3", "2.0\t4.0\n3.0\t6.0\n", 0, 0),
    "nothing": (SQUARE, "", "", 0, 0),
    "blank blocks": (SQUARE, "\n" * 100_000 + "1\n" + " \r\n" * 100_000 + "?\n", "1.0\t2.0\n?\t\terror\n", 1, 1),
    "only comments": (SQUARE, "# x\n\n", "", 0, 0),
    "crlf": (SQUARE, "1\r\n2\r\n", "1.0\t2.0\n2.0\t4.0\n", 0, 0),
    "mark": (SQUARE, "\ufeff1\n", "1.0\t2.0\n", 0, 0),
    "garbage": (SQUARE, "1\nab c\n3\n", "1.0\t2.0\nab c\t\terror\n3.0\t6.0\n", 1, 1),
    "tab in garbage": (SQUARE, "1\t2\n", "1\\t2\t\terror\n", 1, 1),
    "two values": (SQUARE, "1,2\n", "1,2\t\terror\n", 1, 1),
    "no number": (SQUARE, "nan\ninf\n1e999\n", "nan\t\terror\ninf\t\terror\n1e999\t\terror\n", 1, 3),
    "status": (("diff", "abs(x)", "--at", "-"), "0\n1\n", "0.0\t\tnot_differentiable\n1.0\t1.0\n", 1, 0),
    "hole": (("diff", "sin(x)/x", "--at", "-"), "0\n", "0.0\t0.0\n", 0, 0),
    "sweep": (SQUARE, "0:1:0.5\n", "0.0\t0.0\n0.5\t1.0\n1.0\t2.0\n", 0, 0),
    "named": (PRODUCT, "x=1,y=2\ny=1,x=3\n", "x=1.0,y=2.0\t4.0\t1.0\nx=3.0,y=1.0\t6.0\t9.0\n", 0, 0),
    "partial status": (
        ("grad", "abs(x)+y", "--at", "-"), "x=0,y=1\n", "x=0.0,y=1.0\t\t1.0\tnot_differentiable\n", 1, 0,
    ),
    "constant": (("diff", "5", "--at", "-"), "1\n", "1.0\t0.0\n", 0, 0),
    "csv": (PRODUCT, "x,y\n1,2\n", "x,y,df_dx,df_dy,status\n1,2,4.0,1.0,ok\n", 0, 0),
    "csv of one": (SQUARE, "x\n1\n", "x,value,status\n1,2.0,ok\n", 0, 0),
    "csv, other order": (PRODUCT, "y,t,x\n2,a,1\n", "y,t,x,df_dx,df_dy,status\n2,a,1,4.0,1.0,ok\n", 0, 0),
    "bytes pass": (SQUARE, 'x,t\n 1.50 , "q" \n1,\n', 'x,t,value,status\n 1.50 , "q" ,3.0,ok\n1,,2.0,ok\n', 0, 0),
    "quotes": (
        SQUARE, 't,x\n"a, ""b""\n c",1\nd,"2"\n', 't,x,value,status\n"a, ""b""\n c",1,2.0,ok\nd,"2",4.0,ok\n', 0, 0,
    ),
    "quote inside": (SQUARE, 't,x\n5" pipe,1\n', 't,x,value,status\n5" pipe,1,2.0,ok\n', 0, 0),
    "open quote": (SQUARE, 't,x\n"a,1\nb,2\n', 't,x,value,status\n"""a,1",,,error\nb,2,4.0,ok\n', 1, 1),
    "quoted names": (SQUARE, '"x","t"\n1,2\n', '"x","t",value,status\n1,2,2.0,ok\n', 0, 0),
    "csv crlf": (SQUARE, "x,t\r\n1,a\r\n2,b", "x,t,value,status\r\n1,a,2.0,ok\r\n2,b,4.0,ok\r\n", 0, 0),
    "no last newline": (SQUARE, "x,t\n1,a", "x,t,value,status\n1,a,2.0,ok\n", 0, 0),
    "heading only": (SQUARE, "x,t\n", "x,t,value,status\n", 0, 0),
    "csv mark": (SQUARE, "\ufeffx,t\n1,a\n", "x,t,value,status\n1,a,2.0,ok\n", 0, 0),
    "csv passed over": (SQUARE, "# c\n\nx,t\n1,a\n2,b\n", "x,t,value,status\n1,a,2.0,ok\n2,b,4.0,ok\n", 0, 0),
    "csv below the heading": (
        SQUARE, "x,t\n\n1,a\n# d\n#N/A,5\n",
        "x,t,value,status\n,,,error\n1,a,2.0,ok\n# d,,,error\n#N/A,5,,error\n", 1, 3,
    ),
    "tsv below the heading": (
        SQUARE, "# c\nt\tx\n#N/A\t5\n\n", "t\tx\tvalue\tstatus\n#N/A\t5\t10.0\tok\n\t\t\terror\n", 1, 1,
    ),
    "spaces": (PRODUCT, "x  y\n1 2\n 3\t4\n0\n", "x  y df_dx df_dy status\n1 2 4.0 1.0 ok\n"
               " 3\t4 24.0 9.0 ok\n0 nan nan nan error\n", 1, 1),
    "spaces without a value": (("diff", "log(x)*y", "--at", "-", "--wrt", "x"), "x y\n0 1\n",
                               "x y value status\n0 1 nan undefined\n", 1, 0),
    "without a heading": (PRODUCT, "1 2\n3,4\n", "x=1.0,y=2.0\t4.0\t1.0\nx=3.0,y=4.0\t24.0\t9.0\n", 0, 0),
    "too many numbers": (PRODUCT, "1 2 3\n", "1 2 3\t\t\terror\n", 1, 1),
    "semicolon": (PRODUCT, 'x;y\n1.5;"2"\n', 'x;y;df_dx;df_dy;status\n1.5;"2";6.0;2.25;ok\n', 0, 0),
    "decimal comma, not told": (SQUARE, "x;t\n1,5;a\n", "x;t;value;status\n1,5;a;;error\n", 1, 1),
    "decimal comma": ((*SQUARE, "--input-format", "decimal-comma"), "x;t\n1,5;a\n2;b,c\n1.500;d\n",
                      "x;t;value;status\n1,5;a;3,0;ok\n2;b,c;4,0;ok\n1.500;d;;error\n", 1, 1),
    "json array": (SQUARE, '[{"x": 2,\n "id": 7}, true]', None, 1, 1),
    "array of numbers": ((*SQUARE, "--format", "plain"), '[1, [2.5],\n "pi/2"]\n\n',
                         f"1.0\t2.0\n2.5\t5.0\n{math.pi / 2!r}\t{math.pi!r}\n", 0, 0),
    "array of arrays": ((*PRODUCT, "--format", "plain"), '[[1, 2], {"y": 1, "x": 3}]',
                        "x=1.0,y=2.0\t4.0\t1.0\nx=3.0,y=1.0\t6.0\t9.0\n", 0, 0),
    "arrays by the line": ((*PRODUCT, "--format", "plain"), "[1, 2]\n[3, 1]\n",
                           "x=1.0,y=2.0\t4.0\t1.0\nx=3.0,y=1.0\t6.0\t9.0\n", 0, 0),
    "array for one point": ((*PRODUCT, "--format", "plain"), "[1, 2]", "x=1.0,y=2.0\t4.0\t1.0\n", 0, 0),
    "array of misfits": ((*PRODUCT, "--format", "plain"), "[1, [1, 2, 3], []]", None, 1, 3),
    "columns in json": ((*PRODUCT, "--input-format", "json", "--format", "plain"), '{"x": [1, 3.0], "y": [2, 1e0]}',
                        "x=1.0,y=2.0\t4.0\t1.0\nx=3.0,y=1.0\t6.0\t9.0\n", 0, 0),
    "array in map": (("map", "x**2"), "[0.5, 2]", '{"x": 0.5, "df_dx": 1.0, "status": "ok"}\n'
                     '{"x": 2, "df_dx": 4.0, "status": "ok"}\n', 0, 0),
    "column with a unit": (
        (*SQUARE, "--column", "x=x [m]"), "x [m],t\n3,a\n", "x [m],t,value,status\n3,a,6.0,ok\n", 0, 0,
    ),
    "csv garbage": (SQUARE, "x,t\n1,a\nzz,b\n3,c\n", "x,t,value,status\n1,a,2.0,ok\nzz,b,,error\n3,c,6.0,ok\n", 1, 1),
    "missing": (SQUARE, "x,t\n,a\n", "x,t,value,status\n,a,,error\n", 1, 1),
    "too few cells": (SQUARE, "t,x,u\nab c\n", "t,x,u,value,status\nab c,,,,error\n", 1, 1),
    "too many cells": (SQUARE, "x,t\n1,a,b\n", 'x,t,value,status\n"1,a,b",,,error\n', 1, 1),
    "csv status": (("diff", "1/x", "--at", "-"), "x\n0\n1\n", "x,value,status\n0,,undefined\n1,-1.0,ok\n", 1, 0),
    "named like a function": (
        ("grad", "sin(x)*exp", "--at", "-"), "exp,x,cos\n1,0,7\n",
        "exp,x,cos,df_dexp,df_dx,status\n1,0,7,0.0,1.0,ok\n", 0, 0,
    ),
    "named like a constant": (
        ("diff", "x*e", "--wrt", "x", "--at", "-"), "x,e\n1,3\n", "x,e,value,status\n1,3,3.0,ok\n", 0, 0,
    ),
    "prefix": ((*SQUARE, "--prefix", "d_"), "x,value\n1,7\n", "x,value,d_value,d_status\n1,7,2.0,ok\n", 0, 0),
    "tsv": (SQUARE, 't\tx\na "b\t1\n\t2\n', 't\tx\tvalue\tstatus\na "b\t1\t2.0\tok\n\t2\t4.0\tok\n', 0, 0),
    "tsv garbage": (SQUARE, "t\tx\na\tb\tc\n", "t\tx\tvalue\tstatus\na\\tb\\tc\t\t\terror\n", 1, 1),
    "input format": ((*SQUARE, "--input-format", "tsv"), "x\n1\n", "x\tvalue\tstatus\n1\t2.0\tok\n", 0, 0),
    "asked format": ((*SQUARE, "--format", "plain"), "t,x\na,3\n", "3.0\t6.0\n", 0, 0),
    "eval": (("eval", "x**2", "--at", "-"), "x,t\n3,a\n", "3.0\t9.0\n", 0, 0),
    "digits": ((*SQUARE, "--digits", "20"), "x,t\n0.1,a\n", "0.1\t0.20000000000000000000\n", 0, 0),
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_rows(run: Run, extra: str, name: str) -> None:
    arguments, stdin, expected, code, errors = ROWS[name]
    result = run(*arguments, stdin=stdin.encode())
    if expected is not None:
        assert result.out == expected
    assert result.code == code
    assert result.err.count("error: ") == errors
    if code:
        assert "without an answer" in result.err or stdin.count("\n") < 3


def test_numbers_as_the_option_reads_them(run: Run, extra: str) -> None:
    result = run(*SQUARE, stdin=ROWS["numbers"][1].encode())
    assert result.out.splitlines() == [
        "1.0\t2.0", "0.5\t1.0", "3.0\t6.0", "1000.0\t2000.0", "-0.0\t0.0", "0.7853981633974483\t1.5707963267948966",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (PRODUCT, "x,t\n1,2\n", "the input has no column y"),
        (PRODUCT, "a,b\n1,2\n", "the input has no column x"),
        (SQUARE, "x,x\n1,2\n", "two columns are named x"),
        (SQUARE, "x,t,t\n1,2,3\n", "two columns are named t"),
        (SQUARE, "x,,\n1,2,3\n", "two columns have no name"),
        (SQUARE, "x,value\n1,2\n", "the input already has a column value"),
        (SQUARE, "x\tstatus\n1\t2\n", "the input already has a column status"),
        (PRODUCT, "x,y,df_dy\n1,2,3\n", "the input already has a column df_dy"),
        (SQUARE, '{"x": 1, "value": 2}\n', "the input already has a column value"),
        ((*SQUARE, "--input-format", "xml"), "", "no input format named xml"),
        ((*SQUARE, "--fast", "--certify"), "", "--fast and --certify contradict each other"),
        ((*SQUARE, "-j", "0"), "", "--jobs must be at least 1"),
        ((*SQUARE, "--prefix", "a,b"), "", "--prefix must not contain quotes, commas, tabs or newlines"),
        (SQUARE, "[1, 2] 3\n", "line 1: not a JSON array: there is more after its end"),
        *(
            ((*SQUARE, "--input-format", "json"), text, "not a JSON array")
            for text in (
                '{"x": 1}',
                '{"x": [1], "y": [1, 2]}',
                '{"x": [1], "x": [2]}',
                '{"x": [1]} 2',
                '{"x" [1]}',
                "{x: [1]}",
                '{"x": [1',
                "{}",
                '{"x": [1}',
            )
        ),
        (SQUARE, "[1 2]\n", "line 1: not a JSON array: a comma or a closing bracket is missing"),
        (("diff", "x", "--fast"), "", "--fast is for points on stdin"),
        (("diff", "x", "--at", "1", "--tol", "1e-3"), "", "--tol is for points on stdin"),
        (("diff", "x", "--input-format", "csv"), "", "--input-format is for points on stdin"),
        (("grad", "5", "--at", "-"), "1\n", "the expression has no variable"),
        (("diff", "10**10**10*x", "--at", "-"), "x\n1\n", "a constant power of more than 131,072 bits"),
    ],
)
def test_refused_as_a_whole(run: Run, arguments: tuple[str, ...], stdin: str, message: str) -> None:
    result = run(*arguments, stdin=stdin.encode())
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}")


def test_json_lines_gain_the_members_of_their_record(run: Run, extra: str) -> None:
    stdin = b'{"x": 2, "tag": [1, {"b":2}], "id": 7}\n\n{ "x": 0.5 }\n'
    result = run("diff", "x**3", "--at", "-", stdin=stdin)
    first, second = result.out.splitlines()
    assert first.startswith('{"x": 2, "tag": [1, {"b":2}], "id": 7, "line": 1, "expression": "x**3", ')
    assert second.startswith('{ "x": 0.5, "id": null, "line": 3, ')
    record = json.loads(first)
    alone = json.loads(run("diff", "x**3", "--at", "2", "--format", "jsonl").out)
    assert record == {**alone, "x": 2, "tag": [1, {"b": 2}], "id": 7, "line": 1}


def test_json_lines_of_a_gradient(run: Run, extra: str) -> None:
    result = run("grad", "x**2*y", "--at", "-", stdin=b'{"x": 1, "y": 2}\n')
    alone = json.loads(run("grad", "x**2*y", "--at", "x=1,y=2", "--format", "jsonl").out)
    assert json.loads(result.out) == {**alone, "x": 1, "y": 2, "line": 1}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("garbage", "not a JSON object"),
        ("[1]", "not a JSON object"),
        ('{"x": 1', "not a JSON object: a comma or a closing bracket is missing"),
        ('{"x": 1},{"x": 2}', "not a JSON object: there is more after its end"),
        ("{}", "no value is given for x"),
        ('{"x": null}', "no value is given for x"),
        ('{"x": true}', '"at" must hold numbers'),
        ('{"x": "one"}', "a point must be a number, not the name one"),
        ('{"x": 1, "x": 2}', 'the key "x" is given twice'),
        ('{"x": 1, "\\u0078": 2}', 'the key "x" is given twice'),
        ('{"x": 1e999}', "a number is beyond the largest double"),
        ('{"x": 1, "value": 3}', "the input already has a column value"),
    ],
)
@pytest.mark.parametrize("around", [1, 400])
def test_a_bad_object_keeps_its_line(run: Run, extra: str, line: str, message: str, around: int) -> None:
    good = '{"x": 1, "t": "a"}\n' * around
    result = run(*SQUARE, stdin=f"{good}{line}\n{good}".encode())
    records = [json.loads(text) for text in result.out.splitlines()]
    assert [record["line"] for record in records] == list(range(1, 2 * around + 2))
    assert [record.get("value", None) for record in records if record["line"] != around + 1] == [2.0] * (2 * around)
    wrong = records[around]
    assert (wrong["status"], wrong["error"]["message"].startswith(message)) == ("error", True), wrong
    assert result.code == 1


def test_text_in_an_object_is_read_as_the_option_reads_it(run: Run) -> None:
    record = json.loads(run(*SQUARE, stdin=b'{"x": "pi/4"}\n').out)
    assert (record["at"], record["value"]) == ({"x": 0.7853981633974483}, 1.5707963267948966)


def test_records_after_the_first_points_look_like_the_first(run: Run) -> None:
    """Those of the bulk road have the same members in the same order, save the reference's digits."""
    stdin = b"".join(b'{"x": %d}\n' % number for number in range(1, 601))
    records = [json.loads(line) for line in run("diff", "x**3", "--at", "-", stdin=stdin).out.splitlines()]
    first = records[0]
    for number, record in enumerate(records, 1):
        assert list(record) == list(first)
        assert record == {
            **first, "x": number, "line": number, "at": {"x": float(number)}, "f": float(number**3),
            "value": 3.0 * number**2, "reference": record["reference"],
        }  # fmt: skip


@pytest.mark.parametrize("stdin", [b"x,t\n1,a\n2,b\n", b"t\tx\na\t1\nb\t2\n", b'{"x": 1}\n{"x": 2}\n'])
@pytest.mark.parametrize("command", ["diff", "eval"])
def test_a_format_that_is_asked_for_takes_points_of_any_kind(run: Run, command: str, stdin: bytes) -> None:
    def records(stdin: bytes) -> list[dict[str, object]]:
        found = json.loads(run(command, "x**2", "--at", "-", "--json", stdin=stdin).out)["records"]
        return [{**record, "line": None} for record in found]

    assert records(stdin) == records(b"1\n2\n")


def test_many_lines_in_error_are_not_all_told(run: Run) -> None:
    result = run(*SQUARE, stdin=b"zz\n" * 1000)
    assert result.out == "zz\t\terror\n" * 1000
    assert result.err.count("error: line ") == 20
    assert "note: 980 more lines are in error\n" in result.err
    assert "note: 1000 of 1000 without an answer\n" in result.err


def test_what_way_the_points_went_is_said(run: Run) -> None:
    stdin = b"".join(b"%d.5\n" % number for number in range(1000))
    assert "note: 1,000 points: 744 within 1e-12, 256 certified\n" in run(*SQUARE, stdin=stdin).err
    assert "1,000 points: 744 within 1e-09, 256" in run(*SQUARE, "--tol", "1e-9", stdin=stdin).err
    assert "1,000 points: 1,000 in doubles, with no bound on their error" in run(*SQUARE, "--fast", stdin=stdin).err
    assert "1,000 points: 1,000 certified" in run(*SQUARE, "--certify", stdin=stdin).err
    assert run(*SQUARE, "-q", stdin=stdin).err == ""
    assert run(*SQUARE, stdin=stdin[:500]).err == ""


def test_below_a_heading_every_line_is_a_row(run: Run) -> None:
    result = run(*SQUARE, stdin=b"t,x\na,1\n#N/A,2\n")
    assert (result.code, result.out, result.err) == (0, "t,x,value,status\na,1,2.0,ok\n#N/A,2,4.0,ok\n", "")
    assert run(*SQUARE, stdin=b"# points\n1\n# more\n").out == "1.0\t2.0\n"


def test_errors_are_json_where_records_are_asked_for(run: Run) -> None:
    result = run(*SQUARE, "--format", "jsonl", stdin=b'{"x": 1}\n{"x": "q", "id": "b"}\n')
    assert [json.loads(line)["id"] for line in result.err.splitlines()] == ["b"]


@pytest.mark.parametrize(("side", "value"), [("left", "-1.0"), ("right", "1.0"), ("mean", "0.0")])
@pytest.mark.parametrize("before", [0, 600])
def test_a_convention_at_kinks(run: Run, extra: str, side: str, value: str, before: int) -> None:
    stdin = b"x\n" + b"2\n" * before + b"0\n"
    result = run("diff", "abs(x)", "--at", "-", "--at-kink", side, stdin=stdin)
    assert result.out.endswith(f"\n0,{value},not_differentiable\n")
    assert result.code == 0


@pytest.mark.parametrize("seed", ["0", "1", "2"])
def test_members_of_a_record_stand_in_the_order_of_the_input(seed: str) -> None:
    """Whatever the hashes of text are, which differ from process to process."""
    command = [sys.executable, "-m", "dcalc", "grad", "b*a*long_name*d", "--at", "-", "--format", "jsonl"]
    done = subprocess.run(
        command,
        input=b'{"long_name": 1, "d": 4, "b": 2, "a": 3}\n',
        env={**os.environ, "PYTHONHASHSEED": seed},
        capture_output=True,
        check=True,
    )
    assert list(json.loads(done.stdout)["at"]) == ["long_name", "d", "b", "a"]


def test_a_line_that_is_too_long_for_a_point_is_refused_as_it_is_read(run: Run) -> None:
    for char in (b"\0", b"1", b"x", b"-"):
        result = run("diff", "x**2", "--at", "-", stdin=b"1\n" + char * (5 << 20) + b"\n2\n")
        assert result.code == 1
        assert "error: line 2: the line is over 4 MiB, too long for a point" in result.err
        rows = result.out.splitlines()
        assert [row[:7].strip() for row in rows[::2]] == ["1.0\t2.0", "2.0\t4.0"]
        assert len(rows) == 3


MISSING_MARKS = b"#N/A\nNA\n#DIV/0!\nx=#N/A\n"


@pytest.mark.parametrize("command", ["diff", "eval", "grad"])
def test_rows_whose_value_is_missing_keep_their_place(run: Run, command: str) -> None:
    """Spreadsheets write errors with #, where plain points have comments."""
    done = run(command, "x**2", "--at", "-", stdin=b"1\n" + MISSING_MARKS + b"# a comment\n#N/A means nothing\n3\n")
    rows = done.out.splitlines()
    assert (done.code, len(rows)) == (1, 6)
    assert rows[0].startswith("1.0\t")
    assert rows[-1].startswith("3.0\t")
    assert "line 2: a number is missing (#N/A)" in done.err
    assert "--input-format semicolon" in run(command, "x**2", "--at", "-", stdin=b"5;6\n").err
    table = run(command, "x**2", "--at", "-", stdin=b"x\n1\n#N/A\n3\n")
    assert len([row for row in table.out.splitlines() if not row.startswith("x")]) == 3
    assert "line 3: column x: a number is missing (#N/A)" in table.err


@pytest.mark.parametrize(
    ("kind", "stdin", "out"),
    [
        ("decimal-comma", b"1,5\n2,5\n", "1,5;3,0;ok\n2,5;5,0;ok\n"),
        ("semicolon", b"1.5\n2.5\n", "1.5;3.0;ok\n2.5;5.0;ok\n"),
        ("decimal-comma", b"x\n1,5\n", "x;value;status\n1,5;3,0;ok\n"),
    ],
)
def test_columns_without_a_heading_are_those_of_the_variables(run: Run, kind: str, stdin: bytes, out: str) -> None:
    assert run("diff", "x**2", "--at", "-", "--input-format", kind, stdin=stdin).out == out
    done = run("diff", "x*y", "--wrt", "x", "--at", "-", "--input-format", kind, stdin=b"1\n")
    assert "1 column without a heading, but the expression has 2 variables" in done.err
