"""Work shared among processes: the same answers in the same order, and words where a process is lost."""

from __future__ import annotations

import os
import signal
import sys
import time
from pickle import PickleBuffer
from typing import Any

import numpy as np
import pytest

from dcalc.bulk.kernel import Kernel
from dcalc.crew import Crew, Recruits
from dcalc.errors import LimitError, UsageError
from dcalc.parser import parse

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes share work on Linux alone")


def work(task: Any) -> Any:
    """A task of one of several kinds."""
    if task == "end":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "refuse":
        raise UsageError("no such task", help="ask for another")
    if task == "slow":
        time.sleep(0.1)
    return task, os.getpid()


def test_results_come_in_order_and_from_all() -> None:
    crew = Crew(work, 3)
    tasks = ["slow", *range(40)]
    results = list(crew.map(iter(tasks)))
    assert [task for task, _ in results] == tasks
    assert len({pid for _, pid in results} - {os.getpid()}) > 1
    assert [task for task, _ in crew.map([1, 2])] == [1, 2]
    pids = [worker.pid for worker in crew.workers]
    crew.close()
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_an_error_of_a_task_is_raised_where_it_came_from() -> None:
    crew = Crew(work, 2)
    with pytest.raises(UsageError, match="no such task") as caught:
        list(crew.map(["refuse", *range(10)]))
    assert caught.value.help == "ask for another"
    assert not crew.workers


@pytest.mark.parametrize("tasks", [["end"], [*range(5), "end", *range(50)]])
def test_a_process_that_is_ended_is_an_error_in_words(tasks: list[Any]) -> None:
    crew = Crew(work, 2)
    with pytest.raises(LimitError, match="ended a process that shared the work"):
        list(crew.map(tasks))
    assert not crew.workers


def test_a_process_that_ended_before_its_task_is_one_too() -> None:
    crew = Crew(work, 1)
    os.kill(crew.workers[0].pid, signal.SIGKILL)
    with pytest.raises(LimitError, match="ended a process"):
        list(crew.map(["x" * (1 << 20)]))


def test_who_stops_in_the_middle_ends_the_crew() -> None:
    crew = Crew(work, 2)
    results = crew.map(range(100))
    next(results)
    results.close()  # type: ignore[attr-defined]  # a generator
    assert not crew.workers


@pytest.mark.parametrize(
    ("text", "mode", "targets"),
    [
        ("abs(x) + x*lgamma(x + 3)", "certify", [(), ("x",)]),  # balls, kinks
        ("1/x + log(x + 1)", "bound", [("x",)]),  # poles, and what is undefined
        ("exp(sin(x))/(x + 2)", "certify", [("x",), ("x", "x")]),  # double-doubles
        ("abs(zeta(x + 4))", "bound", [("x",)]),  # the reference alone
    ],
)
def test_processes_change_no_answer(
    monkeypatch: pytest.MonkeyPatch, text: str, mode: Any, targets: list[tuple[str, ...]]
) -> None:
    monkeypatch.setattr("dcalc.bulk.kernel._MANY", 8)
    x = np.random.default_rng(1).uniform(-2.0, 2.0, 600)
    x[::40], x[::77] = 0.0, np.nan
    one, two = (Kernel(parse(text).root, targets, ["x"], mode=mode, jobs=jobs) for jobs in (1, 2))
    first, second = one.rows([x]), two.rows([x])
    assert [v.tobytes() for v in first.values] == [v.tobytes() for v in second.values]
    assert first.troubles == second.troubles
    assert (first.vectorised, first.referred) == (second.vectorised, second.referred)
    assert two.crew is not None and len(two.crew.workers) == 2


def test_a_lost_process_does_not_end_the_kernel() -> None:
    kernel = Kernel(parse("x*lgamma(x)").root, [("x",)], ["x"], mode="certify", jobs=2)
    x = np.linspace(1.0, 2.0, 700)
    values = kernel.rows([x]).values[0]
    assert kernel.crew is not None
    for worker in kernel.crew.workers:
        os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(LimitError):
        kernel.rows([x])
    assert kernel.rows([x]).values[0].tolist() == values.tolist()


def test_without_processes_the_work_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = Kernel(parse("x*lgamma(x)").root, [("x",)], ["x"], mode="certify", jobs=2)

    def refuse() -> int:
        raise BlockingIOError("no more processes")

    monkeypatch.setattr(os, "fork", refuse)
    assert len(kernel.rows([np.linspace(1.0, 2.0, 600)]).values[0]) == 600
    assert kernel.crew is None
    monkeypatch.setattr(sys, "platform", "win32")
    assert len(kernel.rows([np.linspace(1.0, 2.0, 600)]).values[0]) == 600


def fill(size: int) -> Any:
    """Much, or more than there is room for, in an array and as a text."""
    return np.full(size, float(size)), PickleBuffer(bytes([size % 251]) * size)


def test_what_is_long_comes_through_shared_memory_and_what_is_longer_through_the_pipe() -> None:
    crew = Crew(fill, 2)
    sizes = [0, 5, 1_000_000, 3, 2_000_000, 13_000_000, 7, 1_000_000, 999_999]
    for size, (array, text) in zip(sizes, crew.map(sizes), strict=True):
        assert len(array) == size and (array == size).all()
        assert bytes(text) == bytes([size % 251]) * size
    crew.close()


def test_tasks_that_no_pipe_holds_are_sent_when_they_can_be_read() -> None:
    crew = Crew(lambda task: task, 2)
    tasks = [bytes([k]) * size for k, size in enumerate([3 << 20, 1, 3 << 20, 3 << 20, 2, 3 << 20, 3, 4])]
    assert list(crew.map(tasks)) == tasks
    crew.close()


class Doubler:
    """Work that is told to processes that are there already."""

    def __init__(self, factor: int | None) -> None:
        self.factor = factor

    def load(self) -> None:
        if self.factor is None:
            raise UsageError("nothing can be loaded")

    def __call__(self, task: Any) -> Any:
        assert self.factor is not None
        return task * self.factor, os.getpid()


def test_processes_are_told_their_work_when_it_is_known() -> None:
    crew = Recruits(lambda: None, 3)
    assert crew.assign(Doubler(2))
    results = list(crew.map(range(40)))
    assert [number for number, _ in results] == [2 * k for k in range(40)]
    pids = {pid for _, pid in results}
    assert len(pids) > 1 and os.getpid() not in pids
    crew.close()


def test_workers_that_are_dismissed_end_by_themselves() -> None:
    crew = Crew(work, 2)
    assert [task for task, _ in crew.map([1, 2, 3])] == [1, 2, 3]
    pids = [worker.pid for worker in crew.workers]
    crew.dismiss()
    crew.close()
    codes = {os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids if pid}
    assert codes <= {0, -signal.SIGIO}  # the end of tasks, or of who gives them, whichever they hear first


def test_work_that_cannot_be_loaded_is_refused() -> None:
    crew = Recruits(lambda: None, 2)
    with pytest.raises(UsageError, match="nothing can be loaded"):
        crew.assign(Doubler(None))
    assert not crew.workers


def test_what_cannot_be_told_or_is_lost_is_not_assigned() -> None:
    crew = Recruits(lambda: None, 2)
    assert not crew.assign(lambda task: task)  # type: ignore[arg-type]  # which no pickle takes
    assert crew.workers[0].pid is not None
    os.kill(crew.workers[0].pid, signal.SIGKILL)
    os.waitpid(crew.workers[0].pid, 0)
    crew.workers[0].pid = None
    assert not crew.assign(Doubler(1))
    crew.close()


def test_where_no_more_processes_are_allowed_there_are_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    fork, parent = os.fork, os.getpid()

    def fork_once() -> int:
        if os.getpid() != parent:
            raise BlockingIOError("no more processes")
        return fork()

    monkeypatch.setattr(os, "fork", fork_once)
    crew = Recruits(lambda: None, 3)
    assert crew.assign(Doubler(3))
    assert len(crew.workers) == 1
    assert [number for number, _ in crew.map([1, 2, 3])] == [3, 6, 9]
    crew.close()
