"""A scalar of arrays with its gradient in doubles and proved bounds, as a function that is called again and again.

Whether the gradient exists is asked of the operations as they were typed. Those that go entry by entry, one after the
other, are one program over blocks that stay in a core's cache; products of two arrays are computed once for both, the
value and the gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc.bulk.contraction import Shared
from dcalc.bulk.inexact import Estimate, evaluate_smooth
from dcalc.bulk.lazy_numpy import np
from dcalc.bulk.tensors import collapse, estimate, exact_array
from dcalc.bulk.uniform import Uniform, UniformFunction, apply_jointly, complement_square
from dcalc.expr import Expr, make, number, symbol, variables
from dcalc.functions import Row
from dcalc.tensor.gradient import differentiate
from dcalc.tensor.lower import fix_shape
from dcalc.tensor.nodes import Factor, Kind, Node, factors_of, is_condition, product, replace_args, variable, walk
from dcalc.tensor.reader import Reading, Step, join_steps, placeholder_name

_LONGEST = 40
"""Operations that become one program: with more of them the buffers leave the cache."""


class Outcome(NamedTuple):
    """The value, whether every operation is surely smooth, and the derivatives; none where it is not."""

    value: Estimate
    is_smooth: bool
    derivatives: Sequence[Estimate]


class _Stage(NamedTuple):
    """What gives the value of one step: a node, or an expression in each entry of some arrays."""

    number: int
    node: Node
    expr: Expr | None
    names: tuple[str, ...]
    shape: tuple[int, ...]


class GradientFunction:
    """The value and the derivatives of a text by some variables, as a function of all its arrays.

    ``names`` are tuples of variables, by each of which the text is differentiated once; ``sizes`` are lengths by name.
    Raises Unsupported where a derivative has no closed form. Cost: some milliseconds; of a call about that of
    NumPy's operations, where one bound for each array will do, else some times more.
    """

    def __init__(self, reading: Reading, names: Sequence[Sequence[str]], sizes: Mapping[str, int]) -> None:
        self.sizes = sizes
        steps = reading.list_steps()
        self.last = placeholder_name(max(steps))
        self.stages = _plan(steps, sizes)
        self.derivatives = _differentiate(reading, names)
        nodes = join_steps(steps)
        known = {  # conditions are parts of the functions that they stand in
            nodes[stage.number]: placeholder_name(stage.number)
            for stage in self.stages
            if nodes[stage.number].args and not is_condition(nodes[stage.number])
        }
        derivatives, self.complements = _use_tanh(self.derivatives, known)
        self.uniform = UniformFunction(derivatives, sizes, known)
        self.uniform_stages = [
            None if stage.expr is not None else UniformFunction([stage.node], sizes) for stage in self.stages
        ]

    def __call__(
        self, arrays: Mapping[str, Any], is_close: Callable[[Estimate], bool], errors: Mapping[str, Any] | None = None
    ) -> Outcome:
        """The value and the derivatives at arrays of doubles, of which some are known up to ``errors``.

        Each entry has a bound of its own where one bound for all is not close enough.
        """
        outcome = self._bound_jointly(arrays, errors or {})
        if outcome.is_smooth and all(map(is_close, outcome.derivatives)):
            return outcome
        return self._bound_entries(arrays, errors or {})

    def _bound_jointly(self, arrays: Mapping[str, Any], errors: Mapping[str, Any]) -> Outcome:
        shared: Shared = {}  # products of two arrays
        known = {name: Uniform(array) for name, array in arrays.items()}
        for name, error in errors.items():
            known[name].error = float(error.max())
        with np.errstate(all="ignore"):
            for stage, function in zip(self.stages, self.uniform_stages, strict=True):
                if function is not None:
                    (result,) = function.run(known, shared)
                else:
                    assert stage.expr is not None
                    result = apply_jointly(stage.expr, stage.names, [known[name] for name in stage.names], stage.shape)
                known = {**known, placeholder_name(stage.number): result}
        value = known[self.last]
        is_smooth = value.is_smooth and value.is_known
        if is_smooth:
            known |= {name: complement_square(known[source]) for name, source in self.complements.items()}
        results = self.uniform.run(known, shared) if is_smooth else ()
        return Outcome(value.as_estimate(), is_smooth, [result.as_estimate() for result in results])

    def _bound_entries(self, arrays: Mapping[str, Any], errors: Mapping[str, Any]) -> Outcome:
        shared: Shared = {}
        known = given = {name: exact_array(array) for name, array in arrays.items()}
        for name, error in errors.items():
            given[name] = given[name]._replace(errors=error)
        is_smooth = True
        with np.errstate(all="ignore"):
            for stage in self.stages:
                if stage.expr is None:
                    (result,), fits = estimate([stage.node], self.sizes, known, shared)
                else:
                    columns = [_spread(known[name], stage.shape) for name in stage.names]
                    flat, fits = evaluate_smooth(stage.expr, stage.names, columns)
                    result = Estimate(*(part.reshape(stage.shape) for part in flat))
                known = {**known, placeholder_name(stage.number): result}
                is_smooth = is_smooth and fits and bool(collapse(result.sure).all())
        value = known[self.last]
        if not is_smooth:
            return Outcome(value, False, ())
        results, _ = estimate(self.derivatives, self.sizes, given, shared)
        return Outcome(value, True, results)


def _differentiate(reading: Reading, names: Sequence[Sequence[str]]) -> list[Node]:
    """The derivatives by variables in turn, of which those that begin alike are derived together."""
    known: dict[tuple[str, ...], Node] = {(): reading.root}
    for order in range(max(map(len, names), default=0)):
        after: dict[tuple[str, ...], dict[str, None]] = {}
        for keys in names:
            if len(keys) > order:
                after.setdefault(tuple(keys[:order]), {})[keys[order]] = None
        for keys, by in after.items():
            parts = differentiate(known[keys], [reading.variables[name] for name in by])
            known.update({(*keys, name): part for name, part in zip(by, parts, strict=True)})
    return [known[tuple(keys)] for keys in names]


def _use_tanh(roots: Sequence[Node], known: Mapping[Node, str]) -> tuple[list[Node], dict[str, str]]:
    """The nodes with a variable for each sech(u)**2 of which tanh(u) is known, and the name of that by the variable's.

    1 - tanh(u)**2 costs a tenth of another exponential.
    """
    sources = {
        node.args[0]: name for node, name in known.items() if node.kind is Kind.APPLY and node.data is table.TANH
    }
    complements: dict[str, str] = {}

    def replace(factor: Factor) -> Factor:
        node, labels, exponent = factor
        is_square = node.kind is Kind.APPLY and node.data is _SECH and exponent == 2
        source = sources.get(node.args[0]) if is_square else None
        if source is None:
            return Factor(images[node], labels, exponent)
        name = f"1 - {source}**2"
        complements[name] = source
        return Factor(variable(name, node.shape), labels)

    images: dict[Node, Node] = {}
    for node in walk(*roots):
        if node in known or node.kind is not Kind.PRODUCT or not sources:
            images[node] = node if node in known else replace_args(node, [images[arg] for arg in node.args])
            continue
        network = node.network
        factors = [replace(factor) for factor in factors_of(node)]
        images[node] = product(network.coefficient, factors, network.out, dict(enumerate(network.sizes)))
    return [images[root] for root in roots], complements


_SECH = table.get("sech", 1)


def _spread(array: Estimate, shape: tuple[int, ...]) -> Estimate:
    """An array as a column as long as one of a shape has entries; a scalar is repeated."""
    return Estimate(*(np.broadcast_to(part, shape).reshape(-1) for part in array))


def _plan(steps: Mapping[int, Step], sizes: Mapping[str, int]) -> list[_Stage]:
    """The steps as stages: runs of operations entry by entry, on arrays of one shape, are one stage."""
    stages: list[_Stage] = []
    exprs: dict[str, Expr] = {}
    conditions: dict[str, Expr] = {}  # which are no numbers: they are parts of the choices that they decide
    shapes: dict[str, tuple[int, ...]] = {}
    done: set[str] = set()

    def settle(name: str, place: int) -> None:
        if name in done:
            return
        done.add(name)
        root = exprs[name]
        names = tuple(variables(root))
        is_plain = root.op is table.SYMBOL or not names
        # A transpose of a vector is that vector, whose own step may not be a stage.
        node = variable(names[0], shapes[name]) if root.op is table.SYMBOL else steps[place].node
        stages.append(_Stage(place, node, None if is_plain else root, names, shapes[name]))

    for place, step in steps.items():
        name, shape = placeholder_name(place), fix_shape(step.node.shape, sizes)
        shapes[name] = shape
        shapes.update((str(n.data), fix_shape(n.shape, sizes)) for n in walk(step.node) if n.kind is Kind.VARIABLE)
        expr = _read_entrywise(step.node, shape, shapes, {**exprs, **conditions} if _asks(step.node) else exprs)
        if expr is not None and expr.op in table.CONDITIONS:
            conditions[name] = expr
            expr = None
        if expr is not None and len(_operations(expr)) <= _LONGEST:
            exprs[name] = expr
            for arg in step.args:  # of a scalar, or of another shape
                if placeholder_name(arg) in variables(expr) and placeholder_name(arg) in exprs:
                    settle(placeholder_name(arg), arg)
            continue
        for arg in step.args:
            if placeholder_name(arg) in exprs:
                settle(placeholder_name(arg), arg)
        stages.append(_Stage(place, step.node, None, (), shape))
    last = max(steps)
    if placeholder_name(last) in exprs:
        settle(placeholder_name(last), last)
    return stages


def _operations(root: Expr) -> list[Expr]:
    from dcalc.expr import walk as walk_expression

    return list(walk_expression(root))


def _read_entrywise(
    node: Node, shape: tuple[int, ...], shapes: Mapping[str, tuple[int, ...]], exprs: Mapping[str, Expr]
) -> Expr | None:
    """What a step does to each entry, in the expressions of its operands; None for any other step."""
    images: dict[Node, Expr] = {}
    for part in walk(node):
        image = _read_part(part, shape, shapes, exprs, images)
        if image is None:
            return None
        images[part] = image
    return images[node]


def _asks(node: Node) -> bool:
    """Whether there is a choice in a node, or a condition that is made of others."""
    choices = (table.WHERE, table.AND, table.OR, table.NOT)
    return any(part.kind is Kind.APPLY and part.data in choices for part in walk(node))


def _read_part(
    part: Node,
    shape: tuple[int, ...],
    shapes: Mapping[str, tuple[int, ...]],
    exprs: Mapping[str, Expr],
    images: Mapping[Node, Expr],
) -> Expr | None:
    if part.kind is Kind.VARIABLE:
        name = str(part.data)
        if shapes[name] not in ((), shape):
            return None
        known = exprs.get(name)
        if known is None or (shapes[name] != shape and variables(known) and known.op not in table.CONDITIONS):
            return symbol(name)
        return known
    if part.kind is Kind.SUM:
        return make(table.ADD, *(images[arg] for arg in part.args))
    if part.kind is Kind.APPLY:
        row = part.data
        assert isinstance(row, Row)
        return make(row, *(images[arg] for arg in part.args))
    if part.kind is not Kind.PRODUCT or not part.network.is_pointwise:
        return None
    network = part.network
    factors: list[Expr] = []
    if network.coefficient != 1 or not part.args:
        factors.append(number(network.coefficient))
    for factor in factors_of(part):
        if factor.labels not in ((), network.out):
            return None
        base = images[factor.node]
        factors.append(base if factor.exponent == 1 else make(table.POW, base, number(factor.exponent)))
    return factors[0] if len(factors) == 1 else make(table.MUL, *factors)
