"""Traces: the numbers against mpmath, the bookkeeping against itself, the words about chains."""

from __future__ import annotations

import math

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.analysis.trace import find
from dcalc.errors import LimitError, UsageError
from dcalc.finding import Finding
from tests.analysis.subjects import subject

mp = mpmath.mp.clone()
mp.dps = 50


def nested(count: int, inner: str = "x", function: str = "sigmoid") -> str:
    return f"{function}(" * count + inner + ")" * count


def adjoints(found: Finding) -> dict[str, float]:
    return {node["text"]: node["adjoint"] for node in found.record["nodes"] if node["op"] == "symbol"}


# --- against the truth ----------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 7, 40])
def test_the_product_of_many(count):
    values = {f"x{k}": 1 + k / 8 for k in range(1, count + 1)}
    found = find(subject("*".join(values), ",".join(f"{name}={value!r}" for name, value in values.items())))
    whole = mp.fprod(mp.mpf(value) for value in values.values())
    assert adjoints(found) == {name: float(whole / mp.mpf(value)) for name, value in values.items()}
    assert found.record["gradient"] == adjoints(found)
    assert (found.code, found.record["check"]["equal"]) == (0, True)


WEIGHTS = {
    "x1": 0.5, "x2": -1.25, "y": 1.0,
    **{f"a{i}{j}": ((7 * i + 3 * j) % 5 - 2) / 4 + 0.1 for i in (1, 2) for j in (1, 2)},
    **{f"b{i}{j}": ((5 * i + 2 * j) % 7 - 3) / 4 - 0.2 for i in (1, 2) for j in (1, 2)},
    "c1": 0.75, "c2": -0.5, "d": 0.125,
}  # fmt: skip
PERCEPTRON = (
    "h1 = tanh(a11*x1 + a12*x2); h2 = tanh(a21*x1 + a22*x2);"
    "g1 = sigmoid(b11*h1 + b12*h2); g2 = sigmoid(b21*h1 + b22*h2);"
    "(c1*g1 + c2*g2 + d - y)**2"
)


def perceptron(w: dict[str, mpmath.mpf]) -> mpmath.mpf:
    """The same three layers, written for mpmath."""
    h = [mp.tanh(w[f"a{i}1"] * w["x1"] + w[f"a{i}2"] * w["x2"]) for i in (1, 2)]
    g = [1 / (1 + mp.exp(-(w[f"b{i}1"] * h[0] + w[f"b{i}2"] * h[1]))) for i in (1, 2)]
    return (w["c1"] * g[0] + w["c2"] * g[1] + w["d"] - w["y"]) ** 2


def test_a_perceptron_of_three_layers():
    found = find(subject(PERCEPTRON, ",".join(f"{name}={value!r}" for name, value in WEIGHTS.items())))
    point = {name: mp.mpf(value) for name, value in WEIGHTS.items()}
    truth = {
        name: float(mp.diff(lambda t, name=name: perceptron({**point, name: t}), value))
        for name, value in point.items()
    }
    assert adjoints(found) == truth == found.record["gradient"]
    assert found.record["nodes"][-1]["value"] == float(perceptron(point))
    assert found.sentence == "adjoints equal the certified gradient"


def test_values_partials_and_adjoints_of_each_node():
    nodes = find(subject("x**2*sin(x)", "1")).record["nodes"]
    by = {node["text"]: node for node in nodes}
    assert list(by) == ["2", "x", "x**2", "sin(x)", "x**2*sin(x)"] or set(by) == {
        "2", "x", "x**2", "sin(x)", "x**2*sin(x)",
    }  # fmt: skip
    sine, cosine = float(mp.sin(1)), float(mp.cos(1))
    assert by["x"]["adjoint"] == float(2 * mp.sin(1) + mp.cos(1))
    assert by["x**2"] == {
        "id": by["x**2"]["id"], "op": "**", "text": "x**2", "args": [by["x"]["id"], by["2"]["id"]], "value": 1.0,
        "partials": [2.0, None], "adjoint": sine,
        "contributions": [{"from": by["x**2*sin(x)"]["id"], "value": sine}], "mark": None,
    }  # fmt: skip
    assert by["sin(x)"]["partials"] == [cosine]
    assert by["2"]["adjoint"] == 0.0
    assert [node["id"] for node in nodes] == list(range(len(nodes)))
    assert all(arg < node["id"] for node in nodes for arg in node["args"])


# --- bookkeeping ----------------------------------------------------------------------------

PIECES = st.sampled_from(["x", "y", "sin({})", "exp({}/4)", "({})*({})", "({}) + ({})", "({}) - 3*({})", "tanh({})",
                          "({})**2", "sigmoid({})", "max({}, {})", "swish({})", "({})/(2 + ({})**2)"])  # fmt: skip


@st.composite
def expressions(draw: st.DrawFn) -> str:
    parts = ["x", "y"]
    for _ in range(draw(st.integers(1, 7))):
        piece = draw(PIECES)
        parts.append(piece.format(*[draw(st.sampled_from(parts)) for _ in range(piece.count("{}"))]))
    return f"{parts[-1]} + x*y"


NUMBERS = st.floats(-3, 3, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-100)


@given(expressions(), NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_adjoints_add_up_and_the_two_modes_agree(text, x, y, dx, dy):
    back = find(subject(text, f"x={x!r},y={y!r}"))
    if back.status != "ok":  # on a kink of max
        return
    nodes = back.record["nodes"]
    for node in nodes[:-1]:
        flows = [part["value"] for part in node["contributions"]]
        assert math.isclose(sum(flows), node["adjoint"], rel_tol=1e-9, abs_tol=1e-9 * sum(map(abs, flows)))
        for part in node["contributions"]:
            user = nodes[part["from"]]
            partials = [p for arg, p in zip(user["args"], user["partials"], strict=True) if arg == node["id"]]
            assert any(
                math.isclose(part["value"], user["adjoint"] * p, rel_tol=1e-12, abs_tol=1e-300) for p in partials
            )
    forward = find(subject(text, f"x={x!r},y={y!r}"), mode="forward", along=[("x", dx), ("y", dy)])
    gradient = back.record["gradient"]
    terms = [gradient["x"] * dx, gradient["y"] * dy]
    assert math.isclose(forward.record["nodes"][-1]["tangent"], sum(terms), rel_tol=1e-9,
                        abs_tol=1e-9 * sum(map(abs, terms)))  # fmt: skip
    assert forward.record["check"]["equal"] and back.record["check"]["equal"]


def test_a_shared_node_stands_once_with_every_contribution():
    nodes = find(subject("sin(x*y) + exp(x*y)", "x=1,y=0")).record["nodes"]
    (shared,) = [node for node in nodes if node["text"] == "x*y"]
    assert [part["value"] for part in shared["contributions"]] == [1.0, 1.0]
    assert shared["adjoint"] == 2.0


# --- chains ---------------------------------------------------------------------------------


def sigmoid_chain(count: int, x: float) -> float:
    value, product = mp.mpf(x), mp.mpf(1)
    for _ in range(count):
        value = 1 / (1 + mp.exp(-value))
        product *= value * (1 - value)
    return float(product)


def test_a_sigmoid_nested_ten_deep_vanishes():
    found = find(subject(nested(10), "1"))
    end = found.record["chain"][-1]
    assert found.record["verdict"] == "vanishing"
    assert math.isclose(end["product"], sigmoid_chain(10, 1.0), rel_tol=1e-14)
    assert found.record["gradient"]["x"] == sigmoid_chain(10, 1.0) == 2.7847671758175863e-07
    assert found.sentence == (
        "adjoints equal the certified gradient; vanishing gradient: 2.8e-7 at x, "
        "below 1e-06 from layer 10 of 10 on, sigmoid(x)"
    )


@pytest.mark.parametrize(
    ("text", "at", "verdict", "words"),
    [
        (nested(9), "1", "ok", ""),
        (nested(14), "1", "vanishing", "from layer 10 of 14 on"),
        (nested(4, function="tanh"), "0.5", "ok", ""),
        ("exp(exp(exp(x)))", "1", "exploding", "from layer 1 of 3 on"),
        ("*".join(["x"] * 30), "10", "exploding", "1.0e29 at x, above 1e+06 from layer 7 of 29 on"),
        ("x**2", "1e9", "ok", ""),  # one step is not a chain
        ("w3*tanh(w2*tanh(w1*tanh(w0*x)))", "w0=0.001,w1=0.001,w2=0.001,w3=1,x=1", "vanishing", "at w0"),
        ("w3*tanh(w2*tanh(w1*tanh(w0*x)))", "w0=1,w1=1,w2=1,w3=1,x=0.1", "ok", ""),
    ],
)
def test_verdicts_on_chains(text, at, verdict, words):
    found = find(subject(text, at))
    assert found.record["verdict"] == verdict
    assert words in found.sentence


def test_the_running_product():
    chain = find(subject(nested(5, function="sin"), "1")).record["chain"]
    product = 1.0
    for link in chain:
        product *= link["partial"]
        assert link["product"] == product


@pytest.mark.parametrize(
    ("text", "at", "marks"),
    [
        ("exp(x)", "1000", ["exp(x)"]),
        ("exp(-x)", "800", ["exp(-x)"]),
        ("exp(-x)", "740", ["exp(-x)"]),  # subnormal
        ("sigmoid(x)", "30", ["sigmoid(x)"]),
        ("sigmoid(x)", "-30", ["sigmoid(x)"]),
        ("tanh(x)*x", "12", ["tanh(x)"]),
        ("relu(x)", "-2", ["relu(x)"]),
        ("sigmoid(x)", "2", []),
        ("sin(x)", "pi/2", []),  # a crest, not a plain
        ("cos(x)", "0", []),
        ("exp(x)", "1", []),
        ("log(1 + exp(x))", "800", ["exp(x)", "1 + exp(x)"]),
    ],
)
def test_unhealthy_nodes_are_marked(text, at, marks):
    nodes = find(subject(text, at)).record["nodes"]
    assert [node["text"] for node in nodes if node["mark"]] == marks


def test_the_kinds_of_marks():
    kinds = {
        text: [node["mark"] for node in find(subject(text, at)).record["nodes"]][-1]
        for text, at in (("exp(x)", "1000"), ("exp(-x)", "800"), ("sigmoid(x)", "30"))
    }
    assert kinds == {"exp(x)": "overflow", "exp(-x)": "underflow", "sigmoid(x)": "saturated"}


@pytest.mark.parametrize("text", ["atan(x)", "lambertw(-round(x))", "bessely1(-ei(-x))"])
def test_nodes_are_marked_at_the_largest_double(run, text):
    """Around it there are no doubles to look at."""
    answer = run("trace", text, "--at", "1.7976931348623157e308", "--format", "json")
    assert answer.code in (0, 3)
    assert "internal" not in answer.err


# --- where things go wrong --------------------------------------------------------------------


def test_what_doubles_lose_is_told():
    found = find(subject("log(1 + exp(x))", "800"))
    assert found.record["gradient"] == {"x": 1.0} == adjoints(found)
    assert "computed in doubles, the adjoint of x is nan instead of 1.0" in found.sentence
    assert math.isnan(found.record["check"]["in_doubles"]["x"])


@pytest.mark.parametrize(
    ("text", "at", "status", "code", "sentence"),
    [
        ("abs(x)", "0", "not_differentiable", 3, "not differentiable, kink in abs(x)"),
        ("log(x)", "-1", "undefined", 3, "undefined, log(x): argument is -1, needs > 0"),
        ("abs(x) + y", "x=0,y=1", "not_differentiable", 3, "by x: not differentiable, kink in abs(x)"),
        ("sin(x)/x", "0", "removable", 0, "the chain rule has no value by x; its extension has 0.0"),
        ("where(x > 0, x**2, log(x))", "2", "ok", 0, "adjoints equal the certified gradient"),
    ],
)
def test_points_without_a_derivative(text, at, status, code, sentence):
    found = find(subject(text, at))
    assert (found.status, found.code, found.sentence) == (status, code, sentence)


def test_a_branch_that_is_not_taken_has_no_value_and_does_no_harm():
    nodes = {node["text"]: node for node in find(subject("where(x < 0, x**2, log(x))", "-2")).record["nodes"]}
    assert nodes["log(x)"]["value"] is None and nodes["log(x)"]["partials"] == [None]
    assert nodes["x"]["adjoint"] == -4.0
    assert nodes["x < 0"]["value"] is True


def test_a_number_held_against_itself():
    found = find(subject("max(sin(x), sin(x))", "1"))
    assert found.record["check"]["equal"] and found.record["gradient"] == {"x": float(mp.cos(1))}


def test_a_variable_that_f_does_not_hold():
    found = find(subject("x**2", "x=3,y=1", "x,y"))
    assert found.record["gradient"] == {"x": 6.0, "y": 0.0} and found.record["check"]["equal"]


@pytest.mark.parametrize(
    ("options", "at", "error", "message"),
    [
        ({}, None, UsageError, "trace needs a point"),
        ({"along": [(None, 1.0), (None, 1.0)]}, "x=1,y=1", UsageError, "--along is a direction of forward mode"),
        ({"mode": "forward"}, "x=1,y=1", UsageError, "forward mode follows one direction"),
        ({"mode": "forward", "along": [(None, 1.0)]}, "x=1,y=1", UsageError, "1 part for 2 variables"),
    ],
)
def test_refused(options, at, error, message):
    with pytest.raises(error, match=message):
        find(subject("x*y", at), **options)


def test_more_nodes_than_anyone_looks_at():
    with pytest.raises(LimitError, match="up to 50,000 nodes"):
        find(subject(" + ".join(f"{k}.5*x" for k in range(17_000)), "1"))


def test_texts_of_deep_graphs_stay_short():
    nodes = find(subject("*".join(f"x{k}" for k in range(300)), ",".join(f"x{k}=1" for k in range(300)))).record[
        "nodes"
    ]
    assert max(len(node["text"]) for node in nodes) <= 60
    assert nodes[-1]["text"] == f"#{nodes[-1]['args'][0]}*x299"


def test_a_chain_of_a_thousand():
    found = find(subject(nested(1000, function="sin"), "1"))
    assert found.record["check"]["equal"] and found.record["nodes"][-1]["args"] == [len(found.record["nodes"]) - 2]
