"""Losses: expressions in the prediction and the target, one value per row of the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, cast

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import UsageError
from dcalc.expr import Expr, make, number, symbol, variables
from dcalc.parser import parse

LossName = Literal["mse", "mae", "huber", "bce", "bce_logits", "cross_entropy", "own"]
"""`own` is an expression in y and p."""
LOSS_NAMES = ("mse", "mae", "huber", "bce", "bce_logits", "cross_entropy")
CLASSIFYING = ("bce", "bce_logits", "cross_entropy")
"""Negative log-likelihoods of classes."""
_LEAST_SQUARES = "mse"
_SMOOTH = (_LEAST_SQUARES, "huber")


class Loss(NamedTuple):
    """What is averaged over the rows; ``squared`` tells that it is the square of the residual."""

    name: LossName
    row: Expr
    prediction: Expr
    residual: Expr
    squared: bool = False
    scores: tuple[Expr, ...] = ()
    """Logits of the classes; the class with the largest is predicted."""
    threshold: float | None = None
    """Class 1 is predicted above it."""

    @property
    def rough(self) -> Expr:
        """The part whose kinks are kinks of the loss: the model alone, where the loss has a continuous gradient."""
        return self.prediction if self.name in _SMOOTH else self.row

    @property
    def classifies(self) -> bool:
        """Whether the targets are classes."""
        return self.name in CLASSIFYING


def make_loss(text: str, models: Sequence[Expr], target: str, classes: int) -> Loss:
    """The loss of that name, or that an expression in y (the target) and p (the prediction) stands for.

    ``models`` holds the prediction; for cross_entropy it holds one logit per class. Raises UsageError where
    models and loss do not fit, and ParseError.
    """
    y = symbol(target)
    if text == "cross_entropy":
        return _cross_entropy(models, y, classes)
    if len(models) != 1:
        raise UsageError(f"{text} takes one model, not {len(models)}", help="several are logits: --loss cross_entropy")
    model = models[0]
    residual = make(table.SUB, model, y)
    if text == _LEAST_SQUARES:
        return Loss("mse", make(table.POW, residual, number(2)), model, residual, squared=True)
    if text in LOSS_NAMES:
        row = make(table.BY_NAME[text][0], y, model)
        threshold = {"bce": 0.5, "bce_logits": 0.0}.get(text)
        return Loss(cast("LossName", text), row, model, residual, threshold=threshold)
    root = parse(text).root
    if strange := [name for name in variables(root) if name not in ("y", "p")]:
        raise UsageError(
            f"a loss is in y, the target, and p, the prediction; {strange[0]} is neither",
            help=f"write one of {', '.join(LOSS_NAMES)}, or such as 'abs(y-p)**1.5'",
        )
    return Loss("own", rules.fill(text, ("y", "p"), {"y": y, "p": model}), model, residual)


def _cross_entropy(models: Sequence[Expr], y: Expr, classes: int) -> Loss:
    """Cross-entropy of the logits: logsumexp of all, minus the logit of the class in the target."""
    if len(models) < 2:
        raise UsageError(
            "cross_entropy takes one model per class: its logit", help="write the models one after the other"
        )
    if classes > len(models):
        raise UsageError(f"the target has {classes} classes, but there are {len(models)} models")
    row = make(table.SUB, make(table.BY_NAME["logsumexp"][0], *models), models[-1])
    for code in reversed(range(len(models) - 1)):
        own = make(table.SUB, make(table.BY_NAME["logsumexp"][0], *models), models[code])
        row = make(table.WHERE, make(table.EQ, y, number(code)), own, row)
    return Loss("cross_entropy", row, models[-1], models[-1], scores=tuple(models))
