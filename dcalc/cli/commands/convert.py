"""`dcalc convert`."""

from functools import partial
from typing import Annotated

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_none
from dcalc.cli.run import Job, run

PLACE = 140
EXAMPLES = (
    "dcalc convert 'x**2*sin(x)/2' --to latex",
    "dcalc convert 'sigmoid(x)**2' --to python",
    "dcalc diff 'x**3' | dcalc convert - --to latex",
)
INSTEAD = {
    "--at": "write dcalc eval for a value",
    "--wrt": "write dcalc diff for a derivative",
    "--from": "write --notation for what it is written in",
}


def read_notation(text: str) -> str:
    """The value of --to."""
    from dcalc import notation

    notation.load(text)
    return text


Notation = Annotated[
    str,
    typer.Option(
        "--to",
        metavar="NOTATION",
        parser=read_notation,
        show_default=False,
        help="The notation: plain (the default), latex, python, c, sympy, mathematica, matlab, js.",
    ),
]


@o.shares_options()
def command(
    expression: o.Expression = None,
    to: Notation = "plain",
    let: o.Let = None,
    *,
    shared: o.Shared,
) -> int:
    """Write an expression in another notation.

    Nothing is simplified or evaluated. A function that the notation lacks is written in simpler ones where
    that is possible.
    """
    from dcalc.analysis import convert

    request = Request("convert", *shared, expression, let=let)
    find, finding = partial(convert.find, to=to), partial(convert.finding, to=to)
    return run(request, Job(find, along_none, finding))
