"""`dcalc map`."""

from dcalc.cli import options as o
from dcalc.cli import table_options as t
from dcalc.cli.map_run import TableOptions, run_map
from dcalc.cli.request import Request
from dcalc.errors import UsageError
from dcalc.io.rows import is_data_file

PLACE = 190
EXAMPLES = (
    "printf 'x,y\\n1,2\\n3,4\\n' | dcalc map 'x**2*y' --value --hessian",
    "dcalc map 'a*exp(-b*t)' data.csv --wrt a,b --out slopes.tsv",
    "printf 'm,m_u,g\\n2,0.05,9.81\\n' | dcalc map 'm*g' --uncertainty 'm=m_u, g=0.02'",
)


def command(
    expression: t.OneExpression = None,
    data: t.DataArgument = None,
    input: t.Input = None,
    output: o.Output = None,
    wrt: o.WrtAll = None,
    value: t.WithValue = False,
    hessian: t.WithHessian = False,
    uncertainty: t.Uncertainty = None,
    correlation: o.Correlation = None,
    let: o.Let = None,
    tol: o.BoundOfStreams = None,
    fast: o.Fast = False,
    certify: o.Certify = False,
    jobs: o.Jobs = None,
    input_format: o.InputFormat = None,
    column: o.ColumnTitles = None,
    format: t.FileFormat = None,
    prefix: o.Prefix = "",
    engine: t.TableEngine = None,
    database: t.Database = None,
    master: t.Master = None,
    memory: t.Memory = None,
    partition: t.PartitionBy = None,
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
