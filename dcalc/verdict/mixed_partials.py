"""Mixed partials where f is not analytic: first along one axis, then along the other.

The partial derivative of order n by y of the one of order m by x asks for the latter on the
line x = p, around the point and at it. At the point it is judged; beside it, where f is shown
to be analytic in x for all small steps along y, it is the derivative that rules give.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import factorial

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr, is_leaf, make, number, symbol, variables, walk
from dcalc.numbers.enclosure import analytic
from dcalc.proof.constant import Constant, to_fraction
from dcalc.reasons import ROUGH
from dcalc.verdict.decoration import Germ, NoValue
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.judge import Verdict, judge, judge_germ
from dcalc.verdict.one_sided import is_regular
from dcalc.verdict.scale import Undecidable


def judge_mixed(root: Expr, first: tuple[str, int], second: tuple[str, int], at: Mapping[str, Constant]) -> Verdict:
    """The verdict on the derivative by ``second`` of that by ``first``, each a name and an order.

    Raises NeedMoreBits.
    """
    start = judge(root, *first, at)
    value = start.value
    if start.status == "removable":
        return start._replace(status="undefined", value=None)
    if start.status != "ok" or value is None:
        return start._replace(left=None, right=None)
    try:
        smooth = _smooth_parts(root, *first, at)
        root_of_first = derivative(smooth, (first[0],) * first[1])
    except (Undecidable, Unsupported, LimitError) as error:
        return Verdict("unresolved", sentence=str(error))

    def evaluate(reach: int, simplifying: bool) -> tuple[Evaluation, Germ]:
        line = Evaluation(smooth, second[0], at, reach, simplifying)
        line.run()
        if not all(is_regular(line, first[0], sign) for sign in (-1, 1)):
            raise Undecidable(ROUGH)
        partial = Evaluation(root_of_first, second[0], at, reach, simplifying)
        germ = partial.run()
        if isinstance(germ.left, NoValue) or isinstance(germ.right, NoValue):
            raise Undecidable(ROUGH)
        return partial, germ._replace(value=value, cont_left=False, cont_right=False)

    verdict = judge_germ(evaluate, second[1])
    return verdict._replace(f=start.f, node=root if verdict.kind else verdict.node)


def _smooth_parts(root: Expr, name: str, order: int, at: Mapping[str, Constant]) -> Expr:
    """f with the Taylor polynomials of those parts in ``name`` alone that have derivatives up to the
    order but are not analytic: they have the same derivative on the line."""
    smooth: dict[int, Expr] = {}
    for node in walk(root):
        if is_leaf(node):
            smooth[node.id] = node
        elif node.op not in table.CONDITIONS and variables(node) == [name] and not _is_analytic(node, name, at):
            smooth[node.id] = _taylor_polynomial(node, name, order, at)
        else:
            smooth[node.id] = make(node.op, *(smooth[arg.id] for arg in node.args))
    return smooth[root.id]


def _is_analytic(node: Expr, name: str, at: Mapping[str, Constant]) -> bool:
    return analytic(node, [name], {name: lambda: at[name].ball})


def _taylor_polynomial(node: Expr, name: str, order: int, at: Mapping[str, Constant]) -> Expr:
    """The Taylor polynomial of a part, or the part itself: a larger part may have one."""
    center = at[name].exact
    terms: list[Expr] = []
    for k in range(order + 1):
        value = judge(node, name, k, at).value
        if value is None or value.exact is None or center is None:
            return node
        step = make(table.SUB, symbol(name), number(to_fraction(center)))
        factor = number(to_fraction(value.exact) / factorial(k))
        terms.append(make(table.MUL, factor, make(table.POW, step, number(k))))
    return make(table.ADD, *terms)
