"""The certified gradient: sweeps over balls, precision raised until every component rounds."""

from __future__ import annotations

from functools import lru_cache

from flint import arb, ctx

from dcalc.backends._certified import IDENTITY_BITS, Certifier
from dcalc.derive import gradient
from dcalc.errors import LimitError, Undefined, Unsupported
from dcalc.expr import Expr
from dcalc.numbers.enclosure import Fault, GradientEncloser, Partials
from dcalc.problem import Estimate, Gradient

_ZERO = arb(0)


def together(question: Gradient) -> dict[str, Estimate]:
    """The components that sweeps decide: by all variables at whose axes the point is smooth.

    Empty where a partial has no closed form. Cost: linear in nodes for each precision.
    """
    try:
        encloser = _prepared(question.root, question.names)
    except Unsupported:
        return {}
    return _Components(question, encloser).decided()


@lru_cache(maxsize=4)
def _prepared(root: Expr, names: tuple[str, ...]) -> GradientEncloser:
    """What is the same at every point."""
    return GradientEncloser(root, frozenset(names))


@lru_cache(maxsize=4)
def _derivatives(root: Expr, names: tuple[str, ...]) -> dict[str, Expr]:
    """The derivatives as expressions, where they are of sensible size."""
    try:
        return dict(zip(names, gradient(root, names), strict=True))
    except (Unsupported, LimitError):
        return {}


class _Components(Certifier):
    """One gradient being decided."""

    def __init__(self, question: Gradient, encloser: GradientEncloser) -> None:
        super().__init__(question, 1)
        self.question = question
        self.encloser = encloser
        self.found: dict[str, Estimate] = {}

    def decided(self) -> dict[str, Estimate]:
        """Raise the precision until every component is decided, or more of it is no use."""
        bits = self.first_bits
        left: list[str] = list(self.question.names)
        while left:
            self.evaluations += 1
            with ctx.workprec(bits):
                left = self._undecided(left, self.encloser.at(self.point), bits)
            if bits >= self.cap:
                break
            bits = min(2 * bits, self.cap)
        return self.found

    def _undecided(self, names: list[str], partials: Partials, bits: int) -> list[str]:
        """Decide what a precision decides; the names to try again at a higher one."""
        f = partials.f
        if isinstance(f, Fault):
            return names if self.evaluations == 1 and not self._undefined(names, partials) else []
        left = []
        for name in names:
            ball = partials.by.get(name, _ZERO)
            if isinstance(ball, Fault):
                if self.evaluations == 1:  # more precision rarely mends it
                    left.append(name)
                continue
            estimate = self.rounded(ball, f) or (self._constant(name, f) if bits >= IDENTITY_BITS else None)
            if estimate is None:
                left.append(name)
            else:
                self.found[name] = estimate
        return left

    def _undefined(self, names: list[str], partials: Partials) -> bool:
        """Whether f surely has no value, for a reason in which some of the variables have no part."""
        fault = partials.f
        if not (isinstance(fault, Fault) and isinstance(fault.error, Undefined) and fault is partials.only):
            return False
        reason = self.missing(fault)
        self.found.update((name, reason) for name in names if name not in partials.involved)
        return True

    def _constant(self, name: str, f: arb) -> Estimate | None:
        derivative = _derivatives(self.question.root, self.question.names).get(name)
        return None if derivative is None else self.identical(derivative, f)
