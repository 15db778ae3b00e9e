"""Calls that would not end by themselves: they are ended, within a moment, and say why."""

from __future__ import annotations

import os
import resource
import signal
import sys
import time

import pytest

from dcalc.cli.supervisor import GRACE, supervise
from dcalc.errors import DcalcError
from tests.cli.conftest import Start, process

pytestmark = pytest.mark.skipif(not hasattr(signal, "sigtimedwait"), reason="no signals to wait for")

DEAF = ("diff", "zeta(y**y)", "--at", "1e300")
"""A call into C that lasts for minutes, in which Python hears nothing."""


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


@pytest.mark.slow
@pytest.mark.parametrize("to_group", [False, True])
def test_ctrl_c_ends_a_call_that_is_deaf(start: Start, to_group: bool) -> None:
    child = start(*DEAF, start_new_session=True)
    time.sleep(2)
    begun = time.monotonic()
    if to_group:  # as a terminal does
        os.killpg(child.pid, signal.SIGINT)
    else:
        child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130
    assert time.monotonic() - begun < GRACE + 0.4


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_ends_the_work_with_its_parent(start: Start, number: int) -> None:
    child = start(*DEAF)
    time.sleep(2)
    child.send_signal(number)
    out, err = child.communicate(timeout=5)  # the pipes are closed: nobody is left
    assert (child.returncode, out, err) == (-number, b"", b"")


@pytest.mark.slow
def test_a_call_that_takes_too_long_is_a_limit() -> None:
    result = process(*DEAF)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("error: no answer within 3.5 seconds of computing\nhelp: ")
    result = process(*DEAF, "--json")
    assert result.code == 2
    assert '"kind": "limit"' in result.err


@pytest.mark.slow
def test_a_call_that_needs_too_much_memory_is_a_limit() -> None:
    result = process("grad", "erfc(-(besseljx(z,y)))", "--at", "y=0,z=1e-6")
    assert result.code in (0, 2, 3)
    assert result.code == 0 or "error: " in result.err
    assert "internal error" not in result.err
