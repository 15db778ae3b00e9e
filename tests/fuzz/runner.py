"""Runs calls, in a forked process that goes from one to the next or each as a process of its own, and judges them."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import BinaryIO, NamedTuple

from tests.fuzz.calls import Call

CODES = frozenset({0, 1, 2, 3, 4})
SECONDS = 5.0
"""Of the processor, for a question: the machine may be busy with other things."""
MEGABYTES = 1_000
_PATIENCE = 60.0
"""Seconds after which a call that has not ended counts as hanging."""
ROOT = Path(__file__).resolve().parents[2]


class Outcome(NamedTuple):
    """How a call ended: ``code`` is None where it had to be killed, ``megabytes`` 0 where they are not known."""

    call: Call
    code: int | None
    seconds: float
    megabytes: float
    errors: str

    @property
    def fault(self) -> str | None:
        """What is wrong with it; None where nothing is."""
        if self.code is None:
            return f"does not end within {_PATIENCE:g} seconds"
        if self.code not in CODES:
            return f"ends with {self.code}"
        if "internal error" in self.errors or "Traceback" in self.errors:
            return "ends in an internal error"
        if self.code and not self.errors.strip() and self.code != 1:
            return f"ends with {self.code} and without a word"
        if self.seconds > SECONDS * self.call.questions:
            return f"takes {self.seconds:.1f} seconds"
        if self.megabytes > MEGABYTES:
            return f"takes {self.megabytes:.0f} MB"
        return None

    def __str__(self) -> str:
        return f"{self.call!r} {self.fault}\n{self.errors[-500:]}"


def run_as_process(call: Call) -> Outcome:
    """The call as a shell makes it."""
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as errors:
        stdin.write(call.stdin)
        stdin.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-m", "dcalc", *call.arguments],
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        deadline = time.monotonic() + 10 * _PATIENCE  # the machine may be busy with other things
        while True:
            pid, status, usage = os.wait4(child.pid, os.WNOHANG)
            if pid:
                break
            if time.monotonic() > deadline:
                child.kill()
            time.sleep(0.005)
        child.returncode = os.waitstatus_to_exitcode(status)
        errors.seek(0)
        return Outcome(
            call,
            None if child.returncode == -signal.SIGKILL else child.returncode,
            usage.ru_utime + usage.ru_stime,
            usage.ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10),
            errors.read().decode(errors="replace"),
        )


def run_in_process(calls: Sequence[Call], budget: float | None = None) -> Iterator[Outcome]:
    """The calls one after the other in a child, which is replaced where a call ends it.

    ``budget`` are the seconds after which a question is ended, if not those of the command line.
    """
    done = 0
    while done < len(calls):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            os._exit(_answer(calls[done:], writer, budget))
        os.close(writer)
        with os.fdopen(reader, "rb") as results:
            while _wait(results, child) and (line := results.readline()):
                yield Outcome(calls[done], *json.loads(line))
                done += 1
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if done < len(calls):
            yield _explain_end(calls[done], os.waitstatus_to_exitcode(status))
            done += 1


def _wait(results: BinaryIO, child: int) -> bool:
    """Whether there is a result, or the end of them; False where the child has hung for so long."""
    before = _processor_seconds(child)
    while not select.select([results], [], [], _PATIENCE)[0]:
        spent = _processor_seconds(child)
        if not before < spent < before + _PATIENCE:  # where little was spent, the machine is busy with other things
            return False
    return True


def _processor_seconds(child: int) -> float:
    """What a process has taken of the processor; 0 where that is not known."""
    try:
        fields = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _explain_end(call: Call, code: int) -> Outcome:
    """The outcome of the call that ended its child: what the supervisor would make of it."""
    if code in (-signal.SIGVTALRM, -signal.SIGXCPU, -signal.SIGABRT):
        return Outcome(call, 2, 0.0, 0.0, "a limit")
    return Outcome(call, None if code == -signal.SIGKILL else code, 0.0, 0.0, f"the child ended with {code}")


def _answer(calls: Sequence[Call], writer: int, budget: float | None) -> int:
    from dcalc.cli.main import main
    from dcalc.io import limits

    limits.allow_limits()
    if budget is not None:
        limits.SECONDS = budget
    for number in count():
        if number == len(calls):
            return 0
        call = calls[number]
        sys.stdin = io.TextIOWrapper(io.BytesIO(call.stdin))
        sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
        sys.stderr = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors="backslashreplace")
        begun = time.process_time()
        code = main(call.arguments)
        seconds = time.process_time() - begun
        sys.stderr.flush()
        errors = sys.stderr.buffer.getvalue().decode()[-2000:]  # type: ignore[attr-defined]  # BytesIO has it
        os.write(writer, json.dumps([code, seconds, 0.0, errors]).encode() + b"\n")
    return 0
