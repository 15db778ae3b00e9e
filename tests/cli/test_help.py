"""`dcalc help`: pages for topics, options for commands."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys

import pytest

from dcalc.cli import pages, typer_adapter
from dcalc.cli.options import COLORS, MODES
from tests.cli.conftest import Run, environment
from tests.waiting import PATIENCE

TOPICS = list(pages.list_topics())


def test_the_list_has_every_topic_and_every_command(run: Run) -> None:
    result = run("help")
    assert result.code == 0
    lines = result.out.splitlines()
    for name in (*TOPICS, *typer_adapter.command_names()):
        assert any(re.match(rf"  {name} +\w", line) for line in lines), name
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("topic", TOPICS)
def test_a_page_in_a_pipe_is_its_markdown(run: Run, topic: str) -> None:
    result = run("help", topic)
    assert (result.code, result.err) == (0, "")
    assert re.match(rf"# {topic.capitalize()}: \w", result.out)
    assert "<!--" not in result.out


def test_a_command_without_a_page_shows_its_options(run: Run) -> None:
    assert run("help", "diff").out == run("diff", "--help").out


def test_exit_codes_are_the_same_in_the_list_of_commands_and_on_their_page(run: Run) -> None:
    listed = re.findall(r"^  (\d+) ", typer_adapter.ROOT_EPILOG, re.MULTILINE)
    assert listed == re.findall(r"^\| (\d+) \|", run("help", "exit-codes").out, re.MULTILINE)


def test_help_names_the_choices_of_each_option() -> None:
    """Written out, since making these lists would cost every call an import."""
    from dcalc import formats, notation
    from dcalc.analysis.quotient import SCHEMES
    from dcalc.optimise.dataset import LOSS_NAMES
    from dcalc.optimise.fitting import METHOD_NAMES
    from dcalc.optimise.methods import SCHEDULE_NAMES
    from dcalc.optimise.starts import INITIALIZERS
    from dcalc.solver import CONVENTIONS

    choices = {
        ("diff", "--format"): formats.names(),
        ("convert", "--to"): notation.names(),
        ("diff", "--notation"): notation.names(),
        ("diff", "--at-kink"): CONVENTIONS,
        ("diff", "--color"): COLORS,
        ("quotient", "--scheme"): SCHEMES,
        ("descend", "--method"): METHOD_NAMES,
        ("descend", "--schedule"): SCHEDULE_NAMES,
        ("fit", "--init"): INITIALIZERS,
        ("fit", "--loss"): LOSS_NAMES,
        ("trace", "--mode"): MODES,
    }
    for (command, option), words in choices.items():
        help = typer_adapter.options_of(typer_adapter.build_command(command))[option].help
        assert [word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", help)] == [], option


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("statsues", "did you mean statuses?"),
        ("dif", "did you mean diff?"),
        ("sin", "for the function write dcalc functions sin"),
        ("qqqq", "dcalc help lists the topics"),
    ],
)
def test_an_unknown_name(run: Run, name: str, help: str) -> None:
    result = run("help", name)
    assert (result.code, result.out) == (2, "")
    assert result.err == f"error: no help on {name}\nhelp: {help}\n"


def on_terminal(width: int, *arguments: str, **changes: str) -> str:
    """What dcalc writes on a terminal of that width."""
    leader, follower = pty.openpty()
    with os.fdopen(follower, "wb", buffering=0) as terminal:
        process = subprocess.Popen(
            [sys.executable, "-m", "dcalc", *arguments],
            stdout=terminal,
            stderr=terminal,
            stdin=subprocess.DEVNULL,
            env=environment(COLUMNS=str(width), **changes),
        )
    output = b""
    while True:
        try:
            chunk = os.read(leader, 65536)
        except OSError:  # Linux's way to say that the other end is closed
            break
        if not chunk:
            break
        output += chunk
    os.close(leader)
    assert process.wait(PATIENCE) == 0
    return output.decode()


@pytest.mark.slow
@pytest.mark.parametrize("width", [40, 60, 120])
def test_the_list_fits_the_terminal(width: int) -> None:
    lines = [line.rstrip("\r") for line in on_terminal(width, "help").split("\n")]
    assert max(map(len, lines)) <= width
    assert sum(line.startswith("  diff ") for line in lines) == 1


@pytest.mark.slow
@pytest.mark.parametrize("topic", TOPICS)
@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_a_page_fits_the_terminal(
    topic: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("dcalc.cli.pages.is_terminal", lambda _stream: True)
    monkeypatch.setenv("COLUMNS", str(width))
    pages.print_page(pages.read_page(topic))
    shown = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out)
    assert max(map(len, shown.split("\n"))) <= width
    assert "```" not in shown and shown != pages.read_page(topic)


def test_a_page_is_coloured_unless_that_is_not_wanted() -> None:
    color = re.compile(r"\x1b\[[0-9;]*\b[349][0-7]m")
    assert color.search(on_terminal(80, "help", "statuses"))
    assert not color.search(on_terminal(80, "help", "statuses", NO_COLOR="1"))
