"""Derivatives of the rows of a batch: what every engine of `dcalc map` calls, wherever it runs.

A mapper is made of text and pickled as text, so that it can be sent to another process, or another machine. The
answer to a row depends on nothing but its numbers: not on its place, the size of its batch, or the engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, Self, get_args

from dcalc.errors import LimitError, UsageError
from dcalc.expr import Expr, variables
from dcalc.functions import RESERVED
from dcalc.io.arrow import (
    Batch,
    append_columns,
    check_numbers,
    check_types,
    column_schemas,
    columns_of,
    nanoarrow,
    number_column,
    open_batches,
    read_column,
    table_of,
    word_column,
)
from dcalc.io.limits import limited_row
from dcalc.io.rows import choose_targets, name_taken, title_of
from dcalc.io.uncertainty import NO_SLOPE, Spread, propagate_columns
from dcalc.notation import write
from dcalc.problem import Status

if TYPE_CHECKING:
    import numpy as np
    from nanoarrow.c_array import CArray
    from nanoarrow.c_schema import CSchema
    from numpy.typing import NDArray

    from dcalc.bulk.kernel import Kernel, Mode
    from dcalc.io.arrow import ArrowArrayLike, Column

MOST_ERRORS = 20
"""The rows of a batch whose errors are kept in words."""
_STATUSES: tuple[Status, ...] = get_args(Status)
_CODES = {status: code for code, status in enumerate(_STATUSES)}
_ERROR = _CODES["error"]


class Part(NamedTuple):
    """One function of a mapper, as text: what is computed of it, and the titles of the columns.

    ``variables`` are the names that have a column; ``letters`` those of them that are constants elsewhere, as `e`
    is. The other members are those of `dcalc.io.rows.Task`: with a ``spread`` the columns are f and its uncertainty.
    """

    text: str
    letters: tuple[str, ...]
    variables: tuple[str, ...]
    targets: tuple[tuple[str, ...], ...]
    titles: tuple[str, ...]
    status: str
    spread: Spread | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """What has a column: the variables, and what their uncertainties are called."""
        return self.variables if self.spread is None else (*self.variables, *self.spread.columns)


class Report(NamedTuple):
    """What became of a batch: its rows, those without an answer, and how many numbers were answered which way.

    ``errors`` has, for the first of the rows that are not points, what is wrong with them.
    """

    rows: int
    without: int
    vectorised: int
    referred: int
    errors: Mapping[int, str]
    bad: int
    notes: tuple[str, ...]


def describe_part(
    root: Expr, wrt: Sequence[str], names: Sequence[str] = (), *,
    name: str = "f", prefix: str = "", status: str = "status", value: bool = False, hessian: bool = False,
    spread: Spread | None = None,
) -> Part:  # fmt: skip
    """The gradient of a function, after f where its ``value`` is asked for, before d2f_dxdy where its Hessian is.

    ``names`` are the variables with a column, by default those of the expression, else the first of ``wrt``. With a
    ``spread`` it is the value and its uncertainty instead.
    """
    names = tuple(names or variables(root) or wrt[:1])
    targets = choose_targets(wrt, value=value, hessian=hessian)
    titles = tuple(prefix + title_of(target, name) for target in targets)
    if spread is not None:
        targets, titles = spread.targets, (f"{prefix}{name}", f"{prefix}u_{name}")
    letters = tuple(sorted(RESERVED.intersection(names)))
    return Part(write(root), letters, names, targets, titles, prefix + status, spread)


class BatchMapper:
    """Puts columns of derivatives behind those of batches.

    ``titles`` are those of the columns of variables that are called otherwise. ``mode``, ``tolerance`` and ``jobs``
    are those of `dcalc.bulk.kernel.Kernel`. Raises UsageError where two new columns have one name.
    """

    def __init__(
        self,
        parts: Iterable[Part],
        *,
        titles: Mapping[str, str] | None = None,
        mode: Mode = "bound",
        tolerance: float = 1e-12,
        jobs: int = 1,
    ) -> None:
        self.parts = tuple(parts)
        self.titles = dict(titles or {})
        self.mode: Mode = mode
        self.tolerance = tolerance
        self.jobs = jobs
        self.new_titles = tuple(title for part in self.parts for title in (*part.titles, part.status))
        twice = next((title for title in self.new_titles if self.new_titles.count(title) > 1), None)
        if twice is not None:
            raise UsageError(f"two new columns would be named {twice}", help="give the functions other names")
        names = dict.fromkeys(name for part in self.parts for name in part.inputs)
        self.columns = {name: self.titles.get(name, name) for name in names}

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.parts, self.titles, self.mode, self.tolerance, self.jobs)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.__reduce__() == self.__reduce__()

    def __hash__(self) -> int:
        return hash((self.parts, self.mode, self.tolerance))

    def on_one_core(self) -> BatchMapper:
        """The same for a worker, of whom there is one for each core already."""
        return BatchMapper(self.parts, titles=self.titles, mode=self.mode, tolerance=self.tolerance)

    def load(self) -> Self:
        """Build what computes the columns, where it is not there yet. Raises LimitError, Unsupported."""
        for part in self.parts:
            _kernel(part, self.mode, self.tolerance, self.jobs)
        return self

    def new_schema(self) -> CSchema:
        """The names and types of the new columns."""
        na = nanoarrow()
        fields = {
            title: na.string() if title == part.status else na.float64()
            for part in self.parts
            for title in (*part.titles, part.status)
        }
        return na.c_schema(na.struct(fields))

    def check(self, schema: CSchema) -> None:
        """Raise UnknownVariable or UsageError where a column is missing, holds no numbers, or bears the name of a
        new one."""
        present = column_schemas(schema)
        check_numbers(present, self.columns.values())
        for title in self.new_titles:
            if title in present:
                raise name_taken(title)

    def whole_schema(self, schema: CSchema) -> CSchema:
        """The schema of batches with their new columns. Raises as `check` does."""
        check_types(column_schemas(schema))
        self.check(schema)
        return append_columns(schema, self.new_schema())

    def extend(self, batches: Iterable[CArray], schema: CSchema) -> Iterator[CArray]:
        """The batches with their new columns; ``schema`` is the whole one."""
        for batch in batches:
            new, _ = self.answer(batch)
            yield table_of(schema, batch.length, [*columns_of(batch), *new])

    def map_batch(self, batch: ArrowArrayLike) -> Batch:
        """A batch with its new columns. Raises as `check` does."""
        schema, batches = open_batches(batch)
        (mapped,) = self.extend(batches, self.whole_schema(schema))
        return Batch(mapped)

    def answer(self, batch: CArray) -> tuple[list[CArray], Report]:
        """The new columns of a batch, which `check` has passed, and what became of its rows.

        Cost: some 20 to 100 ns a row and column where programs answer, 0.1 ms where the reference is asked.
        """
        places = {column.name: place for place, column in enumerate(batch.schema.children)}
        children = columns_of(batch)
        read = {name: read_column(children[places[title]]) for name, title in self.columns.items()}
        return self.answer_columns(read, batch.length)

    def answer_columns(
        self, columns: Mapping[str, Column], length: int, wrong: Mapping[int, str] | None = None
    ) -> tuple[list[CArray], Report]:
        """The same for columns by the names of their variables.

        ``wrong`` says of rows, whose numbers are nan, what is wrong with them.
        """
        import numpy as np

        outputs: list[CArray] = []
        without = np.zeros(length, dtype=bool)
        bad = np.zeros(length, dtype=bool)
        notes: dict[str, None] = {}
        reasons: dict[int, str] = dict(wrong or {})
        vectorised = referred = 0
        for part in self.parts:
            faults = np.zeros(length, dtype=bool)
            for name in part.inputs:
                values, missing = columns[name]
                faults |= ~np.isfinite(values)
                if missing is not None:
                    faults |= missing
            codes = np.zeros(length, dtype=np.uint8)
            codes[faults] = _ERROR
            answered, counts = self._answer_part(part, columns, faults, codes, without, notes)
            if part.spread is not None:
                own = {name: columns[name].values for name in part.inputs}
                uncertain = propagate_columns(part.spread, answered[1:], own)
                answered = [answered[0], uncertain.values]
                own_wrong = {row: error.message for row, error in uncertain.bad.items() if not faults[row]}
                reasons.update(own_wrong)
                faults[list(own_wrong)] = True
                answered[0][list(own_wrong)] = np.nan
                codes[faults] = _ERROR
                notes.update(dict.fromkeys([NO_SLOPE] if uncertain.has_flat else []))
            vectorised, referred = vectorised + counts[0], referred + counts[1]
            bad |= faults
            outputs += [*map(number_column, answered), word_column(codes, _STATUSES)]
        without |= bad
        errors = {
            row: reasons.get(row) or self._describe_fault(columns, row)
            for row in np.flatnonzero(bad)[:MOST_ERRORS].tolist()
        }
        report = Report(
            length, int(without.sum()), vectorised, referred, errors, int(bad.sum()), tuple(notes)
        )  # fmt: skip
        return outputs, report

    def _answer_part(
        self,
        part: Part,
        columns: Mapping[str, Column],
        faults: NDArray[np.bool_],
        codes: NDArray[np.uint8],
        without: NDArray[np.bool_],
        notes: dict[str, None],
    ) -> tuple[list[Any], tuple[int, int]]:
        """The values of a function in all rows but those with ``faults``, and how many rows were answered which way.

        The statuses are put into ``codes``, rows without an answer are marked in ``without``.
        """
        import numpy as np

        kernel = _kernel(part, self.mode, self.tolerance, self.jobs)
        points = [columns[name].values for name in part.variables]
        good: Any = np.flatnonzero(~faults) if faults.any() else None
        rows = kernel.rows(points if good is None else [column[good] for column in points])
        for place, results in rows.troubles.items():
            row = place if good is None else int(good[place])
            codes[row] = _CODES[next((result.status for result in results if result.status != "ok"), "ok")]
            without[row] |= any(result.code for result in results)
            notes.update((note, None) for result in results for note in result.notes)
        if good is None:
            return rows.values, (rows.vectorised, rows.referred)
        whole = []
        for answered in rows.values:
            column = np.full(len(faults), np.nan)
            column[good] = answered
            whole.append(column)
        return whole, (rows.vectorised, rows.referred)

    def _describe_fault(self, columns: Mapping[str, Column], row: int) -> str:
        """What is wrong with a row: with the last of its variables that are not numbers."""
        for name, (values, missing) in reversed(list(columns.items())):
            if missing is not None and missing[row]:
                return f"{name} is missing"
            if not isfinite(values[row]):
                return f"{name} is not a finite number"
        raise AssertionError(row)


@lru_cache(maxsize=64)
def _kernel(part: Part, mode: Mode, tolerance: float, jobs: int) -> Kernel:
    """What computes the columns of a function: once per process. Raises LimitError, Unsupported."""
    from dcalc.bulk.kernel import Kernel
    from dcalc.parser import parse

    root = parse(part.text, variables=part.letters).root
    try:
        with limited_row():
            return Kernel(
                root, part.targets, part.variables, mode=mode, tolerance=tolerance, jobs=jobs, limited=limited_row
            )
    except LimitError as error:
        error.help = error.help or "ask for fewer derivatives"
        raise


def _rebuild(
    kind: type[BatchMapper], parts: tuple[Part, ...], titles: dict[str, str], mode: Mode, tolerance: float, jobs: int
) -> BatchMapper:
    """A mapper from what it was made of, as pickling needs it."""
    mapper = kind.__new__(kind)
    BatchMapper.__init__(mapper, parts, titles=titles, mode=mode, tolerance=tolerance, jobs=jobs)
    return mapper
