"""JAX's functions, by their jaxpr: the list of primitive operations that JAX itself differentiates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from dcalc import functions as table
from dcalc.api.programs import traced_arrays as a
from dcalc.api.programs.traced_arrays import ELEMENTARY, Arguments, Leaf, name_steps, parameter_names
from dcalc.backends.engines.common.engine import FAILURES, describe_failure, import_library
from dcalc.errors import DcalcError, LimitError, Unsupported, UsageError
from dcalc.expr import Expr

TITLE = "JAX"
_MOST_STEPS = 10_000
_MOST_UPDATES = 2_000


def _row(name: str, count: int) -> a.Operation:
    row = table.find(name, count)
    assert row is not None, name
    return a.call(row)


_ENTRYWISE: dict[str, a.Operation] = {
    **{name: ELEMENTARY[name] for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log1p sqrt rsqrt cbrt "
        "abs sign floor ceil erf erfc digamma lgamma add sub mul neg div pow square max min lt le gt ge eq "
        "ne").split()},
    "add_any": a.add, "logistic": ELEMENTARY["sigmoid"], "erf_inv": _row("erfinv", 1), "rem": _row("fmod", 2),
    "and": a.both, "or": a.either, "not": a.invert, "xor": a.compare(table.NE),
    "igamma": _row("gammap", 2), "igammac": _row("gammaq", 2), "polygamma": _row("polygamma", 2),
    "zeta": _row("zeta", 2), "regularized_incomplete_beta": _row("betainc", 3), "clamp": lambda low, x, high:
    a.smaller(a.larger(x, low), high), "is_finite": lambda _: True, "stop_gradient": lambda x: x, "copy": lambda x: x,
    "copy_p": lambda x: x, "real": lambda x: x, "optimization_barrier": lambda x: x,
    "bessel_i0e": a.text("besselix(0, x)", "x"), "bessel_i1e": a.text("besselix(1, x)", "x"),
}  # fmt: skip
_MOVED: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("reshape", "squeeze", "expand_dims", "broadcast_in_dim", "transpose", "rev", "slice", "gather",
                     "dynamic_slice", "split"), (0,)),
    "dynamic_update_slice": (0, 1), "pad": (0, 1), "scatter": (0, 2),
}  # fmt: skip
"""Operations that only move entries, and which of their operands hold entries."""
_REDUCED = {"reduce_sum": a.sum_entries, "reduce_prod": a.multiply_entries, "reduce_max": a.largest_entry,
            "reduce_min": a.smallest_entry}  # fmt: skip
_RUNNING = {"cumsum": a.add, "cumprod": a.multiply, "cummax": a.larger, "cummin": a.smaller}
_INNER = ("jaxpr", "call_jaxpr", "fun_jaxpr")
_CALLS = frozenset((
    "jit", "pjit", "closed_call", "core_call", "call", "remat", "checkpoint", "remat2", "custom_jvp_call",
    "custom_vjp_call", "custom_vjp_call_jaxpr",
))  # fmt: skip
_SILENT = ("debug_callback", "debug_print")


def make_arguments(function: Callable[..., Any], args: Sequence[Any], dtype: str | None = None) -> Arguments:
    """The leaves of the arguments of a function, as arrays of a precision, or of their own."""
    tree, numpy = _import("jax").tree_util, a.load_numpy()
    leaves = []
    for name, arg in zip(parameter_names(function, len(args)), args, strict=True):
        for path, leaf in tree.tree_flatten_with_path(arg)[0]:
            value = numpy.asarray(leaf)
            leaves.append(([name, *name_steps(path)], leaf, value.shape, value.dtype.kind in "fV"))
    structure = tree.tree_structure(tuple(args))

    def convert(numbers: Any, leaf: Leaf) -> Any:
        return _import("jax.numpy").asarray(numbers, dtype=dtype or numpy.asarray(leaf.value).dtype)

    return Arguments(leaves, lambda filled: tuple(tree.tree_unflatten(structure, filled)), convert)


def _import(name: str) -> Any:
    return import_library(name, TITLE, "jax")


@contextmanager
def in_precision(dtype: str = "float64") -> Iterator[None]:
    """JAX in a precision and on the processor, within this block alone."""
    jax = _import("jax")
    wide = jax.enable_x64 if hasattr(jax, "enable_x64") else import_module("jax.experimental").enable_x64
    with wide(dtype == "float64"), jax.default_device(jax.local_devices(backend="cpu")[0]):
        yield


def read(function: Callable[..., Any], args: Sequence[Any]) -> tuple[Expr, list[str]]:
    """The one number that a function returns as a node, and its variables. Raises Unsupported by name, LimitError."""
    arguments = make_arguments(function, args)
    outputs = _read_outputs(function, arguments)
    if len(outputs) != 1:
        raise Unsupported(f"the function returns {len(outputs)} arrays, not one number", help="return one of them")
    return a.expression_of(outputs[0], TITLE), arguments.variables


def read_all(function: Callable[..., Any], arguments: Arguments) -> list[Expr]:
    """All numbers that a function returns, in their order."""
    return [a.node(entry) for output in _read_outputs(function, arguments) for entry in a.to_entries(output).flat]


def _read_outputs(function: Callable[..., Any], arguments: Arguments) -> list[Any]:
    jax = _import("jax")
    with in_precision():
        leaves, structure = jax.tree_util.tree_flatten(arguments.fill(dict.fromkeys(arguments.variables, 0.5)))
        places = [place for place, leaf in enumerate(arguments.leaves) if leaf.names]

        def call(*floats: Any) -> Any:
            filled = list(leaves)
            for place, value in zip(places, floats, strict=True):
                filled[place] = value
            return function(*jax.tree_util.tree_unflatten(structure, filled))

        try:
            closed = jax.make_jaxpr(call)(*(leaves[place] for place in places))
        except DcalcError:
            raise
        except Exception as error:  # noqa: BLE001  # the user's own code may raise anything
            raise Unsupported(_explain_trace(error), help="write jnp.where, or jax.lax.cond") from None
        reader = _Reader()
        outputs = reader.run(closed.jaxpr, closed.consts, list(filter(a.is_symbolic, arguments.inputs())))
    if not outputs:
        raise UsageError("the function returns nothing", help="return a number")
    return outputs


def _explain_trace(error: Exception) -> str:
    if "Tracer" in type(error).__name__ or "Concretization" in type(error).__name__:
        return "the function decides by a value that JAX does not know as it reads it"
    return f"JAX cannot trace the function: {describe_failure(error)}"


class _Reader:
    """Runs a jaxpr over arrays of expressions."""

    def __init__(self) -> None:
        self.operations = 0
        self.dtype: Any = float
        """Of the first operand of the operation at hand."""

    def run(self, jaxpr: Any, constants: Sequence[Any], inputs: Sequence[Any]) -> list[Any]:
        """The outputs. Nested programs are as deep as the calls of the function that was read."""
        values: dict[Any, Any] = dict(zip(jaxpr.constvars, constants, strict=True))
        values.update(zip(jaxpr.invars, inputs, strict=True))

        def look_up(atom: Any) -> Any:
            return atom.val if hasattr(atom, "val") else values[atom]

        for equation in jaxpr.eqns:
            outputs = self.apply(equation, [look_up(atom) for atom in equation.invars])
            values.update(zip(equation.outvars, outputs, strict=True))
        return [look_up(atom) for atom in jaxpr.outvars]

    def apply(self, equation: Any, inputs: list[Any]) -> list[Any]:
        """The results of one operation."""
        name, params = equation.primitive.name, equation.params
        if name in _SILENT:
            return [None] * len(equation.outvars)
        if name in _CALLS:
            return self._call(params, inputs)
        if name in ("cond", "scan", "while"):
            return getattr(self, f"_{name}")(params, inputs)  # type: ignore[no-any-return]  # one of the three below
        if not any(map(a.is_symbolic, inputs)):
            return self._compute(equation, inputs)
        self._count(max(getattr(each, "size", 1) for each in inputs))
        if name in _ENTRYWISE:
            return [a.apply_to_entries(_ENTRYWISE[name], *inputs)]
        if name in _MOVED or name in ("concatenate", "stack"):
            return self._move(equation, inputs)
        self.dtype = equation.invars[0].aval.dtype
        rule = getattr(self, f"_{name.replace('-', '_')}", None)
        if rule is not None:
            return [rule(params, inputs)]
        if name in _REDUCED:
            return [a.reduce_axes(_REDUCED[name], inputs[0], params["axes"])]
        if name in ("reduce_and", "reduce_or"):
            connect = a.both if name == "reduce_and" else a.either
            return [a.reduce_axes(lambda entries: _fold(connect, entries), inputs[0], params["axes"])]
        if name in _RUNNING:
            return [a.accumulate(_RUNNING[name], inputs[0], params["axis"], backwards=params["reverse"])]
        raise a.unreadable(TITLE, name)

    def _count(self, size: int) -> None:
        self.operations += size
        a.check_size(self.operations)

    def _compute(self, equation: Any, inputs: list[Any]) -> list[Any]:
        """What depends on no variable is computed by JAX itself."""
        if "callback" in equation.primitive.name:
            raise a.unreadable(TITLE, equation.primitive.name)
        outputs = _bind(equation.primitive, inputs, equation.params)
        return list(outputs) if equation.primitive.multiple_results else [outputs]

    def _call(self, params: Mapping[str, Any], inputs: list[Any]) -> list[Any]:
        inner = next(params[key] for key in _INNER if key in params)
        return self.run(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), inputs)

    def _move(self, equation: Any, inputs: list[Any]) -> list[Any]:
        places = _MOVED.get(equation.primitive.name, range(len(inputs)))
        if any(a.is_symbolic(each) for place, each in enumerate(inputs) if place not in places):
            raise Unsupported("an index depends on a variable", help="write jnp.where for each case")
        jnp = import_module("jax.numpy")
        labels = a.Labels()
        kinds = [getattr(atom.aval, "dtype", jnp.float64) for atom in equation.invars]
        moved = [
            jnp.asarray(labels.label(each), kind if jnp.issubdtype(kind, jnp.floating) else jnp.float64)
            if place in places
            else each
            for place, (each, kind) in enumerate(zip(inputs, kinds, strict=True))
        ]
        outputs = _bind(equation.primitive, moved, equation.params)
        several = outputs if equation.primitive.multiple_results else [outputs]
        return [labels.resolve(output, equation.primitive.name) for output in several]

    def _cond(self, params: Mapping[str, Any], inputs: list[Any]) -> list[Any]:
        index, *operands = inputs
        branches = params["branches"]
        if not a.is_symbolic(index):
            chosen = branches[min(max(int(index), 0), len(branches) - 1)]
            return self.run(chosen.jaxpr, chosen.consts, operands)
        results = [self.run(branch.jaxpr, branch.consts, operands) for branch in branches]
        outputs = results[-1]
        for place in reversed(range(len(branches) - 1)):
            at = self._is_case(index, place, len(branches))
            outputs = [
                a.apply_to_entries(a.choose, at, one, other) for one, other in zip(results[place], outputs, strict=True)
            ]
        return outputs

    @staticmethod
    def _is_case(index: Any, place: int, count: int) -> Any:
        if count == 2:
            return a.apply_to_entries(a.invert, index)
        return a.apply_to_entries(a.compare(table.LE), index, place)

    def _scan(self, params: Mapping[str, Any], inputs: list[Any]) -> list[Any]:
        numpy = a.load_numpy()
        inner, length = params["jaxpr"], params["length"]
        constants, carry = inputs[: params["num_consts"]], inputs[params["num_consts"] :]
        carry, series = carry[: params["num_carry"]], carry[params["num_carry"] :]
        if length > _MOST_STEPS:
            raise LimitError(f"a loop of {length:,} steps", help=f"read one of at most {_MOST_STEPS:,}")
        rows: list[list[Any]] = []
        order = range(length - 1, -1, -1) if params["reverse"] else range(length)
        for step in order:
            outputs = self.run(
                inner.jaxpr, inner.consts, [*constants, *carry, *(each[step] for each in map(_array, series))]
            )
            carry, row = outputs[: params["num_carry"]], outputs[params["num_carry"] :]
            rows.append(row)
        if params["reverse"]:
            rows.reverse()
        stacked = [numpy.stack([_array(row[place]) for row in rows]) for place in range(len(rows[0]) if rows else 0)]
        return [*carry, *stacked]

    def _while(self, params: Mapping[str, Any], inputs: list[Any]) -> list[Any]:
        test, body = params["cond_jaxpr"], params["body_jaxpr"]
        first, second = params["cond_nconsts"], params["cond_nconsts"] + params["body_nconsts"]
        of_test, of_body, carry = inputs[:first], inputs[first:second], inputs[second:]
        for _ in range(_MOST_STEPS):
            (goes_on,) = self.run(test.jaxpr, test.consts, [*of_test, *carry])
            entry = a.as_condition(a.to_entries(goes_on).flat[0])
            if not isinstance(entry, bool):
                raise Unsupported("while_loop ends by a value that depends on a variable", help="use a fixed count")
            if not entry:
                return carry
            carry = self.run(body.jaxpr, body.consts, [*of_body, *carry])
        raise LimitError(f"a loop of more than {_MOST_STEPS:,} steps", help="read one that is shorter")

    # --- operations by name -------------------------------------------------------------------

    def _select_n(self, _params: Mapping[str, Any], inputs: list[Any]) -> Any:
        which, *cases = inputs
        if len(cases) == 2:
            return a.apply_to_entries(lambda c, no, yes: a.choose(c, yes, no), which, *cases)
        outputs = cases[-1]
        for place in reversed(range(len(cases) - 1)):
            outputs = a.apply_to_entries(
                lambda at, one, other, place=place: a.choose(a.compare(table.LE)(at, place), one, other),
                which, cases[place], outputs,
            )  # fmt: skip
        return outputs

    def _convert_element_type(self, params: Mapping[str, Any], inputs: list[Any]) -> Any:
        kind = a.load_numpy().dtype(params["new_dtype"]).kind
        if kind == "b":
            return a.apply_to_entries(a.as_condition, inputs[0])
        if kind == "f":
            return a.apply_to_entries(lambda x: x if not a.is_condition(x) else a.node(x), inputs[0])
        truncate = _row("trunc", 1)
        return a.apply_to_entries(
            lambda x: (a.node(x) if a.is_condition(x) else truncate(x)) if isinstance(x, Expr) else int(x), inputs[0]
        )

    def _integer_pow(self, params: Mapping[str, Any], inputs: list[Any]) -> Any:
        return a.apply_to_entries(lambda x: a.power(x, params["y"]), inputs[0])

    def _round(self, params: Mapping[str, Any], inputs: list[Any]) -> Any:
        if int(params["rounding_method"]) != 1:
            raise a.unreadable(TITLE, "round, half away from zero,")
        return a.apply_to_entries(_row("round", 1), inputs[0])

    def _dot_general(self, params: Mapping[str, Any], inputs: list[Any]) -> Any:
        numpy = a.load_numpy()
        ((left, right), (left_batch, right_batch)) = params["dimension_numbers"]
        x, y = map(a.to_entries, inputs)
        x_free = [axis for axis in range(x.ndim) if axis not in (*left, *left_batch)]
        y_free = [axis for axis in range(y.ndim) if axis not in (*right, *right_batch)]
        batch = [x.shape[axis] for axis in left_batch]
        inner = int(numpy.prod([x.shape[axis] for axis in left], dtype=int))
        x_shape, y_shape = [x.shape[axis] for axis in x_free], [y.shape[axis] for axis in y_free]
        rows, columns = int(numpy.prod(x_shape, dtype=int)), int(numpy.prod(y_shape, dtype=int))
        self._count(rows * columns * inner)
        x = x.transpose([*left_batch, *x_free, *left]).reshape([*batch, rows, inner])
        y = y.transpose([*right_batch, *right, *y_free]).reshape([*batch, inner, columns])
        return a.multiply_matrices(x, y).reshape([*batch, *x_shape, *y_shape])

    def _scatter_add(self, params: Mapping[str, Any], inputs: list[Any]) -> Any:
        """Each entry of the updates is sent on its way alone, to see where it ends."""
        jax, numpy = _import("jax"), a.load_numpy()
        operand, indices, updates = inputs
        if a.is_symbolic(indices):
            raise Unsupported("an index depends on a variable", help="write jnp.where for each case")
        entries = a.to_entries(updates)
        if entries.size > _MOST_UPDATES:
            raise LimitError(f"more than {_MOST_UPDATES:,} entries are scattered", help="read a smaller function")
        out = list(a.to_entries(operand).flat)
        zeros = numpy.zeros(numpy.shape(operand), self.dtype)
        for place, entry in enumerate(entries.flat):
            alone = numpy.zeros(entries.size, self.dtype)
            alone[place] = 1
            sent = _bind(jax.lax.scatter_add_p, [zeros, indices, alone.reshape(entries.shape)], params)
            for target in numpy.flatnonzero(numpy.asarray(sent)):
                out[int(target)] = a.add(out[int(target)], entry)
        return a.make_array(numpy.shape(operand), out)


def _bind(primitive: Any, inputs: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """What JAX computes. Raises Unsupported with the name of an operation that fails."""
    try:
        return primitive.bind(*inputs, **params)
    except FAILURES:
        raise a.unreadable(TITLE, primitive.name) from None


def _array(value: Any) -> Any:
    return value if a.is_symbolic(value) else a.load_numpy().asarray(value)


def _fold(connect: Callable[[Any, Any], Any], entries: list[Any]) -> Any:
    first, *rest = entries
    for entry in rest:
        first = connect(first, entry)
    return first


# --- gradients ----------------------------------------------------------------------------------


def own_gradient(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function that `jax.grad` makes: of the same arguments, the derivatives by all leaves that are floats."""
    jax = _import("jax")

    def derive(*args: Any) -> Any:
        leaves, structure = jax.tree_util.tree_flatten(args)
        numpy = a.load_numpy()
        places = [place for place, leaf in enumerate(leaves) if numpy.dtype(getattr(leaf, "dtype", "O")).kind == "f"]

        def call(*floats: Any) -> Any:
            filled = list(leaves)
            for place, value in zip(places, floats, strict=True):
                filled[place] = value
            value = function(*jax.tree_util.tree_unflatten(structure, filled))
            return jax.numpy.reshape(jax.tree_util.tree_leaves(value)[0], ())

        return jax.grad(call, argnums=tuple(range(len(places))))(*(leaves[place] for place in places))

    return derive


def compute(function: Callable[..., Any], arguments: Arguments, values: Mapping[str, float], dtype: str) -> list[float]:
    """All numbers that a function returns at a point, in a precision."""
    jax, numpy = _import("jax"), a.load_numpy()
    with in_precision(dtype):
        outputs = jax.tree_util.tree_leaves(function(*arguments.fill(values)))
    return [float(value) for output in outputs for value in numpy.asarray(output, dtype=float).flat]
