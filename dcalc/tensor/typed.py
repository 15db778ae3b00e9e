"""An expression of arrays as it was typed, one operation after the other.

Nodes are in normal form: `x/x` is 1 there, and says nothing about x = 0. What is true at a point is asked of what was
typed, so here each operation is a node over placeholders for its operands, in which nothing can cancel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.expr import Expr
from dcalc.tensor.lower import Array, lower
from dcalc.tensor.nodes import Kind, Node, replace_args, variable, walk
from dcalc.tensor.sizes import Shape
from dcalc.tuples import NamedTuple


class Step(NamedTuple):
    """One operation: a node over the placeholders of its operands, which are earlier steps by number.

    ``span`` tells where it stands in the text.
    """

    node: Node
    args: tuple[int, ...]
    span: tuple[int, int] = (0, 0)


def placeholder(number: int, shape: Shape) -> Node:
    """The stand-in for a step. Its name is not a name in the language."""
    return variable(placeholder_name(number), shape)


def placeholder_name(number: int) -> str:
    """The name of the stand-in for a step."""
    return f"#{number}"


def join_steps(steps: Mapping[int, Step]) -> dict[int, Node]:
    """What each step comes to, in the variables of the text and in normal form."""
    nodes: dict[int, Node] = {}
    for place, step in steps.items():
        operands = {placeholder_name(arg): nodes[arg] for arg in step.args}
        images: dict[Node, Node] = {}
        for node in walk(step.node):
            images[node] = (
                operands.get(str(node.data), node)
                if node.kind is Kind.VARIABLE
                else replace_args(node, [images[arg] for arg in node.args])
            )
        nodes[place] = images[step.node]
    return nodes


def lower_steps(
    steps: Mapping[int, Step], sizes: Mapping[str, int], entries: Mapping[str, Sequence[Expr]] | None = None
) -> Array:
    """The entries of the last step as scalar expressions, as they were typed. As `lower` otherwise."""
    arrays: dict[int, Array] = {}
    given = dict(entries or {})
    for number, step in steps.items():
        for arg in step.args:
            given[placeholder_name(arg)] = arrays[arg].entries
        (arrays[number],) = lower([step.node], sizes, given)
    return arrays[max(arrays)]
