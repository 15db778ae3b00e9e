"""What is emitted: f, its derivatives, gradients, Hessians and Jacobians, each as one function of the program."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple, get_args

from dcalc import functions as table
from dcalc import rules
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported, UsageError
from dcalc.expr import ONE, ZERO, Expr, exact, is_leaf, make, number, replace_nodes, substitute, symbol, variables, walk
from dcalc.simplify import simplify
from dcalc.stable import stable
from dcalc.stable.smoothing import choose_best, distribute, join_fractions, smooth

# --- sweeps over the graph ---------------------------------------------------------------------
# Gradients by one reverse sweep over the graph, and Hessians forward over that: a few times the operations of f.
#
# The adjoints are expressions with shared parts, built without simplification, which would take products apart and
# make them quadratic. A part of one variable is one operation, whose derivative is taken as a formula.


Slope = Callable[[Expr, str], Expr]
"""The derivative of a part by its only variable."""
_LARGEST_PART = 60
"""The most nodes of a part of one variable that counts as one operation."""


def gradient(root: Expr, names: Sequence[str], slope: Slope) -> list[Expr]:
    """The partial derivatives of ``root`` by all names, by one reverse sweep. Linear in nodes.

    Raises Unsupported where a partial has no closed form.
    """
    only = _only_variables(root)
    adjoints: dict[int, list[Expr]] = {root.id: [ONE]}
    for node in reversed(walk(root)):
        seeds = adjoints.get(node.id)
        if seeds is None or is_leaf(node):
            continue
        seed = add(seeds)
        adjoints[node.id] = [seed]
        if seed is ZERO:
            continue
        name = only.get(node.id)
        if name is not None:
            variable = symbol(name)
            adjoints.setdefault(variable.id, []).append(multiply(seed, slope(node, name)))
            continue
        for arg, partial in _partials(node):
            if partial is not ZERO:
                adjoints.setdefault(arg.id, []).append(multiply(seed, partial))
    return [add(adjoints.get(symbol(name).id, [])) for name in names]


def tangents(roots: Sequence[Expr], name: str) -> dict[int, Expr]:
    """The derivatives of all parts of the roots by one name, by ids; those that are 0 are left out. Linear."""
    values: dict[int, Expr] = {}
    for node in walk(*roots):
        if node.op is table.SYMBOL:
            if node.args[0] == name:
                values[node.id] = ONE
        elif not is_leaf(node) and any(arg.id in values for arg in node.args):
            terms = [multiply(partial, values[arg.id]) for arg, partial in _partials(node) if arg.id in values]
            if (total := add(terms)) is not ZERO:
                values[node.id] = total
    return values


def _only_variables(root: Expr) -> dict[int, str]:
    """The variable of each part that depends on one alone and is small, by ids; the largest such parts matter."""
    names: dict[int, str | None] = {}
    sizes: dict[int, int] = {}
    for node in walk(root):
        if node.op is table.SYMBOL:
            names[node.id], sizes[node.id] = node.args[0], 1
        elif node.op is not table.NUMBER:
            own = {names[arg.id] for arg in node.args if arg.id in names}
            sizes[node.id] = 1 + sum(sizes.get(arg.id, 0) for arg in node.args)
            if own:
                names[node.id] = own.pop() if len(own) == 1 else None
    return {key: name for key, name in names.items() if name is not None and 1 < sizes[key] <= _LARGEST_PART}


def _partials(node: Expr) -> list[tuple[Expr, Expr]]:
    """The arguments of a node with its partial derivatives by them, one entry per place."""
    op, args = node.op, node.args
    if op in table.CONDITIONS:
        return []
    if op is table.ADD:
        return [(arg, ONE) for arg in args]
    if op is table.SUB:
        return [(args[0], ONE), (args[1], number(-1))]
    if op is table.NEG:
        return [(args[0], number(-1))]
    if op in _RULES:
        return _RULES[op](node)
    if op.body or op.tangent:
        raise Unsupported(f"{op.name} is not written out")  # `write_bodies` has done so
    pairs = []
    for place, arg in enumerate(args):
        partial = ZERO if is_leaf(arg) and arg.op is table.NUMBER else rules.partial(node, place)
        if partial is None:
            if exact(arg) is not None:
                continue
            name = op.args[min(place, len(op.args) - 1)]
            raise Unsupported(f"{op.name}: the derivative by its argument {name} has no closed form")
        pairs.append((arg, partial))
    return pairs


def _choice_partials(node: Expr) -> list[tuple[Expr, Expr]]:
    condition, then, otherwise = node.args
    return [(then, make(table.WHERE, condition, ONE, ZERO)), (otherwise, make(table.WHERE, condition, ZERO, ONE))]


def _product_partials(node: Expr) -> list[tuple[Expr, Expr]]:
    """Each partial of a product is that of all other factors: from products of those before and behind it."""
    args = node.args
    before: list[Expr] = [ONE]
    for arg in args[:-1]:
        before.append(multiply(before[-1], arg))
    behind: list[Expr] = [ONE]
    for arg in reversed(args[1:]):
        behind.append(multiply(arg, behind[-1]))
    return [(arg, multiply(left, right)) for arg, left, right in zip(args, before, reversed(behind), strict=True)]


def _power_partials(node: Expr) -> list[tuple[Expr, Expr]]:
    base, exponent = node.args
    value = exact(exponent)
    if value is not None:
        lower = make(table.POW, base, number(value - 1)) if value != 2 else base
        return [(base, multiply(number(value), lower))] if value else []
    pairs = [(exponent, multiply(node, make(table.LOG, base)))]
    if exact(base) is None:
        lower = make(table.POW, base, make(table.SUB, exponent, ONE))
        pairs.append((base, multiply(exponent, lower)))
    return pairs


def _fold_partials(node: Expr) -> list[tuple[Expr, Expr]]:
    """Those of max or min of two arguments."""
    first, second = node.args
    relation = table.GE if node.op is table.MAX else table.LE
    condition = make(relation, first, second)
    return [(first, make(table.WHERE, condition, ONE, ZERO)), (second, make(table.WHERE, condition, ZERO, ONE))]


_RULES = {
    table.MUL: _product_partials,
    table.POW: _power_partials,
    table.WHERE: _choice_partials,
    table.MAX: _fold_partials,
    table.MIN: _fold_partials,
}


def write_bodies(root: Expr) -> Expr:
    """The root without rows that have a body, and with two arguments for those that are taken two at a time."""
    images: dict[int, Expr] = {}
    stack: list[tuple[Expr, Expr | None]] = [(root, None)]
    while stack:
        node, other = stack[-1]
        if node.id in images:
            stack.pop()
        elif other is not None:
            stack.pop()
            images[node.id] = images[other.id]
        elif is_leaf(node) or not node.args:
            images[node.id] = node
        elif missing := [arg for arg in node.args if arg.id not in images]:
            stack += [(arg, None) for arg in reversed(missing)]
        else:
            stack.pop()
            image = make(node.op, *[images[arg.id] for arg in node.args])
            simpler = _write_body(image)
            if simpler is image:
                images[node.id] = images[image.id] = image
            else:
                stack += [(node, simpler), (simpler, None)]
    return images[root.id]


def _write_body(node: Expr) -> Expr:
    row = node.op
    if row.body:
        return rules.body(node)
    if row.fold and len(node.args) > 2:
        return rules.pairs(node)
    if row.fold and len(node.args) == 1:
        return node.args[0]  # type: ignore[no-any-return]  # its argument
    return node


# --- constructors that fold 0 and 1 alone ----------------------------------------------------


def multiply(first: Expr, second: Expr) -> Expr:
    """The product, without factors of 1; 0 where a factor is 0, and a choice with 0 in it takes the factor inside."""
    for one, other in ((first, second), (second, first)):
        if one is ZERO:
            return ZERO
        if one is ONE:
            return other
    for one, other in ((first, second), (second, first)):
        if _is_mask(one):
            condition, then, _ = one.args
            return make(table.WHERE, condition, *((other, ZERO) if then is ONE else (ZERO, other)))
    for one, other in ((first, second), (second, first)):
        if one.op is table.NUMBER and other.op is table.NUMBER:
            return number(one.args[0] * other.args[0])
        if one.op is table.NUMBER and other.op is table.MUL and other.args[0].op is table.NUMBER:
            scale = number(one.args[0] * other.args[0].args[0])
            return _rest(other) if scale is ONE else make(table.MUL, scale, *other.args[1:])
    if second.op is table.NUMBER:
        first, second = second, first
    return make(table.MUL, first, second)


def _rest(product: Expr) -> Expr:
    rest = product.args[1:]
    return rest[0] if len(rest) == 1 else make(table.MUL, *rest)


def _is_mask(node: Expr) -> bool:
    """True for a choice between 1 and 0, as partials of choices are."""
    return node.op is table.WHERE and {node.args[1], node.args[2]} == {ZERO, ONE}


def add(terms: Sequence[Expr]) -> Expr:
    """The sum of the terms that are not 0."""
    terms = [term for term in terms if term is not ZERO]
    if not terms:
        return ZERO
    return terms[0] if len(terms) == 1 else make(table.ADD, *terms)


# --- quantities --------------------------------------------------------------------------------


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
    return gradient(write_bodies(base), wrt, _slopes(stabiliser))


def _slopes(stabiliser: Stabiliser) -> Slope:
    """The derivative of a part by its only variable, in its stable form where that is worth a look.

    Parts that differ in the multiple of their variable alone, as sin(2*x) and sin(3*y) do, have one form.
    """
    forms: dict[int, Expr] = {}
    argument = symbol(_ARGUMENT)

    def slope(part: Expr, name: str) -> Expr:
        if _is_polynomial(part):
            return derivative(part, (name,))
        inner = _find_multiple(part, name)
        core = replace_nodes(part, {inner: argument})
        form = forms.get(core.id)
        if form is None:
            form = forms[core.id] = stabiliser.derive(core, (_ARGUMENT,))
        factor = next((arg for arg in inner.args if isinstance(arg, Expr) and arg.op is table.NUMBER), ONE)
        return multiply(factor, substitute(form, {_ARGUMENT: inner}))

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
    partials = [write_bodies(part) for part in _sweep(base, wrt, stabiliser)]
    rows = []
    for place, name in enumerate(wrt):
        values = tangents(partials[: place + 1], name)
        rows.append([values.get(part.id, ZERO) for part in partials[: place + 1]])
    return [rows[second][first] for first in range(len(wrt)) for second in range(first, len(wrt))]


_MOST_SQUARED = 400
_ARGUMENT = "u"


def arguments(roots: Sequence[Expr], wrt: Sequence[str]) -> list[str]:
    """The variables of all functions in natural order, those that are only differentiated by included."""
    from dcalc.expr import natural

    return natural({*variables(*roots), *wrt})
