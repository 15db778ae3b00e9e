"""`dcalc fit`."""

from dcalc.cli import options as o
from dcalc.cli import training as t
from dcalc.cli.analyse import analyse
from dcalc.cli.ask import along_none

PLACE = 14
EXAMPLES = (
    "printf 'x,y\\n0,1\\n1,3.1\\n2,4.9\\n' | dcalc fit 'a + b*x' --data - --target y",
    "printf 'x,y\\n1,2.8\\n2,7.3\\n3,20\\n' | dcalc fit 'a*exp(b*x)' --data - --target y --from a=1,b=1",
    "printf 'x,y\\n1,0\\n2,1\\n3,0\\n4,1\\n' | dcalc fit 'a + b*x' --data - --target y --loss bce_logits",
)
INSTEAD = {"--at": "write --from for the start", "--wrt": "what is no column of the data is a parameter"}


def command(
    expressions: o.Expressions = None,
    data: t.Data = None,
    target: t.Target = None,
    loss: t.Loss = None,
    start: t.Start = None,
    init: t.Init = None,
    method: t.Method = None,
    lr: t.Rate = None,
    schedule: t.Schedule = None,
    momentum: t.Momentum = None,
    clip: t.Clip = None,
    clip_value: t.ClipValue = None,
    steps: t.Steps = None,
    tol: t.Tolerance = None,
    batch: t.Batch = None,
    epochs: t.Epochs = None,
    seed: o.Seed = None,
    stable: t.Stable = False,
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
    """Fit the parameters of a model to data.

    Parameters are the variables that are no columns of the data. Least squares go by Levenberg-
    Marquardt, other losses by Newton's method; where the end is a minimum, that is proved, and
    every digit of the parameters is right. With --loss cross_entropy each expression is the logit
    of a class.

    Put each expression in single quotes: they keep the shell from acting on *, ( and |.
    """
    return analyse("fit", t.fit_options(locals()), along_none, live=True)
