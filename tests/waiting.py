"""Waiting in tests: for a condition and not for a time, since a busy machine takes many times as long."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PROC = Path("/proc")
PATIENCE = 600
"""Seconds after which a process is taken to hang."""


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until something holds. Fails where it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "what is waited for does not come"
        time.sleep(0.02)


def processes_below(pid: int) -> list[int]:
    """The processes below one, its children first."""
    try:
        words = (PROC / f"{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []
    children = [int(word) for word in words]
    return [*children, *(below for child in children for below in processes_below(child))]


def seconds_computed(*pids: int) -> float:
    """The seconds of a processor that processes have taken so far; those that have ended count as 0."""
    ticks = 0
    for pid in pids:
        try:
            fields = (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        ticks += 0 if fields[0] == "Z" else int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def is_alive(pid: int) -> bool:
    """Whether a process goes on."""
    try:
        return (PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_end(pids: Iterable[int], seconds: float) -> None:
    """Wait until processes have ended. Fails where one computes for so many seconds more."""
    most = {pid: seconds_computed(pid) + seconds for pid in pids}

    def have_ended() -> bool:
        for pid, limit in most.items():
            assert seconds_computed(pid) < limit, "a process goes on"
        return not any(map(is_alive, most))

    wait_until(have_ended)
