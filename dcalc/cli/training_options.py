"""The options of the commands that find minima, descend and fit, and what their values are read as."""

import math
from typing import Annotated, Any

import typer

from dcalc.cli.options import methods, read_count, read_number, read_over, read_tolerance, read_word
from dcalc.errors import UsageError

Engine = Annotated[
    str | None,
    typer.Option("--engine", metavar="BACKEND", help="The backend whose gradients the steps follow, such as jax."),
]
ArraysAt = Annotated[
    list[str] | None,
    typer.Option("--at", metavar="VALUES", help="Values of vectors and matrices: X=@X.csv, y=[1,2,3]. Repeatable."),
]


def read_start(text: str) -> dict[str | int | None, float] | str:
    """The value of --from; the text itself where it gives arrays, which go with shapes and values."""
    from dcalc.coordinates import nearest_double
    from dcalc.io.arrays import starts_arrays
    from dcalc.point import read_grid

    if starts_arrays(text):
        return text

    grid = read_grid(text)
    if grid.sweeps:
        raise UsageError("--from must be a single point", source=text, span=(0, len(text)), help="write --from x=0,y=0")
    return {name: nearest_double(value) for name, value in grid.values.items()}


def read_bounds(text: str) -> Any:
    """The value of --bounds."""
    from dcalc import point

    return point.read_bounds(text)


def read_level(text: str) -> float:
    """The value of --level: a probability, or percent."""
    stripped = text.strip()
    value = read_number(stripped.removesuffix("%")) / (100 if stripped.endswith("%") else 1)
    if not 0 < value < 1:
        raise UsageError(f"{text} is not a level", help="write a number between 0 and 1, such as 0.95")
    return value


def read_names(text: str) -> tuple[str, ...]:
    """The value of --each."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def read_positive(text: str) -> float:
    """The value of an option that is a length: above 0."""
    value = read_number(text)
    if not 0 < value < math.inf:
        raise UsageError(f"{text} is not a number above 0", help="write a number such as 0.01")
    return value


def read_fraction(text: str) -> float:
    """The value of --momentum: at least 0, and below 1."""
    value = read_number(text)
    if not 0 <= value < 1:
        raise UsageError(f"{text} is not a momentum", help="the momentum must be at least 0 and below 1, such as 0.9")
    return value


def read_method(text: str) -> str:
    """The value of --method."""
    return read_word(text, methods(), "method")


def read_methods(text: str) -> list[str]:
    """The value of --methods: several, between commas."""
    names = [read_method(name.strip()) for name in text.split(",")]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f"--methods names {name} twice", help="write each method once")
    return names


def read_init(text: str) -> str:
    """The value of --init."""
    from dcalc.optimise.starts import INITIALIZERS

    return read_word(text, INITIALIZERS, "way to start")


def read_schedule(text: str) -> str:
    """The value of --schedule."""
    from dcalc.optimise.methods import SCHEDULE_NAMES

    return read_word(text, SCHEDULE_NAMES, "schedule")


GradientTolerance = Annotated[
    float | None,
    typer.Option(
        "--tol",
        metavar="TOL",
        parser=read_tolerance,
        help="The gradient norm at which it has converged: 1e-6 by default, 1e-8 for fit.",
    ),
]
Start = Annotated[
    Any,
    typer.Option(
        "--from",
        metavar="POINT",
        parser=read_start,
        help="Where to start: 5, or x=0,y=0; arrays as w=zeros(3), b=[0,0] or W=0.1*normal(4,8).",
    ),
]
StartPoints = Annotated[
    list[str] | None,
    typer.Option(
        "--from",
        metavar="POINT",
        help="Where to start: 5, or x=0,y=0; arrays as w=zeros(3), b=[0,0] or W=0.1*normal(4,8). Repeatable.",
    ),
]
Method = Annotated[
    Any,
    typer.Option(
        "--method",
        metavar="METHOD",
        parser=read_method,
        help="The method: gd, momentum, nesterov, adagrad, rmsprop, adam, newton, lbfgs; for descend also nelder-mead "
        "and evolution, for fit lm and gauss-newton. By default gd; for fit lm where squares are summed, newton "
        "otherwise.",
    ),
]
Methods = Annotated[
    Any,
    typer.Option(
        "--methods",
        metavar="METHODS",
        parser=read_methods,
        help="Compare these methods from the same starts: gd,momentum,adam,evolution.",
    ),
]
Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="FILE",
        help="The file of data, which may also stand behind the model; - for stdin. CSV, TSV, JSON, Parquet, Arrow.",
    ),
]
Target = Annotated[
    str | None,
    typer.Option(
        "--target",
        metavar="NAME",
        help="The column that the model is fitted to: by default the y of 'y = a + b*x', or the only one left.",
    ),
]
Loss = Annotated[
    str | None,
    typer.Option(
        "--loss",
        metavar="LOSS",
        help="mse (the default), mae, huber, bce, bce_logits, cross_entropy, or an expression in y and p.",
    ),
]
Init = Annotated[
    Any,
    typer.Option("--init", metavar="INIT", parser=read_init, help="Starts of parameters: zeros, normal, xavier, he."),
]
Batch = Annotated[
    Any, typer.Option("--batch", metavar="N", parser=read_count, help="Rows per step: stochastic descent.")
]
Epochs = Annotated[
    Any,
    typer.Option(
        "--epochs",
        metavar="E",
        parser=read_count,
        help="How many times all rows are used: 100 by default.",
    ),
]
Rate = Annotated[
    Any,
    typer.Option("--lr", metavar="RATE", parser=read_positive, help="The learning rate: the method's own by default."),
]
Schedule = Annotated[
    Any,
    typer.Option(
        "--schedule",
        metavar="SCHEDULE",
        parser=read_schedule,
        help="How the learning rate changes: constant (the default), step, cosine, 1/t, backtracking.",
    ),
]
Momentum = Annotated[
    Any,
    typer.Option("--momentum", metavar="MU", parser=read_fraction, help="For momentum and nesterov: 0.9 by default."),
]
Clip = Annotated[
    Any, typer.Option("--clip", metavar="C", parser=read_positive, help="Cut the gradient to this length.")
]
ClipValue = Annotated[
    Any,
    typer.Option("--clip-value", metavar="C", parser=read_positive, help="Cut each part of the gradient to this size."),
]
Steps = Annotated[
    Any, typer.Option("--steps", metavar="N", parser=read_count, help="The largest number of steps: 1000 by default.")
]
Starts = Annotated[
    Any,
    typer.Option(
        "--starts",
        metavar="N",
        parser=read_count,
        help="How many starts; all but that of --from are drawn at random, from --box or within --bounds.",
    ),
]
Box = Annotated[
    Any,
    typer.Option(
        "--box",
        metavar="RANGE",
        parser=read_over,
        help="Where starts, and the points of evolution, are drawn from: x=-3:3,y=-3:3.",
    ),
]
Bounds = Annotated[
    Any,
    typer.Option(
        "--bounds",
        metavar="RANGE",
        parser=read_bounds,
        help="The box that the point must not leave: x=0:10,y=0:, where an end may be left out.",
    ),
]
Sigma = Annotated[
    str | None,
    typer.Option(
        "--sigma",
        metavar="COLUMN",
        help="The column with the standard deviations of the target, or a number for all rows.",
    ),
]
AbsoluteSigma = Annotated[
    bool,
    typer.Option(
        "--absolute-sigma",
        help="Take --sigma as it stands. By default only ratios count, and the residuals say how large errors are.",
    ),
]
SigmaX = Annotated[
    str | None,
    typer.Option(
        "--sigma-x",
        metavar="COLUMN",
        help="The standard deviations of an input, which then has errors, too: sx, 0.1, or x=sx,z=sz.",
    ),
]
Weights = Annotated[
    str | None,
    typer.Option(
        "--weights", metavar="COLUMN", help="The column by which the loss of each row is multiplied, as 1/sigma**2."
    ),
]
Fixed = Annotated[
    Any,
    typer.Option("--fix", metavar="POINT", parser=read_start, help="Parameters that keep a value: 'c=1,d=0'."),
]
SetColumn = Annotated[
    str | None,
    typer.Option("--by", metavar="COLUMN", help="The column that tells several data sets apart, fitted together."),
]
EachSet = Annotated[
    Any,
    typer.Option(
        "--each",
        metavar="NAMES",
        parser=read_names,
        help="With --by the parameters of which each set has its own: a,b. By default all.",
    ),
]
Level = Annotated[
    Any,
    typer.Option("--level", metavar="P", parser=read_level, help="The level of intervals and bands: 0.95 by default."),
]
Predict = Annotated[
    list[str] | None,
    typer.Option(
        "--predict",
        metavar="POINTS",
        help="Where the model is shown with its bands: 'x=1,2,3', x=0:10:1, 'x=1,z=2'. Repeatable.",
    ),
]
Profiles = Annotated[
    bool, typer.Option("--profile", help="Add intervals by profile likelihood, which may be lopsided.")
]
Path = Annotated[bool, typer.Option("--path", help="Write every step, not only the end.")]
Stable = Annotated[bool, typer.Option("--stable", help="Use the numerically stable form of the expression.")]
Plot = Annotated[
    str | None,
    typer.Option("--plot", metavar="FILE", help="Also draw the result into a file: FILE.svg, FILE.png or FILE.pdf."),
]
