"""`dcalc fit`."""

from dcalc.cli import options as o
from dcalc.cli import training as t
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_none

PLACE = 13
EXAMPLES = (
    "dcalc fit 'b1*(1-exp(-b2*x))' --data growth.csv --target y --from b1=500,b2=1e-4",
    "dcalc fit 'a + b*x' --data line.csv --target y --loss huber",
    "dcalc fit 'w0 + w1*x1 + w2*x2' --data clicks.csv --target clicked --loss bce_logits",
)
INSTEAD = {"--at": "write --from for the start", "--wrt": "what is no column of the data is a parameter"}


def command(
    expression: o.Expression = None,
    data: t.Data = None,
    target: t.Target = None,
    loss: t.Loss = None,
    start: t.Start = None,
    init: t.Init = None,
    method: t.FitMethod = None,
    lr: t.Rate = None,
    schedule: t.Schedule = None,
    momentum: t.Momentum = None,
    clip: t.Clip = None,
    clip_value: t.ClipValue = None,
    steps: t.Steps = None,
    tol: o.Tolerance = None,
    batch: t.Batch = None,
    epochs: t.Epochs = None,
    seed: o.Seed = None,
    plot: t.Plot = None,
    let: o.Let = None,
    format: o.Format = None,
    json: o.Json = False,
    file: o.File = None,
    output: o.Output = None,
    quiet: o.Quiet = False,
    color: o.Color = "auto",
    debug: o.Debug = False,
) -> int:
    """Fit a model to data: its parameters are the variables that are no columns.

    Least squares go by Levenberg-Marquardt, other losses by Newton's method; where the end
    is a minimum, that is proved, and every digit of the parameters is right.

    Put the expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return analyse("fit", t.settled(locals(), "method"), along_none, live=True)
