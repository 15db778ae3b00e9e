"""One graph for all expressions: identity, order, memory, depth."""

from __future__ import annotations

import gc
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from itertools import pairwise
from threading import Barrier

import pytest

from dcalc import expr
from dcalc import functions as table
from dcalc.expr import Expr, exact, is_leaf, make, natural, number, symbol, variables, walk

X, Y = symbol("x"), symbol("y")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda: number(2), lambda: number(Fraction(4, 2))),
        (lambda: number(Fraction(1, 2)), lambda: number(Fraction(2, 4))),
        (lambda: symbol("x"), lambda: symbol("x")),
        (lambda: make(table.SIN, X), lambda: make(table.SIN, symbol("x"))),
        (lambda: make(table.ADD, X, number(10**30)), lambda: make(table.ADD, X, number(10**30))),
        (lambda: make(table.PI), lambda: make(table.PI)),
    ],
)
def test_equal_is_identical(first, second):
    kept = first()
    assert second() is kept


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda: number(1), lambda: number(-1)),
        (lambda: number(1), lambda: symbol("1")),
        (lambda: make(table.ADD, X, Y), lambda: make(table.ADD, Y, X)),
        (lambda: make(table.ADD, X, Y), lambda: make(table.SUB, X, Y)),
        (lambda: make(table.SIN, X), lambda: make(table.COS, X)),
        (lambda: number(Fraction(1, 2)), lambda: make(table.DIV, number(1), number(2))),
        (lambda: make(table.MAX, X, Y), lambda: make(table.MAX, X, Y, Y)),
    ],
)
def test_different_is_not_identical(first, second):
    kept = first()
    assert second() is not kept


def test_a_whole_number_is_an_int_and_another_rational_a_fraction():
    assert type(number(Fraction(6, 3)).args[0]) is int
    assert type(number(Fraction(1, 3)).args[0]) is Fraction
    assert type(number(True).args[0]) is int


def test_children_have_smaller_ids():
    node = make(table.MUL, make(table.SIN, X), make(table.ADD, X, Y))
    for parent in walk(node):
        if not is_leaf(parent):
            assert all(arg.id < parent.id for arg in parent.args)


def test_walk_is_each_node_once_with_children_first():
    shared = make(table.SIN, X)
    root = make(table.ADD, make(table.MUL, shared, shared), shared)
    nodes = walk(root)
    assert len(nodes) == len(set(nodes)) == 4
    assert nodes[-1] is root
    assert all(a.id < b.id for a, b in pairwise(nodes))


def test_walk_of_several_roots_shares_what_they_share():
    assert set(walk(make(table.SIN, X), make(table.COS, X))) == {X, make(table.SIN, X), make(table.COS, X)}
    assert not walk()


def test_walk_is_linear_in_nodes_where_the_text_doubles_with_each():
    node = X
    for _ in range(2_000):
        node = make(table.ADD, node, node)
    assert len(walk(node)) == 2_001


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (lambda: number(3), 3),
        (lambda: number(Fraction(1, 2)), Fraction(1, 2)),
        (lambda: make(table.POW, number(2), number(-1)), Fraction(1, 2)),
        (lambda: make(table.MUL, number(-3), make(table.POW, number(2), number(-1))), Fraction(-3, 2)),
        (lambda: make(table.POW, number(0), number(-1)), None),
        (lambda: make(table.POW, number(2), number(2)), None),
        (lambda: make(table.POW, X, number(-1)), None),
        (lambda: make(table.MUL, number(3), X), None),
        (lambda: make(table.PI), None),
        (lambda: X, None),
    ],
)
def test_exact_is_the_value_of_a_number_and_of_p_over_q(value, expected):
    assert exact(value()) == expected


@pytest.mark.parametrize(
    "ordered",
    [
        "x x1 x2 x10",
        "a a1 b",
        "x1y2 x1y10 x2y1",
        "A a",
        "theta theta1 theta2 theta11",
        "a1b a1c a2a",
        "m_0 m_1 m_10",
    ],
)
def test_names_sort_with_their_digits_read_as_numbers(ordered):
    names = ordered.split()
    for seed in range(5):
        mixed = names.copy()
        random.Random(seed).shuffle(mixed)
        assert natural(mixed) == names


def test_names_that_differ_in_leading_zeros_alone_have_one_order():
    assert natural(["x01", "x1"]) == natural(["x1", "x01"])


def test_variables_are_each_name_once_in_natural_order():
    root = make(table.ADD, make(table.MUL, symbol("x10"), symbol("x2")), symbol("x2"))
    assert variables(root) == ["x2", "x10"]
    assert variables(root, X) == ["x", "x2", "x10"]
    assert variables(number(1)) == []


@pytest.mark.slow
@pytest.mark.covers
def test_a_stream_of_nodes_leaves_nothing_behind():
    """300,000 expressions go by; the table of nodes stays near its smallest size."""
    gc.collect()
    expr._sweep()
    before = expr.count_entries()
    for i in range(150_000):
        make(table.SIN, number(i))
    assert expr.count_entries() <= max(1 << 16, 2 * before) + 1
    expr._sweep()
    assert expr.count_entries() <= before


def test_a_node_that_is_kept_stays_the_one_node_through_a_sweep():
    kept = make(table.SIN, symbol("kept"))
    name = kept.args[0]
    expr._sweep()
    assert make(table.SIN, symbol("kept")) is kept
    assert symbol("kept") is name


def test_a_node_made_again_after_it_was_freed_is_new_and_whole():
    first = make(table.COS, symbol("freed")).id
    again = make(table.COS, symbol("freed"))
    assert again.id > first
    assert make(table.COS, symbol("freed")) is again


@pytest.mark.slow
@pytest.mark.covers
def test_deep_graphs_are_freed_without_a_crash():
    node = symbol("deep")
    for _ in range(200_000):
        node = make(table.SIN, node)
    assert len(walk(node)) == 200_001
    del node
    walk(X)  # the last walk is kept
    gc.collect()
    expr._sweep()
    assert not any(entry() is not None and entry().args == ("deep",) for entry in table.SYMBOL.nodes.values())
    assert expr.count_entries() < 100_000


def test_repr_names_the_row_and_the_ids_and_does_not_descend():
    node = X
    for _ in range(100_000):
        node = make(table.NEG, node)
    assert repr(node) == f"<{node.id}: neg({node.args[0].id},)>"
    assert repr(X) == f"<{X.id}: symbol('x',)>"


def test_threads_share_one_graph():
    """Interning is safe among threads: equal expressions made at the same time are one node."""

    def build(barrier: Barrier) -> list[Expr]:
        barrier.wait()
        nodes = [symbol("threaded")]
        for k in range(2_000):
            nodes.append(make(table.ADD, make(table.SIN, nodes[-1]), number(k)))
        return nodes

    barrier = Barrier(4)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as threads:
            first, *others = [future.result() for future in [threads.submit(build, barrier) for _ in range(4)]]
    finally:
        sys.setswitchinterval(interval)
    assert all(node is same for nodes in others for node, same in zip(nodes, first, strict=True))
