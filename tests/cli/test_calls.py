"""Calls of the commands, in this process: output, exit codes, what is refused."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from dcalc.cli import typer_adapter
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("arguments", "code", "out"),
    [
        (("diff", "x**2*sin(x)"), 0, "2*x*sin(x) + x**2*cos(x)\n"),
        (("diff", "x**2*sin(x)", "--at", "1.0"), 0, "2.2232442754839328\n"),
        (("diff", "x**3", "-n2"), 0, "6*x\n"),
        (("diff", "x**3", "--order", "3"), 0, "6\n"),
        (("diff", "x**3", "-n", "0"), 0, "x**3\n"),
        (("diff", "-x", "-q"), 0, "-1\n"),
        (("diff", "--", "-x"), 0, "-1\n"),
        (("diff", "x**2*y**3", "--wrt", "x,y"), 0, "6*x*y**2\n"),
        (("diff", "x**2*y**3", "--wrt", "x", "--wrt", "y"), 0, "6*x*y**2\n"),
        (("diff", "f(t) = a*t**2"), 0, "2*a*t\n"),
        (("diff", "t1**2", "--let", "t1 = 3*x"), 0, "18*x\n"),
        (("diff", "x*e", "--wrt", "e"), 0, "x\n"),
        (("diff", "x**2", "--at", "1", "--at", "2"), 0, "1.0\t2.0\n2.0\t4.0\n"),
        (("diff", "x**2", "--at", "0:1:0.5"), 0, "0.0\t0.0\n0.5\t1.0\n1.0\t2.0\n"),
        (("diff", "x**2", "--at", "1", "--backend", "forward"), 0, "2.0\n"),
        (("grad", "x**2*y"), 0, "x\t2*x*y\ny\tx**2\n"),
        (("grad", "x10 + x2"), 0, "x2\t1\nx10\t1\n"),
        (("grad", "x**2*y", "--at", "x=1,y=2"), 0, "x\t4.0\ny\t1.0\n"),
        (("grad", "x**2*y", "--wrt", "y"), 0, "y\tx**2\n"),
        (("diff", "x*10**-1", "--at", "1"), 0, "0.1\n"),
        (("eval", "2+3"), 0, "5.0\n"),
        (("eval", "sqrt(2)", "--digits", "30"), 0, "1.41421356237309504880168872421\n"),
        (("eval", "x*y", "--at", "x=2,y=3"), 0, "6.0\n"),
        (("simplify", "x*x"), 0, "x**2\n"),
        (("simplify", "sin(2*x) - 2*sin(x)*cos(x)"), 0, "0\n"),
        (("simplify", "sinh(asinh(x)) - x + 1/2"), 0, "1/2\n"),
        # A kink, a pole, an overflow: nothing on stdout.
        (("diff", "abs(x)", "--at", "0"), 3, ""),
        (("diff", "log(x)", "--at", "-1"), 3, ""),
        (("diff", "exp(x)", "--at", "1000"), 3, ""),
        (("diff", "log(-1)*x"), 3, ""),
        # Of several, one without a value.
        (("diff", "log(x)", "--at", "-1", "--at", "1"), 1, "-1.0\t\tundefined\n1.0\t1.0\n"),
    ],
)
def test_plain(run: Run, arguments: tuple[str, ...], code: int, out: str) -> None:
    result = run(*arguments)
    assert (result.code, result.out) == (code, out), result.err
    assert bool(result.err.startswith("error: ")) == (code == 3)


CALLS_REFUSED = [
    (
        ("diff", "x*y"),
        ["error: the expression has 2 variables: x and y", "help: write --wrt x; dcalc grad is for all of them"],
    ),
    (
        ("diff", "x", "--at", "x=1,x=2"),
        ["error: x is given twice", "  x=1,x=2", "      ^^^", "help: give it one value"],
    ),
    (
        ("diff", "x", "--at", "y=1"),
        ["error: the expression has no variable y", "  y=1", "  ^", "help: its variable is x"],
    ),
    (("diff", "x", "-n", "1000000000"), ["error: the order is above 10,000", "help: ask for a lower one"]),
    (("diff", "x", "-n", "1.5"), ["error: 1.5 is not a non-negative integer", "help: write a whole number such as 2"]),
    (("diff", "x", "-n", "-1"), ["error: -1 is not a non-negative integer", "help: write a whole number such as 2"]),
    (
        ("diff", "x*y", "-n", "2", "--wrt", "x,y"),
        [
            "error: an order cannot be combined with several variables",
            "help: repeat names: --wrt x,x,y has order 3",
        ],
    ),
    (
        ("diff", "x", "--wrt", "2"),
        ["error: 2 is not a valid variable name", "  2", "  ^", "help: write a name such as x"],
    ),
    (
        ("diff", "-", "--at", "-"),
        [
            "error: --at - already reads points from stdin",
            "help: write dcalc diff 'sin(x)' --at -",
        ],
    ),
    (
        ("diff", "x", "--at", "-", "--at", "1"),
        [
            "error: --at - already reads points from stdin",
            "help: write dcalc diff 'sin(x)' --at -",
        ],
    ),
    (("diff", "x", "--format", "jsn"), ["error: no format named jsn", "help: did you mean json?"]),
    (
        ("diff", "x", "--backend", "forwrd", "--at", "1"),
        ["error: no backend named forwrd", "help: did you mean forward?"],
    ),
    (
        ("diff", "x", "--backend", "forward"),
        ["error: backend forward needs a point", "help: write --at 1, or --at x=1,y=2"],
    ),
    (
        ("diff", "x", "--color", "red"),
        ["error: --color must be auto, always or never, not red", "help: write --color always"],
    ),
    (("diff", "x", "--digits", "0"), ["error: --digits must be at least 1", "help: write --digits 1 or more"]),
    (
        ("diff", "x", "--digits", "100001"),
        ["error: --digits must be at most 100,000", "help: write --digits 100000 or less"],
    ),
    (
        ("diff", "x", "-f", "y"),
        ["error: the expression is given twice, once by --file", "help: leave one out"],
    ),
    (("diff", "-f", "/no/such/file"), ["error: /no/such/file: No such file or directory"]),
    (("compare", "x"), ["error: compare needs a point", "help: write --at 1, or --at x=1,y=2"]),
    (
        ("compare", "x", "--tol", "-1"),
        ["error: -1 is not a tolerance", "help: write a number such as --tol 1e-6"],
    ),
    (
        ("compare", "x", "--tol", "a"),
        ["error: a is not a tolerance", "help: write a number such as --tol 1e-6"],
    ),
    (("eval", "x"), ["error: no value is given for x", "help: write --at x=1"]),
    (("grad", "x", "--wrt", "x,x"), ["error: a variable is named twice", "help: name each once"]),
    (("functions", "sinn"), ["error: no function named sinn", "help: did you mean sin, sinh or asin?"]),
    (("functions", "Sin"), ["error: no function named Sin", "help: did you mean sin?"]),
    (("functions", "arcosh"), ["error: no function named arcosh", "help: did you mean acosh?"]),
    (("functions", "tr"), ["error: tr is a function of arrays: sum of the diagonal", "help: see dcalc help arrays"]),
    (("functions", "qqqqqq"), ["error: no function named qqqqqq", "help: dcalc functions lists them all"]),
    (("completions",), ["error: no shell is given", "help: there are bash, zsh, fish and powershell"]),
    (("completions", "zhs"), ["error: no completions for zhs", "help: did you mean zsh?"]),
    (("functions", ""), ["error: no function is given", "help: dcalc functions lists them all"]),
    (("",), ["error: no command is given", "help: see dcalc --help"]),
    (("help", "diffs"), ["error: no help on diffs", "help: did you mean diff?"]),
    (("version",), ["error: no command named version", "help: write dcalc --version"]),
    (("gradient", "x"), ["error: no command named gradient", "help: did you mean dcalc grad?"]),
    (("-v",), ["error: no option -v", "help: did you mean -V for the version?"]),
    (("dif", "x"), ["error: no command named dif", "help: did you mean dcalc diff?"]),
    (("x**2",), ["error: no command named x**2", "help: for a derivative write dcalc diff 'x**2'"]),
    (("-x**2",), ["error: no command named -x**2", "help: for a derivative write dcalc diff '-x**2'"]),
    (
        ("zzzz",),
        [
            "error: no command named zzzz",
            f"help: there are {', '.join(typer_adapter.command_names())}",
        ],
    ),
    (("--order", "2"), ["error: --order must come after the command", "help: write dcalc diff 'x**2' --order 2"]),
    (("--versoin",), ["error: no option --versoin", "help: did you mean --version?"]),
    (("-q",), ["error: -q must come after the command", "help: write dcalc diff 'x**2' -q"]),
    (("--json=1",), ["error: --json must come after the command", "help: write dcalc diff 'x**2' --json"]),
    (("diff", "x", "--json=1"), ["error: --json takes no value, but got --json=1", "help: write --json alone"]),
]


@pytest.mark.parametrize(("arguments", "lines"), CALLS_REFUSED)
def test_refused(run: Run, arguments: tuple[str, ...], lines: list[str]) -> None:
    result = run(*arguments)
    assert (result.code, result.out, result.err.splitlines()) == (2, "", lines)


def test_json_and_another_format(run: Run) -> None:
    result = run("diff", "x", "--json", "--format", "csv")
    assert (result.code, result.out) == (2, "")
    assert json.loads(result.err)["error"]["message"] == "--json means --format json, but --format is csv"


def test_notes(run: Run) -> None:
    assert run("diff", "x", "--wrt", "y") == (
        0, "0\n", "note: the expression has no variable y, so its derivative by y is 0\n"
    )  # fmt: skip
    assert run("diff", "5").err == "note: the expression has no variable, so its derivative is 0\n"
    assert run("diff", "5", "-q").err == ""
    assert run("diff", "x*e", "--wrt", "e").err == "note: e is a variable here, not the constant\n"
    brackets = "note: sin is a variable here: a function needs brackets, sin(...)\n"
    assert run("diff", "sin + 1") == (0, "1\n", brackets)
    assert run("diff", "sin + 1", "--wrt", "sin").err == ""
    for name in ("gamma", "beta", "chi", "zeta", "si", "li", "max_"):
        assert run("diff", name) == (0, "1\n", "")
    assert run("diff", "π*x", "--wrt", "π") == (0, "x\n", "note: pi is a variable here, not the constant\n")
    assert "note: 1 of 2 without an answer\n" in run("diff", "log(x)", "--at", "-1:1:2").err


@pytest.mark.parametrize("arguments", [("eval", "pi"), ("eval", "1/3"), ("diff", "x**2", "--at", "pi/2")])
def test_more_digits_than_python_reads_as_a_number(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments, "--digits", "5000")
    assert (result.code, result.err) == (0, "")
    assert len(result.out.strip().replace("0.", "").replace(".", "")) == 5000
    assert result.out[:3990] == run(*arguments, "--digits", "4000").out[:3990]


def test_an_unsupported_backend(run: Run) -> None:
    result = run("diff", "besselj(n, x)", "--wrt", "n", "--at", "n=1,x=2", "--backend", "symbolic")
    assert (result.code, result.out) == (4, "")
    assert result.err.startswith("error: ")


def test_compare_says_no(run: Run) -> None:
    assert run("compare", "x**2*sin(x)", "--at", "1").code == 0
    assert run("compare", "exp(sin(x))", "--at", "0.7", "--tol", "0").code == 1  # finite is 2e-15 off
    assert run("compare", "x**2*sin(x)", "--at", "1", "--tol", "0").code == 0  # the nearest double
    assert run("compare", "x**2", "--at", "1").code == 0


def test_json_error_of_a_problem_without_a_value(run: Run) -> None:
    result = run("diff", "log(x)", "--at", "-1", "--json")
    assert result.code == 3
    assert json.loads(result.out)["records"][0]["status"] == "undefined"
    assert json.loads(result.err)["error"]["kind"] == "undefined"


def test_json_error_of_a_usage_error(run: Run) -> None:
    result = run("diff", "x", "--oder", "2", "--format", "json")
    assert (result.code, result.out) == (2, "")
    assert json.loads(result.err) == {
        "status": "error",
        "error": {
            "kind": "usage",
            "message": "diff has no option --oder",
            "column": None,
            "end_column": None,
            "help": "did you mean --order?",
        },
    }


def test_a_file_gives_the_expression(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "f.txt"
    path.write_bytes(b"\xef\xbb\xbfx**2 +\n  x\r\n")
    assert run("diff", "-f", str(path)).out == "2*x + 1\n"
    path.write_bytes(b"x+\xff")
    assert "byte 0xff is not UTF-8" in run("diff", "-f", str(path)).err
    assert run("diff", "-f", "-", stdin=b"x**2").out == "2*x\n"


def test_output_to_a_file(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")
    path.chmod(0o640)
    assert run("diff", "x**2", "-o", str(path)) == (0, "", "")
    assert path.read_text() == "2*x\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    run("diff", "x**", "-o", str(path))
    assert path.read_text() == "2*x\n"
    assert os.listdir(tmp_path) == ["out.txt"]


def test_output_to_what_is_no_plain_file(run: Run, tmp_path: Path) -> None:
    assert run("diff", "x", "-o", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()
    (tmp_path / "real").write_text("")
    (tmp_path / "link").symlink_to("real")
    run("diff", "x", "-o", str(tmp_path / "link"))
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "1\n"
    result = run("diff", "x", "-o", str(tmp_path / "no" / "file"))
    assert result.code == 2
    assert "No such file or directory" in result.err
    assert run("diff", "x", "-o", "-").out == "1\n"


def test_version_and_help(run: Run) -> None:
    assert run("--version").out.startswith("dcalc 0.")
    assert run("-V").out == run("--version").out
    for arguments in (("--help",), ("-h",), ("diff", "--help"), ("functions", "-h"), ("diff", "x", "y", "--help")):
        result = run(*arguments)
        assert (result.code, result.err) == (0, "")
        assert result.out.startswith("Usage: dcalc")
        assert "Examples:" in result.out
    assert run().code == 2
    assert run().err.startswith("Usage: dcalc")


def test_help_fits_a_narrow_terminal(run: Run) -> None:
    text = run("diff", "--help").out
    assert "single quotes" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_functions(run: Run) -> None:
    text = run("functions").out
    assert "atan2(y, x)" in text
    assert "inverse tangent" in text
    one = run("functions", "ln").out
    assert one.startswith("log(x): natural logarithm\n")
    assert "1/x" in one
    assert "DLMF" in one
    records = json.loads(run("functions", "clip", "--json").out)["records"]
    assert records[0]["name"] == "clip"
    assert run("functions", "pi").out.startswith("pi: ")


def test_backends(run: Run) -> None:
    text = run("backends").out
    for name in ("symbolic", "forward", "finite", "reference"):
        assert name in text
    assert {record["name"] for record in json.loads(run("backends", "--json").out)["records"]} >= {"forward"}


def test_a_terminal_wraps_the_lists_beside_their_names(run, monkeypatch):
    monkeypatch.setattr("dcalc.cli.lists.is_terminal", lambda _: True)
    monkeypatch.setenv("COLUMNS", "60")
    for name, beside in (("backends", 14), ("functions", 33)):
        lines = run(name).out.splitlines()
        assert max(map(len, lines)) <= 60
        assert any(line.startswith(" " * beside) and line[beside].isalpha() for line in lines), name


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completions_are_printed(run: Run, shell: str) -> None:
    result = run("completions", shell)
    assert result.code == 0
    assert "dcalc" in result.out
