"""Chunks of rows to answers: certified one by one at first, then in bulk.

Without NumPy every row is certified one by one, which gives the same answers, only slower.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcalc.coordinates import may_matter
from dcalc.errors import DcalcError, LimitError
from dcalc.io.doubles import has_fast
from dcalc.io.limits import limited_row
from dcalc.io.rows import Answers, drop_traceback
from dcalc.numbers.rounding import is_beside
from dcalc.problem import DOUBLE_DIGITS, Problem, Result
from dcalc.solver import refuse_huge_powers, solve, solve_all

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dcalc.bulk.kernel import Kernel, Mode
    from dcalc.bulk.ufunc_program import Layout
    from dcalc.io.rows import Chunk, Task

HEAD = 256
"""The number of rows, from the first on, that are certified where a bound would do: that is cheaper than
loading NumPy. It counts rows, not time, so that an answer does not depend on how fast its row came."""
TOLERANCE = 1e-12
_SMALL = 1e-9
"""Values below are for the reference, which tells whether they are 0 at the decimals beside the point."""
_NOTHING = Result(status="error")


class RowSolver:
    """Answers the rows of a stream.

    ``mode`` is bound (within ``tolerance``, proved), fast (in doubles) or certify (right to the
    last digit); ``digits`` is what the reference shows where it is shown; ``at_kink`` the
    convention for points without a derivative. Raises LimitError.
    """

    def __init__(
        self,
        task: Task,
        *,
        mode: Mode = "bound",
        tolerance: float = TOLERANCE,
        jobs: int = 1,
        with_f: bool = False,
        digits: int = DOUBLE_DIGITS,
        head: int = HEAD,
        at_kink: str | None = None,
    ) -> None:
        self.task = task
        self.targets = [*([()] if with_f else []), *task.targets]
        self.mode = mode
        self.tolerance = tolerance
        self.jobs = jobs
        self.with_f = with_f
        self.digits = digits
        self.at_kink = at_kink
        self._left = head if mode == "bound" else 0
        self._in_bulk = has_fast()
        self._kernel: Kernel | None = None
        refuse_huge_powers(task.root)  # before anything is written

    def take_head(self) -> int:
        """The number of rows that are still to be certified: these are to be marked, since they count as done from
        here on, and the answer to a row no longer depends on how many came before it."""
        head, self._left = self._left, 0
        return head

    def prepare(self) -> None:
        """Make the kernel that answers rows in bulk, which is done on first use otherwise.

        Raises LimitError, or Unsupported where there is no fast way.
        """
        self._in_bulk = self._in_bulk and self._has_kernel()

    def load(self) -> None:
        """Load what the kernel uses, so that processes that are forked have it. Raises what `prepare` raises."""
        self.prepare()
        if self._in_bulk:
            import orjson  # noqa: F401  # it is used in another process

            self._load_kernel().load()

    def find_layout(self) -> Layout | None:
        """The program that answers, by itself, every row that has a number; None where there is none, or more is to be
        proved or shown of a row. Raises what `prepare` raises."""
        if self.mode != "fast" or self.with_f or self.task.spread is not None or not self._in_bulk:
            return None
        blocks = self._load_kernel().blocks
        return None if blocks is None else blocks.tight()

    def __getstate__(self) -> dict[str, Any]:
        """With the kernel, which is made while the other process is still loading. Raises what `prepare` raises."""
        self.prepare()
        return self.__dict__.copy()

    def answer(self, chunk: Chunk) -> Answers:
        """The answers to a chunk; whatever goes wrong with a row is in them."""
        left = len(chunk) if chunk.is_head else self._left
        is_long = chunk.is_head or left < len(chunk)
        if is_long:
            self.prepare()
        head = min(left, len(chunk)) if self._in_bulk else len(chunk)
        self._left = max(0, self._left - head)
        columns = [column[:head] for column in chunk.columns]
        smooth = self._find_smooth(columns) if is_long and self._in_bulk and head else frozenset()
        answers = self._answer_one_by_one(columns, chunk.bad, smooth)
        if head < len(chunk):
            answers = self._answer_in_bulk(answers, chunk, head)
        return self._finish(answers)

    def _finish(self, answers: Answers) -> Answers:
        """The answers, by a convention where one was asked for."""
        if self.at_kink is not None:
            self._choose(answers, self.at_kink)
        if self.task.spread is not None:
            from dcalc.io.uncertainty import propagate_answers

            return propagate_answers(self.task.spread, answers, self.task.names)
        return answers

    def _choose(self, answers: Answers, how: str) -> None:
        """Put the value of a convention where there is no derivative."""
        from dcalc import solver

        for row, results in answers.results.items():
            chosen = [
                solver.apply_convention(result, how, first=len(target) == 1)
                for result, target in zip(results, self.task.targets, strict=True)
            ]
            answers.results[row] = chosen
            for values, result in zip(answers.values, chosen, strict=True):
                if result.chosen and result.value is not None:
                    values[row] = result.value

    def _find_smooth(self, columns: Sequence[Sequence[float]]) -> Collection[int]:
        """The rows whose values alone are asked for, and in which f is smooth: the kernel's balls know these values as
        the reference does, five times as fast."""
        if self.task.recorder is not None or self.with_f:
            return frozenset()
        return self._load_kernel().find_smooth(columns[: len(self.task.variables)])

    def _answer_one_by_one(
        self, columns: Sequence[Sequence[float]], bad: dict[int, DcalcError], smooth: Collection[int]
    ) -> Answers:
        """Certified answers to rows from the first on."""
        floats = [list(map(float, column)) for column in columns]
        answers = Answers(floats, [[] for _ in self.task.targets], [], {}, dict(bad))
        for row, point in enumerate(zip(*floats, strict=True)):
            numbers = self._refine(point) if row in smooth and row not in bad else None
            if numbers is not None:
                f = None
            else:
                results = self._solve_row(row, point, answers)
                numbers = [result.value for result in results]
                f = next((result.f for result in results if result.f is not None), None)
            for values, number in zip(answers.values, numbers, strict=True):
                values.append(number)
            answers.f.append(f)
        return answers._replace(certified=len(answers.f))

    def _refine(self, point: Sequence[float]) -> Sequence[float | None] | None:
        """The values at a point at which f is smooth; None where only the reference knows them, or a note on them."""
        at = dict(zip(self.task.variables, point, strict=False))
        if any(map(is_beside, point)) and may_matter(self.task.root, at):
            return None
        numbers = self._load_kernel().refine(point[: len(self.task.variables)])
        return None if numbers is None or any(abs(number) < _SMALL for number in numbers) else numbers

    def _solve_row(self, row: int, point: Sequence[float], answers: Answers) -> Sequence[Result]:
        """One result per target, which is put among the answers; an error is noted there instead."""
        if row not in answers.bad:
            at = dict(zip(self.task.variables, point, strict=False))
            try:
                with limited_row():
                    results = self._solve(at)
            except DcalcError as error:
                answers.bad[row] = drop_traceback(error)
            else:
                answers.results[row] = results
                return results
        return [_NOTHING] * len(self.task.targets)

    def _solve(self, at: dict[str, float]) -> Sequence[Result]:
        """One result per target: those of a gradient together."""
        root, targets = self.task.root, self.task.targets
        if len(targets) > 1 and all(len(target) == 1 for target in targets):
            names = tuple(name for (name,) in targets)
            return solve_all(Problem(root, names, at, self.digits, gradient=True), expression=False)
        return [solve(Problem(root, target, at, self.digits), expression=False) for target in targets]

    def _answer_in_bulk(self, first: Answers, chunk: Chunk, head: int) -> Answers:
        """``first``, which holds the rows before ``head``, and the kernel's answers to those after."""
        import numpy as np

        length = len(chunk)
        good: Any = slice(head, length)
        if chunk.bad:
            good = np.array([row for row in range(head, length) if row not in chunk.bad], dtype=np.intp)
        columns = [np.asarray(column, dtype=np.float64) for column in chunk.columns]
        inputs = len(self.task.variables)
        rows = self._load_kernel().rows([column[good] for column in columns[:inputs]])
        before = [first.f, *first.values] if self.with_f else first.values
        values = rows.values
        if len(rows.values[0]) < length:
            values = [np.full(length, np.nan) for _ in rows.values]
            for column, known, answered in zip(values, before, rows.values, strict=True):
                column[:head] = np.asarray(known, dtype=np.float64)  # None is nan
                column[good] = answered
        results = {
            head + row if isinstance(good, slice) else int(good[row]): results[self.with_f :]
            for row, results in rows.troubles.items()
        }
        return Answers(
            columns,
            values[self.with_f :],
            values[0] if self.with_f else None,
            {**first.results, **results},
            first.bad,
            first.certified,
            rows.vectorised,
            rows.referred,
        )

    def _has_kernel(self) -> bool:
        """Whether there is a kernel; False where it takes longer than a row may: then each row is solved alone.

        Raises LimitError, or Unsupported, where no other way is as fast as was asked for.
        """
        try:
            self._load_kernel()
        except LimitError:
            if self.mode == "fast":
                raise
            return False
        return True

    def _load_kernel(self) -> Kernel:
        """The kernel, built on first use. Raises LimitError."""
        if self._kernel is None:
            from dcalc.bulk.kernel import Kernel

            with limited_row():
                self._kernel = Kernel(
                    self.task.root,
                    self.targets,
                    self.task.variables,
                    mode=self.mode,
                    tolerance=self.tolerance,
                    jobs=self.jobs,
                    limited=limited_row,
                )
        return self._kernel
