"""Reverse mode: one sweep forward for values, one back for adjoints, in doubles."""

from __future__ import annotations

from dcalc import functions as table
from dcalc import rules
from dcalc.algebra import real
from dcalc.backends._doubles import at_doubles, estimate
from dcalc.derive import derivative
from dcalc.errors import Unsupported
from dcalc.expr import MINUS_ONE, ZERO, Expr, is_leaf, make, number
from dcalc.problem import Estimate, Problem
from dcalc.simplify import Build
from dcalc.tape import Tape, in_order, lower, run

ORDERS = "any; beyond the first, by sweeps over the derivative expression"


def differentiate(problem: Problem) -> Estimate:
    """The adjoint of the variable. Raises Unsupported where a partial has no closed form.

    Cost: a small multiple of one evaluation, however many variables there are.
    """
    if not problem.wrt:
        raise Unsupported("reverse mode needs a variable to differentiate by", help="use dcalc eval")
    root = derivative(problem.root, problem.wrt[:-1]) if problem.order > 1 else problem.root
    sweep = Sweep(root, frozenset(problem.wrt[-1:]))
    adjoints = sweep.run(at_doubles(problem))
    return estimate("reverse", adjoints.get(problem.wrt[-1], 0.0), evaluations=1)


class Sweep:
    """The tape of an expression and of its local partials, run forward and back.

    Only what depends on ``names`` has adjoints.
    """

    def __init__(self, root: Expr, names: frozenset[str]) -> None:
        self.root = root
        self.build = Build()
        self.order, self.inner = in_order(root)
        self.moving = self._dependent(names)
        self.edges = {node.id: self._edges(node) for node in self.order if not is_leaf(node)}
        partials = [partial for edges in self.edges.values() for partial, _ in edges]
        self.tape: Tape = lower(root, *partials)

    def _dependent(self, names: frozenset[str]) -> set[int]:
        """The nodes that one of the variables reaches."""
        reached: set[int] = set()
        for node in self.order:
            inner = self.inner.get(node.id)
            if node.op is table.SYMBOL:
                hit = node.args[0] in names
            elif node.op is table.NUMBER:
                hit = False
            else:
                hit = any(arg.id in reached for arg in (node.args if inner is None else (inner,)))
            if hit:
                reached.add(node.id)
        return reached

    def _edges(self, node: Expr) -> list[tuple[Expr, Expr]]:
        """(local partial, argument) for each argument that a variable reaches."""
        inner = self.inner.get(node.id)
        if inner is not None:
            return [(number(1), inner)]
        edges = [(self._partial(node, place), arg) for place, arg in enumerate(node.args)]
        return [(partial, arg) for partial, arg in edges if partial is not None and partial is not ZERO]

    def _partial(self, node: Expr, place: int) -> Expr | None:
        op, arg = node.op, node.args[place]
        if op in table.CONDITIONS or arg.op in table.CONDITIONS or arg.id not in self.moving:
            return None
        if op is table.MUL:
            others = [other for k, other in enumerate(node.args) if k != place]
            return others[0] if len(others) == 1 else make(table.MUL, *others)
        if op is table.POW and place == 0:
            exponent = node.args[1]
            lowered = self.build.power(arg, self.build.add((exponent, MINUS_ONE)))
            return self.build.mul((exponent, lowered))
        if op.tangent:
            unit = [number(int(k == place)) for k in range(len(node.args))]
            return rules.tangent(node, unit)
        partial = rules.partial(node, place, self.build.apply)
        if partial is None:
            raise Unsupported(f"{op.name}: no derivative by its argument {op.args[place]} in closed form")
        return partial

    def run(self, at: dict[str, float]) -> dict[str, float]:
        """The derivative of the root by each variable."""
        values = run(self.tape, at, real.constant, real.evaluator)
        adjoints: dict[int, float] = {self.root.id: 1.0}
        for node in reversed(self.order):
            adjoint = adjoints.get(node.id)
            if adjoint is None:  # nothing flows here
                continue
            # A branch not taken gets nothing, so that it cannot poison with nan; elsewhere 0*inf is nan.
            for partial, arg in self.edges.get(node.id, ()):
                weight = values[self.tape.place(partial)]
                if weight != 0.0 or not node.op.tangent:
                    adjoints[arg.id] = adjoints.get(arg.id, 0.0) + adjoint * weight
        return {node.args[0]: adjoints.get(node.id, 0.0) for node in self.order if node.op is table.SYMBOL}
