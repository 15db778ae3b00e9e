"""Command lines as users write them: what reaches the command as which option."""

from __future__ import annotations

import pytest

from dcalc.cli.typer_adapter import build_command, commands_with, options_of, put_options_first
from dcalc.errors import UsageError
from dcalc.text import join_words

DIFF = options_of(build_command("diff"))


def ordered(line: str) -> list[str]:
    return put_options_first(line.split(), "diff", DIFF, ["EXPR"])


@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        ("-sin(x)", ["--", "-sin(x)"]),
        ("-2*q", ["--", "-2*q"]),
        ("-n**2", ["--", "-n**2"]),
        ("-q*x", ["--", "-q*x"]),
        ("-h*x", ["--", "-h*x"]),
        ("-x -q", ["-q", "--", "-x"]),
        ("-n2", ["-n2", "--"]),
        ("-x -n2", ["-n2", "--", "-x"]),
        ("-n 2 -x", ["-n", "2", "--", "-x"]),
        ("x --at -1", ["--at", "-1", "--", "x"]),
        ("x --at=-1", ["--at=-1", "--", "x"]),
        ("-x --at -pi/4 --wrt x", ["--at", "-pi/4", "--wrt", "x", "--", "-x"]),
        ("-- -x", ["--", "-x"]),
        ("-q -- -x", ["-q", "--", "-x"]),
        ("-", ["--", "-"]),
        ("-f -", ["-f", "-", "--"]),
        ("-n²", ["--", "-n²"]),
        ("-nq", ["--", "-nq"]),
        ("-qn", ["--", "-qn"]),
        ("-.5*x", ["--", "-.5*x"]),
    ],
)
def test_options_come_first(line: str, tokens: list[str]) -> None:
    assert ordered(line) == tokens


@pytest.mark.parametrize("text", ["-x", "x", " -x ", "--x"])
def test_an_argument_stays_as_it_was_typed(text: str) -> None:
    tokens = ["--", text] if text.startswith("--") else [text]
    assert put_options_first(tokens, "diff", DIFF, ["EXPR"]) == ["--", text]


@pytest.mark.parametrize(
    ("line", "message", "help"),
    [
        ("x --ordr 2", "diff has no option --ordr", "did you mean --order?"),
        ("x --att=1", "diff has no option --att", "did you mean --at?"),
        ("x --loss mse", "diff has no option --loss", "fit has it"),
        ("x --grad", "diff has no option --grad", "did you mean the command: dcalc grad?"),
        ("x --zzzzzz", "diff has no option --zzzzzz", "see dcalc diff --help; write an expression that begins with -- "
         "after --: -- '--zzzzzz'"),
        ("x --at", "--at needs a value", "write --at POINT"),
        ("x --at --json", "--at needs a value", "write --at POINT"),
        ("x -n", "-n needs a value", "write -n N"),
        ("x + 1", "diff takes one argument, but got 3: x, + and 1",
         "put the whole expression in single quotes: 'x + 1'"),
        ("x -", "diff takes one argument, but got 2: x and -", "write dcalc diff 'x' --at -"),
        ("x points.CSV", "diff takes one argument, but got 2: x and points.CSV",
         "write dcalc diff 'x' --at - < points.CSV"),
        ("x -json", "diff has no option -json", "did you mean --json?"),
        ("x -w", "diff has no option -w", "see dcalc diff --help"),
        ("-- -x -y", "diff takes one argument, but got 2: -x and -y",
         "put the whole expression in single quotes: '-x -y'"),
        ("x -q5", "-q takes no value, but got -q5", "write -q alone"),
        ("x --version", "diff has no option --version", "write dcalc --version"),
        ("x --json=3", "--json takes no value, but got --json=3", "write --json alone"),
        ("x --order=", "--order needs a value", "write --order N"),
        ("x --foo", "diff has no option --foo", "see dcalc diff --help; write an expression that begins with -- "
         "after --: -- '--foo'"),
    ],
)  # fmt: skip
def test_refused(line: str, message: str, help: str) -> None:
    with pytest.raises(UsageError) as caught:
        ordered(line)
    assert (caught.value.message, caught.value.help) == (message, help)


OWNERS = f"{join_words(commands_with('-n'), 'and')} have it"
MIXED = "write dcalc diff -n 2, or dcalc diff --wrt x,y for a mixed partial"


@pytest.mark.parametrize(
    ("line", "message", "help"),
    [
        ("grad x*y -n 2", "grad has no option -n", MIXED),
        ("grad x*y -n2", "grad has no option -n", MIXED),
        ("grad x --order 2", "grad has no option --order", MIXED),
        ("simplify x --at 1", "simplify has no option --at", "write dcalc eval for a value"),
        ("simplify x -n 1", "simplify has no option -n", OWNERS),
        ("functions sin cos", "functions takes one argument, but got 2: sin and cos",
         "ask for one at a time: dcalc functions sin"),
        ("backends -n 2", "backends has no option -n", OWNERS),
        ("backends x y", "backends takes no argument, but got x", "see dcalc backends --help"),
    ],
)  # fmt: skip
def test_refused_by_other_commands(line: str, message: str, help: str) -> None:
    name, *tokens = line.split()
    command = build_command(name)
    arguments = [param.metavar for param in command.params if param.param_type_name == "argument"]
    with pytest.raises(UsageError) as caught:
        put_options_first(tokens, name, options_of(command), arguments)
    assert (caught.value.message, caught.value.help) == (message, help)


def test_a_command_of_any_number_of_expressions() -> None:
    options = options_of(build_command("jacobian"))
    tokens = ["x*y", "-x", "-y**2", "--at", "x=1"]
    assert put_options_first(tokens, "jacobian", options, ["EXPR..."]) == ["--at", "x=1", "--", *tokens[:3]]


def test_a_command_without_arguments() -> None:
    with pytest.raises(UsageError, match="backends takes no argument, but got x"):
        put_options_first(["x"], "backends", options_of(build_command("backends")), [])


def test_help_is_shown_whatever_else_stands_there() -> None:
    assert ordered("x y --help") == ["--help", "--", "x", "y"]
