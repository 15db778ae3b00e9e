"""Gradients of array expressions at values, as a shell sees them. Truths are worked out by hand or by NumPy."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run


def ask(run: Run, *arguments: str) -> dict[str, Any]:
    (record,) = json.loads(run(*arguments, "--json").out)["records"]
    return record


def test_values_are_typed_or_read_from_files(run: Run, tmp_path: Path) -> None:
    (tmp_path / "A.csv").write_text("1,2\n3,4\n5,6\n")
    (tmp_path / "b.json").write_text("[1, 0, 1]")
    result = run(
        "grad", "norm(A@x - b)^2", "--wrt", "x,b",
        "--at", f"A=@{tmp_path / 'A.csv'}", "--at", "x=[1,2]", "--at", f"b=@{tmp_path / 'b.json'}",
    )  # fmt: skip
    assert result.out == "x\t[234.0, 296.0]\nb\t[-8.0, -22.0, -32.0]\n"  # 2*A.T@r and -2*r, r = [4, 11, 16]


def test_a_record_has_arrays_in_the_shape_of_their_variables(run: Run) -> None:
    record = ask(run, "grad", "sum(A*A)/2 + c", "--at", "A=[[1,2],[3,pi]],c=2")
    assert record["value"] == {"A": [[1.0, 2.0], [3.0, 3.141592653589793]], "c": 1.0}
    assert record["exact_at"] == {"A": "[[1.0, 2.0], [3.0, pi]]"}
    assert record["reference"]["A"][1][1] == "3.14159265358979323846264338328"
    assert record["shapes"] == {"A": [2, 2], "c": []}


@pytest.mark.parametrize(
    ("text", "at", "status", "value"),
    [
        ("sum(x/x)", "x=[0,1]", "removable", [0.0, 0.0]),
        ("sum(abs(x))", "x=[0,1]", "not_differentiable", [None, 1.0]),
        ("norm(x)", "x=[0,0]", "not_differentiable", [None, None]),
        ("max(x)", "x=[2,2]", "not_differentiable", [None, None]),
        ("sum(log(x))", "x=[-1,1]", "undefined", [None, None]),
        ("sum(relu(x))", "x=[1,-1]", "ok", [1.0, 0.0]),
    ],
)
def test_verdicts_are_about_what_was_typed(run: Run, text: str, at: str, status: str, value: list[float]) -> None:
    record = ask(run, "grad", text, "--at", at)
    assert (record["status"], record["value"]["x"]) == (status, value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("norm(A@x)", "--at", "x=[1,2]"), "no value is given for A"),
        (("norm(x)", "--at", "x=[1,2],y=3"), "the expression has no variable y"),
        (("norm(x - y)", "--at", "x=[1,2],y=[1,2,3]"), "- cannot join 2 with 3"),
        (("norm(x)", "--shape", "x: 3", "--at", "x=[1,2]"), "x is declared as 3; its value is 2"),
        (("norm(x)", "--at", "x=@/no/such.csv"), "/no/such.csv"),
        (
            ("x.T@S@x", "--shape", "S: n x n symmetric", "--at", "x=[1,2]", "--at", "S=[[1,2],[3,4]]"),
            "S is declared as symmetric; S[0, 1] is 2.0, S[1, 0] is 3.0",
        ),
        (
            ("x.T@S@x", "--shape", "S: n x n symmetric", "--at", "x=[1,2]", "--at", "S=[[1,pi],[pi/2,4]]"),
            "S is declared as symmetric; S[0, 1] is pi, S[1, 0] is pi/2",
        ),
        (
            ("norm(X@w)^2/m", "--shape", "X: m x n", "--at", "X=[[1,2],[3,4]],w=[1,1],m=5"),
            "m has a value, and is the length of an axis, 2",
        ),
    ],
)
def test_values_that_do_not_fit_are_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("grad", *arguments)
    assert result.code == 2
    assert message in result.err
    assert result.out == ""


def test_declared_lengths_are_numbers_at_a_point(run: Run) -> None:
    assert run("grad", "sum(x)*n", "--shape", "x: n", "--at", "x=[1,2,3]").out == "x\t[3.0, 3.0, 3.0]\n"
    part = ("grad", "norm(X@w - y)^2/m", "--shape", "X: m x n, y: m", "--wrt", "w", "--at", "X=[[1,2],[3,4]],y=[1,2]")
    assert run(*part, "--at", "w=[0,1]").out == "w\t[7.0, 10.0]\n"  # X.T@[1, 2]; w has no declared shape


def test_large_arrays_have_bounds(run: Run, tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(400, 400)), rng.normal(size=400)
    for name, array in (("X", x), ("y", y)):
        np.save(tmp_path / f"{name}.npy", array)
    files = [f"{name}=@{tmp_path / name}.npy" for name in "Xy"]
    given = [part for text in (*files, f"w={[0.5] * 400}") for part in ("--at", text)]
    record = ask(run, "grad", "mean(log(1 + exp(-y*(X@w))))", "--wrt", "w", *given)
    slopes = -y / (1 + np.exp(y * (x @ np.full(400, 0.5)))) / 400
    assert record["status"] == "ok"
    assert record["bound"]["w"] < 1e-11
    assert np.abs(np.array(record["value"]["w"]) - x.T @ slopes).max() < 1e-13
    rough = ask(run, "grad", "sum(abs(X@w))", "--wrt", "w", *given[:2], "--at", f"w={[0.0] * 400}")
    assert (rough["status"], rough["value"]["w"][0]) == ("unresolved", None)


def test_many_derivatives_have_bounds(run: Run, tmp_path: Path) -> None:
    np = pytest.importorskip("numpy")
    rng = np.random.default_rng(2)
    a, x = rng.normal(size=(60, 60)), rng.normal(size=60)
    np.save(tmp_path / "A.npy", a)
    given = ("--at", f"A=@{tmp_path / 'A'}.npy", "--at", f"x={x.tolist()}")
    slopes = 1 / np.cosh(a @ x) ** 2
    record = ask(run, "jacobian", "tanh(A@x)", "--wrt", "x", *given)
    assert np.abs(np.array(record["value"][0]["x"]) - slopes[:, None] * a).max() < 1e-14
    assert record["notes"][-1].startswith("doubles, proved to be within")
    record = ask(run, "hessian", "sum(log(cosh(A@x)))", "--wrt", "x", *given)
    assert np.abs(np.array(record["value"]["x"]["x"]) - a.T @ (slopes[:, None] * a)).max() < 1e-12
    assert (
        ask(run, "jacobian", "relu(A@x)", "--wrt", "x", *given[:2], "--at", f"x={[0] * 60}")["status"] == "unresolved"
    )
    thirds = ask(run, "hessian", "sum(x**3)", "--at", f"x=[{'1/3, ' * 24}1/3]")
    assert thirds["value"]["x"]["x"][24] == [*[0.0] * 24, 2.0]
    assert thirds["notes"] == ["doubles, proved to be within 6e-16 of the truth"]  # 1/3 is no double
    refused = run("hessian", "sum(x**3)", "--at", f"x={[1.0] * 2001}")
    assert refused.code == 2
    assert "error: 4,004,001 derivatives are too many at values" in refused.err
    whole = ask(run, "eval", "abs(A@A@A@x - A@(A@(A@x))) + A@x", *given)  # a kink in every entry, which has a value
    assert whole["status"] == "ok"
    assert np.abs(np.array(whole["value"]) - a @ x).max() < 1e-9


LINES = """\
{"expr": "norm(A@x)^2", "at": {"A": [[1, 2], [3, 4]], "x": [1, 0.5]}, "wrt": "x", "id": 7}
x**2
{"expr": "x.T@S@x", "shape": "S: n x n symmetric", "wrt": ["x"]}
{"expr": "norm(A@x)^2", "at": {"A": [[1, 2], [3, 4]], "x": [1, 2, 3]}}
{"expr": "sum(c*x^2)", "wrt": "x", "at": [{"x": [1, 2], "c": 2}, {"x": [3], "c": "1/2"}]}
{"expr": "norm(A@x)", "at": 3}
{"expr": "norm(A@x)", "at": {"A": [[1], [2, 3]], "x": [1]}}
{"expr": "norm(A@x)", "shape": 3}
{"expr": "norm(x)^2", "at": {"x": [1, 2]}}
{"expr": "norm(x)^2", "at": [{"x": [1, 2]}, {"x": [3, 0]}]}
"""


def test_a_batch_has_lines_with_arrays(run: Run) -> None:
    result = run("grad", "-", stdin=LINES.encode())
    assert result.out.splitlines() == [
        "norm(A@x)**2\tx\t[34.0, 48.0]",  # 2*A.T@A@x
        "2*x",
        "x.T@S@x\tx\t2*S@x",
        "# error: @ cannot multiply 2 x 2 by 3: 2 and 3 differ",
        "c*norm(x)**2\tx\t[4.0, 8.0]",
        "c*norm(x)**2\tx\t[3.0]",
        "# error: a point of arrays is an object",
        "# error: A: the rows have different lengths",
        '# error: "shape" must be text',
        "norm(x)**2\tx\t[2.0, 4.0]",  # told by the point, as norm has a meaning for scalars
        "norm(x)**2\tx\t[2.0, 4.0]",
        "norm(x)**2\tx\t[6.0, 0.0]",
    ]
    assert result.code == 1
    assert "line 4: @ cannot multiply" in result.err
    records = [
        json.loads(line) for line in run("grad", "-", "--format", "jsonl", stdin=LINES.encode()).out.splitlines()
    ]
    assert [(one["line"], one["id"], one["status"]) for one in records[:4]] == [
        (1, 7, "ok"), (2, None, "ok"), (3, None, "ok"), (4, None, "error"),
    ]  # fmt: skip
    line = '{"expr": "A@x", "at": {"A": [[1, 2], [3, 4]], "x": [1, 2]}}\n'
    assert run("eval", "-", stdin=line.encode()).out == "A@x\t[5.0, 11.0]\n"
    assert run("jacobian", "-", stdin=line.replace('"at"', '"wrt": "x", "at"').encode()).out.endswith(
        "[[1.0, 2.0], [3.0, 4.0]]\n"
    )
    assert run("diff", "-", stdin=b'{"expr": "x.T@A@x", "wrt": "x", "order": 2}\n').out == "x.T@A@x\tA + A.T\n"


def test_points_on_stdin_are_arrays(run: Run) -> None:
    points = (
        '{"A": [[1, 2], [3, 4]], "x": [1, 0.5]}\n{"A": [[1, 2], [3, 4]], "x": [1, 0.5, 3]}\n{"A": [[2]], "x": [3]}\n'
    )
    result = run("grad", "norm(A@x)^2", "--wrt", "x", "--at", "-", stdin=points.encode())
    assert result.out.splitlines() == [
        "A=[[1.0, 2.0], [3.0, 4.0]],x=[1.0, 0.5]\tx\t[34.0, 48.0]",
        "# error: @ cannot multiply 2 x 2 by 3: 2 and 3 differ",
        "A=[[2.0]],x=[3.0]\tx\t[24.0]",
    ]
    assert result.code == 1


def test_a_direction_gives_the_derivative_along_it(run: Run) -> None:
    at = ("--at", "A=[[1,2],[3,4]],x=[1,0.5]")
    assert run("grad", "norm(A@x)^2", *at, "--along", "x=[1,-1]").out == "-14.0\n"  # 34 - 48
    record = ask(run, "grad", "norm(A@x)^2", *at, "--along", "x=[1,-1],A=[[0,1],[0,0]]")
    assert record["value"] == -12.0  # and 2*(A@x)[0]*x[1]
    assert record["along"] == {"A": [[0.0, 1.0], [0.0, 0.0]], "x": [1.0, -1.0]}
    assert run("jacobian", "A@x", *at, "--along", "x=[1,-1]").out == "[-1.0, -1.0]\n"
    assert run("grad", "c*sum(x)", "--at", "x=[0,1],c=2", "--along", "c=1").out == "1.0\n"
    corner = ask(run, "grad", "sum(abs(x))", "--at", "x=[0,1]", "--along", "x=[1,1]")
    assert (corner["status"], corner["left"], corner["right"]) == ("not_differentiable", 0.0, 2.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("norm(A@x)", "--along", "x=[1,2]"), "a direction of arrays needs values"),
        (("norm(x)", "--at", "x=[1,2]", "--along", "1,2"), "a direction of arrays has names"),
        (("norm(x)", "--at", "x=[1,2]", "--along", "y=[1,2]"), "--along names y"),
        (("2*x", "--shape", "x: 2", "--at", "x=[1,2]", "--along", "x=[1,2]"), "a gradient is that of a scalar"),
        (("norm(x)", "--at", "x=[1,2]", "--along", "x=[1]"), "x is declared as 2; its value is 1"),
        (("x*y", "--at", "x=1,y=2", "--along", "x=[1]"), "a direction of arrays goes with an expression of arrays"),
    ],
)
def test_a_direction_that_does_not_fit_is_refused(run: Run, arguments: tuple[str, ...], message: str) -> None:
    result = run("grad", *arguments)
    assert message in result.err
    assert result.code == 2


@pytest.mark.parametrize(
    ("notation", "text"),
    [("matlab", "x'*A*x"), ("matlab", "norm(A*x - b)^2"), ("sympy", "x.T*A*x"), ("mathematica", "Tr[A]")],
)
def test_a_product_of_matrices_is_not_taken_entry_by_entry(run: Run, notation: str, text: str) -> None:
    result = run("simplify", text, "--notation", notation)
    assert (result.code, result.out) == (2, "")
    assert "error: " in result.err
