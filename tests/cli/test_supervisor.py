"""Calls that would not end by themselves: they are ended, within a moment, and say why."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from dcalc.cli.supervisor import GRACE, supervise
from dcalc.errors import DcalcError
from tests.cli.conftest import Start, process
from tests.waiting import PATIENCE, processes_below, seconds_computed, wait_for_end, wait_until

pytestmark = pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="no signals to wait for")

DEAF = """
import os
from flint import arb, ctx
from dcalc.cli.main import run
from dcalc.io import limits

def limit_and_call(characters, limit=limits.limit_question):
    limit(characters)
    ctx.prec = 8192
    os.write(2, b"deaf\\n")
    arb("0.5").gamma_upper(arb("1e-3000"))  # dcalc itself would not begin it

limits.limit_question = limit_and_call
run()
"""
"""A call into C that lasts for minutes, in which Python hears nothing; as long as one question may take."""
DEAF_FOR_LONG = DEAF.replace("    limit(characters)\n", "")


def explain(error: DcalcError) -> int:
    sys.stderr.write(error.message)
    return 77


def sleep() -> int:
    while True:
        time.sleep(60)


def end_by(number: int) -> int:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
    os.kill(os.getpid(), number)
    return sleep()


@pytest.mark.parametrize("code", [0, 3, 70, 141])
def test_the_code_is_that_of_the_work(code: int) -> None:
    assert supervise(lambda: code, explain) == code


@pytest.mark.parametrize(
    ("number", "message"),
    [
        (signal.SIGKILL, "the system ended the call, most likely for want of memory"),
        (signal.SIGABRT, "out of memory: a number on the way is too large"),
        (signal.SIGVTALRM, "no answer within 3.5 seconds of computing"),
        (signal.SIGSEGV, "internal error: RuntimeError: ended by SIGSEGV"),
    ],
)
def test_what_the_system_ends_is_said_in_words(number: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert supervise(lambda: end_by(number), explain) == 77
    assert capsys.readouterr().err == message


def test_without_more_processes_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    def fork() -> int:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", fork)
    assert supervise(lambda: 5, explain) == 5


def wait_until_deaf(child: subprocess.Popen[bytes]) -> list[int]:
    """The processes that compute, once one is in the call."""
    assert child.stderr is not None
    assert child.stderr.readline() == b"deaf\n"
    below = processes_below(child.pid)
    before = seconds_computed(*below)
    wait_until(lambda: seconds_computed(*below) > before + 0.1)
    return below


@pytest.mark.slow
@pytest.mark.parametrize("to_group", [False, True])
def test_ctrl_c_ends_a_call_that_is_deaf(start: Start, to_group: bool) -> None:
    child = start("diff", "x", program=("-c", DEAF_FOR_LONG), start_new_session=True)
    below = wait_until_deaf(child)
    if to_group:  # as a terminal does
        os.killpg(child.pid, signal.SIGINT)
    else:
        child.send_signal(signal.SIGINT)
    wait_for_end(below, GRACE + 0.4)
    assert child.wait(PATIENCE) == 130


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_ends_the_work_with_its_parent(start: Start, number: int) -> None:
    child = start("diff", "x", program=("-c", DEAF_FOR_LONG))
    below = wait_until_deaf(child)
    child.send_signal(number)
    wait_for_end(below, GRACE + 0.4)
    out, err = child.communicate(timeout=PATIENCE)  # the pipes are closed: nobody is left
    assert (child.returncode, out, err) == (-number, b"", b"")


@pytest.mark.slow
def test_a_call_that_takes_too_long_is_a_limit(start: Start) -> None:
    child = start("diff", "x", program=("-c", DEAF))
    out, err = child.communicate(timeout=PATIENCE)
    assert (child.returncode, out) == (2, b"")
    assert err.startswith(b"deaf\nerror: no answer within 3.5 seconds of computing\nhelp: ")
    child = start("diff", "x", "--json", program=("-c", DEAF))
    _, err = child.communicate(timeout=PATIENCE)
    assert child.returncode == 2
    assert json.loads(err.removeprefix(b"deaf\n"))["error"]["kind"] == "limit"


LONG = "x**" * 95_000 + "x"
"""A derivative that takes longer to find and to write than a text of this length may take."""


FAR = '{"expr": "gamma(x)*besselj(3, x)*erf(x)", "order": 2000, "at": 2}'


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "stdin", "expected"),
    [
        (["diff", "-"], ["x**2", LONG, "x**3"], ["2*x", None, "3*x**2"]),
        (["diff", "-", "--at", "1"], ["x**2", FAR, "x**3"], ["2.0", None, "3.0"]),
        (["diff", "-", "--format", "jsonl"], ["x**2", LONG, "x**3"], ["ok", None, "ok"]),
        (["taylor", "-", "-n", "1000", "--at", "1"], ["x", "gamma(x)*besselj(3, x)*erf(x)", "x"], ["1", None, "1"]),
        (
            ["diff", "gamma(x)*besselj(3, x)*erf(x)", "-n", "2000", "--at", "-"],
            ["0", "2", "-1"],
            ["", None, ""],
        ),
    ],
)
def test_a_line_that_takes_too_long_ends_alone(
    arguments: list[str], stdin: list[str], expected: list[str | None]
) -> None:
    result = process(*arguments, stdin="".join(f"{line}\n" for line in stdin).encode())
    assert result.code == 1
    assert "no answer within 3." in result.err
    lines = result.out.splitlines()
    assert len(lines) == len(stdin)
    for line, text in zip(lines, expected, strict=True):
        assert ("error" in line) if text is None else (text in line)


@pytest.mark.slow
def test_a_call_that_needs_too_much_memory_is_a_limit() -> None:
    result = process("grad", "erfc(-(besseljx(z,y)))", "--at", "y=0,z=1e-6")
    assert result.code in (0, 2, 3)
    assert result.code == 0 or "error: " in result.err
    assert "internal error" not in result.err


IN_A_CALLBACK = """
import os, signal, sys, time, weakref
from dcalc.cli import main

class Node: pass

def work():
    node = Node()
    watch = weakref.ref(node, lambda _: (os.kill(os.getpid(), signal.SIGINT), time.sleep(0.05)))
    try:
        del node  # Python drops what is raised in there
        time.sleep(1000)
    except KeyboardInterrupt:
        return 130

main.main = work
main.run()
"""


def test_ctrl_c_in_a_callback_is_heard(start: Start) -> None:
    child = start("diff", "x", program=("-c", IN_A_CALLBACK))
    out, err = child.communicate(timeout=PATIENCE)
    assert (child.returncode, out, err) == (130, b"", b"")
