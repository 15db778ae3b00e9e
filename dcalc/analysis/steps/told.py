"""The symbolic backend, told while it works: what each node's derivative is, and what was simplified."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dcalc import functions as table
from dcalc.derive import Derivation
from dcalc.expr import ZERO, Expr, is_leaf, make
from dcalc.functions import Row
from dcalc.simplify import Build


class Teller(Build):
    """The constructors of simplified nodes; what they change is written down, as (before, after)."""

    def __init__(self, decimals: bool) -> None:
        super().__init__(decimals)
        self.told: list[tuple[Expr, Expr]] = []
        self.depth = 0

    def apply(self, op: Row, args: tuple[Expr, ...]) -> Expr:
        """As Build does."""
        return self._noted(op, args, lambda: super(Teller, self).apply(op, args))

    def add(self, terms: Iterable[Expr]) -> Expr:
        """As Build does."""
        parts = tuple(terms)
        return self._noted(table.ADD, parts, lambda: super(Teller, self).add(parts))

    def mul(self, factors: Iterable[Expr]) -> Expr:
        """As Build does."""
        parts = tuple(factors)
        return self._noted(table.MUL, parts, lambda: super(Teller, self).mul(parts))

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """As Build does."""
        return self._noted(table.POW, (base, exponent), lambda: super(Teller, self).power(base, exponent))

    def _noted(self, op: Row, args: tuple[Expr, ...], build: Callable[[], Expr]) -> Expr:
        """The outermost of the constructors that call each other says what went in and what came out."""
        self.depth += 1
        try:
            after = build()
        finally:
            self.depth -= 1
        if not self.depth and (len(args) > 1 or op not in (table.ADD, table.MUL)):
            before = make(op, *args)
            if before is not after:
                self.told.append((before, after))
        return after


class Told(Derivation):
    """A derivation that remembers what was simplified at each node, and what stands for a call."""

    def __init__(self, build: Teller, name: str) -> None:
        super().__init__(build, name)
        self.teller = build
        self.simplified: dict[int, list[tuple[Expr, Expr]]] = {}
        self.bodies: dict[int, Expr] = {}
        self.current: list[Expr] = []

    def _tangent(self, node: Expr) -> Expr:
        outer, self.teller.told = self.teller.told, []
        self.current.append(node)
        made = super()._tangent(node)
        self.current.pop()
        self.simplified[node.id], self.teller.told = self.teller.told, outer
        return made

    def _inner(self, node: Expr) -> Expr:
        self.bodies[self.current[-1].id] = node
        return super()._inner(node)

    def moves(self, node: Expr) -> bool:
        """Whether a node has a tangent that is not 0."""
        return self.tangents.get(node.id, ZERO) is not ZERO

    def moving(self, node: Expr) -> list[Expr]:
        """The arguments that have one."""
        return [] if is_leaf(node) else [arg for arg in node.args if self.moves(arg)]
