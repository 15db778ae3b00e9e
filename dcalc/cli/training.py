"""Options of the commands that find minima, descend and fit, and the settings they come to."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from dcalc.cli.options import number, over, tolerance, whole_number
from dcalc.errors import UsageError


def start(text: str) -> dict[str | None, float]:
    """The value of --from."""
    from dcalc.at import read_grid
    from dcalc.cli.argv import unshield

    found = read_grid(unshield(text))
    if found.sweeps:
        raise UsageError("a start is one point", source=text, span=(0, len(text)), help="write --from x=0,y=0")
    return dict(found.values)


def positive(text: str) -> float:
    """The value of an option that is a length: above 0."""
    value = number(text)
    if not 0 < value < math.inf:
        raise UsageError(f"{text} is no number above 0", help="write a number such as 0.01")
    return value


def fraction(text: str) -> float:
    """The value of --momentum: from 0 on, and below 1."""
    value = number(text)
    if not 0 <= value < 1:
        raise UsageError(f"{text} is no momentum", help="write a number from 0 on that is below 1, such as 0.9")
    return value


def count(text: str) -> int:
    """The value of an option that counts from 1."""
    found = whole_number(text)
    if not found:
        raise UsageError("0 is no number from 1 on", help="write digits alone, such as 100")
    return found


def method(text: str) -> str:
    """The value of --method."""
    return one_of(text, methods(), "method")


def methods() -> tuple[str, ...]:
    """All that --method may be; which go with a command is its own to say."""
    from dcalc.optimise.fitting import METHOD_NAMES

    return METHOD_NAMES


def init(text: str) -> str:
    """The value of --init."""
    from dcalc.optimise.starts import INITIALIZERS

    return one_of(text, INITIALIZERS, "way to start")


def columns(path: str) -> Any:
    """The value of --data: a file that is read when it is used, after all options are checked."""
    from dcalc.io.data import DataFile

    return DataFile(path)


def schedule(text: str) -> str:
    """The value of --schedule."""
    from dcalc.optimise.methods import SCHEDULE_NAMES

    return one_of(text, SCHEDULE_NAMES, "schedule")


def one_of(text: str, known: Iterable[str], what: str) -> str:
    """A word out of a list. Raises UsageError."""
    from dcalc.suggest import unknown_name

    names = list(known)
    if text not in names:
        raise unknown_name(what, text, names)
    return text


Tolerance = Annotated[
    float | None,
    typer.Option(
        "--tol",
        metavar="TOL",
        parser=tolerance,
        help="The gradient norm at which it has converged: 1e-6 unless given, 1e-8 for fit.",
    ),
]
Start = Annotated[Any, typer.Option("--from", metavar="POINT", parser=start, help="Where to start: 5, or x=0,y=0.")]
Method = Annotated[
    Any,
    typer.Option(
        "--method",
        metavar="METHOD",
        parser=method,
        help="How to go down. Unless given: gd; for fit lm where squares are summed, newton otherwise.",
    ),
]
Data = Annotated[
    Any,
    typer.Option("--data", metavar="FILE", parser=columns, help="CSV, TSV, JSON Lines, Parquet or Arrow; - for stdin."),
]
Target = Annotated[str | None, typer.Option("--target", metavar="NAME", help="The column that the model is fitted to.")]
Loss = Annotated[
    str | None,
    typer.Option(
        "--loss",
        metavar="LOSS",
        help="mse (unless given), mae, huber, bce, bce_logits, cross_entropy, or an expression in y and p.",
    ),
]
Init = Annotated[
    Any, typer.Option("--init", metavar="INIT", parser=init, help="Starts of parameters: zeros, normal, xavier, he.")
]
Batch = Annotated[Any, typer.Option("--batch", metavar="N", parser=count, help="Rows of a step: stochastic descent.")]
Epochs = Annotated[
    Any, typer.Option("--epochs", metavar="E", parser=count, help="How often all rows are used: 100 unless given.")
]
Rate = Annotated[
    Any, typer.Option("--lr", metavar="RATE", parser=positive, help="The learning rate: the method's own unless given.")
]
Schedule = Annotated[
    Any,
    typer.Option(
        "--schedule", metavar="SCHEDULE", parser=schedule, help="How the learning rate changes: constant unless given."
    ),
]
Momentum = Annotated[
    Any, typer.Option("--momentum", metavar="MU", parser=fraction, help="Of momentum and nesterov: 0.9 unless given.")
]
Clip = Annotated[Any, typer.Option("--clip", metavar="C", parser=positive, help="Cut the gradient to this length.")]
ClipValue = Annotated[
    Any, typer.Option("--clip-value", metavar="C", parser=positive, help="Cut each part of the gradient to this size.")
]
Steps = Annotated[Any, typer.Option("--steps", metavar="N", parser=count, help="The most steps: 1000 unless given.")]
Starts = Annotated[
    Any, typer.Option("--starts", metavar="N", parser=count, help="How many starts; all but the first are drawn.")
]
Box = Annotated[
    Any, typer.Option("--box", metavar="RANGE", parser=over, help="Where starts are drawn from: x=-3:3,y=-3:3.")
]
Bounds = Annotated[
    Any, typer.Option("--bounds", metavar="RANGE", parser=over, help="What the point must not leave: x=0:10.")
]
Path = Annotated[bool, typer.Option("--path", help="Write every step, not the end alone.")]
Stable = Annotated[bool, typer.Option("--stable", help="Use the numerically stable form of the expression.")]
Plot = Annotated[
    str | None, typer.Option("--plot", metavar="FILE", help="Draw the result into a file, too: FILE.svg or FILE.png.")
]


def given(**options: Any) -> dict[str, Any]:
    """The options that were given; the others keep the defaults of what they are passed to."""
    return {name: value for name, value in options.items() if value is not None}
