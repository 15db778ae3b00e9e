"""`dcalc solve`."""

from dcalc.cli import options as o
from dcalc.cli.run import run_over_range

PLACE = 72
EXAMPLES = (
    "dcalc solve 'x**3 - 2*x - 5'",
    "dcalc solve 'cos(x) = x'",
    "dcalc solve 'sin(x) - x/10' --over -10:10",
)
INSTEAD = {"--at": "write --over -3:3 for the range"}


@o.shares_options("each expression")
def command(
    expression: o.Expression = None,
    over: o.ExactOver = None,
    let: o.Let = None,
    digits: o.Digits = None,
    *,
    shared: o.Shared,
) -> int:
    """Find all zeros of a function, or solve an equation.

    In a range, ends included, as --over 0:2*pi or 1:inf, or on the whole line: each is proved, and none is
    left out, or the answer names the part of the range that is not settled. Zeros are in closed form where
    one is proved. Of a periodic function those of one period are shown.
    """
    from dcalc.analysis import solve

    return run_over_range("solve", solve.find, shared, expression, over, let=let, digits=digits, equations=True)
