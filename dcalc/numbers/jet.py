"""Truncated Taylor series (jets) over any scalars: higher order follows from first order.

A jet is grown coefficient by coefficient. Sums, products and quotients have their
recurrences; for y = f(u) with the table's partial p = f'(u), y' = p*u' gives

    k*y_k = sum over j = 1..k of j*u_j*p_(k-j)

so that coefficient k needs p only to k-1, and p's own partials only to k-2: the graph of
partials closes after finitely many steps. See Griewank and Walther, Evaluating
Derivatives, 2nd ed., ch. 13.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import MINUS_ONE, ZERO, Expr
from dcalc.simplify import Build, rebuild
from dcalc.tape import System, expand, in_order, lower, run

MAX_NODES = 200_000
"""Most nodes of a plan: partials of partials of a function without a series multiply with the order."""

_LINEAR = {table.ADD: (1, 1), table.SUB: (1, -1), table.NEG: (-1,)}


class Plan:
    """The nodes whose jets are needed for one variable, each to its own order."""

    def __init__(self, root: Expr, name: str, order: int) -> None:
        self.name = name
        self.build = Build()
        self.moving: dict[int, bool] = {}
        self.need: dict[int, int] = {}
        self.nodes: dict[int, Expr] = {}
        self.partials: dict[int, list[tuple[Expr, Expr]]] = {}
        self.inner: dict[int, Expr] = {}
        self.evaluations = 0
        self._demand(root, order)

    def _moves(self, node: Expr) -> bool:
        """Whether a node depends on the variable."""
        moving = self.moving
        stack = [node]
        while stack:
            top = stack[-1]
            if top.id in moving:
                stack.pop()
            elif top.op is table.NUMBER or top.op is table.SYMBOL:
                moving[top.id] = top.op is table.SYMBOL and top.args[0] == self.name
            elif missing := [arg for arg in top.args if arg.id not in moving]:
                stack += missing
            else:
                moving[top.id] = any(moving[arg.id] for arg in top.args)
        return moving[node.id]

    def _demand(self, root: Expr, order: int) -> None:
        """Work out which nodes are needed, and to which order."""
        stack = [(root, order)]
        while stack:
            node, needed = stack.pop()
            if self.need.get(node.id, -1) >= needed:
                continue
            self.need[node.id] = needed
            self.nodes[node.id] = node
            self._moves(node)
            if len(self.nodes) > MAX_NODES:
                raise LimitError(f"the series needs more than {MAX_NODES:,} parts", help="ask for a lower order")
            stack += self._needs(node, needed)

    def _needs(self, node: Expr, order: int) -> list[tuple[Expr, int]]:
        if node.op is table.NUMBER or node.op is table.SYMBOL:
            return []
        inner = expand(node)
        if inner is not None:
            self.inner[node.id] = inner
            return [(inner, order)]
        needs = [(arg, order if self._moves(arg) else 0) for arg in node.args]
        if order and self._by_partials(node):
            if node.id not in self.partials:
                self.partials[node.id] = self._partials(node)
            needs += [(partial, order - 1 if self._moves(partial) else 0) for partial, _ in self.partials[node.id]]
        return needs

    def _by_partials(self, node: Expr) -> bool:
        own = (
            node.op in _LINEAR
            or node.op in (table.MUL, table.DIV)
            or node.op in table.CONDITIONS
            or self.is_power(node)
        )
        return not own and not node.op.tangent and self._moves(node)

    def is_power(self, node: Expr) -> bool:
        """Whether a node has the recurrence of powers; its partials would be as many powers as the order."""
        return False

    def _partials(self, node: Expr) -> list[tuple[Expr, Expr]]:
        """(partial, argument) for every argument that moves and has a partial that is not 0."""
        partials = []
        for place, arg in enumerate(node.args):
            if not self._moves(arg):
                continue
            if node.op is table.POW and not place:
                partial: Expr | None = self._power_partial(node)
            else:
                partial = rules.partial(node, place, self.build.apply)
            if partial is None:
                name = node.op.args[min(place, len(node.op.args) - 1)]
                raise Unsupported(f"{node.op.name}: no derivative by its argument {name} in closed form")
            if partial is not ZERO:
                partials.append((partial, arg))
        return partials

    def _power_partial(self, node: Expr) -> Expr:
        """v*u**(v-1), the exponent simplified first, so that 0*0**-1 never arises."""
        build = self.build
        base, power = node.args
        exponent = rebuild(power, build)
        return build.mul((exponent, build.power(base, build.add((exponent, MINUS_ONE)))))

    def order(self) -> list[Expr]:
        """The nodes in order of evaluation at coefficient 0."""
        return in_order(*self.nodes.values())[0]


class Jets:
    """The jets of all nodes of a plan at a point, along the variable in units of ``unit``."""

    def __init__(self, plan: Plan, system: System, at: Mapping[str, Any], unit: Any = None) -> None:
        self.plan = plan
        self.system = system
        self.at = at
        self.jets: dict[int, list[Any]] = {}
        self.slopes: dict[int, list[Any]] = {}
        self.pairs: dict[int, list[list[Any]]] = {}
        self.zero = system.constant(0)
        self.unit = system.constant(1) if unit is None else unit

    def grow(self, order: int) -> None:
        """Compute every needed coefficient up to ``order``."""
        nodes = self.plan.order()
        need = self.plan.need
        for node in nodes:
            self.jets[node.id] = [self._value(node)]
        for k in range(1, order + 1):
            for node in nodes:
                if need[node.id] >= k:
                    self.jets[node.id].append(self._coefficient(node, k))

    def _value(self, node: Expr) -> Any:
        op = node.op
        if op is table.NUMBER:
            return self.system.constant(node.args[0])
        if op is table.SYMBOL:
            return self.at[node.args[0]]
        inner = self.plan.inner.get(node.id)
        if inner is not None:
            return self.jets[inner.id][0]
        self.plan.evaluations += 1
        args, moving = [self.jets[arg.id][0] for arg in node.args], self.plan.moving
        return self.system.value(op, args, [moving[arg.id] for arg in node.args])

    def _coefficient(self, node: Expr, k: int) -> Any:
        op = node.op
        if op is table.SYMBOL:
            return self.unit if k == 1 and node.args[0] == self.plan.name else self.zero
        inner = self.plan.inner.get(node.id)
        if inner is not None:
            return self._at(inner, k)
        if not self.plan.moving[node.id] or op in table.CONDITIONS:
            return self.zero
        if op in _LINEAR:
            return self._linear(node, k)
        if op is table.MUL:
            return self._product(node, k)
        if op is table.DIV:
            return self._quotient(node, k)
        if op.tangent:
            return self._choose(node, k)
        return self._power(node, k) if self.plan.is_power(node) else self._by_partials(node, k)

    def _power(self, node: Expr, k: int) -> Any:
        """u**a, of a constant a: k*u_0*y_k is the sum over j = 1..k of (a*j - (k - j))*u_j*y_(k-j)."""
        base, exponent = node.args
        constant, own, jet = self.system.constant, self.jets[node.id], self.jets[base.id]
        a = self.jets[exponent.id][0]
        factors = [(a * constant(j) - constant(k - j)) * jet[j] for j in range(1, min(k, len(jet) - 1) + 1)]
        total = self._add_products(self.zero, factors, own[:k][::-1])
        return self._divide(self.system.evaluator(table.DIV)(total, constant(k)), base)

    def _at(self, node: Expr, k: int) -> Any:
        jet = self.jets[node.id]
        return jet[k] if k < len(jet) else self.zero

    def _linear(self, node: Expr, k: int) -> Any:
        total = self.zero
        signs = _LINEAR[node.op]
        for place, arg in enumerate(node.args):
            if self.plan.moving[arg.id]:
                part = self._at(arg, k)
                total = total - part if signs[min(place, len(signs) - 1)] < 0 else total + part
        return total

    def _product(self, node: Expr, k: int) -> Any:
        """Coefficient k of a product; of many factors, pair by pair, each pair kept for the next coefficient."""
        first, *rest = node.args
        left = self.jets[first.id]
        if not rest:
            return self._at(first, k)
        pairs = self.pairs.setdefault(node.id, [[] for _ in rest[:-1]])
        for pair, arg in zip(pairs, rest[:-1], strict=True):
            for j in range(len(pair), k + 1):
                pair.append(self._convolve(left, arg, j))
            left = pair
        return self._convolve(left, rest[-1], k)

    def _convolve(self, left: list[Any], right: Expr, k: int) -> Any:
        jet = self.jets[right.id]
        total = left[k] * jet[0] if k < len(left) else self.zero
        start = max(1, k - len(left) + 1)
        return self._add_products(total, left[: k - start + 1][::-1], jet[start : k + 1])

    def _add_products(self, total: Any, left: list[Any], right: list[Any]) -> Any:
        """The total with the products of two lists, place by place."""
        for u, v in zip(left, right, strict=False):
            total = total + u * v
        return total

    def _quotient(self, node: Expr, k: int) -> Any:
        above, below = node.args
        own, lower_jet = self.jets[node.id], self.jets[below.id]
        total = self._at(above, k)
        for j in range(1, min(k, len(lower_jet) - 1) + 1):
            total = total - own[k - j] * lower_jet[j]
        return self._divide(total, below)

    def _divide(self, total: Any, divisor: Expr) -> Any:
        """What is left of a dividend over the constant coefficient of the divisor."""
        return self.system.evaluator(table.DIV)(total, self.jets[divisor.id][0])

    def _choose(self, node: Expr, k: int) -> Any:
        """A row with a tangent: what holds for the tangents holds for each coefficient."""
        names = node.op.args
        inputs = {name: self.jets[arg.id][0] for name, arg in zip(names, node.args, strict=True)}
        inputs.update(("d" + name, self._at(arg, k)) for name, arg in zip(names, node.args, strict=True))
        template = rules.tangent_template(node.op)
        tape = lower(template)
        return run(tape, inputs, self.system.constant, self.system.evaluator)[tape.place(template)]

    def _by_partials(self, node: Expr, k: int) -> Any:
        total = self.zero
        for partial, arg in self.plan.partials[node.id]:
            inner, outer = self._weighted(arg), self.jets[partial.id]
            start = max(1, k - len(outer) + 1)
            total = self._add_products(total, inner[start : k + 1], outer[: k - start + 1][::-1])
        return self.system.evaluator(table.DIV)(total, self.system.constant(k))

    def _weighted(self, node: Expr) -> list[Any]:
        """The coefficients of a jet, each times its index: those of the slope, one place on."""
        jet, weighted = self.jets[node.id], self.slopes.setdefault(node.id, [])
        for j in range(len(weighted), len(jet)):
            weighted.append(self.system.constant(j) * jet[j])
        return weighted
