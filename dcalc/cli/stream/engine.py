"""The answers to chunks of points: certified one by one at first, then in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.cli.stream.chunk import Results, bare
from dcalc.cli.stream.vectors import as_column, as_columns, joined, spread, taken
from dcalc.errors import DcalcError
from dcalc.problem import DOUBLE_DIGITS, Problem, Result
from dcalc.solve import solve, solve_all
from dcalc.wellformed import refuse_huge_powers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcalc.bulk import Kernel
    from dcalc.cli.request import Request
    from dcalc.cli.stream.chunk import Chunk
    from dcalc.cli.stream.task import Task

HEAD = 256
"""So many points from the first on are certified where a bound would do: cheaper than loading NumPy.

A count of points, not of time: what a point is answered does not depend on how fast it came.
"""
TOLERANCE = 1e-12
_NOTHING = Result(status="error")


class Engine:
    """What a stream asks of each of its points.

    ``mode`` is bound, fast or certify; ``digits`` what the reference shows where it is shown;
    ``at_kink`` the convention for points without a derivative.
    Raises LimitError, or Unsupported where there is no fast way.
    """

    def __init__(
        self,
        task: Task,
        *,
        mode: str = "bound",
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
        self._kernel: Kernel | None = None
        refuse_huge_powers(task.question.root)  # before anything is written
        if mode == "fast":
            self._loaded()

    @classmethod
    def of(cls, request: Request, task: Task, *, with_f: bool = False, digits: int = DOUBLE_DIGITS) -> Engine:
        """The engine that the options ask for."""
        mode = "fast" if request.fast else "certify" if request.certify else "bound"
        tolerance = TOLERANCE if request.tol is None else request.tol
        return cls(
            task,
            mode=mode,
            tolerance=tolerance,
            jobs=request.jobs or 1,
            with_f=with_f,
            digits=digits,
            at_kink=request.at_kink,
        )

    def answer(self, chunk: Chunk) -> Results:
        """The answers to a chunk; whatever goes wrong with a row is in them."""
        head = min(self._left, len(chunk))
        self._left -= head
        first = self._one_by_one([column[:head] for column in chunk.columns], chunk.bad)
        results = first if head == len(chunk) else self._with_bulk(first, chunk, head)
        if self.at_kink is not None:
            self._choose(results, self.at_kink)
        return results

    def _choose(self, results: Results, how: str) -> None:
        """Put the value of a convention where there is no derivative."""
        from dcalc import kink

        for row, answers in results.answers.items():
            chosen = [kink.chosen(answer, how, first=self.task.question.order == 1) for answer in answers]
            results.answers[row] = chosen
            for values, answer in zip(results.values, chosen, strict=True):
                if answer.chosen and answer.value is not None:
                    values[row] = answer.value

    def _one_by_one(self, columns: Sequence[Sequence[float]], bad: dict[int, DcalcError]) -> Results:
        """The reference's answers to rows from the first on."""
        floats = [list(map(float, column)) for column in columns]
        results = Results(floats, [[] for _ in self.task.targets], [], {}, dict(bad))
        for row, point in enumerate(zip(*floats, strict=True)):
            answers = self._solved(row, point, results)
            for values, answer in zip(results.values, answers, strict=True):
                values.append(answer.value)
            results.f.append(next((answer.f for answer in answers if answer.f is not None), None))
        results.certified = len(results.f)
        return results

    def _solved(self, row: int, point: Sequence[float], results: Results) -> Sequence[Result]:
        """An answer a target; where there is an error, it is noted and nothing is answered."""
        if row not in results.bad:
            at = dict(zip(self.task.names, point, strict=True))
            try:
                answers = self._solve(at)
            except DcalcError as error:
                results.bad[row] = bare(error)
            else:
                results.answers[row] = answers
                return answers
        return [_NOTHING] * len(self.task.targets)

    def _solve(self, at: dict[str, float]) -> Sequence[Result]:
        """An answer a target: those of a gradient together."""
        root, targets = self.task.question.root, self.task.targets
        if len(targets) > 1 and all(len(target) == 1 for target in targets):
            names = tuple(name for (name,) in targets)
            return solve_all(Problem(root, names, at, self.digits, gradient=True), expression=False)
        return [solve(Problem(root, target, at, self.digits), expression=False) for target in targets]

    def _with_bulk(self, first: Results, chunk: Chunk, head: int) -> Results:
        """``first``, which holds the rows before ``head``, and the kernel's answers to those after."""
        good = [row for row in range(head, len(chunk)) if row not in chunk.bad] if chunk.bad else None
        columns = as_columns(chunk.columns)
        rest = [taken(column, good) if good is not None else column[head:] for column in columns]
        found = self._loaded().rows(rest)
        values = [as_column(column) for column in found.values]
        if good is not None:
            values = [spread(column, [row - head for row in good], len(chunk) - head) for column in values]
        if head:
            before = as_columns([first.f, *first.values] if self.with_f else first.values)
            values = [joined(*pair) for pair in zip(before, values, strict=True)]
        answers = {
            head + row if good is None else good[row]: estimates[self.with_f :]
            for row, estimates in found.troubles.items()
        }
        return Results(
            columns,
            values[self.with_f :],
            values[0] if self.with_f else None,
            {**first.answers, **answers},
            first.bad,
            first.certified,
            found.vectorised,
            found.referred,
        )

    def _loaded(self) -> Kernel:
        """The kernel, made when the first point is for it."""
        if self._kernel is None:
            from dcalc.bulk import Kernel

            self._kernel = Kernel(
                self.task.question.root,
                self.targets,
                self.task.names,
                mode=self.mode,
                tolerance=self.tolerance,
                jobs=self.jobs,
            )
        return self._kernel
