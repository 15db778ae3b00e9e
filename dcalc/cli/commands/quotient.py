"""`dcalc quotient`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_one
from dcalc.cli.run import Job, run

PLACE = 80
EXAMPLES = (
    "dcalc quotient 'sin(x)' --at 1",
    "dcalc quotient 'exp(x)' --at 0 --scheme forward,central",
    "dcalc quotient '(exp(x)-1)/x' --at 0 --json",
)


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    wrt: o.Wrt = None,
    scheme: o.Scheme = None,
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
