"""The options of map, which reads and writes tables, and what their values are read as."""

import math
from typing import Annotated, Any

import typer

from dcalc.cli.options import read_number
from dcalc.errors import UsageError


def read_engine(text: str) -> str:
    """The value of --engine."""
    from dcalc.io import engines

    engines.load(text)
    return text


_SIZES = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30,
          "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40, "TIB": 1 << 40, "B": 1}  # fmt: skip


def read_memory(text: str) -> int:
    """The value of --memory, in bytes."""
    number = text.strip().upper().rstrip("BIKMGT")
    value, unit = read_number(number), text.strip().upper()[len(number) :]
    if not (0 < value < math.inf) or unit not in _SIZES:
        raise UsageError(f"{text} is not a size of memory", help="write a size such as --memory 512MB")
    return int(value * _SIZES[unit])


OneExpression = Annotated[
    str | None, typer.Argument(metavar="EXPR", show_default=False, help="The expression, in single quotes.")
]
Input = Annotated[
    str | None,
    typer.Option(
        "--in",
        metavar="FILE",
        help="The CSV, TSV, JSONL, Parquet or Arrow file to read, a folder or a pattern of them, SQL, or a table of "
        "--db; else stdin.",
    ),
]
TableEngine = Annotated[
    str | None,
    typer.Option(
        "--engine",
        metavar="ENGINE",
        parser=read_engine,
        help="What reads and writes the table: polars, duckdb or spark. By default the input tells.",
    ),
]
Database = Annotated[
    str | None, typer.Option("--db", metavar="FILE", help="The file of DuckDB that --in names a table of, or asks.")
]
Master = Annotated[
    str | None,
    typer.Option(
        "--master", metavar="URL", help="The cluster for Spark: local[2], sc://host:15002, spark://host:7077."
    ),
]
Memory = Annotated[
    Any,
    typer.Option(
        "--memory", metavar="SIZE", parser=read_memory, help="What DuckDB may take, as 512MB or 4GB; 256MB by default."
    ),
]
PartitionBy = Annotated[
    list[str] | None,
    typer.Option(
        "--partition-by",
        metavar="COLUMNS",
        help="Write a folder with one for each value in it, as year=2024/",
    ),
]
DataArgument = Annotated[
    str | None, typer.Argument(metavar="FILE", show_default=False, help="The file of data, instead of --in.")
]
WithValue = Annotated[bool, typer.Option("--value", help="Add a column f with the values of the expression.")]
WithHessian = Annotated[bool, typer.Option("--hessian", help="Add columns d2f_dxdx, d2f_dxdy ...")]
Uncertainty = Annotated[
    list[str] | None,
    typer.Option(
        "--uncertainty",
        metavar="SIZES",
        help="Standard uncertainties, 'm=m_u, g=0.02, h=1%, k': a column, a number, a share, and u_k; "
        "gives f and u_f, its own.",
    ),
]
FileFormat = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help="What to write: csv, tsv, jsonl, parquet, arrow. By default that of the suffix, or of the input.",
    ),
]
