"""Columns of derivatives behind those of a table, whichever library has it: through the Arrow C interface."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, overload

from dcalc.api.derivatives import Source, check_names, parse
from dcalc.api.expression import Expression
from dcalc.errors import UsageError
from dcalc.expr import variables
from dcalc.io.arrow import Batch, BatchStream, nanoarrow, open_batches
from dcalc.io.mapper import BatchMapper, describe_part
from dcalc.io.uncertainty import read_spread

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nanoarrow.c_array import CArray

    from dcalc.io.arrow import ArrowArrayLike, ArrowSchemaLike, ArrowStreamLike
    from dcalc.io.mapper import Part

Mode = Literal["bound", "fast", "certify"]
_MODES = ("bound", "fast", "certify")


class Mapper(BatchMapper):
    """Puts columns of derivatives behind those of a table, as `dcalc map` does: `mapper(table)`.

    ``f`` is an expression or its text, or several by their names. The columns of the gradient are called df_dx,
    df_dy ... after the variables; by ``wrt`` they are some of them, with ``value`` there is a column f before them,
    with ``hessian`` there are d2f_dxdx, d2f_dxdy ... behind them, then a column status. Of several functions each
    has its own status, `loss_status`. ``prefix`` stands before all these names. ``columns`` has the titles of
    columns that are called otherwise than their variable. ``uncertainty``, as in `'m=m_u, g=0.02, h=1%'`, gives
    columns f and u_f instead, the standard uncertainty of f from those of its variables. ``mode``, ``tolerance`` and
    ``jobs`` are those of `dcalc.compile`. A null, nan or infinity gives the status error, and where there is no
    derivative the number is null. The answer to a row depends on nothing but its numbers.

    Mappers can be pickled, compared and used by several threads. Raises ParseError and its kin, and UsageError
    without NumPy and nanoarrow (`pip install 'dcalc[fast]'`).
    """

    def __init__(
        self,
        f: Source | Mapping[str, Source],
        wrt: str | Expression | Iterable[str | Expression] = (),
        *,
        value: bool = False,
        hessian: bool = False,
        mode: Mode = "bound",
        tolerance: float = 1e-12,
        jobs: int = 1,
        prefix: str = "",
        columns: Mapping[str, str] | None = None,
        uncertainty: str = "",
    ) -> None:
        nanoarrow()
        if uncertainty and (value or hessian or wrt):
            raise UsageError("uncertainty and other derivatives contradict each other", help="leave one out")
        if mode not in _MODES:
            raise UsageError(f"no mode {mode}", help="modes are bound, fast and certify")
        if not 0 <= tolerance < 1:
            raise UsageError(f"the tolerance must be at least 0 and below 1, not {tolerance}", help="write 1e-9")
        if jobs < 1:
            raise UsageError(f"jobs must be at least 1, not {jobs}", help="leave jobs out")
        by = check_names([wrt] if isinstance(wrt, str | Expression) else wrt)

        def part(source: Source, name: str, status: str) -> Part:
            root = parse(source, variables=by).node
            return describe_part(
                root, by or tuple(variables(root)), name=name, prefix=prefix, status=status,
                value=value, hessian=hessian,
                spread=read_spread([uncertainty], variables(root)) if uncertainty else None,
            )  # fmt: skip

        parts = [part(f, "f", "status")] if not isinstance(f, Mapping) else [
            part(source, name, f"{name}_status") for name, source in f.items()
        ]  # fmt: skip
        super().__init__(parts, titles=columns, mode=mode, tolerance=tolerance, jobs=jobs)
        self.load()

    @overload
    def __call__(self, table: ArrowArrayLike) -> Batch: ...
    @overload
    def __call__(self, table: ArrowStreamLike) -> BatchStream: ...
    def __call__(self, table: ArrowArrayLike | ArrowStreamLike) -> Batch | BatchStream:
        """The table with its new columns: a `Batch` for a record batch, a `BatchStream` for all else.

        Both have the Arrow C interface, so that any library takes them: `polars.DataFrame(mapper(frame))`. The
        columns of the table are passed on and not copied. A stream is worked out batch by batch as it is read.
        Raises UsageError where the table has no Arrow interface, a column is missing, holds no numbers, or bears
        the name of a new one.
        """
        if hasattr(table, "__arrow_c_array__"):
            return self.map_batch(table)  # type: ignore[arg-type]  # it has just been looked at
        schema, batches = open_batches(table)
        whole = self.whole_schema(schema)
        first = [batches]  # a reader can be read once only

        def reopen() -> Iterator[CArray]:
            return self.extend(first.pop() if first else open_batches(table)[1], whole)

        return BatchStream(whole, reopen)

    def schema(self, table: ArrowSchemaLike) -> ArrowSchemaLike:
        """The schema that a table of some schema has with its new columns. Raises as a call does."""
        whole: ArrowSchemaLike = self.whole_schema(nanoarrow().c_schema(table))
        return whole

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables that columns give values to."""
        return tuple(self.columns)

    def __repr__(self) -> str:
        return f"<mapper to {', '.join(self.new_titles)}>"
