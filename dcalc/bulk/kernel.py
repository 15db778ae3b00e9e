"""Kernels: what answers the rows of columns, each in the cheapest way that proves its values."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal, get_args

from dcalc.bulk.rowwise import Limited, Referee, Refiner, is_plain, numbers
from dcalc.errors import LimitError, Unsupported, UsageError
from dcalc.expr import Expr
from dcalc.problem import Result
from dcalc.records import NamedTuple
from dcalc.solver import refuse_huge_powers
from dcalc.text import join_words

if TYPE_CHECKING:
    from dcalc.bulk.column_blocks import Blocks
    from dcalc.bulk.formula import Formula
    from dcalc.bulk.rounder import Rounder
    from dcalc.bulk.ufunc_program import Column, Layout
    from dcalc.crew import Crew

    Run = Callable[[Sequence[Column], int], tuple[list[Any], Sequence[int], Sequence[int]]]

_FEW = 64
"""Rows below this are done sooner in balls than a program over double-doubles is written; the answers are the same."""
_MANY = 512
"""Rows below this, some 10 ms in balls, are not worth the processes that could share them."""
_PIECE_OF_ANSWERS, _PIECE_IN_BALLS, _PIECE_IN_PAIRS = 64, 256, 16_384
"""Rows that a process answers at a time: by the reference, in balls, and by programs over double-doubles, whose steps
have a price of their own, however few the rows are."""
_PAIRS_PER_BALL = 16
"""Rows that take as long in double-doubles as one does in balls."""
Mode = Literal["bound", "fast", "certify"]
"""How much is proved of the values: a bound, nothing, or the last digit."""


class Rows(NamedTuple):
    """The answers for a number of rows.

    ``values`` holds a column of doubles for each target, nan where there is no value. ``troubles`` has,
    by row, one result for each target wherever one of them is not plainly `ok`.
    ``vectorised`` rows were answered by programs (those done again in balls for their digits among
    them), ``referred`` ones by the reference, or certified as it does.
    """

    values: list[Any]
    troubles: dict[int, list[Result]]
    vectorised: int
    referred: int


class OpenRows(NamedTuple):
    """Rows of some columns that are not answered yet: those in which f may not be smooth, and those in which only
    digits are missing."""

    columns: Sequence[Column]
    doubtful: Sequence[int]
    wide: Sequence[int]

    def pieces(self, doubtful: int, wide: int, jobs: int) -> list[Piece]:
        """The rows in pieces of at most this size, as many for each job, each with its own part of the columns."""
        import numpy as np

        pieces: list[Piece] = []
        for rows, most, is_wide in ((self.doubtful, doubtful, False), (self.wide, wide, True)):
            rounds = max(1, math.ceil(len(rows) / (most * jobs)))
            size = max(1, math.ceil(len(rows) / (rounds * jobs)))
            for start in range(0, len(rows), size):
                places = np.asarray(rows[start : start + size], dtype=np.intp)
                own: Any = np.arange(len(places)) if is_wide else range(len(places))
                part = OpenRows(_choose_rows(self.columns, places), () if is_wide else own, own if is_wide else ())
                pieces.append(Piece(part, places))
        return pieces


class Piece(NamedTuple):
    """Rows that are answered together, and their places among all."""

    rows: OpenRows
    places: Any


class Troubles(NamedTuple):
    """By row, the answers of which one is not plainly `ok`; and the rows whose digits only the reference had."""

    answers: dict[int, list[Result]]
    digits: list[int]


class Programs(NamedTuple):
    """What a kernel has made of an expression: the formula and the program that most rows need, and the same of the
    form that loses fewer digits, where there is one."""

    formula: Formula
    tight: Layout
    stable: tuple[Formula, Layout] | None


class Kernel:
    """Values of an expression and of its derivatives, at blocks of points.

    ``targets`` are names to differentiate by: () is f itself, ("x",) df/dx, ("x", "y") the mixed
    second derivative. ``names`` are the variables in the order of the columns. ``mode``: "bound"
    answers every row within ``tolerance`` (relative), proved, and rows that it cannot prove by the
    reference; "fast" has no bounds, and is refused where doubles know no way; "certify" rounds every
    value from an enclosure, right to the last digit: by the reference, or in balls where the programs
    prove f to be smooth. ``jobs`` threads. ``limited`` limits the time of each row that the reference
    answers. ``programs`` need not be made again: those of a kernel that was pickled.
    """

    def __init__(
        self, root: Expr, targets: Sequence[tuple[str, ...]], names: Sequence[str], *,
        mode: Mode = "bound", tolerance: float = 1e-12, jobs: int = 1, limited: Limited = nullcontext,
        programs: Programs | None = None,
    ) -> None:  # fmt: skip
        if mode not in get_args(Mode):
            raise UsageError(f"no mode {mode}", help=f"modes are {join_words(get_args(Mode), 'and')}")
        refuse_huge_powers(root)
        self.root = root
        self.targets = [tuple(wrt) for wrt in targets]
        self.names = list(names)
        self.mode = mode
        self.tolerance = tolerance
        self.jobs = jobs
        self.limited = limited
        self.crew: Crew | None = None
        self.referee = Referee(root, self.targets, self.names, limited)
        self.retry: Callable[[], Blocks | None] | None = None
        self.refiner: Callable[[], Refiner | None] | None = None
        self.rounder: Callable[[], Rounder | None] | None = None
        self.outside: Callable[[Sequence[Column], Sequence[int]], list[int]] | None = None
        self.blocks: Blocks | None = None
        self.run = self._choose_run(programs)

    def __reduce__(self) -> tuple[Callable[..., Kernel], tuple[Any, ...]]:
        """In another process the kernel need not make its program again."""
        retry = None if self.retry is None else self.retry()
        stable = None if retry is None else (retry.formula, retry.tight())
        programs = None if self.blocks is None else Programs(self.blocks.formula, self.blocks.tight(), stable)
        make = partial(
            Kernel, mode=self.mode, tolerance=self.tolerance, jobs=self.jobs, limited=self.limited, programs=programs
        )
        return make, (self.root, self.targets, self.names)

    def _choose_run(self, programs: Programs | None) -> Run | None:
        """What answers many rows at once; None where every row goes to the reference, which is not fast."""
        try:
            self.blocks = self._blocks(programs)
        except (Unsupported, LimitError) as obstacle:
            tables = self._tabulate()
            if tables is None and self.mode == "fast":
                obstacle.help = "leave out --fast: then each row is answered by the reference, some 1,000 in a second"
                raise
            return tables
        return self.blocks.run

    def _blocks(self, programs: Programs | None) -> Blocks:
        """What computes in blocks. Raises Unsupported or LimitError where a derivative has no formula."""
        from dcalc.bulk.column_blocks import Blocks
        from dcalc.bulk.formula import Formula

        # Where no bound is good enough all rows are done again in balls.
        tolerance = -1.0 if self.mode == "certify" else self.tolerance
        formula = Formula(self.root, self.targets, self.names) if programs is None else programs.formula
        tight = None if programs is None else programs.tight
        blocks = Blocks(formula, tolerance, bounded=self.mode != "fast", jobs=self.jobs, tight=tight)
        if self.mode == "bound":
            self.retry = cache(partial(_rewritten, formula, tolerance, self.jobs, programs))
        if self.mode != "fast":
            self.rounder = cache(partial(_rounder, formula))
            self.refiner = cache(partial(_refiner, formula, self.names))
            self.outside = blocks.outside
        return blocks

    def _tabulate(self) -> Run | None:
        """The tables of derivatives without a formula; None where there are none."""
        is_known = len(self.names) == 1 and all({*target} <= {*self.names} for target in self.targets)
        if self.mode == "certify" or not is_known:
            return None
        from dcalc.bulk.piecewise import Tables

        orders = [*map(len, self.targets)]
        try:
            return Tables(self.root, orders, self.names[0], self.tolerance, is_long=self.mode == "fast").run
        except (Unsupported, LimitError):
            return None

    def load(self) -> None:
        """Make what is made on first use otherwise, so that processes that are forked have it."""
        if self.blocks is not None:
            self.blocks.load()
        if self.mode != "fast":
            load_balls()
        if self.refiner is not None:
            self.refiner()
        if self.mode == "certify":
            self._is_rounded()

    def rows(self, columns: Sequence[Column]) -> Rows:
        """The answers at the points whose coordinates are ``columns``: one for each name, of equal length.

        Cost: some 20 to 100 ns a row where programs answer, 1 us where digits are missing, 20 us where many are or
        functions are not known of double-doubles, 0.1 ms a target where the reference is asked. Threads that compute
        in balls at the same time must hold `dcalc.numbers.FLINT`.
        """
        length = self._length(columns)
        values, doubtful, wide = self._nothing(length) if self.run is None else self.run(columns, length)
        wide = self._retry(columns, values, wide)
        open_rows = OpenRows(columns, doubtful, wide)
        crew = self._find_crew(open_rows)
        troubles = self._finish(open_rows, values) if crew is None else self._share(crew, open_rows, values)
        referred = length if self.mode == "certify" else len(doubtful) + len(troubles.digits)
        if self._trusts_doubles:
            referred = 0
        return Rows(values, dict(sorted(troubles.answers.items())), length - referred, referred)

    def _finish(self, rows: OpenRows, values: list[Any]) -> Troubles:
        """Fill in the rows that programs in doubles leave open, one by one where it must be."""
        columns = rows.columns
        undecided = self._refine(columns, values, self._round(columns, values, rows.wide))
        doubtful = [*rows.doubtful, *undecided]
        outside = frozenset(self.outside(columns, doubtful)) if self.outside is not None else frozenset()
        troubles: dict[int, list[Result]] = {}
        for row in doubtful:
            answers = self._answers(columns, values, row, row in outside)
            if not is_plain(answers):
                troubles[row] = answers
            for value, number in zip(values, numbers(answers), strict=True):
                value[row] = number
        return Troubles(troubles, undecided)

    def _find_crew(self, rows: OpenRows) -> Crew | None:
        """The processes among which rows are shared; None where there are too few rows, or no processes."""
        if self.jobs < 2 or self._trusts_doubles or len(rows.doubtful) + len(rows.wide) < _MANY:
            return None
        if self._is_rounded() and len(rows.doubtful) + len(rows.wide) // _PAIRS_PER_BALL < _MANY:
            return None
        from dcalc.crew import Crew, can_fork

        if (self.crew is None or not self.crew.workers) and can_fork():
            try:
                self.crew = Crew(self._answer_piece, self.jobs)
            except OSError:  # no more processes are allowed
                return None
        return self.crew

    def _answer_piece(self, piece: OpenRows) -> tuple[list[Any], Troubles]:
        """The answers to some rows, in a process that shares the work."""
        import numpy as np

        values = [np.full(len(piece.doubtful) + len(piece.wide), math.nan) for _ in self.targets]
        answers, digits = self._finish(piece, values)
        plain = {row: [answer.replace(refine=None) for answer in row_answers] for row, row_answers in answers.items()}
        return values, Troubles(plain, digits)

    def _is_rounded(self) -> bool:
        """Whether there is a program over double-doubles."""
        return self.rounder is not None and self.rounder() is not None

    def _share(self, crew: Crew, rows: OpenRows, values: list[Any]) -> Troubles:
        """`_finish` by the crew, which answers the rows piece by piece."""
        pieces = rows.pieces(_PIECE_OF_ANSWERS, _PIECE_IN_PAIRS if self._is_rounded() else _PIECE_IN_BALLS, self.jobs)
        results = crew.map(piece.rows for piece in pieces)
        troubles = Troubles({}, [])
        for piece, (part_values, part) in zip(pieces, results, strict=True):
            for value, part_value in zip(values, part_values, strict=True):
                value[piece.places] = part_value
            troubles.answers.update({int(piece.places[row]): answers for row, answers in part.answers.items()})
            troubles.digits.extend([int(piece.places[row]) for row in part.digits])
        return troubles

    def _retry(self, columns: Sequence[Column], values: list[Any], rows: Sequence[int]) -> Sequence[int]:
        """Fill in the rows that other forms of the targets answer; those that are still open."""
        blocks = self.retry() if rows and self.retry is not None else None
        if blocks is None:
            return rows
        import numpy as np

        answers, doubtful, wide = blocks.run(_choose_rows(columns, rows), len(rows))
        left = np.zeros(len(rows), dtype=bool)
        left[doubtful] = left[wide] = True
        return _fill_in(values, rows, answers, left)

    def _round(self, columns: Sequence[Column], values: list[Any], rows: Sequence[int]) -> Sequence[int]:
        """Fill in the rows in which double-doubles leave one double to round to; those that are still open."""
        rounder = self.rounder() if len(rows) >= _FEW and self.rounder is not None else None
        if rounder is None:
            return rows
        answers, decided = rounder.values(_choose_rows(columns, rows))
        return _fill_in(values, rows, answers, ~decided)

    def _refine(self, columns: Sequence[Column], values: list[Any], rows: Sequence[int]) -> list[int]:
        """Fill in the rows in which only digits are missing; those that are still open."""
        open_rows = []
        for row in map(int, rows):
            numbers = self.refine([float(column[row]) for column in columns])
            if numbers is None:
                open_rows.append(row)
            else:
                for value, number in zip(values, numbers, strict=True):
                    value[row] = number
        return open_rows

    def find_smooth(self, columns: Sequence[Column]) -> frozenset[int]:
        """The rows in which f is proved to be smooth, so that `refine` may answer them; none where no program tells."""
        length = self._length(columns)
        if self.refiner is None or self.blocks is None:
            return frozenset()
        _, doubtful, _ = self.blocks.run([*map(_as_array, columns)], length)
        return frozenset(range(length)) - frozenset(doubtful)

    def refine(self, point: Sequence[float]) -> list[float] | None:
        """The values at a point at which f is smooth, right to the last digit; None where balls do not decide them."""
        refiner = None if self.refiner is None else self.refiner()
        return None if refiner is None else refiner.answers(point)

    def _answers(self, columns: Sequence[Column], values: list[Any], row: int, outside: bool) -> list[Result]:
        if self._trusts_doubles:
            return [Result.from_double("fast", float(value[row])) for value in values]
        point = [float(column[row]) for column in columns]
        return self.referee.outside(point) if outside else self.referee.answers(point)

    @property
    def _trusts_doubles(self) -> bool:
        """Whether the doubles have the last word."""
        return self.mode == "fast" and self.blocks is not None

    def _length(self, columns: Sequence[Column]) -> int:
        lengths = {len(column) for column in columns}
        if len(columns) != len(self.names) or len(lengths) > 1:
            raise UsageError(f"{len(columns)} columns of {sorted(lengths)} rows for {len(self.names)} variables")
        return lengths.pop() if lengths else 0

    def _nothing(self, length: int) -> tuple[list[Any], Sequence[int], Sequence[int]]:
        """No row is answered yet."""
        import numpy as np

        return [np.full(length, math.nan) for _ in self.targets], range(length), ()


def load_balls() -> None:
    """Import what answers rows that need more digits, so that processes that are forked have it."""
    import flint  # noqa: F401

    import dcalc.numbers.ball
    import dcalc.numbers.enclosure
    import dcalc.numbers.rounding  # noqa: F401


def _as_array(column: Column) -> Any:
    import numpy as np

    return np.asarray(column, dtype=np.float64)


def _choose_rows(columns: Sequence[Column], rows: Any) -> list[Any]:
    import numpy as np

    chosen = np.asarray(rows)
    return [np.asarray(column)[chosen] for column in columns]


def _fill_in(values: list[Any], rows: Sequence[int], answers: Sequence[Any], left: Any) -> Sequence[int]:
    """Put the answers to rows into the columns, but for those that are ``left``, which are returned."""
    import numpy as np

    chosen = np.asarray(rows)
    for value, answer in zip(values, answers, strict=True):
        value[chosen[~left]] = answer[~left]
    return chosen[left].tolist()  # type: ignore[no-any-return]  # numpy's


def _rounder(formula: Formula) -> Rounder | None:
    """What rounds rows by double-doubles; None where a function is not known of them."""
    try:
        return formula.rounder()
    except Unsupported:
        return None


def _refiner(formula: Formula, names: Sequence[str]) -> Refiner | None:
    """What rounds rows by balls; None where a function is not known of them."""
    try:
        return Refiner(formula.targets, names)
    except Unsupported:
        return None


def _rewritten(formula: Formula, tolerance: float, jobs: int, programs: Programs | None) -> Blocks | None:
    """What computes the targets in forms that lose fewer digits; None where there are none."""
    from dcalc.bulk.column_blocks import Blocks

    try:
        stable, tight = (formula.rewritten(), None) if programs is None else programs.stable or (None, None)
        return None if stable is None else Blocks(stable, tolerance, bounded=True, jobs=jobs, tight=tight)
    except (Unsupported, LimitError):
        return None
