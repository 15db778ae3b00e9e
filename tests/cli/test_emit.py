"""`dcalc emit` from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.conftest import Run

if TYPE_CHECKING:
    import pytest


def test_the_command_writes_code(run: Run):
    code, out, err = run("emit", "x**2", "--target", "js")
    assert (code, err) == (0, "") and "export function df_dx(x) {" in out
    code, out, _ = run("emit", "x**2*y", "--target", "c", "--json")
    (record,) = json.loads(out)["records"]
    assert code == 0 and record["target"] == "c" and record["code"].endswith("}\n")
    assert record["functions"][1] == {"name": "grad_f", "arguments": ["x", "y"], "shape": [2]}
    code, _, err = run("emit", "zeta(x)", "--target", "c", "--of", "f")
    assert code == 4 and "C has no zeta" in err
    code, _, err = run("emit", "x")
    assert code == 2 and "emit needs a target" in err
    code, _, err = run("emit", "x", "--target", "c", "--of", "slope")
    assert code == 2 and "no quantity named slope" in err
    code, _, err = run("emit", "x", "--target", "c", "--dtype", "float16")
    assert code == 2 and "--dtype must be float64 or float32" in err


def test_the_suffix_of_a_file_names_the_target(run: Run, tmp_path: Path):
    file = tmp_path / "model.py"
    assert run("emit", "exp(w*x)", "--wrt", "w", "-n", "2", "-o", str(file))[0] == 0
    assert "def d2f_dw2(w, x):" in file.read_text(encoding="utf-8")


def test_the_program_is_run_and_held_against_certified_values(run: Run):
    code, out, err = run("emit", "(1-cos(x))/x**2", "--target", "python", "--check", "--over", "0.00001:0.001")
    assert code == 0 and "# df_dx: at most" in out and "note: df_dx: at most" in err
    arguments = ("emit", "(1-cos(x))/x**2", "--target", "python", "--plain", "--check", "--over", "0.00001:0.001")
    code, _, err = run(*arguments)
    assert code == 1 and "df_dx loses digits at x=" in err
    code, _, err = run("emit", "x*y", "x/y", "--target", "python", "--check")
    assert code == 0 and "note: jac_f: at most" in err
    code, _, err = run("emit", "x", "--target", "julia", "--check")
    assert code == 4 and "programs in Julia are not run" in err


def test_a_compiler_that_is_missing_or_complains_is_an_error(run: Run, monkeypatch: pytest.MonkeyPatch):
    from dcalc.targets.python import Python

    monkeypatch.setattr(Python, "commands", lambda *_: [["no-such-compiler"]])
    assert "--check needs no-such-compiler" in run("emit", "x", "--target", "python", "--check").err
    monkeypatch.setattr(Python, "commands", lambda *_: [["false"]])
    assert "false failed" in run("emit", "x", "--target", "python", "--check").err


def test_the_python_interface_writes_the_same():
    import dcalc

    assert "def df_dx(x):" in dcalc.emit("x**2", "python")
    assert "def grad_f(x, y):" in dcalc.emit("x*y", "python")
    assert "double jac_g" not in dcalc.emit(["x*y", "x"], "c", name="g") and "jac_g" in dcalc.emit(
        ["x*y", "x"], "c", name="g"
    )
    assert "d2f_dx2" in dcalc.emit(dcalc.parse("x**3*y"), "js", of="derivative", wrt="x", order=2)


def test_a_program_is_not_run_outside_of_its_domain(run: Run):
    code, out, err = run("emit", "log(x)*log1p(x)", "--target", "numpy", "--check", "--of", "f")
    assert code == 0 and "note: f: at most" in err and "def f(x):" in out


def test_a_batch_is_one_file(run: Run):
    """The functions have numbers, and helpers that several need are written once."""
    code, out, _ = run("emit", "-", "--target", "c", "--of", "f", stdin=b"sigmoid(x)\nsigmoid(y)*softplus(y)\n")
    assert code == 0 and out.count("static double sigmoid(") == 1 and "double f1(double x)" in out
    assert "double f2(double y)" in out and out.count("static double softplus(") == 1
    out = run("emit", "-", "--target", "fortran", "--of", "f", stdin=b"sigmoid(x)\nsigmoid(y)\n").out
    assert "end module dcalc_program2" in out and out.count("! sigmoid(x)") == 2


def test_what_fails_in_a_batch_is_a_comment_of_the_language(run: Run):
    for target, mark in (("c", "//"), ("matlab", "%"), ("fortran", "!"), ("duckdb", "--"), ("python", "#")):
        code, out, err = run("emit", "-", "--target", target, "--of", "f", stdin=b"x**2\nx+\n1/0*x\nx**3\n")
        assert code == 1 and f"\n{mark} error: an operand is missing after +\n" in out
        assert "line 3: 1/0: division by 0" in err and out.count("x**3") == 1 and "x+" not in out
    assert run("emit", "1/0*x", "--target", "c") == (3, "", "error: 1/0: division by 0\n")


def test_a_batch_gives_a_record_per_line(run: Run):
    code, out, _ = run("emit", "-", "--target", "python", "--format", "jsonl", stdin=b"x**2\nzeta(y)\nx*y\n")
    records = [json.loads(line) for line in out.splitlines()]
    assert code == 1 and [record["status"] for record in records] == ["ok", "error", "ok"]
    assert [each["name"] for each in records[2]["functions"]] == ["f", "grad_f"]
