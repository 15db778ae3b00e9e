"""`dcalc quotient`."""

from functools import partial
from typing import Annotated, Any

import typer

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one
from dcalc.cli.run import Job, run

PLACE = 80
EXAMPLES = (
    "dcalc quotient 'sin(x)' --at 1",
    "dcalc quotient 'exp(x)' --at 0 --scheme forward,central",
    "dcalc quotient '(exp(x)-1)/x' --at 0 --json",
)


def read_schemes(text: str) -> Any:
    """The value of --scheme: names, all of them for `all`."""
    from dcalc.analysis.quotient import SCHEMES
    from dcalc.text import unknown_name

    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in SCHEMES and name != "all":
            raise unknown_name("scheme", name, SCHEMES)
    return list(SCHEMES if "all" in names else dict.fromkeys(names))


Scheme = Annotated[
    Any,
    typer.Option(
        "--scheme",
        metavar="SCHEMES",
        parser=read_schemes,
        help="Quotients to show, as forward,central, out of forward, backward, central, five, complex and "
        "richardson; all of them by "
        "default.",
    ),
]


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    scheme: Scheme = None,
    let: o.Let = None,
    digits: o.Digits = None,
    *,
    shared: o.Shared,
) -> int:
    """Watch difference quotients approach the derivative.

    Shows the quotients and their errors from h = 0.1 to 1e-16, the best step of each scheme, the
    powers of h that truncation and rounding go with, and what the quotients tend to.
    """
    from dcalc.analysis import quotient

    request = Request("quotient", *shared, expression, at=at, wrt=wrt, let=let, digits=digits)
    return run(request, Job(partial(quotient.find, scheme=scheme), along_one))
