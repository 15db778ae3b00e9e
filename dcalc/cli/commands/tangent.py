"""`dcalc tangent`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_a_curve
from dcalc.cli.run import Job, run

PLACE = 76
EXAMPLES = (
    "dcalc tangent 'x**2' --at 3",
    "dcalc tangent 'sin(x)' --at pi/6",
    "dcalc tangent 'x*abs(x)' --at 0",
)


@o.shares_options("each expression")
def command(
    expression: o.Expression = None,
    at: o.At = None,
    over: o.Over = None,
    let: o.Let = None,
    digits: o.Digits = None,
    *,
    shared: o.Shared,
) -> int:
    """Find the tangent and the normal at a point.

    As equations, exact where the point is, and drawn with the curve on a terminal or in a file, as by
    -o tangent.svg. Where there is no tangent the answer says why, and gives the one-sided ones. --over is
    the range that is drawn.
    """
    from dcalc.analysis import tangent

    request = Request("tangent", *shared, expression, at=at, let=let, digits=digits)
    return run(request, Job(partial(tangent.find, over=over), along_a_curve))
