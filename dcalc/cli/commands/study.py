"""`dcalc study`."""

from dcalc.cli import options as o
from dcalc.cli.run import run_over_range

PLACE = 74
EXAMPLES = (
    "dcalc study 'x**3 - 3*x'",
    "dcalc study 'x/(x**2 - 1)'",
    "dcalc study 'abs(sin(x))*exp(-x/5)' --over 0:10",
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
    """Study a curve: zeros, extrema, asymptotes and more.

    Domain, range, symmetry, period, zeros, poles, holes, jumps, kinks, extrema, inflections, where f rises,
    falls and bends, asymptotes: in a range, ends included, as --over 0:2*pi or 1:inf, or on the whole line.
    All of it is proved; what is not settled is named as a part of the range.
    """
    from dcalc.analysis import study

    return run_over_range("study", study.find, shared, expression, over, let=let, digits=digits)
