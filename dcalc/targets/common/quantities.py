"""What is emitted: f, its derivatives, gradients, Hessians and Jacobians, each as one function of the program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, get_args

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import LimitError, UsageError
from dcalc.expr import ONE, ZERO, Expr, is_leaf, substitute, symbol, variables, walk
from dcalc.simplify import simplify
from dcalc.stable import stable
from dcalc.stable.judging import choose_best
from dcalc.stable.polynomial_patches import substitute_node
from dcalc.stable.smoothing import distribute, join_fractions, smooth
from dcalc.targets.common import sweep

Quantity = Literal["f", "derivative", "gradient", "jacobian", "hessian"]
"""What --of names."""
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
_FEW_VARIABLES = 4
_FEW_SECOND = 2
_FEW_NODES = 300
"""Up to these each partial derivative is a formula of its own, in its own stable form; beyond, one sweep has all."""


class Function(NamedTuple):
    """One function of the program: its name, what it computes, and its shape: () for a number.

    ``symmetric`` matrices are given by their upper triangle, row by row.
    """

    name: str
    title: str
    outputs: tuple[Expr, ...]
    shape: tuple[int, ...] = ()
    symmetric: bool = False
    entries: tuple[str, ...] = ()
    """The names of the entries of a vector or matrix, one by one."""
    partials: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """For each entry the expression that it belongs to, and what it is differentiated by."""
    parents: tuple[tuple[str, str], ...] = ()
    """The functions that it is the first derivative of, each with the variable."""


Candidate = tuple[Expr, dict[str, None]]
"""A form, and the names of the rewritings that led to it."""


class Stabiliser:
    """The stable form of what is emitted, and the names of the rewritings that were used.

    What is ``plain`` stays as it is derived; what is ``typeset`` is simplified for readers.
    """

    def __init__(self, *, plain: bool, typeset: bool = False) -> None:
        self.plain = plain or typeset
        self.typeset = typeset
        self.used: dict[str, None] = {}
        self.bases: dict[int, Candidate] = {}

    def base(self, root: Expr) -> Expr:
        """The form from which derivatives are taken."""
        return self._base(root)[0]

    def value(self, root: Expr) -> Expr:
        """The form of an expression that is emitted."""
        return self.derive(root, ())

    def derive(self, root: Expr, names: Sequence[str]) -> Expr:
        """The form of a derivative that is emitted: that of the stable form, from one stable form to the next, with
        series where sums cancel and limits in holes; where this loses digits, what loses the fewest."""
        truth = derivative(root, tuple(names)) if names else root
        if self.plain:
            return simplify(truth) if self.typeset and names else truth
        form, used = choose_best(truth, self._candidates(root, names))
        self.used.update(used)
        return form

    def _candidates(self, root: Expr, names: Sequence[str]) -> Iterator[Candidate]:
        base, used = self._base(root)
        used = dict(used)
        form = raw = base
        for name in names:
            raw = derivative(form, (name,))
            form = stable(raw, used=used)
        yield _finish(form, used)
        for other in (join_fractions(raw), distribute(raw)):
            if other is not raw:
                yield _finish(stable(other, used=used), used)
        naive = derivative(root, tuple(names)) if names else root
        own: dict[str, None] = {}
        yield _finish(stable(naive, used=own), own)
        yield naive, {}

    def _base(self, root: Expr) -> Candidate:
        known = self.bases.get(root.id)
        if known is None:
            used: dict[str, None] = {}
            known = self.bases[root.id] = (root if self.plain else stable(root, used=used)), used
        return known


def _finish(form: Expr, used: dict[str, None]) -> Candidate:
    used = dict(used)
    return smooth(form, used), used


def find_functions(
    roots: Sequence[Expr],
    of: Sequence[Quantity],
    wrt: Sequence[str],
    among: Sequence[str],
    order: int,
    name: str,
    stabiliser: Stabiliser,
) -> list[Function]:
    """The functions for the quantities, in their order. Names of variables are those of dcalc.

    ``wrt`` is what the derivative is taken by: one variable, or those of a mixed partial; ``among`` are the variables
    of gradients and matrices. Raises UsageError where quantities do not fit the expressions.
    """
    if len(roots) > 1:
        return _of_several(roots, of, among, name, stabiliser)
    (root,) = roots
    functions = []
    for quantity in dict.fromkeys(of):
        match quantity:
            case "f":
                functions.append(Function(name, name, (stabiliser.value(root),), partials=((0, ()),)))
            case "derivative":
                functions.append(_derivative(root, wrt, order, name, stabiliser))
            case "gradient":
                outputs = _gradient(root, among, stabiliser)
                entries = tuple(f"d{name}_d{each}" for each in among)
                title = f"the gradient of {name}"
                functions.append(
                    Function(
                        f"grad_{name}",
                        title,
                        tuple(outputs),
                        (len(among),),
                        entries=entries,
                        partials=tuple((0, (each,)) for each in among),
                    )
                )
            case "hessian":
                outputs = _hessian(root, among, stabiliser)
                shape = (len(among), len(among))
                entries = tuple(f"d2{name}_d{first}d{second}" for first in among for second in among)
                title = f"the Hessian of {name}"
                functions.append(
                    Function(
                        f"hess_{name}",
                        title,
                        tuple(outputs),
                        shape,
                        True,
                        entries,
                        tuple((0, (first, second)) for first in among for second in among),
                    )
                )
            case "jacobian":
                outputs = _gradient(root, among, stabiliser)
                functions.append(_jacobian(outputs, 1, among, name))
    return functions


def _of_several(
    roots: Sequence[Expr], of: Sequence[Quantity], wrt: Sequence[str], name: str, stabiliser: Stabiliser
) -> list[Function]:
    functions = []
    for quantity in dict.fromkeys(of):
        if quantity == "f":
            outputs = tuple(map(stabiliser.value, roots))
            entries = tuple(f"{name}{place}" for place in range(1, len(roots) + 1))
            partials = tuple((place, ()) for place in range(len(roots)))
            functions.append(Function(name, name, outputs, (len(roots),), entries=entries, partials=partials))
        elif quantity == "jacobian":
            rows = [_gradient(root, wrt, stabiliser) for root in roots]
            functions.append(_jacobian([entry for row in rows for entry in row], len(roots), wrt, name))
        else:
            raise UsageError(
                f"a {quantity} belongs to one expression, and {len(roots)} are given", help="write --of f,jacobian"
            )
    return functions


def _jacobian(outputs: Sequence[Expr], rows: int, names: Sequence[str], name: str) -> Function:
    labels = [f"{name}{place}" for place in range(1, rows + 1)] if rows > 1 else [name]
    entries = tuple(f"d{label}_d{each}" for label in labels for each in names)
    return Function(
        f"jac_{name}",
        f"the Jacobian of {name}",
        tuple(outputs),
        (rows, len(names)),
        entries=entries,
        partials=tuple((row, (each,)) for row in range(rows) for each in names),
    )


def _derivative(root: Expr, wrt: Sequence[str], order: int, name: str, stabiliser: Stabiliser) -> Function:
    names = list(wrt) * order if len(wrt) == 1 else list(wrt)
    output = stabiliser.derive(root, names)
    if not names:
        return Function(name, name, (output,), partials=((0, ()),))
    above = "" if len(names) == 1 else str(len(names))
    if len(set(names)) == 1:
        below = f"d{names[0]}{above}"
    else:
        below = "".join(f"d{each}" for each in names)
    title = f"d{above}{name}/{below}" if len(names) == 1 else f"d^{above} {name}/{below}"
    partials = ((0, tuple(names)),)
    return Function(f"d{above}{name}_{below}", title, (output,), partials=partials, parents=_find_parents(name, names))


def _find_parents(name: str, names: Sequence[str]) -> tuple[tuple[str, str], ...]:
    if len(names) == 1:
        return ((name, names[0]),)
    if len(names) == 2:
        first, second = names
        return tuple(dict.fromkeys(((f"d{name}_d{first}", second), (f"d{name}_d{second}", first))))
    return ()


def add_partials(
    functions: Sequence[Function], root: Expr, names: Sequence[str], name: str, stabiliser: Stabiliser
) -> list[Function]:
    """The functions, and the partial derivatives by all variables that are not among them.

    Those of the second order come with them where there are few.
    """
    wanted: list[tuple[str, ...]] = [(each,) for each in names]
    if len(names) <= _FEW_SECOND and len(walk(root)) <= _FEW_NODES:
        wanted += [(first, second) for place, first in enumerate(names) for second in names[place:]]
    known = {function.partials[0][1] for function in functions if not function.shape}
    return [*functions, *(_derivative(root, along, 1, name, stabiliser) for along in wanted if along not in known)]


# --- many variables ---------------------------------------------------------------------------


def _is_small(base: Expr, wrt: Sequence[str]) -> bool:
    return len(wrt) <= _FEW_VARIABLES and len(walk(base)) <= _FEW_NODES


def _gradient(root: Expr, wrt: Sequence[str], stabiliser: Stabiliser) -> list[Expr]:
    if not wrt:
        raise UsageError("the expression has no variable", help="write one, such as x")
    base = stabiliser.base(root)
    if _is_small(base, wrt):
        return [stabiliser.derive(root, (name,)) for name in wrt]
    return _sweep(base, wrt, stabiliser)


def _sweep(base: Expr, wrt: Sequence[str], stabiliser: Stabiliser) -> list[Expr]:
    return sweep.gradient(sweep.write_bodies(base), wrt, _slopes(stabiliser))


def _slopes(stabiliser: Stabiliser) -> sweep.Slope:
    """The derivative of a part by its only variable, in its stable form where that is worth a look.

    Parts that differ in the multiple of their variable alone, as sin(2*x) and sin(3*y) do, have one form.
    """
    forms: dict[int, Expr] = {}
    argument = symbol(_ARGUMENT)

    def slope(part: Expr, name: str) -> Expr:
        if _is_polynomial(part):
            return derivative(part, (name,))
        inner = _find_multiple(part, name)
        core = substitute_node(part, inner, argument)
        form = forms.get(core.id)
        if form is None:
            form = forms[core.id] = stabiliser.derive(core, (_ARGUMENT,))
        factor = next((arg for arg in inner.args if isinstance(arg, Expr) and arg.op is table.NUMBER), ONE)
        return sweep.multiply(factor, substitute(form, {_ARGUMENT: inner}))

    return slope


def _find_multiple(part: Expr, name: str) -> Expr:
    """The multiple of a variable that a part depends on alone; the variable itself where there are several."""
    variable = symbol(name)
    users = [node for node in walk(part) if not is_leaf(node) and variable in node.args]
    if len(users) != 1 or users[0].op is not table.MUL or users[0] is part:
        return variable
    rest = [arg for arg in users[0].args if arg is not variable]
    return users[0] if len(rest) == 1 and rest[0].op is table.NUMBER else variable


def _is_polynomial(root: Expr) -> bool:
    return all(
        is_leaf(node) or node.op in (table.ADD, table.MUL, table.POW, table.SUB, table.NEG) for node in walk(root)
    )


def _hessian(root: Expr, wrt: Sequence[str], stabiliser: Stabiliser) -> list[Expr]:
    """The upper triangle of the Hessian, row by row."""
    if not wrt:
        raise UsageError("the expression has no variable", help="write one, such as x")
    base = stabiliser.base(root)
    if _is_small(base, wrt):
        pairs = [(first, second) for place, first in enumerate(wrt) for second in wrt[place:]]
        return [stabiliser.derive(root, pair) for pair in pairs]
    if len(wrt) > _MOST_SQUARED:
        raise LimitError(
            f"the Hessian by {len(wrt):,} variables has too many entries", help="name fewer with --wrt x1,x2"
        )
    partials = [sweep.write_bodies(part) for part in _sweep(base, wrt, stabiliser)]
    rows = []
    for place, name in enumerate(wrt):
        values = sweep.tangents(partials[: place + 1], name)
        rows.append([values.get(part.id, ZERO) for part in partials[: place + 1]])
    return [rows[second][first] for first in range(len(wrt)) for second in range(first, len(wrt))]


_MOST_SQUARED = 400
_ARGUMENT = "u"


def arguments(roots: Sequence[Expr], wrt: Sequence[str]) -> list[str]:
    """The variables of all functions in natural order, those that are only differentiated by included."""
    from dcalc.expr import natural

    return natural({*variables(*roots), *wrt})
