"""`dcalc implicit`."""

from functools import partial
from typing import Annotated

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_given
from dcalc.cli.run import Job, run

PLACE = 78
EXAMPLES = (
    "dcalc implicit 'x^2 + y^2 = 25' --of y --wrt x",
    "dcalc implicit 'x^2 + y^2 = 25' --at x=3,y=4 -n 2",
    "dcalc implicit 'x = r*cos(t)' 'y = r*sin(t)' --parametric --wrt t",
)

Of = Annotated[
    str | None,
    typer.Option("--of", metavar="NAME", help="The variable that the equation makes a function: y by default."),
]
Parametric = Annotated[bool, typer.Option("--parametric", help="x and y are given as functions of a parameter.")]


@o.shares_options("each expression")
def command(
    expressions: o.Expressions = None,
    of: Of = None,
    wrt: o.Moving = None,
    order: o.Order = None,
    parametric: Parametric = False,
    at: o.At = None,
    let: o.Let = None,
    digits: o.Digits = None,
    *,
    shared: o.Shared,
) -> int:
    """Differentiate a curve that is given by an equation.

    Or by a parameter. --of is the variable that the equation makes a function of the one of --wrt. With
    --parametric there are two expressions, x and y as functions of a parameter, and curvature and speed are told as
    well. At a point the answer says where the curve is vertical, crosses itself or stands still.
    """
    from dcalc.analysis import implicit

    left, *right = expressions or (None,)
    request = Request(
        "implicit", *shared, left, at=at, wrt=wrt, order=order, let=let, digits=digits, more=right, several=True,
        equations=not parametric,
    )  # fmt: skip
    find = partial(implicit.find, of=of, parametric=parametric)
    return run(request, Job(find, along_given, in_json=implicit.IN_JSON))
