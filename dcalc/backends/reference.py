"""The truth: ball arithmetic, with precision raised until the enclosure decides the answer."""

from __future__ import annotations

from flint import arb, ctx

from dcalc.algebra.enclose import Constant, Encloser, Enclosure, Fault
from dcalc.algebra.rounding import as_decimal, as_double, rough
from dcalc.derive import along_one, derivative
from dcalc.errors import Undefined, Unsupported
from dcalc.expr import ZERO, Expr
from dcalc.problem import Estimate, Point, Problem
from dcalc.simplify import simplify

ORDERS = "any"

MAX_BITS = 8_192
"""Precision is raised to this, or to ten times the asked digits."""


def differentiate(problem: Problem) -> Estimate:
    """The derivative rounded to a double and to the asked digits, both certified.

    Certified means that both ends of an enclosure round to the same number. Otherwise a
    status: `undefined` with the sub-expression at fault, `overflow` with the decimal, or
    `unresolved` with the bound that was reached.
    """
    return Reference(problem).answer()


class Reference:
    """One problem being decided."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.digits = problem.digits
        self.point = constants(problem.at or {})
        root, self.name, self.order = along_one(problem.root, problem.wrt)
        self.root = root
        self.encloser = Encloser(root, self.name, self.order)
        self.evaluations = 0

    def answer(self) -> Estimate:
        """Raise the precision until the answer is decided, or the cap is reached."""
        bits = self.first_bits()
        cap = max(MAX_BITS, int(10 * 3.33 * self.digits))
        undefined = self._original_undefined(bits)
        if undefined is not None:
            return undefined
        while True:
            self.evaluations += 1
            with ctx.workprec(bits):
                decided = self.decide(self.encloser.at(self.point), bits, last=bits >= cap)
            if decided is not None:
                return decided
            bits = min(2 * bits, cap)

    def first_bits(self) -> int:
        """Enough for the asked digits where nothing cancels; high orders lose a bit each."""
        return 64 + max(128, int(3.33 * self.digits) + 32) + self.order

    def _original_undefined(self, bits: int) -> Estimate | None:
        """Mixed partials are taken of a simplified derivative: f itself must have a value."""
        if self.root is self.problem.root:
            return None
        with ctx.workprec(bits):
            f = Encloser(self.problem.root, "", 0).at(self.point).f
        return self.fault(f) if isinstance(f, Fault) and isinstance(f.error, Undefined) else None

    def decide(self, enclosure: Enclosure, bits: int, *, last: bool) -> Estimate | None:
        """The answer that an enclosure proves, if it does; at the last precision some answer."""
        proved = self.proved(enclosure)
        if proved is None and bits >= 512:
            proved = self._zero(enclosure)
        return self.unresolved(enclosure) if proved is None and last else proved

    def proved(self, enclosure: Enclosure) -> Estimate | None:
        """What an enclosure at the working precision proves."""
        f, ball = enclosure
        if isinstance(f, Fault):
            return self.fault(f) if isinstance(f.error, Undefined) else None
        if isinstance(ball, Fault):
            return None
        value = as_double(ball)
        text = as_decimal(ball, self.digits)
        if value is None or text is None:
            return None
        overflow = value in (float("inf"), float("-inf"))
        f_value = as_double(f)
        return Estimate(
            "reference",
            None if overflow else value,
            "overflow" if overflow else "ok",
            f=None if f_value in (float("inf"), float("-inf")) else f_value,
            evaluations=self.evaluations,
            text=text,
            digits=self.digits,
            certified=True,
        )

    def fault(self, fault: Fault) -> Estimate:
        """No value: f is undefined at the point."""
        return Estimate("reference", None, "undefined", note=sentence(fault), evaluations=self.evaluations)

    def _zero(self, enclosure: Enclosure) -> Estimate | None:
        """A ball that goes on holding zero may be zero by identity: the simplified derivative says."""
        f, ball = enclosure
        if isinstance(f, Fault) or isinstance(ball, Fault) or not 0 in ball:
            return None
        try:
            node = derivative(self.problem.root, self.problem.wrt)
        except Unsupported:
            return None
        if node is not ZERO:
            return None
        return Estimate(
            "reference", 0.0, f=as_double(f), text="0", digits=self.digits, certified=True,
            note="exactly 0", evaluations=self.evaluations,
        )  # fmt: skip

    def unresolved(self, enclosure: Enclosure) -> Estimate:
        """Said openly, with the bound that was reached."""
        f, ball = enclosure
        reason = ""
        for part in (f, ball):
            if isinstance(part, Fault):
                reason = reason or sentence(part)
        bound = None if isinstance(ball, Fault) else rough(ball)
        return Estimate(
            "reference", None, "unresolved", f=None if isinstance(f, Fault) else as_double(f),
            note=reason or "the enclosure could not be narrowed enough", evaluations=self.evaluations,
            text=bound, digits=self.digits,
        )  # fmt: skip


def constants(point: Point) -> dict[str, Constant]:
    """The point as balls, made anew at each precision: doubles are exact."""
    made: dict[str, Constant] = {}
    for name, value in point.items():
        made[name] = (lambda v=arb(value): v) if isinstance(value, float) else _constant(value)
    return made


def _constant(node: Expr) -> Constant:
    encloser = Encloser(simplify(node), "", 0)

    def make() -> object:
        value = encloser.at({}).f
        return arb("nan") if isinstance(value, Fault) else value

    return make  # type: ignore[return-value]  # flint has no type stubs


def sentence(fault: Fault) -> str:
    """`log(x): argument needs > 0`: the sub-expression at fault and why."""
    from dcalc.notation import write

    where = "" if fault.node is None else write(fault.node)
    where = where if len(where) <= 60 else where[:40] + "..."
    return f"{where}: {fault.error.message}" if where else fault.error.message
