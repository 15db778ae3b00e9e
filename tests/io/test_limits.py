"""How much time and memory a question is given, and when it is taken back; nothing here waits for its end."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator

import pytest

from dcalc.errors import OutOfTime
from dcalc.io import limits

resource = pytest.importorskip("resource")
if not hasattr(signal, "setitimer"):
    pytest.skip("no timers", allow_module_level=True)

FREE = resource.RLIM_INFINITY


class Given:
    """The limits of a process that has none: the time of the processor, and the memory."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.memory: int = FREE
        self.processor: int = FREE

    def set_timer(self, which: int, seconds: float, _interval: float = 0.0) -> None:
        if which == signal.ITIMER_PROF:
            self.seconds = seconds

    def set_limit(self, which: int, values: tuple[int, int]) -> None:
        if which == resource.RLIMIT_DATA:
            self.memory = values[0]
        elif which == resource.RLIMIT_CPU:
            self.processor = values[0]

    def get_limit(self, which: int) -> tuple[int, int]:
        return {resource.RLIMIT_DATA: self.memory, resource.RLIMIT_CPU: self.processor}.get(which, FREE), FREE


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Iterator[Given]:
    given = Given()
    monkeypatch.setattr(limits, "_is_supervised", True)
    monkeypatch.setattr(limits, "_own_memory", -1)
    monkeypatch.setattr(limits, "_own_processor", -1)
    monkeypatch.setattr("time.process_time", lambda: 100.3)
    monkeypatch.setattr(signal, "setitimer", given.set_timer)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(resource, "setrlimit", given.set_limit)
    monkeypatch.setattr(resource, "getrlimit", given.get_limit)
    yield given
    limits.lift_limit()


@pytest.mark.parametrize("text", ["x**2", "x**", "sinn(x)", "log(-1)*x"])
def test_no_time_runs_on_after_the_answer(given: Given, text: str) -> None:
    from dcalc.cli.main import main

    main(["diff", text, "--at", "1"])
    assert given.seconds == 0


def test_items_have_a_time_each_and_leave_that_of_others_alone(given: Given) -> None:
    items = limits.limit_each([1, 2, 3], 1)
    next(items)
    given.seconds = 0
    next(items)
    assert given.seconds == limits.SECONDS
    given.seconds = 7
    del items  # a run that ended in the middle is collected when another question is being answered
    assert given.seconds == 7
    assert list(limits.limit_each([1, 2, 3], 1)) == [1, 2, 3]
    assert given.seconds == 0
    with pytest.raises(ZeroDivisionError):
        list(limits.limit_each((1 / x for x in (1, 0)), 1))
    assert given.seconds == 0


def test_a_finaliser_in_which_time_is_up_says_nothing(
    given: Given, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.unraisablehook", sys.__unraisablehook__)
    limits.limit_question(1)

    class Last:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def __del__(self) -> None:
            raise self.error

    Last(OutOfTime(1.0))
    assert not capsys.readouterr().err
    Last(ValueError("a fault"))
    assert "a fault" in capsys.readouterr().err


def test_a_question_has_time_by_its_text_and_by_its_rows(given: Given) -> None:
    limits.limit_question(1_000)
    assert (given.seconds, given.memory) == (limits.SECONDS, limits.MEMORY)
    limits.limit_question(1_000_000)
    assert given.seconds == pytest.approx(12)
    limits.limit_question(10, rows=200)
    assert given.seconds == pytest.approx(limits.SECONDS + 2)
    assert given.processor == 106
    limits.lift_limit()
    assert (given.seconds, given.processor) == (0, FREE)


def test_a_processor_limit_of_the_shell_stays(given: Given) -> None:
    given.processor = 60
    limits.limit_question(0)
    assert given.processor == 60
    limits.lift_limit()
    assert given.processor == 60


def test_data_are_read_without_limits_and_add_to_those_of_the_question(given: Given) -> None:
    limits.limit_question(0)
    with limits.reading_data() as rows:
        assert (given.seconds, given.memory) == (0, FREE)
        rows.append(100_000)
    assert given.seconds == pytest.approx(limits.SECONDS + 1_000)
    assert given.memory == limits.MEMORY + 100_000 * 10_240


def test_a_step_has_the_time_of_its_question(given: Given) -> None:
    limits.limit_question(0, rows=100)
    limits.lift_limit()
    limits.limit_step()
    assert given.seconds == pytest.approx(limits.SECONDS + 1)


def test_a_memory_limit_of_the_shell_is_not_raised(given: Given) -> None:
    given.memory = 1 << 20
    limits.limit_question(0)
    with limits.reading_data() as rows:
        rows.append(10)
    assert given.memory == 1 << 20


def test_without_a_supervisor_there_are_no_limits(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_is_supervised", False)
    limits.limit_question(0)
    with limits.reading_data() as rows:
        rows.append(10)
    limits.limit_step()
    assert (given.seconds, given.memory) == (0, FREE)
