"""Mixed partials where f is not analytic: first along one axis, then along the other.

The partial derivative of order n by y of the one of order m by x asks for the latter on the
line x = p, around the point and at it. At the point it is judged; beside it, where f is shown
to be analytic in x for all small steps along y, it is the derivative that rules give.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import factorial
from typing import Any

from dcalc import functions as table
from dcalc.algebra import domains
from dcalc.algebra.enclose import analytic
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr, is_leaf, make, number, operands, symbol, variables, walk
from dcalc.verdict.choices import Germ
from dcalc.verdict.compose import parts
from dcalc.verdict.constant import Constant, fraction
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.judge import Verdict, judge, judged
from dcalc.verdict.outcomes import Missing
from dcalc.verdict.series import Series, constant_term, subtract
from dcalc.verdict.terms import Undecidable
from dcalc.verdict.words import ROUGH


def mixed(root: Expr, first: tuple[str, int], second: tuple[str, int], at: Mapping[str, Constant]) -> Verdict:
    """The verdict on the derivative by ``second`` of that by ``first``, each a name and an order.

    Raises MorePrecision.
    """
    start = judge(root, *first, at)
    if start.status == "removable":
        return start._replace(status="undefined", value=None)
    if start.status != "ok":
        return start._replace(left=None, right=None)
    try:
        smooth = _smoothed(root, *first, at)
        root_of_first = derivative(smooth, (first[0],) * first[1])
    except (Undecidable, Unsupported, LimitError) as error:
        return Verdict("unresolved", sentence=str(error))

    def along(reach: int, simplifying: bool) -> tuple[Evaluation, Germ]:
        line = Evaluation(smooth, second[0], at, reach, simplifying)
        line.run()
        if not all(_is_regular(line, first[0], side) for side in ("left", "right")):
            raise Undecidable(ROUGH)
        partial = Evaluation(root_of_first, second[0], at, reach, simplifying)
        germ = partial.run()
        if isinstance(germ.left, Missing) or isinstance(germ.right, Missing):
            raise Undecidable(ROUGH)
        return partial, germ._replace(value=start.value, cont_left=False, cont_right=False)

    found = judged(along, second[1])
    return found._replace(f=start.f, node=root if found.kind else found.node)


def _smoothed(root: Expr, name: str, order: int, at: Mapping[str, Constant]) -> Expr:
    """f with the Taylor polynomials of those parts in ``name`` alone that have derivatives up to the
    order but are not analytic: they have the same derivative on the line."""
    made: dict[int, Expr] = {}
    for node in walk(root):
        if is_leaf(node):
            made[node.id] = node
        elif node.op not in table.CONDITIONS and variables(node) == [name] and not _is_analytic(node, name, at):
            made[node.id] = _polynomial(node, name, order, at)
        else:
            made[node.id] = make(node.op, *(made[arg.id] for arg in node.args))
    return made[root.id]


def _is_analytic(node: Expr, name: str, at: Mapping[str, Constant]) -> bool:
    return analytic(node, [name], {name: lambda: at[name].ball})


def _polynomial(node: Expr, name: str, order: int, at: Mapping[str, Constant]) -> Expr:
    """The Taylor polynomial of a part, or the part itself: a larger part may have one."""
    center = at[name].exact
    terms: list[Expr] = []
    for k in range(order + 1):
        value = judge(node, name, k, at).value
        if value is None or value.exact is None or center is None:
            return node
        step = make(table.SUB, symbol(name), number(fraction(center)))
        factor = number(fraction(value.exact) / factorial(k))
        terms.append(make(table.MUL, factor, make(table.POW, step, number(k))))
    return make(table.ADD, *terms)


def _is_regular(line: Evaluation, name: str, side: str) -> bool:
    """Whether f is analytic in ``name`` at all points near by on a side of the line."""
    regular: dict[int, bool] = {}
    for node in line.order:
        sides = {part.id: getattr(line.germs[part.id], side) for part in (*operands(node), node)}
        inner = line.meaning.get(node.id)
        if inner is not None:
            regular[node.id] = regular[inner.id]
        elif is_leaf(node) or name not in variables(node):
            regular[node.id] = isinstance(sides[node.id], (Series, bool))
        else:
            regular[node.id] = _is_interior(node, [sides[arg.id] for arg in operands(node)], sides[node.id], regular)
    return regular[line.root.id]


def _is_interior(node: Expr, args: list[Any], value: Any, regular: dict[int, bool]) -> bool:
    """Whether a node is analytic in its arguments there, or a condition holds all around."""
    known = [regular[arg.id] for arg in node.args]
    if node.op in (table.AND, table.OR):
        decides = node.op is table.OR
        one = any(part is decides and sure for part, sure in zip(args, known, strict=True))
        return one or (value is not decides and all(known))
    if node.op is table.WHERE:
        return known[0] and isinstance(args[0], bool) and known[1 if args[0] else 2]
    if not all(known) or not isinstance(value, (Series, bool)):
        return False
    if node.op in _CHOICES:
        return all(subtract(arg, args[0]).leading() is not None for arg in args[1:])
    if node.op is table.ABS:
        return args[0].leading() is not None
    if node.op is table.FLOOR:
        return _is_between(args[0])
    if node.op is table.POW:
        exponent = constant_term(args[1])
        whole = None if exponent is None else exponent.whole()
        return whole is not None or args[0].leading() is not None
    return node.op in _ENTIRE or not domains.has_edges(node.op)


def _is_between(series: Series) -> bool:
    """Whether a series stays off whole numbers, close to the point."""
    growing, limit, small = parts(series)
    return not growing.terms and (limit.whole() is None or small.leading() is not None)


_CHOICES = frozenset((table.MAX, table.MIN, *table.CONDITIONS)) - {table.AND, table.OR, table.NOT}
_ENTIRE = frozenset((table.ADD, table.SUB, table.MUL, table.NEG, table.DIV, table.NOT, table.LOG))
"""Analytic, with all that they choose, wherever they have a value."""
