"""Analyses from the command line: trace, jacobian, hessian, taylor, steps and --along."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run, process


@pytest.mark.parametrize(
    ("arguments", "code", "out"),
    [
        (("trace", "x*y", "--at", "x=2,y=3"), 0, "x\t3.0\ny\t2.0\nadjoints equal the certified gradient\n"),
        (("trace", "x*y", "--at", "x=2,y=3", "--mode", "forward", "--wrt", "x"), 0,
         "x\t3.0\ntangent equals the certified derivative\n"),
        (("trace", "abs(x)", "--at", "0"), 3, ""),
        (("jacobian", "x*y", "-x", "--at", "x=2,y=3"), 0, "3.0\t2.0\n-1.0\t0.0\n"),
        (("jacobian", "x*y", "sqrt(x)", "--at", "x=2,y=3", "--digits", "25"), 0,
         "3.000000000000000000000000\t2.000000000000000000000000\n0.3535533905932737622004222\t0\n"),
        (("grad", "sqrt(x)*y", "--at", "x=2,y=0", "--along", "0,1", "--digits", "20"), 0, "1.4142135623730950488\n"),
        (("trace", "2 + 3"), 0, "adjoints equal the certified gradient\n"),
        (("jacobian", "x*y", "-x"), 0, "y\tx\n-1\t0\n"),
        (("jacobian", "z*y", "z", "--let", "z = 2*x", "--at", "x=1,y=3"), 0, "6.0\t2.0\n2.0\t0.0\n"),
        (("tangent", "5", "--at", "x=1"), 0, "tangent\ty = 5\nnormal\tx = 1.0\n"),  # of a constant, over x
        (("jacobian", "x*y", "--at", "x=2,y=3", "--along", "y=1"), 0, "2.0\n"),
        (("hessian", "x*y"), 0, "x,x\t0\nx,y\t1\ny,y\t0\n"),
        (("hessian", "x**2", "--at", "1"), 0,
         "x,x\t2.0\neigenvalue\t2.0\nf curves upward in every direction; no stationary point: the gradient has length "
         "2.0\n"),
        (("hessian", "x**2*y", "--at", "x=1,y=1", "--along", "-1,0"), 0, "x\t-2.0\ny\t-2.0\ncurvature\t2.0\n"),
        (("grad", "x*y", "--at", "x=2,y=3", "--along", "1,1"), 0, "5.0\n"),
        (("grad", "x*y", "--along", "1,1"), 0, "x + y\n"),
        (("taylor", "exp(x)", "--at", "0", "-n2"), 0, "1 + x + x**2/2\n"),
        (("taylor", "exp(x)", "--at", "0"), 0, "1 + x + x**2/2 + x**3/6 + x**4/24 + x**5/120\n"),
        (("taylor", "log(x)", "--at", "-1"), 3, ""),
        (("steps", "x*sin(x)"), 0,
         "1\tproduct rule\tx*sin(x)\tsin(x) + x*cos(x)\t(u*v)' = u'*v + u*v'\tu = x, v = sin(x)\tsin(x) + x*cos(x)\n"
         "2\tderivative of sin\tsin(x)\tcos(x)\tsin(x)' = cos(x)\tu = x\tcos(x)\nsin(x) + x*cos(x)\n"),
    ],
)  # fmt: skip
def test_what_a_pipe_gets(run: Run, arguments: tuple[str, ...], code: int, out: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (code, out)


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (("trace", "x*y"), ["error: trace needs a point", "help: write --at 1, or --at x=1,y=2"]),
        (("trace", "x", "--at", "1", "--mode", "sideways"),
         ["error: --mode must be reverse or forward, not sideways", "help: write --mode forward"]),
        (("trace", "x", "--at", "1,2", "--format", "svg"), None),
        (("diff", "x", "--format", "dot"),
         ["error: dot draws graphs, and diff has none", "help: write dcalc trace ... --format dot"]),
        (("trace", "x", "--at", "0:1:1", "--format", "mermaid"),
         ["error: mermaid holds one graph", "help: ask for one expression at one point"]),
        (("grad", "x*y", "--along", "1,x=2"),
         ["error: one part has a name and another has none", "  1,x=2", "    ^", "help: write 1,1"]),
        (("grad", "x*y", "--along", "x=1,x=2"),
         ["error: x is given twice", "  x=1,x=2", "      ^^^", "help: give it one value"]),
        (("taylor", "x*y", "--wrt", "x,y", "--at", "x=1,y=1"),
         ["error: a Taylor polynomial has one variable", "help: write --wrt x"]),
        (("steps", "x", "--at", "1"),
         ["error: steps has no option --at", "help: write dcalc trace for the computation at a point"]),
    ],
)  # fmt: skip
def test_refused(run: Run, arguments: tuple[str, ...], lines: list[str] | None) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (2, "")
    assert lines is None or result.err.splitlines() == lines


def test_a_trace_as_json(run: Run) -> None:
    (record,) = json.loads(run("trace", "x**2", "--at", "3", "--json").out)["records"]
    assert set(record) >= {"expression", "wrt", "at", "status", "nodes", "gradient", "verdict", "notes"}
    assert (record["gradient"], record["verdict"], record["status"]) == ({"x": 6.0}, "ok", "ok")
    assert {"id", "op", "text", "args", "value", "partials", "adjoint"} <= set(record["nodes"][0])
    assert all(isinstance(node["adjoint"], float) for node in record["nodes"])
    (forward,) = json.loads(run("trace", "x**2", "--at", "3", "--mode", "forward", "--json").out)["records"]
    assert forward["nodes"][-1]["tangent"] == 6.0


def test_a_hessian_and_a_jacobian_as_json(run: Run) -> None:
    (record,) = json.loads(run("hessian", "x**2*y", "--at", "x=1,y=2", "--json").out)["records"]
    assert record["value"] == {"x": {"x": 4.0, "y": 2.0}, "y": {"x": 2.0, "y": 0.0}}
    assert record["definiteness"] == "indefinite" and len(record["eigenvalues"]) == 2
    (record,) = json.loads(run("jacobian", "x*y", "x + y", "--at", "x=1,y=2", "--json").out)["records"]
    assert record["value"] == [{"x": 2.0, "y": 1.0}, {"x": 1.0, "y": 1.0}]
    assert record["expression"] == ["x*y", "x + y"]


def test_steps_and_taylor_as_json(run: Run) -> None:
    (record,) = json.loads(run("steps", "x**2", "--json").out)["records"]
    (step,) = record["steps"]
    assert (step["rule"], step["before"], step["after"]) == ("power rule", "x**2", "2*x")
    (record,) = json.loads(run("taylor", "exp(x)", "--at", "0", "-n", "1", "--json").out)["records"]
    assert record["coefficients"] == [1.0, 1.0] and record["remainder"] > 0.71


def test_a_batch_of_problems_with_several_expressions(run: Run) -> None:
    lines = b'{"expr": ["x*y", "x"], "at": {"x": 1, "y": 2}}\nx**2\n{"expr": []}\n'
    result = run("jacobian", "-", stdin=lines)
    assert result.out == '2.0\t1.0\n1.0\t0.0\nx**2\t2*x\n# error: a problem needs the key "expr", a string\n'
    assert result.code == 1
    result = run("diff", "-", stdin=b'{"expr": ["x*y", "x"]}\n')
    assert result.err.splitlines()[:2] == [
        "error: line 1: diff takes one expression",
        "help: dcalc jacobian takes several",
    ]


def test_a_polynomial_goes_on_in_the_pipe() -> None:
    made = process("taylor", "sin(x)", "--at", "0.5", "-n", "3")
    again = process("diff", "-", stdin=made.out.encode())
    assert again.code == 0 and "(x - 0.5)" in again.out


@pytest.mark.parametrize("width", ["20", "40", "80", "200"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", "sigmoid(x*y) + x*y", "--at", "x=1,y=2"),
        ("trace", "sigmoid(sigmoid(sigmoid(x)))", "--at", "1"),
        ("hessian", "x**2*y + sin(x*y)", "--at", "x=1,y=2"),
        ("jacobian", "x**2*y", "sin(x*y)"),
        ("taylor", "sin(x)", "--at", "0.7"),
        ("steps", "x**2*sin(x**2)*exp(-x)", "-n", "2", "--verbose"),
    ],
)
def test_tables_keep_to_their_width(
    width: str, arguments: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    result = run(*arguments, "--format", "table")
    assert result.code == 0
    assert max(map(len, result.out.splitlines())) <= int(width)


def test_a_picture_by_the_name_of_its_file(run: Run, tmp_path: pytest.TempPathFactory) -> None:
    path = f"{tmp_path}/trace.svg"
    assert run("trace", "x*y", "--at", "x=1,y=2", "-o", path).code == 0
    with open(path, encoding="utf-8") as file:
        assert file.read().startswith("<svg")


# --- numbers that are 0 as doubles only: exp(-1000) is 5.07595889754945676529...e-435, by mpmath -----------------

_TINY = "note: 5.075959e-435 is 0 as a double\n"
_NEGATIVE = "note: -5.075959e-435 is 0 as a double\n"
UNDERFLOWS = [
    (("eval", "exp(-1000)"), "0.0\n", _TINY),
    (("eval", "1e-400"), "0.0\n", "note: 1.000000e-400 is 0 as a double\n"),
    (("diff", "exp(-x)", "--at", "1000"), "-0.0\n", _NEGATIVE),
    (("diff", "x", "--at", "0"), "1.0\n", ""),
    (("grad", "x*exp(-y)", "--at", "x=1,y=1000"), "x\t0.0\ny\t-0.0\n", _TINY + _NEGATIVE),
    (("limit", "exp(-x)", "--at", "1000"), "0.0\n", _TINY),
    (("limit", "exp(-x)", "--at", "inf"), "0.0\n", ""),
    (("solve", "log(x) = -1000"), "5.0759588975494568e-435\n1 solution, and no others: proved\n", _TINY),
    (("solve", "x^3"), "0.0\n1 zero, and no others: proved\n", ""),
    (("tangent", "exp(-x)", "--at", "1000"),
     "tangent\ty = 1001*exp(-1000) - x*exp(-1000)\nnormal\ty = x*exp(1000) - 1000*exp(1000) + exp(-1000)\n",
     _TINY + _NEGATIVE),
    (("tangent", "exp(-x)", "--at", "1000.1"), "tangent\ty = 0\nnormal\tx = 1000.1\n",
     "note: 4.592918e-435 is 0 as a double\nnote: -4.592918e-435 is 0 as a double\n"),
    (("eval", "erfc(40)*[1,2]@[1,1]"), "0.0\n", "note: 5.690883e-697 is 0 as a double\n"),
    (("jacobian", "exp(-x)", "--at", "x=[1000,0]"), "x\t[[-0.0, 0.0], [0.0, -1.0]]\n", _NEGATIVE),
    (("jacobian", "softmax(x)", "--at", "x=[1000,-1000,0]"),
     "x\t[[0.0, -0.0, -0.0], [-0.0, 0.0, -0.0], [-0.0, -0.0, 0.0]]\n",
     _TINY + "note: -2.576536e-869 is 0 as a double\n" + _NEGATIVE + "note: 2.576536e-869 is 0 as a double\n"
     "note: -1.307839e-1303 is 0 as a double\n"),
    (("trace", "exp(-x)*y", "--at", "x=1000,y=-1"), "x\t0.0\ny\t0.0\nadjoints equal the certified gradient\n", _TINY),
    (("propagate", "exp(-x)", "--at", "x=1000±1"), "value\t0.0\nuncertainty\t0.0\ntext\t\npercent x\t\n"
     "linear propagation is not to be trusted here: the gradient is 0 as a double, so that the linear law sees no "
     "uncertainty\n", _TINY + _NEGATIVE),
]  # fmt: skip


@pytest.mark.parametrize(("call", "out", "err"), UNDERFLOWS)
def test_what_is_zero_as_a_double_only_is_told(run: Run, call: tuple[str, ...], out: str, err: str) -> None:
    done = run(*call)
    assert (done.out, done.err) == (out, err)


def test_a_hessian_and_a_study_tell_what_is_zero_as_a_double_only(run: Run) -> None:
    hessian = run("hessian", "x*exp(-y)", "--at", "x=1,y=1000")
    assert hessian.err == _NEGATIVE + _TINY
    assert hessian.out.endswith("no stationary point: the gradient is small, but not 0\n")
    assert run("study", "log(x)+1000", "--over", "0:1").err == _TINY


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        (("diff", "A*x**2", "--wrt", "x", "--let", "a=3"), "note: --let changes nothing: the expression has no a\n"),
        (("diff", "2t*u", "--let", "t=x", "--let", "u=t"), ""),
        (("jacobian", "x", "f(x)", "--let", "f(u)=u**2"), ""),
        (("check", "x**2", "2*t", "--let", "t=x"), ""),
        (("limit", "1/x", "--at", "0+"), "error: the side is an option of its own\nhelp: write --at 0 --side right\n"),
    ],
)
def test_what_is_given_in_vain_is_noted(run, arguments, note):
    assert run(*arguments).err == note
