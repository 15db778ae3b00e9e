"""Losses of one row, as expressions in the prediction and the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import UsageError
from dcalc.expr import Expr, make, number, symbol, variables
from dcalc.parser import parse

LOSS_NAMES = ("mse", "mae", "huber", "bce", "bce_logits", "cross_entropy")
CLASSIFYING = ("bce", "bce_logits", "cross_entropy")
"""Negative log-likelihoods of classes."""
_LEAST_SQUARES = "mse"


class Loss(NamedTuple):
    """What is summed over the rows; ``squared`` where that is the square of the residual."""

    name: str
    row: Expr
    prediction: Expr
    residual: Expr
    squared: bool = False
    scores: tuple[Expr, ...] = ()
    """Logits of the classes, of which the largest is the prediction."""
    threshold: float | None = None
    """The prediction above which the class is 1."""

    @property
    def classifies(self) -> bool:
        """Whether the target is a class."""
        return self.name in CLASSIFYING


def make_loss(text: str, models: Sequence[Expr], target: str, classes: int) -> Loss:
    """The loss of that name, or the expression in y (the target) and p (the prediction).

    ``models`` holds the prediction; for cross_entropy the logits of the classes. Raises
    UsageError where models and loss do not go together, ParseError.
    """
    y = symbol(target)
    if text == "cross_entropy":
        return _cross_entropy(models, y, classes)
    if len(models) != 1:
        raise UsageError(f"{text} takes one model, not {len(models)}", help="several are logits: --loss cross_entropy")
    model = models[0]
    residual = make(table.SUB, model, y)
    if text == _LEAST_SQUARES:
        return Loss(text, make(table.POW, residual, number(2)), model, residual, squared=True)
    if text in LOSS_NAMES:
        row = make(table.BY_NAME[text][0], y, model)
        threshold = {"bce": 0.5, "bce_logits": 0.0}.get(text)
        return Loss(text, row, model, residual, threshold=threshold)
    root = parse(text).root
    if strange := [name for name in variables(root) if name not in ("y", "p")]:
        raise UsageError(
            f"a loss is in y, the target, and p, the prediction; {strange[0]} is neither",
            help=f"write one of {', '.join(LOSS_NAMES)}, or such as 'abs(y-p)**1.5'",
        )
    return Loss("own", rules.filled(text, ("y", "p"), {"y": y, "p": model}), model, residual)


def _cross_entropy(models: Sequence[Expr], y: Expr, classes: int) -> Loss:
    """The logits' cross-entropy, the class chosen by the number in the target."""
    if len(models) < 2:
        raise UsageError("cross_entropy takes a model a class, for its logits", help="write them one after the other")
    if classes > len(models):
        raise UsageError(f"the target has {classes} classes, but there are {len(models)} models")
    row = make(table.SUB, make(table.BY_NAME["logsumexp"][0], *models), models[-1])
    for code in reversed(range(len(models) - 1)):
        own = make(table.SUB, make(table.BY_NAME["logsumexp"][0], *models), models[code])
        row = make(table.WHERE, make(table.EQ, y, number(code)), own, row)
    return Loss("cross_entropy", row, models[-1], models[-1], scores=tuple(models))
