"""PyTorch's functions, by their ATen graph: what make_fx writes down as the function runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from typing import Any

from dcalc import functions as table
from dcalc.api.programs import matrices
from dcalc.api.programs import traced_arrays as a
from dcalc.api.programs.traced_arrays import ELEMENTARY, Arguments, Leaf, name_steps, parameter_names
from dcalc.backends.engines.common.engine import FAILURES, describe_failure, import_library, quiet
from dcalc.errors import DcalcError, Unsupported, UsageError
from dcalc.expr import Expr

TITLE = "PyTorch"


def _row(name: str, count: int = 1) -> a.Operation:
    row = table.find(name, count)
    assert row is not None, name
    return a.call(row)


_ENTRYWISE: dict[str, a.Operation] = {
    **{name: ELEMENTARY[name] for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log1p log2 log10 sqrt "
        "rsqrt reciprocal abs neg sign floor ceil trunc erf erfc digamma lgamma sigmoid square pow maximum minimum lt "
        "le gt ge eq ne logical_and logical_or logical_not fmod mul").split()},
    "sgn": ELEMENTARY["sign"], "fmax": a.larger, "fmin": a.smaller, "remainder": _row("mod", 2),
    "hypot": _row("hypot", 2), "logaddexp": a.text("logsumexp(x, y)", "x", "y"), "xlogy": _row("xlogy", 2),
    "special_xlog1py": _row("xlog1py", 2), "special_erfcx": _row("erfcx"), "special_ndtr": _row("normcdf"),
    "special_log_ndtr": _row("lognormcdf"), "special_ndtri": _row("norminv"), "special_entr": a.text("-xlogx(x)", "x"),
    "special_i0e": a.text("besselix(0, x)", "x"), "special_i1e": a.text("besselix(1, x)", "x"),
    "i0": a.text("besseli(0, x)", "x"), "special_i1": a.text("besseli(1, x)", "x"),
    "special_bessel_j0": a.text("besselj(0, x)", "x"), "special_bessel_j1": a.text("besselj(1, x)", "x"),
    "special_zeta": _row("zeta", 2), "special_gammainc": _row("gammap", 2), "special_gammaincc": _row("gammaq", 2),
    "erfinv": _row("erfinv"), "frac": a.text("x - trunc(x)", "x"), "polygamma": _row("polygamma", 2),
    "relu": _row("relu"), "silu": _row("swish"), "mish": a.text("x*tanh(softplus(x))", "x"),
    "bitwise_and": a.both, "bitwise_or": a.either, "bitwise_not": a.invert, "bitwise_xor": a.compare(table.NE),
    "where": a.choose, "masked_fill": lambda x, mask, value: a.choose(mask, value, x),
    "clamp_min": a.larger, "clamp_max": a.smaller,
    "lerp": a.text("x + w*(y - x)", "x", "y", "w"), "isnan": a.decide_finite(False, TITLE), "isinf":
    a.decide_finite(False, TITLE), "isfinite": a.decide_finite(True, TITLE),
    "hardsigmoid": a.text("clip(x/6 + 1/2, 0, 1)", "x"), "hardswish": a.text("x*clip(x/6 + 1/2, 0, 1)", "x"),
}  # fmt: skip
_SAME = frozenset(("detach", "alias", "clone", "contiguous", "lift_fresh", "lift_fresh_copy", "conj",
                   "resolve_conj", "_conj", "positive", "_unsafe_view_copy"))  # fmt: skip
_MOVED = frozenset((
    "view", "reshape", "_unsafe_view", "_reshape_alias", "expand", "permute", "transpose", "t", "select", "slice",
    "squeeze", "unsqueeze", "cat", "stack", "index", "diagonal", "flip", "roll", "repeat", "narrow", "split",
    "split_with_sizes", "unbind", "select_scatter", "slice_scatter", "gather", "index_select", "tril", "triu",
    "squeeze_", "unsqueeze_", "t_", "transpose_", "numpy_T", "movedim", "flatten", "unflatten", "diag_embed",
    "diagonal_scatter", "index_put", "scatter", "view_as", "broadcast_to", "expand_as", "select_copy", "slice_copy",
    "view_copy", "permute_copy", "expand_copy", "unsqueeze_copy", "squeeze_copy", "t_copy", "transpose_copy", "concat",
    "hstack", "vstack", "select_backward", "slice_backward", "embedding",
    "broadcast_in_dim", "collapse_view", "split_dim", "view_of",
))  # fmt: skip
"""Operations that only move entries, or put zeros between them."""
_SHAPED = frozenset((
    "ones_like", "zeros_like", "full_like", "empty_like", "new_zeros", "new_ones", "new_full", "new_empty", "sym_size",
    "size", "numel",
))  # fmt: skip
"""Operations that look at the shape alone."""
_RULES: dict[str, Callable[..., Any]] = {}


def _rule(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        _RULES.update(dict.fromkeys(names, function))
        return function

    return register


@cache
def load() -> Any:
    """PyTorch. Raises Unsupported, with the line that installs it, where it is missing."""
    return import_library("torch", TITLE, "torch")


def make_arguments(function: Callable[..., Any], args: Sequence[Any], dtype: str | None = None) -> Arguments:
    """The leaves of the arguments of a function, as tensors of a precision, or of their own."""
    torch, pytree = load(), import_module("torch.utils._pytree")
    leaves = []
    for name, arg in zip(parameter_names(function, len(args)), args, strict=True):
        for path, leaf in pytree.tree_flatten_with_path(arg)[0]:
            is_tensor = isinstance(leaf, torch.Tensor)
            is_float = leaf.is_floating_point() if is_tensor else isinstance(leaf, float)
            is_float = is_float or getattr(getattr(leaf, "dtype", None), "kind", "") == "f"
            shape = tuple(getattr(leaf, "shape", ()))
            value = leaf.detach() if is_tensor else leaf
            leaves.append(([name, *name_steps(path)], value, shape, is_float))
    structure = pytree.tree_flatten(tuple(args))[1]

    def convert(numbers: Any, leaf: Leaf) -> Any:
        own = leaf.value.dtype if isinstance(leaf.value, torch.Tensor) else torch.float64
        return torch.tensor(numbers, dtype=own if dtype is None else getattr(torch, dtype))

    return Arguments(leaves, lambda filled: tuple(pytree.tree_unflatten(filled, structure)), convert)


def read(function: Callable[..., Any], args: Sequence[Any]) -> tuple[Expr, list[str]]:
    """The one number that a function returns as a node, and its variables. Raises Unsupported by name, LimitError."""
    arguments = make_arguments(function, args)
    outputs = read_outputs(function, arguments)
    if len(outputs) != 1:
        raise Unsupported(f"the function returns {len(outputs)} tensors, not one number", help="return one of them")
    return a.expression_of(outputs[0], TITLE), arguments.variables


def read_all(function: Callable[..., Any], arguments: Arguments) -> list[Expr]:
    """All numbers that a function returns, in their order."""
    return [a.node(entry) for output in read_outputs(function, arguments) for entry in a.to_entries(output).flat]


def read_outputs(function: Callable[..., Any], arguments: Arguments) -> list[Any]:
    """The arrays that a function returns."""
    pytree = import_module("torch.utils._pytree")
    numbers = arguments.fill(arguments.values())  # some operations fail on others, as the inverse of a singular matrix
    flat, structure = pytree.tree_flatten(numbers)
    places = [place for place, leaf in enumerate(arguments.leaves) if leaf.names]

    def call(*tensors: Any) -> Any:
        leaves = list(flat)
        for place, tensor in zip(places, tensors, strict=True):
            leaves[place] = tensor
        return function(*pytree.tree_unflatten(leaves, structure))

    graph = _trace(call, [flat[place] for place in places])
    inputs = [leaf for leaf in arguments.inputs() if a.is_symbolic(leaf)]
    outputs = _Reader(graph).run(inputs)
    if not outputs:
        raise UsageError("the function returns nothing", help="return a number")
    return outputs


def _trace(call: Callable[..., Any], tensors: list[Any]) -> Any:
    """The ATen graph; with what is done in place written out where the function allows that."""
    torch = load()
    make_fx = import_module("torch.fx.experimental.proxy_tensor").make_fx
    rules = {op: rule for op, rule in import_module("torch._decomp").decomposition_table.items()
             if _base_name(op) not in _known_names()}  # fmt: skip
    failures: list[Exception] = []
    for attempt in (torch.func.functionalize(call), call):
        try:
            with quiet():
                return make_fx(attempt, decomposition_table=rules)(*tensors)
        except DcalcError:
            raise
        except Exception as error:  # noqa: BLE001  # the user's own code may raise anything
            failures.append(error)
            if "tracing tensor" in str(error):
                raise Unsupported(
                    "the function decides by a value, or takes it out of a tensor", help="write torch.where"
                ) from None
    raise Unsupported(f"PyTorch cannot trace the function: {describe_failure(failures[-1])}", help="simplify it")


def _base_name(target: Any) -> str:
    """The name of an operation without its overload."""
    schema = getattr(target, "_schema", None)
    return str(schema.name).partition("::")[2] if schema is not None else getattr(target, "__name__", str(target))


@cache
def _known_names() -> frozenset[str]:
    return frozenset((*_ENTRYWISE, *_SAME, *_MOVED, *_SHAPED, *_RULES))


class _Reader:
    """Runs a graph over arrays of expressions."""

    def __init__(self, graph: Any) -> None:
        self.graph = graph
        self.operations = 0

    def run(self, inputs: Sequence[Any]) -> list[Any]:
        """The outputs."""
        torch = load()
        waiting = iter(inputs)
        values: dict[Any, Any] = {}
        for step in self.graph.graph.nodes:
            if step.op == "placeholder":
                values[step] = next(waiting)
            elif step.op == "get_attr":
                values[step] = _attribute(self.graph, step.target)
            elif step.op == "output":
                pytree = import_module("torch.utils._pytree")
                results = torch.fx.node.map_arg(step.args[0], values.__getitem__)
                return [each for each in pytree.tree_flatten(results)[0] if each is not None]
            else:
                args = torch.fx.node.map_arg(step.args, values.__getitem__)
                named = torch.fx.node.map_arg(step.kwargs, values.__getitem__)
                if _base_name(step.target) == "copy_":
                    self.check_copy(step)
                values[step] = self.apply(step.target, list(args), dict(named))
        return []

    def check_copy(self, step: Any) -> None:
        """Raise Unsupported where what is changed in place is looked at again under another name."""
        changed = step.args[0]
        is_part = changed.op == "call_function" and _base_name(changed.target) in _MOVED | _SAME
        places = {each: place for place, each in enumerate(self.graph.graph.nodes)}
        if is_part or any(places[user] > places[step] for user in changed.users):
            raise a.unreadable(TITLE, "copy_, in place,")

    def apply(self, target: Any, args: list[Any], named: dict[str, Any]) -> Any:
        """The result of one operation."""
        name = _base_name(target)
        if name == "getitem":
            return args[0][args[1]]
        if name == "_linalg_check_errors":
            return None
        if any(each is _PLACES for each in _leaves([*args, *named.values()])):
            raise a.unreadable(TITLE, f"{name} of the indices of sorted entries")
        torch = load()
        if torch.Tag.nondeterministic_seeded in getattr(target, "tags", ()):
            raise a.unreadable(TITLE, f"{name}, which is random,")
        arrays = [each for each in _leaves([*args, *named.values()]) if a.is_symbolic(each)]
        if not arrays:
            return _call(target, args, named, name)
        self.operations += max(each.size for each in arrays)
        a.check_size(self.operations)
        if name in _SAME:
            return args[0]
        if name in _RULES:
            try:
                return _RULES[name](*args, **named)
            except TypeError:  # an overload with other arguments
                raise a.unreadable(TITLE, f"{name}, as it is called here,") from None
        if name in _ENTRYWISE:
            return a.apply_to_entries(_ENTRYWISE[name], *map(_plain, args), *map(_plain, _tensors(named)))
        if name in _MOVED:
            return _move(target, args, named, name)
        if name in _SHAPED:
            return _call(target, _map(lambda each: torch.zeros(each.shape, dtype=torch.float64), args), named, name)
        raise a.unreadable(TITLE, name)


def _tensors(named: Mapping[str, Any]) -> Iterator[Any]:
    """The arguments by name that are numbers or arrays."""
    torch = load()
    return (each for each in named.values() if a.is_symbolic(each) or isinstance(each, torch.Tensor | int | float))


def _attribute(graph: Any, path: str) -> Any:
    for word in path.split("."):
        graph = getattr(graph, word)
    return graph.detach() if hasattr(graph, "detach") else graph


def _leaves(args: Sequence[Any]) -> Iterator[Any]:
    for each in args:
        yield from each if isinstance(each, list | tuple) else (each,)


def _map(change: Callable[[Any], Any], args: Sequence[Any]) -> list[Any]:
    """The arguments, symbolic arrays among them changed, in lists as well."""
    return _walk(lambda each: change(each) if a.is_symbolic(each) else each, args)


def _plain(value: Any) -> Any:
    """A tensor as an array of NumPy's."""
    return value.detach().numpy() if hasattr(value, "detach") else value


def _call(target: Any, args: Sequence[Any], named: Mapping[str, Any], name: str) -> Any:
    """What PyTorch computes. Raises Unsupported with the name of an operation that fails."""
    for change in (None, _widen):  # constants may be of another precision than what is computed with them
        try:
            return target(*(args if change is None else _walk(change, args)), **named)
        except FAILURES:
            continue
    raise a.unreadable(TITLE, name)


def _widen(value: Any) -> Any:
    is_float = isinstance(value, load().Tensor) and value.is_floating_point()
    return value.double() if is_float else value


def _walk(change: Callable[[Any], Any], args: Sequence[Any]) -> list[Any]:
    """The arguments changed, in lists as well."""
    return [_walk(change, each) if isinstance(each, list | tuple) else change(each) for each in args]


def _move(target: Any, args: Sequence[Any], named: Mapping[str, Any], name: str) -> Any:
    torch = load()
    labels = a.Labels()

    def label(value: Any) -> Any:
        if isinstance(value, list | tuple) and any(a.is_symbolic(each) for each in value):
            return [label(each) for each in value]
        is_data = a.is_symbolic(value) or (isinstance(value, torch.Tensor) and value.is_floating_point())
        return torch.as_tensor(labels.label(_plain(value))) if is_data else value

    outputs = _call(target, list(map(label, args)), {key: label(value) for key, value in named.items()}, name)
    if isinstance(outputs, list | tuple):
        return [labels.resolve(each.numpy(), name) for each in outputs]
    return labels.resolve(outputs.numpy(), name)


# --- operations with arguments of their own -----------------------------------------------------


def _linear(operation: a.Operation, x: Any, y: Any, *, alpha: Any = 1) -> Any:
    scaled = _plain(y) if alpha == 1 else a.apply_to_entries(a.multiply, alpha, _plain(y))
    return a.apply_to_entries(operation, _plain(x), scaled)


_RULES["add"] = partial(_linear, a.add)
_RULES["sub"] = partial(_linear, a.subtract)
_RULES["rsub"] = partial(_linear, lambda x, y: a.subtract(y, x))


@_rule("div")
def _divide(x: Any, y: Any, *, rounding_mode: str | None = None) -> Any:
    quotient = a.apply_to_entries(ELEMENTARY["div"], _plain(x), _plain(y))
    return quotient if rounding_mode is None else a.apply_to_entries(_row(rounding_mode), quotient)


@_rule("round")
def _round(x: Any, *, decimals: int = 0) -> Any:
    if decimals:
        raise a.unreadable(TITLE, "round to decimals")
    return a.apply_to_entries(_row("round"), x)


@_rule("gelu")
def _gelu(x: Any, *, approximate: str = "none") -> Any:
    if approximate == "none":
        return a.apply_to_entries(_row("gelu"), x)
    return a.apply_to_entries(a.text("x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))", "x"), x)


@_rule("softplus")
def _softplus(x: Any, beta: Any = 1, threshold: Any = 20) -> Any:
    """Beyond its threshold it is x itself, and 2e-9 of it is missing."""
    source = "where(x > t, x, softplus(x))" if beta == 1 else "where(b*x > t, x, softplus(b*x)/b)"
    return a.apply_to_entries(a.text(source, "x", "b", "t"), x, _whole(beta), _whole(threshold))


@_rule("leaky_relu")
def _leaky_relu(x: Any, slope: Any = 0.01) -> Any:
    return a.apply_to_entries(a.text("where(x > 0, x, s*x)", "x", "s"), x, slope)


@_rule("elu")
def _elu(x: Any, alpha: Any = 1, scale: Any = 1, input_scale: Any = 1) -> Any:
    formula = a.text("where(x > 0, s*x, s*a*expm1(k*x))", "x", "a", "s", "k")
    return a.apply_to_entries(formula, x, _whole(alpha), _whole(scale), _whole(input_scale))


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


@_rule("hardtanh", "clamp")
def _clamp(x: Any, low: Any = None, high: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = min if low is None else low, max if high is None else high
    x = x if low is None else a.apply_to_entries(a.larger, x, _plain(low))
    return x if high is None else a.apply_to_entries(a.smaller, x, _plain(high))


@_rule("log_sigmoid_forward")
def _log_sigmoid(x: Any) -> Any:
    return [a.apply_to_entries(a.text("-softplus(-x)", "x"), x), x]


@_rule("threshold")
def _threshold(x: Any, threshold: Any, value: Any) -> Any:
    return a.apply_to_entries(a.text("where(x > t, x, v)", "x", "t", "v"), x, threshold, value)


def _add_scaled(source: str, x: Any, y: Any, z: Any, *, value: Any = 1) -> Any:
    return a.apply_to_entries(a.text(source, "x", "y", "z", "v"), _plain(x), _plain(y), _plain(z), value)


_RULES["addcmul"] = partial(_add_scaled, "x + v*y*z")
_RULES["addcdiv"] = partial(_add_scaled, "x + v*y/z")


@_rule("logit")
def _logit(x: Any, eps: Any = None) -> Any:
    x = x if eps is None else _clamp(x, eps, 1 - eps)
    return a.apply_to_entries(_row("logit"), x)


@_rule("_to_copy", "to", "convert_element_type", "type_as")
def _convert(x: Any, dtype: Any = None, **_other: Any) -> Any:
    torch = load()
    if dtype is torch.bool:
        return a.apply_to_entries(a.as_condition, x)
    if dtype is not None and not dtype.is_floating_point:
        trunc = _row("trunc")
        return a.apply_to_entries(lambda e: a.node(e) if a.is_condition(e) else trunc(e), x)
    return a.apply_to_entries(lambda e: a.node(e) if a.is_condition(e) else e, x)


@_rule("scalar_tensor", "fill")
def _fill(x: Any, value: Any = None, **_other: Any) -> Any:
    return a.make_array(x.shape, [a.to_entries(_plain(value)).flat[0]] * x.size)


@_rule("copy", "copy_")
def _copy(x: Any, source: Any, *_other: Any) -> Any:
    return a.load_numpy().broadcast_to(a.to_entries(_plain(source)), x.shape)


# --- reductions and products ----------------------------------------------------------------------


def _axes(x: Any, dim: Any) -> list[int]:
    if dim is None or dim == []:
        return list(range(x.ndim))
    return [dim] if isinstance(dim, int) else list(dim)


def _reduced(operation: Callable[[list[Any]], Any]) -> Callable[..., Any]:
    def rule(x: Any, dim: Any = None, keepdim: bool = False, **_other: Any) -> Any:
        return a.reduce_axes(operation, x, _axes(x, dim), keep=keepdim)

    return rule


_RULES["sum"] = _reduced(a.sum_entries)
_RULES["prod"] = _reduced(a.multiply_entries)
_RULES["amax"] = _reduced(a.largest_entry)
_RULES["amin"] = _reduced(a.smallest_entry)
_RULES["mean"] = _reduced(lambda entries: a.call(table.DIV)(a.sum_entries(entries), len(entries)))
_RULES["logsumexp"] = _reduced(lambda entries: a.call(table.LOGSUMEXP)(*entries))


_PLACES = object()
"""The indices that come with an extreme or a sorted row, which are no numbers to compute with."""


def _largest(operation: Callable[[list[Any]], Any], x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    if dim is None:
        return a.reduce_axes(operation, x, range(x.ndim))
    return [a.reduce_axes(operation, x, [dim], keep=keepdim), _PLACES]


_RULES["max"] = partial(_largest, a.largest_entry)
_RULES["min"] = partial(_largest, a.smallest_entry)


@_rule("sort")
def _sort(x: Any, dim: int = -1, descending: bool = False, *, stable: bool = False) -> Any:
    return [matrices.sort(x, dim, descending=descending) if x.ndim else x, _PLACES]


@_rule("topk")
def _take_largest(x: Any, count: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    ordered = matrices.sort(x, dim, descending=largest)
    return [a.load_numpy().take(ordered, range(count), axis=dim), _PLACES]


@_rule("median")
def _median(x: Any) -> Any:
    """The lower of the two in the middle."""
    ordered = matrices.sort(x.reshape(-1), 0)
    return a.make_array((), [ordered[(len(ordered) - 1) // 2]])


@_rule("any")
def _any(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return a.reduce_axes(lambda entries: _connect(a.either, entries), x, _axes(x, dim), keep=keepdim)


@_rule("all")
def _all(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return a.reduce_axes(lambda entries: _connect(a.both, entries), x, _axes(x, dim), keep=keepdim)


def _connect(connect: a.Operation, entries: list[Any]) -> Any:
    result, *rest = entries
    for entry in rest:
        result = connect(result, entry)
    return result


@_rule("var")
def _variance(x: Any, dim: Any = None, correction: Any = 1, keepdim: bool = False, **_other: Any) -> Any:
    count = a.reduce_axes(len, x, _axes(x, dim), keep=True)
    divide = ELEMENTARY["div"]
    mean = a.apply_to_entries(divide, a.reduce_axes(a.sum_entries, x, _axes(x, dim), keep=True), count)
    squares = a.apply_to_entries(lambda u, v: a.power(a.subtract(u, v), 2), x, mean)
    degrees = a.reduce_axes(lambda entries: len(entries) - _whole(float(correction)), x, _axes(x, dim), keep=keepdim)
    return a.apply_to_entries(divide, a.reduce_axes(a.sum_entries, squares, _axes(x, dim), keep=keepdim), degrees)


@_rule("cumsum")
def _cumsum(x: Any, dim: int, **_other: Any) -> Any:
    return a.accumulate(a.add, x, dim)


@_rule("cumprod")
def _cumprod(x: Any, dim: int, **_other: Any) -> Any:
    return a.accumulate(a.multiply, x, dim)


@_rule("linalg_vector_norm")
def _norm(x: Any, order: Any = 2, dim: Any = None, keepdim: bool = False, **_other: Any) -> Any:
    absolute = _row("abs")
    if order == 2:
        squares = a.apply_to_entries(lambda e: a.power(e, 2), x)
        return a.apply_to_entries(_row("sqrt"), a.reduce_axes(a.sum_entries, squares, _axes(x, dim), keep=keepdim))
    sizes = a.apply_to_entries(absolute, x)
    if order == 1:
        return a.reduce_axes(a.sum_entries, sizes, _axes(x, dim), keep=keepdim)
    if order == float("inf"):
        return a.reduce_axes(a.largest_entry, sizes, _axes(x, dim), keep=keepdim)
    raise a.unreadable(TITLE, f"linalg_vector_norm of order {order}")


@_rule("_softmax")
def _softmax(x: Any, dim: int, *_other: Any) -> Any:
    numpy = a.load_numpy()
    entries = numpy.moveaxis(a.to_entries(x), dim, -1) if a.to_entries(x).ndim else a.to_entries(x).reshape(1)
    out = numpy.empty(entries.shape, dtype=object)
    for place in numpy.ndindex(*entries.shape[:-1]):
        row = list(entries[place])
        for column in range(len(row)):
            out[(*place, column)] = a.call(table.get("softmax", 3))(column, *row) if len(row) > 1 else 1
    return numpy.moveaxis(out, -1, dim) if x.ndim else out.reshape(())


@_rule("_log_softmax")
def _log_softmax(x: Any, dim: int, *_other: Any) -> Any:
    totals = a.reduce_axes(lambda entries: a.call(table.LOGSUMEXP)(*entries), x, _axes(x, dim), keep=True)
    return a.apply_to_entries(a.subtract, x, totals)


@_rule("mm", "bmm")
def _multiply(x: Any, y: Any) -> Any:
    return a.multiply_matrices(_plain(x), _plain(y))


@_rule("mv")
def _multiply_vector(x: Any, y: Any) -> Any:
    return a.multiply_matrices(_plain(x), a.to_entries(_plain(y)).reshape(-1, 1)).reshape(-1)


@_rule("trace")
def _trace_of(x: Any) -> Any:
    return a.make_array((), [a.sum_entries([x[place, place] for place in range(min(x.shape))])])


@_rule("_linalg_det")
def _determinant(x: Any) -> Any:
    return [matrices.for_each_matrix(matrices.determinant, x), _PLACES, _PLACES]


@_rule("_linalg_slogdet")
def _log_determinant(x: Any) -> Any:
    whole = matrices.for_each_matrix(matrices.determinant, x)
    logarithm = a.apply_to_entries(a.text("log(abs(x))", "x"), whole)
    return [a.apply_to_entries(_row("sign"), whole), logarithm, _PLACES, _PLACES]


@_rule("linalg_inv_ex")
def _inverse(x: Any, **_other: Any) -> Any:
    return [matrices.for_each_matrix(matrices.invert, x), _PLACES]


@_rule("_linalg_solve_ex")
def _solve(matrix: Any, right: Any, *, left: bool = True, **_other: Any) -> Any:
    if not left:
        raise a.unreadable(TITLE, "linalg.solve from the right")
    return [matrices.solve(_plain(matrix), _plain(right)), _PLACES, _PLACES, _PLACES]


@_rule("linalg_cholesky_ex")
def _cholesky(x: Any, *, upper: bool = False, **_other: Any) -> Any:
    lower = matrices.for_each_matrix(matrices.factor, x)
    return [lower.swapaxes(-1, -2) if upper else lower, _PLACES]


@_rule("dot")
def _dot(x: Any, y: Any) -> Any:
    left, right = a.to_entries(_plain(x)), a.to_entries(_plain(y))
    return a.multiply_matrices(left.reshape(1, -1), right.reshape(-1, 1)).reshape(())


@_rule("addmm", "baddbmm")
def _add_multiplied(bias: Any, x: Any, y: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    product = a.multiply_matrices(_plain(x), _plain(y))
    product = product if alpha == 1 else a.apply_to_entries(a.multiply, alpha, product)
    bias = _plain(bias) if beta == 1 else a.apply_to_entries(a.multiply, beta, _plain(bias))
    return a.apply_to_entries(a.add, bias, product)


# --- gradients ----------------------------------------------------------------------------------


def own_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """What autograd gives: of the same arguments, the derivatives by all leaves that are floats."""
    torch, pytree = load(), import_module("torch.utils._pytree")

    def derive(*args: Any) -> Any:
        leaves, structure = pytree.tree_flatten(args)
        leaves = list(leaves)
        places = [
            place for place, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor) and leaf.is_floating_point()
        ]
        for place in places:
            leaves[place] = leaves[place].detach().requires_grad_(True)
        with torch.enable_grad():
            value = pytree.tree_flatten(function(*pytree.tree_unflatten(leaves, structure)))[0][0]
            inputs = [leaves[place] for place in places]
            if not value.requires_grad:
                return [torch.zeros_like(each) for each in inputs]
            partials = torch.autograd.grad(value.reshape(()), inputs, allow_unused=True)
        return [torch.zeros_like(each) if p is None else p for each, p in zip(inputs, partials, strict=True)]

    return derive


def compute(
    function: Callable[..., Any], arguments: Arguments, values: Mapping[str, float], _dtype: str
) -> list[float]:
    """All numbers that a function returns at a point; the arguments bring their precision."""
    outputs = import_module("torch.utils._pytree").tree_flatten(function(*arguments.fill(values)))[0]
    torch = load()
    return [float(value) for output in outputs for value in torch.as_tensor(output).detach().double().reshape(-1)]
