"""`dcalc map`: its options, which are about tables, and what their values are read as."""

import math
from typing import Annotated, Any

import typer

from dcalc.cli import options as o
from dcalc.cli.map_run import TableOptions, run_map
from dcalc.cli.options import read_number
from dcalc.cli.request import Request
from dcalc.errors import UsageError
from dcalc.io.rows import is_data_file


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


# --- the command ------------------------------------------------------------------------------

PLACE = 190
EXAMPLES = (
    "printf 'x,y\\n1,2\\n3,4\\n' | dcalc map 'x**2*y' --value --hessian",
    "dcalc map 'a*exp(-b*t)' data.csv --wrt a,b --out slopes.tsv",
    "printf 'm,m_u,g\\n2,0.05,9.81\\n' | dcalc map 'm*g' --uncertainty 'm=m_u, g=0.02'",
)


def command(
    expression: OneExpression = None,
    data: DataArgument = None,
    input: Input = None,
    output: o.Output = None,
    wrt: o.WrtAll = None,
    value: WithValue = False,
    hessian: WithHessian = False,
    uncertainty: Uncertainty = None,
    correlation: o.Correlation = None,
    let: o.Let = None,
    tol: o.BoundOfStreams = None,
    fast: o.Fast = False,
    certify: o.Certify = False,
    jobs: o.Jobs = None,
    input_format: o.InputFormat = None,
    column: o.ColumnTitles = None,
    format: FileFormat = None,
    prefix: o.Prefix = "",
    engine: TableEngine = None,
    database: Database = None,
    master: Master = None,
    memory: Memory = None,
    partition: PartitionBy = None,
    file: o.File = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
    notation: o.InputNotation = "plain",
) -> int:
    """Put columns of derivatives beside the rows of a table.

    The table is a file, a folder, a pattern, or what a database has. Its columns give values to the
    variables; those of the gradient are put behind them, as df_dx, df_dy ..., then a status.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    if expression is not None and data is None and (file is not None or is_data_file(expression)):
        expression, data = None, expression
    if expression is not None and data is not None and is_data_file(expression) and not is_data_file(data):
        raise UsageError("the expression stands before the file", help=f"write dcalc map '{data}' {expression}")
    if data is not None and input is not None:
        raise UsageError("the file of data is given twice, once by --in", help="leave one out")
    request = Request(
        "map", format, False, file, output, quiet, color, debug, notation, expression, wrt=wrt, let=let, tol=tol,
        fast=fast, certify=certify, jobs=jobs, input_format=input_format, columns=column, prefix=prefix,
    )  # fmt: skip
    columns = tuple(name.strip() for text in partition or () for name in text.split(","))
    options = TableOptions(
        value, hessian, engine, database, master, memory, columns, tuple(uncertainty or ()), tuple(correlation or ())
    )
    return run_map(request, input if data is None else data, options)
