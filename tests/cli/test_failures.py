"""What goes wrong in one of many, and what no user must ever see."""

from __future__ import annotations

import json
import subprocess
import sys
from errno import ENOMEM
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dcalc.cli.main import main
from dcalc.errors import LimitError
from dcalc.problem import Problem, Result
from tests.cli.conftest import Run, environment
from tests.waiting import PATIENCE


def test_debug_shows_the_traceback(run: Run) -> None:
    result = run("diff", "sinn(x)", "--debug")
    assert result.code == 2
    assert "Traceback (most recent call last)" in result.err
    assert "error: no function named sinn" in result.err


def test_debug_sends_no_control_character(run: Run) -> None:
    result = run("diff", "x+\x1b[31msinn(x)\x07", "--debug")
    assert result.code == 2
    assert result.err.replace("\n", "").isprintable()


@pytest.mark.slow_cases("check cos(1e5000*x) x")
@pytest.mark.parametrize(
    "arguments",
    [
        ("diff", "exp(-x)", "--at", "1e15", "--format", "table"),
        ("compare", "sigmoid(x)", "--at", "1e15"),
        ("quotient", "exp(-x)", "--at", "1e15"),
        ("diagnose", "exp(-x)", "--at", "1e15"),
        ("diagnose", "exp(-exp(x))", "--at", "50"),
        ("trace", "exp(-exp(x))", "--at", "50"),
        ("diagnose", "acotd(10**10**10)", "--at", "pi"),
        ("compare", "x", "-n", "4", "--at", "1e200"),
        ("compare", "x", "-n", "3", "--at", "-1e300"),
        ("plot", "sin(x)", "--over", "0:5e-324", "--format", "table"),
        ("plot", "sin(x)", "--over", "0:5e-324", "--format", "svg"),
        ("compare", "cos(x)/3", "--over", "0:5e-324", "--points", "3", "--format", "svg"),
        ("check", "x", "cos(1e5000)"),
        ("steps", "sum(i, 1, n, x^i*1e-6000/7)", "--wrt", "x", "--format", "latex"),
        ("diff", "x**1e-5000*[1, 2]", "--format", "latex"),
        ("steps", "[1, 2]*x*10^6000/3"),
        ("check", "(x-10^5000)^2/(x-10^5000)", "1"),
        ("check", "cos(1e5000*x)", "x"),
        ("compare", "x", "--at", "1.7976931348623157e308"),
        ("taylor", "norm(1000, x)", "--at", "-5e-324", "-n", "1"),
        ("simplify", "softsign(10)"),
        ("diff", f"({'123456789' * 40} - y)^(y - y)"),
        ("eval", "(not x < 0)*[1, 2]", "--at", "x=1"),
        ("taylor", "1e-6*x", "--at", "pi/2", "--digits", "5000"),
        ("plot", "1.7976931348623157e308", "--over=-10:10", "--format", "table"),
        ("plot", "x*1.7976931348623157e308", "--over=-1:1", "--format", "svg"),
        ("plot", "root(x, 10**10**10) - (x - 3)", "--over=1e15:1e16"),
        ("taylor", "sin(dawson(y - y))", "--at", "-1", "-n", "2"),
        ("plot", "erf(cscd(x**3))", "--over=-1e-300:1e-300"),
        ("diagnose", "acotd(li(x)) - bessely1(2**-1074)!", "--at", "0.5"),
        ("check", "round(1e400)**xlogx(y)", "gelu(logbeta(y*(-1000), y!))", "--over=1e15:1e16"),
        ("diff", "tanh(x)", "--at", "1.7976931348623157e308", "--backend", "finite"),
    ],
    ids=" ".join,
)
def test_numbers_beyond_doubles_and_decimals_are_no_defect(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.code in (0, 1)
    assert "internal error" not in result.err


@pytest.mark.slow_cases("check elliptic_e(10**10**10, x) x")
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "elliptic_e(10**10**10, x)", "x"),
        ("hessian", "expint(1e300, y)", "--at", "0"),
        ("limit", "polylog(1e300, x)", "--at", "1"),
        ("limit", "sphericalbesselj(10**8, x)", "--at", "0"),
        ("taylor", "erfc(1000!)", "--at", "-5e-324"),
        ("taylor", "x*exp(-10**5000)", "--at", "1"),
        ("taylor", "x*exp(10**5000)", "--at", "1"),
        ("taylor", "si(mod(x**x, x))", "--at", "100"),
    ],
    ids=" ".join,
)
def test_far_orders_and_angles_are_left_undecided(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.code == 3
    assert "error: " in result.err
    assert "internal error" not in result.err


def test_only_one_variable_of_a_limit_may_be_infinite(run: Run) -> None:
    result = run("limit", "invdigamma(y)*x", "--at", "x=1000,y=inf", "--wrt", "x")
    assert result.code == 2
    assert result.err == ("error: only x may tend to infinity, and y is infinite\nhelp: take the limit of y: --wrt y\n")


def test_a_defect_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("of no use\nto anyone")

    monkeypatch.setattr("dcalc.analysis.diff.solve", broken)
    assert run("diff", "x") == (
        70, "", "error: internal error: RuntimeError: of no use\\nto anyone\nhelp: run it again with --debug\n"
    )  # fmt: skip
    result = run("diff", "-", stdin=b"x\ny\n")
    assert result.code == 1
    assert result.out.count("# error: internal error") == 2
    for gone in (MemoryError(), OSError(ENOMEM, "Cannot allocate memory", "a folder")):
        monkeypatch.setattr("dcalc.analysis.diff.solve", lambda *_, gone=gone, **__: (_ for _ in ()).throw(gone))
        assert run("diff", "x") == (2, "", "error: out of memory\nhelp: split the work into smaller calls\n")
    monkeypatch.setattr("dcalc.analysis.diff.solve", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    assert run("diff", "x") == (130, "", "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"expr": "x", "wrt": 5}, '"wrt" must be a name or a list of names'),
        ({"expr": "x", "wrt": ""}, "a name is missing"),
        ({"expr": "x", "wrt": [1]}, '"wrt" must be a name or a list of names'),
        ({"expr": "x", "order": "2"}, "the order must be a non-negative integer"),
        ({"expr": "x", "order": True}, "the order must be a non-negative integer"),
        ({"expr": "x", "order": 10**9}, "the order is above 10,000"),
        ({"expr": "x", "at": {"y": 1}}, "no value is given for x"),
        ({"expr": "x", "at": [None]}, '"at" must hold numbers, or strings such as "pi/4"'),
    ],
)
def test_wrong_values_in_a_json_problem(run: Run, line: dict[str, object], message: str) -> None:
    result = run("diff", "-", "--format", "jsonl", stdin=json.dumps({"id": 7, **line}).encode())
    record = json.loads(result.out)
    assert (record["id"], record["line"], record["status"]) == (7, 1, "error")
    assert record["error"]["message"] == message
    assert json.loads(result.err) == record
    assert result.code == 1


def test_a_gradient_of_second_order_is_refused_in_json(run: Run) -> None:
    assert "a gradient has first derivatives only" in run("grad", "-", stdin=b'{"expr": "x*y", "order": 2}').err


def test_an_error_at_one_of_several_points_is_a_record(run: Run) -> None:
    """`10**10**10` at a point is over a limit, and the other points still count."""
    result = run("diff", "x**x**x", "--at", "2", "--at", "1e9", "--format", "jsonl")
    assert len(result.out.splitlines()) == 2
    assert json.loads(result.out.splitlines()[0])["status"] == "ok"


def test_an_error_at_a_point_is_told_and_the_next_point_answered(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def solve(problem: Problem, *_: object, **__: object) -> Result:
        if problem.at == {"x": 1.0}:
            raise LimitError("too much")
        return Result(value=5.0)

    monkeypatch.setattr("dcalc.analysis.diff.solve", solve)
    result = run("diff", "x**2", "--at", "1", "--at", "2")
    assert (result.code, result.err) == (1, "error: too much\nnote: 1 of 2 without an answer\n")
    assert result.out.endswith("2.0\t5.0\n")
    assert run("diff", "x**2", "--at", "1").code == 2


def test_a_stream_turns_garbage_collection_on(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr("gc.isenabled", lambda: False)
    monkeypatch.setattr("gc.freeze", lambda: calls.append("freeze"))
    monkeypatch.setattr("gc.enable", lambda: calls.append("enable"))
    run("diff", "x")
    assert calls == []
    run("diff", "-", stdin=b"x")
    assert calls == ["freeze", "enable"]


def test_without_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert main(["diff", "-"]) == 2
    assert capsys.readouterr().err.startswith("error: standard input is closed\n")


def test_a_defect_in_a_batch_is_shown_with_debug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcalc.analysis.diff.solve", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("broken")))
    result = run("diff", "-", "--debug", stdin=b"x\nx\n")
    assert result.code == 70
    assert "RuntimeError: broken" in result.err
    assert "Traceback" in result.err


def test_a_derivative_too_long_to_print_is_an_error_of_its_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcalc.formats.ALONE", 10)
    monkeypatch.setattr("dcalc.formats._GROWTH", 4)
    result = run("diff", "-", stdin=b'x**2\n{"expr": "sin(x)*exp(x)*log(x)", "order": 7}\nx**3\n')
    assert result.code == 1
    assert result.out.splitlines()[::2] == ["2*x", "3*x**2"]


def test_lines_without_a_value_in_a_batch(run: Run) -> None:
    result = run("grad", "-", "--at", "x=-1,y=1", stdin=b"log(x)*y\nx*y\n")
    rows = result.out.splitlines()
    assert rows[0].startswith("# undefined: ")
    assert rows[1] == "1.0\t-1.0"
    assert result.err.startswith("error: line 1: by x: ")
    assert "note: 1 of 2 without an answer" in result.err


def test_the_columns_of_a_batch_are_those_that_were_asked_for(run: Run) -> None:
    result = run("diff", "-", "--at", "x=1,y=2", "--format", "csv", stdin=b"x**2\ny**2\n")
    assert result.out.splitlines()[0] == "line,id,expression,wrt,order,derivative,x,y,f,value,status,kind,left,right"
    result = run("grad", "-", "--wrt", "x,y", "--format", "csv", stdin=b"x**2\n")
    assert "df_dx,df_dy" in result.out


def test_the_constants_may_be_variables_of_points_on_stdin(run: Run) -> None:
    assert run("grad", "x*e", "--at", "-", stdin=b"x=1,e=2\n").out == "x=1.0,e=2.0\t1.0\t2.0\n"
    result = run("diff", "x*e", "--wrt", "x", "--at", "-", stdin=b"x=1,e=2\nx=3,e=4\n")
    assert result.out == "x=1.0,e=2.0\t2.0\nx=3.0,e=4.0\t4.0\n"


def test_an_expression_in_error_is_said_without_reading_points(run: Run) -> None:
    result = run("diff", "sinn(x)", "--at", "-", stdin=b"")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: no function named sinn")


def test_a_first_point_in_error_is_not_the_last(run: Run) -> None:
    result = run("diff", "x**2", "--at", "-", stdin=b"one\n1\n")
    assert result.code == 1
    assert result.out.splitlines()[-1] == "1.0\t2.0"


COMMANDS = ["diff", "eval", "grad", "functions"]
TEXTS = ["x", "-x", "x,y", "-", "--", "1", "x=1", "2", "5", "t=x", "csv", "never"]
OPTIONS = ["--at", "--at=0:1:0.5", "--wrt", "-n", "-q", "--json", "--format", "--digits", "--let", "--color", "--help"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(COMMANDS + TEXTS + OPTIONS) | st.text(max_size=6), max_size=6))
def test_no_command_line_ends_in_a_traceback(run: Run, arguments: list[str]) -> None:
    arguments = [word for word in arguments if word not in ("-f", "-o")]
    result = run(*arguments, stdin=b"x\n")
    assert result.code in (0, 1, 2, 3, 4)
    assert "Traceback" not in result.err
    assert "internal error" not in result.err + result.out


def test_no_expression_on_a_terminal(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dcalc.cli.run.is_terminal", lambda _: True)
    result = run("diff", "--color", "never")
    assert (result.code, result.out) == (2, "")
    assert result.err == "error: no expression is given\nhelp: write one in single quotes: dcalc diff 'x**2*sin(x)'\n"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited in other ways elsewhere")
@pytest.mark.parametrize("kilobytes", [30_000, 130_000])  # in which OpenBLAS, jemalloc and Rust would speak up
@pytest.mark.parametrize("engine", ["polars", "duckdb"])
def test_little_room_for_data_is_said_in_words(tmp_path: Path, kilobytes: int, engine: str) -> None:
    pytest.importorskip(engine)
    pytest.importorskip("polars").DataFrame({"x": [1.0]}).write_parquet(tmp_path / "a.parquet")
    limited = f'ulimit -d {kilobytes}; exec "$0" -m dcalc map x a.parquet --engine {engine} --format csv'
    done = subprocess.run(
        ["bash", "-c", limited, sys.executable], cwd=tmp_path, env=environment(), capture_output=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"error: out of memory: column files need more than ulimit -v or -d allows\n")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is limited in other ways elsewhere")
def test_with_little_room_for_data_text_is_answered_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x\n" + "3\n" * 3_000)
    limited = 'ulimit -d 40000; exec "$0" -m dcalc map "x**2" a.csv'
    done = subprocess.run(
        ["bash", "-c", limited, sys.executable], cwd=tmp_path, env=environment(), capture_output=True,
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, b"x,df_dx,status\n" + b"3,6.0,ok\n" * 3_000)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="address space is limited in other ways elsewhere")
# Python itself takes nearly 20; from 24 to 26 it ends among the parts of `hashlib`, which is imported by Lark.
@pytest.mark.parametrize("megabytes", [24.4, 25, 25.2, 25.3, 25.4, 25.5, 30, 40, 60, 100, 200])
@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (("diff", "x**2", "--at", "1"), b""),
        (("diff", "x**2", "--at", "-"), b"1\n" * 300),
        (("map", "x**2", "--in", "none.parquet", "--out", "new.parquet"), b""),
    ],
)
@pytest.mark.slow
def test_little_memory_is_said_in_words(
    tmp_path: Path, megabytes: float, arguments: tuple[str, ...], stdin: bytes
) -> None:
    (tmp_path / "none.parquet").write_bytes(b"PAR1")
    limited = f'ulimit -v {megabytes * 1000:.0f}; exec "$0" -m dcalc "$@"'
    done = subprocess.run(
        ["bash", "-c", limited, sys.executable, *arguments],
        input=stdin,
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode in (0, 2)
    assert b"internal" not in done.stderr
    assert b"Traceback" not in done.stderr
    assert not done.returncode or done.stderr.startswith(b"error: ")
    assert len(done.stderr) < 500
