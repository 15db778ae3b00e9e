"""Backpropagation through vectors and matrices, operation by operation: shapes, and how large values and adjoints are.

Numbers are doubles; the gradient that the sweep arrives at is held against the one of `array_point`, which is certified
or has a proved bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple, cast

from dcalc.analysis.array_formulas import as_cell, shapes_by_name
from dcalc.analysis.array_gradient import array_cell
from dcalc.analysis.array_point import Answer, Given, as_doubles, differentiate_at, read_scalar
from dcalc.analysis.trace.signals import EXPLODING, VANISHING, GradientVerdict
from dcalc.bulk.lazy_numpy import np
from dcalc.bulk.tensors import TensorFunction
from dcalc.errors import UsageError
from dcalc.finding import Column, Fact, Finding, Sheet
from dcalc.io.nested import nest, nest_entries
from dcalc.numbers.rounding import finite_or_none
from dcalc.shapes import BoxMood, Edge, Graph, Node
from dcalc.tensor.gradient import differentiate
from dcalc.tensor.nodes import Kind, is_condition, multiply, total, variable, variables
from dcalc.tensor.reader import Step, placeholder_name
from dcalc.tensor.sizes import Declared, write_shape
from dcalc.text import shorten

_ADJOINT = "#adjoint"
"""The name of what flows back into an operation. It is not a name in the language."""
_LONGEST = 60
_OFF = 1e-6
"""A relative error of the sweep beyond this is reported."""


class Row(NamedTuple):
    """One operation: its text and operands, its value, and the derivative of f by it."""

    id: int
    text: str
    args: tuple[int, ...]
    is_leaf: bool
    value: Any
    adjoint: Any
    is_layer: bool = False

    @property
    def size(self) -> float:
        """The root of the mean square of the entries of the value."""
        return _root_mean_square(self.value)

    @property
    def flow(self) -> float:
        """The length of the adjoint: the square root of the sum of squares."""
        return float(np.sqrt(np.sum(np.square(self.adjoint))))


def _root_mean_square(array: Any) -> float:
    return float(np.sqrt(np.mean(np.square(array))))


def find(text: str, wrt: Sequence[str], shapes: Mapping[str, Declared], given: Given | None, digits: int) -> Finding:
    """Every operation with its shape, the size of its value and of its adjoint, and what becomes of the gradient.

    Raises UsageError without values. Cost: that of NumPy's products, and one certified gradient.
    """
    if given is None:
        raise UsageError("trace needs values", help="give each name a value: --at 'x=[1,2,3]' --at A=@A.csv")
    reading, names = read_scalar(text, shapes, wrt, "trace follows the gradient of")
    answer = differentiate_at(reading, names, given, digits)
    values = {name: as_doubles(value).reshape(value.shape) for name, value in given.arrays.items()}
    rows = _sweep(text, reading.list_steps(), given.sizes, values)
    verdict, sentence = _judge(rows)
    gradient = {name: nest_entries(part.values, part.shape) for name, part in answer.parts.items()}
    check = _compare(rows, answer)
    sentences = [part for part in (check, answer.reason, sentence) if part]
    sheet = _sheet(rows)
    return Finding(
        "trace",
        expression=as_cell(reading.root),
        wrt=names,
        at={name: nest(value) for name, value in given.arrays.items()},
        status=answer.status,
        record={
            "mode": "reverse",
            "shapes": shapes_by_name(reading),
            "nodes": [_record(row) for row in rows],
            "gradient": gradient,
            "verdict": verdict,
            "message": "; ".join(sentences),
            "chain": [],
            "check": {"equal": not check, "in_doubles": {}},
        },
        facts=[Fact(name, array_cell(array), "strong") for name, array in gradient.items()],
        sheets=[sheet],
        graph=_graph(rows),
        plain=[(name, array_cell(array)) for name, array in gradient.items()],
        sentence="; ".join(sentences),
        code=3 if answer.reason else 1 if check else 0,
        notes=(*reading.notes, *answer.notes),
    )


# --- the sweep ---------------------------------------------------------------------------------


def _sweep(text: str, steps: Mapping[int, Step], sizes: Mapping[str, int], values: Mapping[str, Any]) -> list[Row]:
    """The operations in order of evaluation, a variable once, with the derivative of the last one by each."""
    arrays: dict[int, Any] = {}
    for number, step in steps.items():
        known = {placeholder_name(arg): arrays[arg] for arg in step.args}
        (arrays[number],) = TensorFunction([step.node], sizes)({**values, **known})
    last = max(steps)
    adjoints: dict[int, Any] = {number: np.zeros(array.shape) for number, array in arrays.items()}
    adjoints[last] = np.ones(())
    for number, step in reversed(list(steps.items())):
        for arg, part in _pull_back(step, sizes, {**values, **_operands(step, arrays)}, adjoints[number]):
            adjoints[arg] = adjoints[arg] + part
    return _join_variables(text, steps, arrays, adjoints)


def _operands(step: Step, arrays: Mapping[int, Any]) -> dict[str, Any]:
    return {placeholder_name(arg): arrays[arg] for arg in step.args}


def _pull_back(step: Step, sizes: Mapping[str, int], values: Mapping[str, Any], adjoint: Any) -> list[tuple[int, Any]]:
    """What each operand gets of the adjoint of an operation: the gradient of the sum of its products with it."""
    operands = {name: node for name, node in variables(step.node).items() if name.startswith("#")}
    args = {arg: operands[placeholder_name(arg)] for arg in step.args if placeholder_name(arg) in operands}
    if not args or is_condition(step.node):
        return []
    node = step.node
    flowing = multiply(variable(_ADJOINT, node.shape), node)
    whole = total(flowing, range(node.rank))
    parts = TensorFunction(differentiate(whole, list(args.values())), sizes)({**values, _ADJOINT: adjoint})
    return list(zip(args, parts, strict=True))


def _join_variables(
    text: str, steps: Mapping[int, Step], arrays: Mapping[int, Any], adjoints: Mapping[int, Any]
) -> list[Row]:
    """Rows in order; numbers are left out, and each variable is one row with the sum of its adjoints."""
    ids: dict[int, int] = {}
    by_name: dict[str, int] = {}
    rows: list[Row] = []
    for number, step in steps.items():
        kind = step.node.kind
        if kind is Kind.PRODUCT and not step.node.args:
            continue
        name = str(step.node.data) if kind is Kind.VARIABLE else None
        if name is not None and name in by_name:
            row = rows[by_name[name]]
            rows[row.id] = row._replace(adjoint=row.adjoint + adjoints[number])
            ids[number] = row.id
            continue
        ids[number] = len(rows)
        if name is not None:
            by_name[name] = len(rows)
        args = tuple(ids[arg] for arg in step.args if arg in ids)
        source = name or " ".join(text[slice(*step.span)].split())
        layer = kind is Kind.APPLY and step.node.rank > 0
        rows.append(Row(len(rows), source, args, name is not None, arrays[number], adjoints[number], layer))
    return rows


# --- what it says ------------------------------------------------------------------------------


_SHORTEST = 3
"""Layers from which on a chain is judged, as for scalars."""


def _judge(rows: Sequence[Row]) -> tuple[GradientVerdict, str]:
    """Whether adjoints vanish or explode on the way back through the functions that are applied to arrays."""
    layers = [row for row in reversed(rows) if row.is_layer and row.args and row.flow > 0 and isfinite(row.flow)]
    if len(layers) < _SHORTEST:
        return "ok", ""
    first = layers[0]
    last = min((rows[layer.args[0]] for layer in layers), key=lambda row: row.id)  # what is left below them all
    ratio = last.flow / first.flow
    if VANISHING <= ratio <= EXPLODING:
        return "ok", ""
    verdict, verb = ("vanishing", "vanishes") if ratio < VANISHING else ("exploding", "explodes")
    way = f"the adjoint goes from {first.flow:.3g} at #{first.id} to {last.flow:.3g} at #{last.id}"
    return cast("GradientVerdict", verdict), f"the gradient {verb}: over {len(layers)} layers {way}"


def _compare(rows: Sequence[Row], answer: Answer) -> str:
    """Where the sweep is not the gradient of the reference; empty where it is, or where that has no value."""
    arrived = {row.text: row.adjoint for row in rows if row.is_leaf}
    for name, part in answer.parts.items():
        if name not in arrived or None in part.values:
            continue
        truth = np.array(part.values, dtype=np.float64).reshape(part.shape)
        off = float(np.max(np.abs(arrived[name] - truth), initial=0.0))
        if not off <= _OFF * float(np.max(np.abs(truth), initial=1e-300)):
            return f"computed in doubles, the adjoint of {name} is off by {off:.3g}"
    return ""


def _record(row: Row) -> dict[str, Any]:
    scalar = row.value.ndim == 0
    return {
        "id": row.id, "op": "variable" if row.is_leaf else "operation", "text": row.text, "args": list(row.args),
        "value": finite_or_none(float(row.value)) if scalar else None, "partials": [],
        "adjoint": finite_or_none(float(row.adjoint)) if scalar else None, "contributions": [], "mark": None,
        "shape": list(row.value.shape), "size": finite_or_none(row.size), "flow": finite_or_none(row.flow),
    }  # fmt: skip


def _sheet(rows: Sequence[Row]) -> Sheet:
    columns = (
        Column("id", "#", "number", right=True),
        Column("text", "operation", "code"),
        Column("args", "of", "words", 3),
        Column("shape", "shape"),
        Column("size", "root mean square", "brief", 1, "rms"),
        Column("flow", "length of the adjoint", "brief", 0, "adjoint"),
    )
    return Sheet(
        columns,
        [
            {
                "id": str(row.id), "text": shorten(row.text, _LONGEST), "args": " ".join(f"#{arg}" for arg in row.args),
                "shape": write_shape(row.value.shape), "size": row.size, "flow": row.flow,
            }
            for row in rows
        ],
    )  # fmt: skip


def _graph(rows: Sequence[Row]) -> Graph:
    """The layers from operands to results, with shapes."""
    nodes = []
    for row in rows:
        head = row.text if row.is_leaf else f"#{row.id} = {shorten(row.text, _LONGEST)}"
        lines = (head, write_shape(row.value.shape), f"rms {row.size:.3g}", f"adjoint {row.flow:.3g}")
        mood: BoxMood = "" if row.flow > 0 and isfinite(row.flow) and isfinite(row.size) else "warn"
        nodes.append(Node(row.id, lines, mood))
    return Graph(tuple(nodes), tuple(Edge(arg, row.id, "") for row in rows for arg in row.args))
