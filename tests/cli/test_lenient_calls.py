"""What people type and what comes of it: points, the variable that is meant, and the notes that tell so."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run

X2 = "note: read as x**2\n"
BY_X = "note: by x; for others --wrt\n"
AT = "note: the point is read as x=1,y=2\n"


@pytest.mark.parametrize(
    ("arguments", "out", "err"),
    [
        # expressions
        (("diff", "sin x"), "cos(x)\n", "note: read as sin(x)\n"),
        (("diff", "y = x^2"), "2*x\n", X2),
        (("diff", "lambda x: x**2"), "2*x\n", X2),
        (("diff", "np.sin(x)"), "cos(x)\n", "note: read as sin(x)\n"),
        (("diff", "E*x"), "e\n", "note: read as e*x\n"),
        (("diff", "E*x", "--at", "E=2,x=1"), "2.0\n", BY_X),
        (("diff", "i^2", "--wrt", "i"), "2*i\n", ""),
        (("eval", "i^2", "--at", "i=3"), "9.0\n", ""),
        (("eval", "7 % 3"), "1.0\n", "note: read as mod(7, 3)\n"),
        (("eval", "x if x>0 else 0", "--at", "2"), "2.0\n", "note: read as where(x > 0, x, 0)\n"),
        (("eval", "x<0 ? 1 : 2", "--at", "-1"), "1.0\n", "note: read as where(x < 0, 1, 2)\n"),
        (("eval", "sin 90°"), "1.0\n", "note: read as sin(90*deg)\n"),
        # operators
        (("diff", "d/dx x^2"), "2*x\n", "note: d/dx is the derivative that is asked for, taken once\n"),
        (("diff", "d/dy (x*y)"), "x\n", "note: d/dy is the derivative that is asked for, taken once\n"),
        (
            ("diff", "d^2/dx^2 x^3", "--at", "1"),
            "6.0\n",
            "note: d^2/dx^2 is the derivative of order 2 that is asked for, taken once\n",
        ),
        # the variable that is meant
        (("diff", "a*x^2+b*x+c"), "2*a*x + b\n", BY_X),
        (("diff", "A*sin(omega*t+phi)"), "A*omega*cos(omega*t + phi)\n", "note: by t; for others --wrt\n"),
        (("diff", "r*cos(theta)"), "-r*sin(theta)\n", "note: by theta; for others --wrt\n"),
        (("diff", "f(b) = a*b^2*x"), "2*a*b*x\n", ""),
        (("diff", "a*x", "--wrt", "a"), "x\n", ""),
        # points
        (("grad", "x*y", "--at", "1,2"), "x\t2.0\ny\t1.0\n", AT),
        (("grad", "x*y", "--at", "x=1", "y=2"), "x\t2.0\ny\t1.0\n", AT),
        (("grad", "--at", "x=1", "y=2", "x*y"), "x\t2.0\ny\t1.0\n", AT),
        (("grad", "x*y", "--at", "x=1,", "y=2"), "x\t2.0\ny\t1.0\n", ""),
        (("grad", "x*y", "--at=x=1", "y=2"), "x\t2.0\ny\t1.0\n", AT),
        (("grad", "x*y", "--at", "x:1,y:2"), "x\t2.0\ny\t1.0\n", AT),
        (("grad", "x*y", "--at", "(1,2)"), "x\t2.0\ny\t1.0\n", AT),
        (("grad", "x*y", "--at", "[1,2]"), "x\t2.0\ny\t1.0\n", AT),
        (("grad", "x*y", "--at", "1 2"), "x\t2.0\ny\t1.0\n", AT),
        (("grad", "x*y", "--at", "{x: 1, y: 2}"), "x\t2.0\ny\t1.0\n", AT),
        (("grad", "x*y", "--at", "{'x': 1, \"y\": 2}"), "x\t2.0\ny\t1.0\n", AT),
        (("diff", "x^2", "--at", "1 -2"), "-2.0\n", ""),
        (("grad", "g(y, x) = y - 2x", "--at", "1,2"), "x\t-2.0\ny\t1.0\n", "note: the point is read as y=1,x=2\n"),
        (("diff", "sin(x)", "--at", "PI/2"), "0.0\n", "note: the point is read as pi/2\n"),
        (("eval", "sin(x)", "--at", "90°"), "1.0\n", "note: the point is read as 90*deg\n"),
        (("eval", "x", "--at", "3!"), "6.0\n", "note: the point is read as factorial(3)\n"),
        # names
        (("grad", "x*y + xy"), "x\ty\nxy\t1\ny\tx\n", "note: xy is one variable; the product is x*y\n"),
        (("diff", "ωt"), "1\n", "note: ωt is one variable; the product is ω*t\n"),
        (("diff", "x + xe"), "1\n", f"{BY_X}note: xe is one variable; the product is x*e\n"),
        (("diff", "lnx", "--wrt", "lnx"), "1\n", ""),
        (("diff", "I*x"), "I\n", f"{BY_X}note: I is a variable here, not the imaginary unit\n"),
        # inverse functions that books define in two ways
        (
            ("eval", "\\cot^{-1} x", "--notation", "latex", "--at", "1"),
            "0.7853981633974483\n",
            "note: read as acot(x)\nnote: acot(x) is atan(1/x), which jumps at 0\n",
        ),
        (("diff", "arcsec x"), None, "note: read as asec(x)\nnote: asec(x) is acos(1/x)\n"),
    ],
)
def test_read_with_one_note(run: Run, arguments: tuple[str, ...], out: str | None, err: str) -> None:
    done = run(*arguments)
    assert done == (0, done.out if out is None else out, err)


@pytest.mark.parametrize(
    ("text", "reading"),
    [("2x*sin(x)", "2*x*sin(x)"), ("3(x+1)(x-2)", "3*(x + 1)*(x - 2)"), ("x + 2sin(x)", "x + 2*sin(x)")],
)
def test_a_person_who_looks_on_is_told_how_products_without_a_sign_are_read(run: Run, text: str, reading: str) -> None:
    assert run("diff", text, "--format", "table").out.count(f"note: read as {reading}\n") == 1
    assert run("diff", reading, "--format", "table").out.count("note:") == 0
    assert run("diff", text).err == ""  # in a pipe it is dcalc's own language
    assert "read as" not in run("diff", "-", "--format", "table", stdin=f"{text}\n".encode()).out
    long = " + ".join(f"{k}x" for k in range(100, 200))
    assert "read as" not in run("diff", long, "--format", "table").out


def test_a_batch_tells_each_reading_once(run: Run) -> None:
    done = run("diff", "-", stdin=b"sin x\nx^2\nsin x + 1\n2e^x\n")
    assert done.out == "cos(x)\n2*x\ncos(x)\n2*exp(x)\n"
    assert done.err.splitlines() == [
        "note: line 1: read as sin(x)",
        "note: line 3: read as sin(x) + 1",
        "note: line 4: read as 2*e**x",
    ]


def test_points_of_a_stream_tell_the_reading_once(run: Run) -> None:
    done = run("diff", "sin x", "--at", "-", stdin=b"0\n1\n2\n")
    assert done.err == "note: read as sin(x)\n"
    assert run("diff", "sin x", "--at", "0", "--at", "1").err == "note: read as sin(x)\n"


def test_records_carry_the_notes(run: Run) -> None:
    done = run("diff", "a sin x", "--at", "a:2 x:0", "--json")
    [record] = json.loads(done.out)["records"]
    assert record["notes"] == ["read as a*sin(x)", "by x; for others --wrt", "the point is read as a=2,x=0"]
    assert (record["expression"], record["value"]) == ("a*sin(x)", 2.0)
    assert done.err == ""
    lines = run("diff", "-", "--format", "jsonl", stdin=b"ln|x|\nx\n").out.splitlines()
    assert [json.loads(line)["notes"] for line in lines] == [["read as log(abs(x))"], []]


def test_quiet_leaves_the_notes_out(run: Run) -> None:
    assert run("diff", "sin x", "-q").err == ""


def test_of_a_long_text_the_first_part_is_echoed(run: Run) -> None:
    text = "+".join(f"{k}*x*y*z" for k in range(60)) + " + sin x + x!"
    notes = run("grad", text).err.splitlines()
    assert notes == ["note: sin x is read as sin(x), and so on: 1 more"]


@pytest.mark.parametrize("text", ["x*y", "x + t", "a*b", "x1*x2", "x*x1", "u*v"])
def test_several_variables_that_may_be_meant_are_refused(run: Run, text: str) -> None:
    done = run("diff", text)
    assert done.code == 2
    assert "variables: " in done.err
    assert "write --wrt " in done.err


def test_columns_may_be_called_as_constants_are(run: Run) -> None:
    done = run("grad", "E*i*x", "--at", "-", stdin=b"E,i,x\n1,2,3\n")
    assert done.out.splitlines()[1] == "1,2,3,6.0,3.0,2.0,ok"
    assert run("diff", "i^2", "--at", "-", stdin=b"1\n").code == 2


@pytest.mark.parametrize(
    ("arguments", "notes"),
    [
        (("sin x", "cos x"), ["read as sin(x)", "the claim is read as cos(x)"]),
        (
            ("x<0 ? x^2 : x", "x<0 ? 2x : 1"),
            ["read as where(x < 0, x**2, x)", "the claim is read as where(x < 0, 2*x, 1)"],
        ),
        (("w*x+b", "w: x, b: 1"), []),
    ],
)
def test_claims_are_read_as_expressions_are(run: Run, arguments: tuple[str, ...], notes: list[str]) -> None:
    done = run("check", *arguments)
    assert done.code == 0
    assert done.err.splitlines() == [f"note: {note}" for note in notes]


def test_a_loss_is_in_the_language_itself(run: Run) -> None:
    done = run("fit", "a*x", "--loss", "|y-p|!", "--data", "-", "--target", "y", stdin=b"x,y\n1,2\n2,4\n3,6\n")
    assert done.code == 2
    assert done.err.endswith("help: write 'factorial(abs(y - p))'\n")


def test_starts_are_written_as_points_are(run: Run) -> None:
    done = run("descend", "(x-3)^2 + (y+1)^2", "--from", "1,2", "--method", "newton")
    assert done.code == 0
    assert done.err.startswith("note: the start is read as x=1,y=2\n")
    for start in (["x=1,y=2"], ["x=1", "y=2"], ["(1,2)"], ["x:1,y:2"]):
        assert run("descend", "(x-3)^2 + (y+1)^2", "--from", *start, "--method", "newton").out == done.out
    assert run("descend", "x^2 + y^2", "--from", "1,2,3").code == 2
