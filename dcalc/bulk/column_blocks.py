"""Formulas run over columns, block by block, on as many threads as asked.

Where a block begins does not depend on the threads, so that their number changes no digit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import count
from threading import local
from typing import TYPE_CHECKING, Any

from dcalc.bulk.ufunc_program import Exceptional, Layout, Machine

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from dcalc.bulk.formula import Formula
    from dcalc.bulk.ufunc_program import Column

BLOCK = 32_768
"""Rows a block: the buffers of a program stay in a core's own cache, and NumPy's cost of a call
is spread out. Threads hand Python over half as often as at 16k rows, and 4k is worst
(tests/benchmarks/kernel.py --sweep)."""
_ROOM = 1 << 25
"""Bytes of buffers a thread: programs that need thousands of them run in shorter blocks."""
_SHORTEST = 256  # rows: below this the cost of NumPy's calls outweighs that of leaving the cache


class Blocks:
    """One formula, its programs made when first needed, with buffers for each thread.

    ``tight`` is the program that most rows need, where it is made already; without bounds no other is needed, and
    there need be no formula.
    """

    def __init__(
        self, formula: Formula | None, tolerance: float, *,
        bounded: bool, jobs: int = 1, block: int = BLOCK, tight: Layout | None = None,
    ) -> None:  # fmt: skip
        self._formula = formula
        self.block = block
        self.jobs = max(1, jobs)
        self.bounded_layout = bounded

        def make_tight() -> Layout:
            if tight is not None:
                return tight
            return self.formula.bounded_layout(tolerance, careful=False) if bounded else self.formula.fast_layout()

        self.tight: Callable[[], Layout] = cache(make_tight)
        self.careful: Callable[[], Layout] = cache(lambda: self.formula.bounded_layout(tolerance, careful=True))
        self.outer: Callable[[], Layout | None] = cache(lambda: self.formula.outside())
        self.machines = local()
        self.pool: ThreadPoolExecutor | None = None
        if self.jobs > 1:
            from concurrent.futures import ThreadPoolExecutor

            self.pool = ThreadPoolExecutor(self.jobs)

    @property
    def formula(self) -> Formula:
        """What writes the programs."""
        assert self._formula is not None
        return self._formula

    def load(self) -> None:
        """Make the program and load NumPy, which is done on first use otherwise."""
        import numpy as np  # noqa: F401  # the programs use it

        self.tight()

    def run(self, columns: Sequence[Column], length: int) -> tuple[list[Any], list[int], list[int]]:
        """(values, doubtful, wide): an array a target, the rows in which f may not be smooth or a
        number is not finite, and those in which only digits are missing."""
        import numpy as np

        layout = self.tight()
        smooth, narrow = np.ones((2, length), dtype=bool)
        masks = [smooth, narrow] if self.bounded_layout else [smooth]
        values = [np.empty(length) for _ in layout.outputs[len(masks) :]]
        results = [*values, *masks]
        step = max(_SHORTEST, min(self.block, _ROOM // (8 * max(1, layout.numbers))))
        starts = count(0, step)

        def work() -> None:
            while (start := next(starts)) < length:
                size = min(step, length - start)
                for result, block in zip(results, self._block(columns, start, size), strict=True):
                    result[start : start + size] = block

        if self.pool is None or length <= step:
            work()
        else:
            for task in [self.pool.submit(work) for _ in range(self.jobs)]:
                task.result()
        return values, np.flatnonzero(~smooth).tolist(), np.flatnonzero(smooth > narrow).tolist()

    def outside(self, columns: Sequence[Column], rows: Sequence[int]) -> list[int]:
        """Those of the rows around which f is proved to have no value."""
        layout = self.outer()
        if layout is None or not rows:
            return []
        import numpy as np

        chosen = np.asarray(rows)
        parts = [np.asarray(column)[chosen] for column in columns]
        machine = Machine(layout)
        mask = np.zeros(len(rows), dtype=bool)
        with np.errstate(all="ignore"):
            for start in range(0, len(rows), _SHORTEST):
                size = min(_SHORTEST, len(rows) - start)
                mask[start : start + size] = machine.run(parts, start, size)[0]
        return chosen[mask].tolist()  # type: ignore[no-any-return]  # numpy's

    def _block(self, columns: Sequence[Column], start: int, size: int) -> list[Any]:
        import numpy as np

        if self.bounded_layout:
            try:
                with np.errstate(all="raise"):
                    return self._machine("tight").run(columns, start, size)
            except (FloatingPointError, Exceptional):
                pass  # some row is out of the tight program's range: the careful one tells which
        with np.errstate(all="ignore"):
            return self._machine("careful" if self.bounded_layout else "tight").run(columns, start, size)

    def _machine(self, name: str) -> Machine:
        machine: Machine | None = getattr(self.machines, name, None)
        if machine is None:
            machine = Machine(self.tight() if name == "tight" else self.careful())
            setattr(self.machines, name, machine)
        return machine
