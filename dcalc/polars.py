"""Derivatives in expressions of Polars: `import dcalc.polars`, then `polars.col("x", "y").dcalc.grad("x**2*y")`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from dcalc.api.mapper import Mapper

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dcalc.api.derivatives import Source
    from dcalc.api.expression import Expression
    from dcalc.api.mapper import Mode


@pl.api.register_expr_namespace("dcalc")
class Derivatives:
    """What `dcalc` adds to expressions, which are the columns that give values to the variables: `pl.col("x", "y")`,
    `pl.all()`, or `pl.struct(a=..., b=...)` with other names. All of it works row by row, in lazy and streaming
    queries, too."""

    def __init__(self, columns: pl.Expr) -> None:
        self._columns = columns

    def grad(
        self,
        f: Source | Mapping[str, Source],
        wrt: str | Expression | Iterable[str | Expression] = (),
        *,
        value: bool = False,
        hessian: bool = False,
        mode: Mode = "bound",
        tolerance: float = 1e-12,
        prefix: str = "",
        columns: Mapping[str, str] | None = None,
    ) -> pl.Expr:
        """A struct of the columns that `dcalc.Mapper` makes: df_dx, df_dy ..., status.

        `.struct.unnest()` makes columns of its fields, `.struct.field("df_dx")` one of them. The arguments are those
        of `dcalc.Mapper`, which also says what is raised.
        """
        mapper = Mapper(
            f, wrt, value=value, hessian=hessian, mode=mode, tolerance=tolerance, prefix=prefix, columns=columns
        )
        return self._apply(mapper)

    def diff(
        self,
        f: Source,
        wrt: str | Expression = "",
        *,
        mode: Mode = "bound",
        tolerance: float = 1e-12,
        columns: Mapping[str, str] | None = None,
    ) -> pl.Expr:
        """The derivative by one variable, by default the only one; null where there is none."""
        mapper = Mapper(f, wrt or (), mode=mode, tolerance=tolerance, columns=columns)
        titles = mapper.new_titles
        if len(titles) > 2:
            from dcalc.errors import UsageError

            raise UsageError(
                f"the function has the variables {', '.join(mapper.variables)}", help='name one of them: wrt="x"'
            )
        return self._apply(mapper).struct.field(titles[0])

    def _apply(self, mapper: Mapper) -> pl.Expr:
        statuses = {part.status for part in mapper.parts}
        fields = {title: pl.String if title in statuses else pl.Float64 for title in mapper.new_titles}

        def answer(rows: pl.Series) -> pl.Series:
            # The fields may be wrapped once more, where the columns are a struct already.
            frame = rows.struct.unnest()
            if frame.width == 1 and isinstance(frame.dtypes[0], pl.Struct):
                frame = frame.to_series().struct.unnest()
            return pl.DataFrame(mapper(frame)).select(mapper.new_titles).to_struct(rows.name)

        return pl.struct(self._columns).map_batches(answer, return_dtype=pl.Struct(fields), is_elementwise=True)
