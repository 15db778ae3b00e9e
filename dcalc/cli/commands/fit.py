"""`dcalc fit`."""

from functools import partial

from dcalc.cli import options as o
from dcalc.cli import options as t
from dcalc.cli.request import Request, along_none
from dcalc.cli.run import Job, run_live

PLACE = 15
EXAMPLES = (
    "printf 'x,y\\n0,1\\n1,3.1\\n2,4.9\\n' | dcalc fit 'a + b*x' --data - --target y",
    "printf 'x,y\\n1,2.8\\n2,7.3\\n3,20\\n' | dcalc fit 'a*exp(b*x)' --data - --target y --from a=1,b=1",
    "printf 'x,y\\n1,0\\n2,1\\n3,0\\n4,1\\n' | dcalc fit 'a + b*x' --data - --target y --loss bce_logits",
)
INSTEAD = {
    "--at": "write --from for the start",
    "--wrt": "a variable that is not a column is a parameter",
}


@o.shares_options("each expression")
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
    tol: t.GradientTolerance = None,
    batch: t.Batch = None,
    epochs: t.Epochs = None,
    seed: o.Seed = None,
    stable: t.Stable = False,
    plot: t.Plot = None,
    let: o.Let = None,
    *,
    shared: o.Shared,
) -> int:
    """Fit the parameters of a model to data.

    Parameters are the variables that are not columns of the data. Least squares are solved by
    Levenberg-Marquardt, other losses by Newton's method; where the end is a minimum, that is proved,
    and every digit of the parameters is right. With --loss cross_entropy each expression is the logit
    of a class.
    """
    from dcalc.analysis.fit import FitOptions, find
    from dcalc.optimise.descent import Settings

    first, more = (expressions[0], expressions[1:]) if expressions else (None, [])
    request = Request("fit", *shared, first, let=let, tol=tol, more=more, several=True)
    settings = t.drop_missing(
        lr=lr, schedule=schedule, momentum=momentum, clip=clip, clip_value=clip_value, steps=steps
    )
    own = t.drop_missing(loss=loss, start=start, init=init, seed=seed, method=method, batch=batch, epochs=epochs)
    options = FitOptions(data, target, settings=Settings(**settings), stable=stable, **own)
    return run_live(request, Job(partial(find, options=options), along_none, plot=plot))
