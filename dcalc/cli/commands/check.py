"""`dcalc check`."""

from dcalc.cli import options as o
from dcalc.cli.analyse import analyse
from dcalc.cli.argv import unshield
from dcalc.cli.ask import along_claim

PLACE = 6
EXAMPLES = (
    "dcalc check 'x**2*sin(x)' 'x*(2*sin(x) + x*cos(x))'",
    "dcalc check 'sin(x)**2' 'sin(2*x)'",
    "dcalc check 'log(x)' '1/x' --over 0.1:10",
    "dcalc check 'x**3' 2.9999 --at 1 --tol 1e-3",
    "dcalc check '(w*x+b-y)**2' --grad 'w: 2*x*(w*x+b-y), b: 2*(w*x+b-y)'",
)


def command(
    expression: o.Expression = None,
    claim: o.Claim = None,
    grad: o.Grad = None,
    over: o.Over = None,
    at: o.At = None,
    wrt: o.WrtAll = None,
    order: o.Order = None,
    let: o.Let = None,
    tol: o.Tolerance = None,
    format: o.Format = None,
    json: o.Json = False,
    file: o.File = None,
    output: o.Output = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
) -> int:
    """Check whether a claim is the derivative of an expression.

    Proved by algebra where that succeeds, else tested at certified points; where the answer
    is no, with a counterexample and the likely slip. Exits with 1 on no.

    Put both expressions in single quotes: they keep the shell from acting on *, ( and |.
    """
    if file is not None and claim is None:  # the one argument is the claim then
        expression, claim = None, unshield(expression) if expression is not None else None
    return analyse("check", locals(), along_claim(grad or claim or "", grad is not None))
