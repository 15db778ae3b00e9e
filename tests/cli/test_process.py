"""dcalc as a process: exit codes, pipes, terminals, what it imports."""

from __future__ import annotations

import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from dcalc.cli import typer_adapter
from tests.cli.conftest import Run, Start, environment, process
from tests.sessions import needs_no_shell, read_terminal
from tests.waiting import PATIENCE

DCALC = (sys.executable, "-m", "dcalc")
ESCAPES = re.compile(rb"\x1b\[[0-9;]*m")


def on_terminal(*arguments: str, columns: int = 80, **changes: str) -> tuple[int, bytes]:
    """Run with stdin, stdout and stderr on a pseudo-terminal; exit code and all that it shows."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(sys.executable, [*DCALC, *arguments], environment(COLUMNS=str(columns), **changes))
    shown = read_terminal(terminal, PATIENCE)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.replace(b"\r\n", b"\n")


@pytest.mark.parametrize("columns", [40, 80])
def test_a_table_fits_the_terminal(columns: int) -> None:
    code, shown = on_terminal("diff", "x**2*sin(x)", "--at", "1.0", "-v", columns=columns)
    text = ESCAPES.sub(b"", shown).decode()
    assert code == 0
    assert "2.2232442754839328" in text
    for backend in ("symbolic", "forward", "finite", "reference"):
        assert backend in text
    assert max(map(len, text.splitlines())) <= columns, text


def test_colour_on_a_terminal_and_when_not() -> None:
    command = ("diff", "x**2*sin(x)", "--at", "1")
    assert b"\x1b[" in on_terminal(*command)[1]
    assert b"\x1b[" not in on_terminal(*command, NO_COLOR="1")[1]
    assert b"\x1b[" not in on_terminal(*command, TERM="dumb")[1]
    assert b"\x1b[1;31merror:" in on_terminal("diff", "sinn(x)")[1]
    table = (*command, "--format", "table")
    assert "\x1b[" not in process(*table).out
    assert "\x1b[" in process(*table, FORCE_COLOR="1").out


def test_no_expression_on_a_terminal_is_an_error_not_a_wait() -> None:
    code, shown = on_terminal("diff")
    assert code == 2
    assert b"no expression is given\nhelp: write one in single quotes: dcalc diff 'x**2*sin(x)'" in shown


def test_plain_on_a_terminal_when_asked() -> None:
    assert on_terminal("diff", "x**2", "--at", "1", "--format", "plain") == (0, b"2.0\n")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("diff", "x**2"), 0),
        (("diff", "x**"), 2),
        (("diff", "log(x)", "--at", "-1"), 3),
        (("nothing",), 2),
        ((), 2),
        (("--help",), 0),
    ],
)
def test_exit_code(arguments: tuple[str, ...], code: int) -> None:
    result = process(*arguments)
    assert result.code == code
    assert "Traceback" not in result.err


def test_one_derivative_after_the_other() -> None:
    first = process("diff", "x**3")
    assert first.out == "3*x**2\n"
    assert process("diff", "-", stdin=first.out.encode()).out == "6*x\n"


def test_a_closed_pipe_is_quiet() -> None:
    line = f"'{sys.executable}' -m dcalc diff 'sin(x)' --at 0:100000:1 | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, env=environment(), timeout=PATIENCE, check=False)
    assert (done.stdout, done.stderr) == (b"0.0\t1.0\n", b"")


def test_a_closed_pipe_before_the_first_byte() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*DCALC, "diff", "x"], stdout=writer, stderr=subprocess.PIPE, env=environment(), check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.parametrize("arguments", [("diff", "x"), ("diff", "--help"), ("--help",)])
def test_a_full_disk_is_an_error(arguments: tuple[str, ...]) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*DCALC, *arguments], stdout=full, stderr=subprocess.PIPE, env=environment(), check=False)
    assert done.returncode == 2
    assert done.stderr == b"error: standard output: No space left on device\n"


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams(closed: str) -> None:
    line = f"'{sys.executable}' -m dcalc diff 'x**' {closed}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, env=environment(), timeout=PATIENCE, check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    line = f"'{sys.executable}' -m dcalc diff x --at - <&-"
    done = subprocess.run(["bash", "-c", line], capture_output=True, env=environment(), timeout=PATIENCE, check=False)
    assert (done.returncode, done.stderr.splitlines()[0]) == (2, b"error: standard input is closed")


def test_ctrl_c(start: Start) -> None:
    child = start("diff", "-", stdin=subprocess.PIPE)
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdin.write(b"x\n")
    assert child.stdout.readline() == b"1\n"
    child.send_signal(signal.SIGINT)
    assert child.wait(PATIENCE) == 130
    assert child.stderr.read() == b""


def test_json_errors_are_json() -> None:
    result = process("diff", "sinn(x)", "--json")
    assert (result.code, result.out) == (2, "")
    assert json.loads(result.err)["error"]["kind"] == "unknown_function"


def test_names_and_results_are_utf8_in_any_locale() -> None:
    assert process("diff", "θ**2", PYTHONIOENCODING="ascii", LC_ALL="C").out == "2*θ\n"


def test_the_caret_fits_a_terminal_without_the_letters() -> None:
    result = process("diff", "θ+(q", PYTHONIOENCODING="ascii")
    assert result.err.splitlines()[1:3] == ["  \\u03b8+(q", "         ^"]


def test_bytes_on_the_command_line_that_are_no_text() -> None:
    done = subprocess.run([*DCALC, "diff", b"x+\xff"], capture_output=True, env=environment(), check=False)
    assert done.returncode == 2
    assert b"\\xff" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "absent"),
    [
        (("diff", "x**2*sin(x)"), ("rich", "numpy", "asyncio", "pydantic", "flint", "json")),
        (("diff", "x**2*sin(x)", "--at", "1"), ("rich", "numpy", "asyncio", "pydantic", "json")),
    ],
)
def test_a_short_call_imports_no_more_than_it_needs(arguments: tuple[str, ...], absent: tuple[str, ...]) -> None:
    program = (
        "import sys; from dcalc.cli.main import main; main(sys.argv[1:]);"
        "print(*(m for m in sys.modules if '.' not in m), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        env=environment(),
        check=True,
        timeout=PATIENCE,
    )
    assert not set(absent) & set(done.stderr.decode().split())


def test_a_short_call_imports_no_part_of_the_command_line_in_vain() -> None:
    program = (
        "import sys; from dcalc.cli.main import main; main(['diff', 'x**2*sin(x)']);"
        "print(*(m for m in sys.modules if m.startswith('dcalc.cli.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment(), check=True)
    loaded = {name.removeprefix("dcalc.cli.") for name in done.stderr.decode().split()}
    assert loaded.isdisjoint({"at", "complain", "facts", "lists", "points", "shells", "stdin", "suggest"})


def test_a_formula_of_arrays_imports_nothing_for_values() -> None:
    program = (
        "import sys; from dcalc.cli.main import main; main(['grad', 'norm(A@x - b)^2']);"
        "print(*(m for m in sys.modules if m.startswith('dcalc.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment(), check=True)
    loaded = {name.removeprefix("dcalc.") for name in done.stderr.decode().split()}
    assert loaded.isdisjoint({"io.arrays", "optimise.ranges", "tape", "derive", "solver", "verdict", "bulk"})


def test_only_the_named_command_is_imported() -> None:
    program = (
        "import sys; from dcalc.cli.main import main; main(['diff', 'x']);"
        "print(*(m for m in sys.modules if m.startswith('dcalc.cli.commands.')), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment(), check=True)
    assert done.stderr.split() == [b"dcalc.cli.commands.diff"]


def test_a_table_on_a_terminal_says_all_of_it_once() -> None:
    code, shown = on_terminal("diff", "log(x)", "--at", "-1")
    assert code == 3
    assert shown.count(b"argument") >= 1
    assert b"error:" not in shown
    assert on_terminal("diff", "x", "--wrt", "y")[1].count(b"no variable y") == 1


def test_a_batch_typed_on_a_terminal() -> None:
    """Each line is answered when it is there, not when the terminal is closed."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "dcalc", "diff", "-", "--format", "plain"],
        env=environment(),  # type: ignore[arg-type]  # a plain mapping will do
        timeout=PATIENCE,
    )
    child.expect("reading expressions from the terminal, one per line; Ctrl-D ends them")
    child.sendline("x**3")
    child.expect(r"3\*x\*\*2")
    child.sendline("x**4")
    child.expect(r"4\*x\*\*3")
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


EXAMPLES = [
    line
    for name in typer_adapter.command_names()
    if name != "completions"
    for line in typer_adapter.load_command(name).EXAMPLES
]


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize("line", EXAMPLES)
def test_the_examples_of_help_work_as_they_stand(
    line: str, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process where there is nothing for a shell to do: one that starts takes longer than most answers."""
    (tmp_path / "data.csv").write_text("a,b,t\n1,2,3\n")
    if needs_no_shell(line):
        monkeypatch.chdir(tmp_path)
        code, out, err = run(*shlex.split(line)[1:])
    else:
        program = f"dcalc() {{ '{sys.executable}' -m dcalc \"$@\"; }}; {line}"
        done = subprocess.run(
            ["bash", "-c", program], capture_output=True, env=environment(), timeout=PATIENCE, check=False, cwd=tmp_path
        )
        code, out, err = done.returncode, done.stdout.decode(), done.stderr.decode()
    # One of them shows backends that are off, which is what compare calls a no.
    assert code == (1 if line.startswith("dcalc compare") and "1-cos(x)" in line else 0), err
    assert out or "--out" in line
    assert "error" not in err
