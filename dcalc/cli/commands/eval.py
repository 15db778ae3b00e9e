"""`dcalc eval`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli.request import Request, along_none
from dcalc.cli.run import Job, run
from dcalc.tensor.signs import has_arrays

PLACE = 120
EXAMPLES = (
    "dcalc eval 'sqrt(2)' --digits 50",
    "dcalc eval 'x**2*sin(x)' --at 1.0",
    "dcalc eval 'x*y' --at x=1:3:1,y=2",
)
INSTEAD = {"--wrt": "write dcalc diff for a derivative"}


@o.shares_options()
def command(
    expression: o.Expression = None,
    at: o.At = None,
    let: o.Let = None,
    shape: o.Shape = None,
    digits: o.Digits = None,
    verbose: o.Verbose = False,
    *,
    shared: o.Shared,
) -> int:
    """Evaluate an expression, right to the last digit."""
    from dcalc.analysis.eval import find, finding

    request = Request("eval", *shared, expression, at=at, let=let, digits=digits, verbose=verbose)
    if shape or has_arrays(expression or "", request.notation, at):
        from dcalc.analysis import array_formulas
        from dcalc.cli.array_run import run_arrays

        return run_arrays(request, partial(array_formulas.find, command="eval"), shape or ())
    return run(request, Job(find, along_none, finding, arrays="eval"))
