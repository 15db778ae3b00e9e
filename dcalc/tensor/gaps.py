"""Where a text with arrays has no values, read off as it was typed: nodes in normal form do not tell of it.

`x/x` is 1 in normal form, and `inv(A)@A` the identity. What must hold of a part of the text for it to have a value is
kept as a requirement on the node of that part.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cached_property
from typing import Literal

from dcalc import functions as table
from dcalc.parser.array_syntax import Item, Op
from dcalc.records import NamedTuple
from dcalc.tensor.gradient import tidy
from dcalc.tensor.linear import determinant
from dcalc.tensor.nodes import Kind, Node, covered_axes, drop_axes, factors_of, variables, walk

Relation = Literal["!= 0", "> 0", ">= 0", "is not singular"]


class Requirement(NamedTuple):
    """What must hold of each entry of a node, or of a matrix."""

    node: Node
    relation: Relation


def list_requirements(items: Sequence[Item], nodes: Sequence[Node], skipped: Collection[int]) -> list[Requirement]:
    """What the rows of a text need in order to have values, of a node the strongest. Linear."""
    relations: dict[Node, Relation] = {}
    singular: dict[Requirement, None] = {}
    for place, item in enumerate(items):
        for node, relation in () if place in skipped else _list_needs(item, items, nodes):
            if not variables(node):
                continue
            if relation == "is not singular":
                singular[Requirement(node, relation)] = None
            else:
                relations[node] = relation if relations.get(node, relation) == relation else "> 0"
    return [*(Requirement(*pair) for pair in relations.items()), *singular]


_RELATIONS: Mapping[str, Relation] = {"!= 0": "!= 0", "> 0": "> 0", ">= 0": ">= 0"}


def _read_domain(item: Item) -> Relation | None:
    """What a function of one number asks of it by its row in the table, as far as that is its sign; None otherwise."""
    row = table.find(str(item.value), 1) if item.op is Op.CALL and len(item.args) == 1 else None
    return None if row is None else _RELATIONS.get(row.domain.removeprefix(f"{row.args[0]} "))


def _list_needs(item: Item, items: Sequence[Item], nodes: Sequence[Node]) -> Iterator[Requirement]:
    if item.op is Op.DIV:
        yield Requirement(nodes[item.args[1]], "!= 0")
    elif item.op is Op.POW:
        exponent = _read_number(items[item.args[1]], items)
        if exponent is not None and exponent.denominator > 1:
            yield Requirement(nodes[item.args[0]], ">= 0" if exponent > 0 else "> 0")
        elif exponent is not None and exponent < 0:
            yield Requirement(nodes[item.args[0]], "!= 0")
    elif item.op is Op.CALL and item.value in ("inv", "solve") and nodes[item.args[0]].rank == 2:
        yield Requirement(nodes[item.args[0]], "is not singular")
    elif item.op is Op.CALL and item.value == "logdet":
        yield Requirement(determinant(nodes[item.args[0]]), "> 0")
    elif item.op is Op.CALL and item.value == "logabsdet":
        yield Requirement(nodes[item.args[0]], "is not singular")
    elif (relation := _read_domain(item)) is not None:
        yield Requirement(nodes[item.args[0]], relation)


def _read_number(item: Item, items: Sequence[Item]) -> Fraction | None:
    """The number of a row, a sign and a quotient of numbers among them; None for anything else."""
    if item.op is Op.NUMBER:
        return Fraction(item.value)  # type: ignore[arg-type]  # a number
    if item.op is Op.NEG:
        value = _read_number(items[item.args[0]], items)
        return None if value is None else -value
    if item.op is Op.DIV:
        above, below = (_read_number(items[arg], items) for arg in item.args)
        return above / below if above is not None and below else None
    return None


class Shown:
    """What formulas show that they need: divisors, arguments of functions and roots, inverses and determinants."""

    def __init__(self, formulas: Sequence[Node]) -> None:
        self.divisors: set[Node] = set()
        self.arguments: set[Node] = set()
        self.inverses: set[str] = set()
        for node in walk(*formulas):
            if node.kind is Kind.PRODUCT:
                for factor in factors_of(node):
                    if factor.exponent != int(factor.exponent):
                        self.arguments.add(factor.node)
                    elif factor.exponent < 0:
                        self.divisors.update((factor.node, *split_factors(factor.node)))
            elif node.kind is Kind.APPLY:
                self.arguments.update(node.args)
            elif node.kind in (Kind.INVERSE, Kind.LOGDET):
                self.inverses.update(variables(node))
        for node in (*self.divisors, *self.arguments):
            self.inverses.update(variables(*(one for one in split_factors(node) if one.kind is Kind.DET)))

    def shows(self, requirement: Requirement) -> bool:
        """Whether the formulas need as much."""
        node, relation = requirement
        if relation == "is not singular":
            return self.inverses.issuperset(variables(node))
        known = self.arguments if relation != "!= 0" else self.arguments | self.divisors
        factors = split_factors(node)
        if relation == "> 0" and all(one.kind is Kind.DET for one in factors):
            return self.inverses.issuperset(variables(node))
        return node in known or all(one in known for one in factors)

    @cached_property
    def names(self) -> set[str]:
        """The variables of what the formulas show."""
        return self.inverses | set(variables(*self.divisors, *self.arguments))


def drop_broadcast(node: Node) -> Node:
    """A node without the axes along which it does not change, as short as one would write it."""
    return tidy(drop_axes(node, sorted(covered_axes(node))))


def split_factors(node: Node) -> list[Node]:
    """The factors of a product that is taken entry by entry, in whose powers an entry is 0 where it is."""
    node = drop_broadcast(node)
    if node.kind is not Kind.PRODUCT or not node.network.is_pointwise:
        return [node]
    return [factor.node for factor in factors_of(node) if variables(factor.node)]
