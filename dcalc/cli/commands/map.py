"""`dcalc map`."""

from dcalc.cli import options as o
from dcalc.cli.pipeline import run_map
from dcalc.cli.request import Request

PLACE = 18
EXAMPLES = (
    "printf 'x,y\\n1,2\\n3,4\\n' | dcalc map 'x**2*y' --value --hessian",
    "dcalc map 'a*exp(-b*t)' --wrt a,b --in data.csv --out slopes.tsv",
)


def command(
    expression: o.OneExpression = None,
    input: o.Input = None,
    output: o.Output = None,
    wrt: o.WrtAll = None,
    value: o.WithValue = False,
    hessian: o.WithHessian = False,
    let: o.Let = None,
    tol: o.BoundOfStreams = None,
    fast: o.Fast = False,
    certify: o.Certify = False,
    jobs: o.Jobs = None,
    input_format: o.InputFormat = None,
    format: o.FileFormat = None,
    prefix: o.Prefix = "",
    file: o.File = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
    notation: o.InputNotation = "plain",
) -> int:
    """Put columns of derivatives beside the rows of a file.

    The columns of the file give values to the variables; those of the gradient are put behind
    them, as df_dx, df_dy ..., then a status.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    request = Request(
        "map", format, False, file, output, quiet, color, debug, notation, expression, wrt=wrt, let=let, tol=tol,
        fast=fast, certify=certify, jobs=jobs, input_format=input_format, prefix=prefix,
    )  # fmt: skip
    return run_map(request, input, with_value=value, with_hessian=hessian)
