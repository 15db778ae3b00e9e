"""`dcalc taylor`."""

from functools import partial
from typing import Annotated

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_a_power
from dcalc.cli.run import Job, run

PLACE = 110
EXAMPLES = (
    "dcalc taylor 'sin(x)' --at 0 -n 7",
    "dcalc taylor 'exp(x)*cos(y)' --wrt x --at x=1,y=0 -n 3 --over x=0.5:1.5",
    "dcalc taylor 'log(1 + x)' --at 0 -n 4 --over 0:0.5 | dcalc diff -",
)

Degree = Annotated[
    int | None,
    typer.Option(
        "-n", "--order", metavar="N", parser=o.whole_number, help="The degree of the polynomial: 5 by default."
    ),
]


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    order: Degree = None,
    over: o.Over = None,
    let: o.Let = None,
    digits: o.Digits = None,
    *,
    shared: o.Shared,
) -> int:
    """Expand into a polynomial, with a proved bound of the error.

    Around the point of --at; the bound holds over --over: 1 to either side of the point unless given.
    """
    from dcalc.analysis import taylor

    request = Request("taylor", *shared, expression, at=at, wrt=wrt, order=order, let=let, digits=digits)
    return run(request, Job(partial(taylor.find, over=over), along_a_power))
