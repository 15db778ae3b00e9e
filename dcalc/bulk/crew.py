"""Work shared among processes, where Python's lock lets only one thread of a process compute.

Copies of this process are forked when there is work for them, so that they know all that it knows; they take one task
after another from a pipe and send the results back, which are returned in order, whoever was first. They end with the
process that forked them, however that ends, for then its end of a pipe closes, and Ctrl-C is its matter alone. One that
is ended by the system, as where memory is gone, is an error in words.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import IO, Any, NamedTuple, NoReturn
from weakref import finalize

from dcalc.errors import LimitError
from dcalc.numbers import FLINT


def can_fork() -> bool:
    """Whether processes can share work: on Linux. A fork of a process that has used them breaks macOS's libraries."""
    return sys.platform == "linux"


class _Worker(NamedTuple):
    """A process, the pipe that it reads, the one that it writes, and the end of one that closes with this process."""

    pid: int
    tasks: IO[bytes]
    results: IO[bytes]
    life: int


class Crew:
    """``count`` processes that do ``work``, forked when first asked. Raises OSError where none can be forked."""

    def __init__(self, work: Callable[[Any], Any], count: int) -> None:
        self.workers: list[_Worker] = []
        self.close = finalize(self, _end, self.workers)
        try:
            for _ in range(count):
                self.workers.append(self._fork(work))
        except OSError:
            self.close()
            raise

    def _fork(self, work: Callable[[Any], Any]) -> _Worker:
        task_reader, task_writer = os.pipe()
        result_reader, result_writer = os.pipe()
        life_reader, life_writer = os.pipe()
        # No other thread may be in the midst of a computation in balls, whose lock nobody would release here.
        with FLINT, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of threads; none is used there
            pid = os.fork()
        if not pid:
            try:
                for worker in self.workers:
                    for number in (worker.tasks.fileno(), worker.results.fileno(), worker.life):
                        os.close(number)
                for number in (task_writer, result_reader, life_writer):
                    os.close(number)
                _serve(work, task_reader, result_writer, life_reader)
            finally:
                os._exit(1)
        for number in (task_reader, result_writer, life_reader):
            os.close(number)
        return _Worker(pid, os.fdopen(task_writer, "wb"), os.fdopen(result_reader, "rb"), life_writer)

    def map(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """The results of the tasks, in their order. Raises what a task raises, and LimitError where a worker is ended.

        After an error there is no crew.
        """
        import selectors

        results: dict[int, Any] = {}
        done = 0
        try:
            with selectors.DefaultSelector() as selector:
                free = list(self.workers)
                for number, task in enumerate(tasks):
                    while not free or number - done > 4 * len(self.workers):
                        free += _collect(selector, results)
                        while done in results:
                            yield results.pop(done)
                            done += 1
                    worker = free.pop()
                    _send(worker, task)
                    selector.register(worker.results, selectors.EVENT_READ, (worker, number))
                while selector.get_map():
                    _collect(selector, results)
                    while done in results:
                        yield results.pop(done)
                        done += 1
        except BaseException:
            self.close()
            raise


def _send(worker: _Worker, task: Any) -> None:
    try:
        pickle.dump(task, worker.tasks, pickle.HIGHEST_PROTOCOL)
        worker.tasks.flush()
    except BrokenPipeError:
        raise _lost() from None


def _collect(selector: Any, results: dict[int, Any]) -> list[_Worker]:
    """Wait for results. Returns the workers that are free again."""
    free = []
    for key, _ in selector.select():
        worker, number = key.data
        selector.unregister(worker.results)
        try:
            failure, results[number] = pickle.load(worker.results)
        except (EOFError, pickle.UnpicklingError):
            raise _lost() from None
        if failure is not None:
            raise failure
        free.append(worker)
    return free


def _lost() -> LimitError:
    return LimitError(
        "the system ended a process that shared the work, most likely for want of memory", help="ask for fewer with -j"
    )


def _end(workers: list[_Worker]) -> None:
    """End all workers, and wait for them."""
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    while workers:
        worker = workers.pop()
        worker.results.close()
        with suppress(OSError):  # what it had not read yet
            worker.tasks.close()
        os.close(worker.life)
        os.waitpid(worker.pid, 0)


def _serve(work: Callable[[Any], Any], task_reader: int, result_writer: int, life: int) -> NoReturn:
    """Do tasks until no more come."""
    import fcntl

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for heard in (signal.SIGTERM, signal.SIGHUP, signal.SIGIO):
        signal.signal(heard, signal.SIG_DFL)
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())  # its other end closes with the parent, which sends SIGIO
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1):  # whoever reads there shall not wait for this process
        os.dup2(nothing, number)
    with os.fdopen(task_reader, "rb") as tasks, os.fdopen(result_writer, "wb") as results:
        while True:
            try:
                task = pickle.load(tasks)
            except EOFError:
                os._exit(0)
            answer: tuple[BaseException | None, Any]
            try:
                answer = None, work(task)
            except BaseException as problem:  # noqa: BLE001  # it is raised where the task came from
                answer = problem, None
            pickle.dump(answer, results, pickle.HIGHEST_PROTOCOL)
            results.flush()
