"""What a row of the table still lacks: `python -m dcalc.generate --check` names all of it at once.

A row with a body needs nothing else, since it is lowered to its body. A primitive needs an evaluator on
balls (that on floats follows from it, those on arrays are optional), one on complex numbers, a truth for
the tests, and at each edge of its domain, kink and jump a verdict that is decided.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cache
from itertools import product

from dcalc import backends, rules
from dcalc import functions as table
from dcalc.errors import DcalcError
from dcalc.expr import Expr, make, symbol, variables, walk
from dcalc.functions import Row
from dcalc.notation import write
from dcalc.numbers import ball, complex, real
from dcalc.parser import parse
from dcalc.problem import REFERENCE, Problem
from dcalc.simplify import simplify

_EDGES = ("-1", "-exp(-1)", "0", "1/2", "log(2)", "1", "pi/2", "2")
"""Where domains end and kinks stand, beside the constants in the row's own conditions."""
_OTHERS = ("1/2", "1", "2", "-1/2", "3", "0", "-1")
"""Values of the arguments that stay where they are."""
_ASIDE = "1/64"  # distance of the points to the left and right of an edge
_TINY = 1e-12  # a kink whose text is computed in doubles


def is_primitive(row: Row) -> bool:
    """Whether a row is a function or operator with rules of its own, and not a leaf, constant, condition or choice."""
    return bool(row.args) and not row.body and row not in _APART


_APART = frozenset((table.NUMBER, table.SYMBOL, table.WHERE)) | table.CONDITIONS


def lacks(row: Row, truths: Container[str] | None = None) -> list[str]:
    """What a primitive lacks, each with the place where it belongs; ``truths`` are the keys of those that
    the tests have, None where there are no tests. Cost: milliseconds, some 0.1 s for a row with many edges."""
    if not is_primitive(row):
        return []
    missing = []
    if not (row.partials or row.tangent):
        missing.append("a derivative (partials or a tangent, dcalc/functions.py)")
    enclosed = _has_ball(row)
    if not enclosed:
        missing.append("an evaluator on balls (dcalc/numbers/ball_elementary.py, ball_special.py and others)")
    if complex.evaluator(row) is None:
        missing.append("an evaluator on complex numbers (dcalc/numbers/complex.py or complex_ball.py)")
    if truths is not None and row.key not in truths:
        missing.append("a truth (tests/truths.py)")
    if enclosed and (edge := _undecided_edge(row)):
        missing.append(f"a rule at the edge {edge} (`written` in dcalc/functions.py or a rule in dcalc/verdict/)")
    return missing


def _has_ball(row: Row) -> bool:
    try:
        ball.evaluator(row)
    except LookupError:
        return False
    return True


def _undecided_edge(row: Row) -> str:
    """The first edge at which the verdict is open, as a call; empty where there is none."""
    for place, texts in edges(row):
        args = [parse(text).root for text in texts]
        args[place] = parse(f"x + ({texts[place]})").root
        if not is_decided(make(row, *args)):
            return f"{row.name}({', '.join(texts)})"
    return ""


def is_decided(root: Expr) -> bool:
    """Whether the slope of f(x) at x = 0 has a verdict: a value, or that there is none, and why."""
    try:
        result = backends.load(REFERENCE).differentiate(Problem(root, ("x",), {"x": 0.0}))
    except DcalcError:
        return False
    return result.status not in ("unresolved", "error")


def edges(row: Row) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Points at which a domain ends, or a kink or jump may be: the place of the argument that moves, and the
    arguments as texts. Arguments by which there is no derivative in closed form are left out."""
    if row.variadic or not (row.domain or row.kinks):
        return
    candidates = dict.fromkeys((*_EDGES, *_constants(row)))
    for place in range(len(row.args)):
        if row.partials and row.partials[place] is None:
            continue
        for others in product(_OTHERS, repeat=len(row.args) - 1):
            for edge in candidates:
                texts = (*others[:place], edge, *others[place:])
                if _is_edge(row, place, texts):
                    yield place, texts


def _is_edge(row: Row, place: int, texts: tuple[str, ...]) -> bool:
    before, edge, after = texts[:place], texts[place], texts[place + 1 :]
    near = [(*before, f"({edge}){side}", *after) for side in (f" - {_ASIDE}", "", f" + {_ASIDE}")]
    left, here, right = (_is_inside(row, point) for point in near)
    if not here == left == right:
        return True
    return here and bool(row.kinks) and abs(_at(row, row.kinks, texts)) < _TINY


@cache
def _is_inside(row: Row, texts: tuple[str, ...]) -> bool:
    return not row.domain or _at(row, f"where({row.domain}, 1, 0)", texts) == 1


def _at(row: Row, text: str, texts: tuple[str, ...]) -> float:
    """A text of the row at arguments, in doubles once it is simplified: cos(pi/2) is 0."""
    names = {name: parse(arg).root for name, arg in zip(row.args, texts, strict=True)}
    return real.evaluate(simplify(rules.fill(text, row.args, names)))


def _constants(row: Row) -> list[str]:
    """The constants in a row's conditions: the 3 of `x >= 3`."""
    text = f"where({row.domain}, 1, 0)" if row.domain else row.kinks
    root = rules.fill(text, row.args, {name: symbol(name) for name in row.args})
    nodes = (node for node in walk(root) if node.op not in table.CONDITIONS and not variables(node))
    return [write(simplify(node)) for node in nodes]
