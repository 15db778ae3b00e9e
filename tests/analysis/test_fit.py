"""Fits of data made from stated formulas and seeds, against SciPy; and what is refused."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from dcalc.analysis.fit import FitOptions, find
from dcalc.errors import DcalcError, UnknownVariable, UsageError
from dcalc.expr import variables
from dcalc.finding import Finding, Subject
from dcalc.optimise.descent import Settings
from dcalc.optimise.starts import count_fans
from dcalc.parser import parse

Columns = dict[str, list[float]]


def fitted(
    model: str, data: Any, *, more: Sequence[str] = (), target: str = "y", tol: float | None = None, **rest: Any
) -> Finding:
    root, *others = (parse(text).root for text in (model, *more))
    subject = Subject(root=root, names=tuple(variables(root)), wrt=(), tol=tol, more=tuple(others))
    return find(subject, options=FitOptions(data, target, **rest))


def values(finding: Finding, key: str = "value") -> list[float]:
    return [parameter[key] for parameter in finding.record["parameters"].values()]


def noisy(formula: Any, xs: Sequence[float], seed: int, noise: float) -> Columns:
    """y = formula(x) + noise * a standard normal of random.Random(seed).gauss."""
    random = Random(seed)
    return {"x": list(xs), "y": [formula(x) + noise * random.gauss(0, 1) for x in xs]}


GRID = [0.25 * k for k in range(1, 41)]
CURVES = [
    ("a*exp(-b*x) + c", lambda x: 3 * math.exp(-0.7 * x) + 0.5, {"a": 1.0, "b": 1.0, "c": 0.0}),
    ("a*sin(b*x + c)", lambda x: 2 * math.sin(1.3 * x + 0.4), {"a": 1.0, "b": 1.2, "c": 0.0}),
    ("a/(1 + exp(-b*(x - c)))", lambda x: 5 / (1 + math.exp(-1.5 * (x - 4))), {"a": 4.0, "b": 1.0, "c": 3.0}),
    ("a*x**b", lambda x: 0.8 * x**1.7, {"a": 1.0, "b": 1.0}),
    ("a + b*x + c*x**2", lambda x: 1 - 2 * x + 0.3 * x * x, {"a": 0.0, "b": 0.0, "c": 0.0}),
]


@pytest.mark.parametrize(("model", "formula", "start"), CURVES, ids=[model for model, _, _ in CURVES])
@pytest.mark.parametrize("method", ["lm", "gauss-newton", "newton"])
def test_least_squares_agree_with_scipys_curve_fit(
    model: str, formula: Any, start: dict[str, float], method: str
) -> None:
    """Parameters to 8 digits, standard errors to 4."""
    numpy, optimize = pytest.importorskip("numpy"), pytest.importorskip("scipy.optimize")
    data = noisy(formula, GRID, seed=20260101, noise=0.05)
    names = sorted(start)
    text = model.replace("exp", "numpy.exp").replace("sin", "numpy.sin")
    function = eval(f"lambda x, {', '.join(names)}: {text}", {"numpy": numpy})
    best, covariance = optimize.curve_fit(
        function, numpy.array(data["x"]), numpy.array(data["y"]), p0=[start[n] for n in names],
        xtol=1e-15, ftol=1e-15, gtol=1e-15, maxfev=10_000,
    )  # fmt: skip
    found = fitted(model, data, start=start, method=method)
    assert found.status == "converged" and found.code == 0 and found.record["certified"]
    assert values(found) == pytest.approx(list(best), rel=1e-8)
    assert values(found, "stderr") == pytest.approx([math.sqrt(v) for v in numpy.diag(covariance)], rel=1e-4)


def labelled(seed: int, classes: int) -> Columns:
    """Two normal inputs; the class is drawn by the softmax of (0, 0.5+1.5*x1-x2, -0.3+0.4*x1+1.2*x2)."""
    random = Random(seed)
    data: Columns = {"x1": [], "x2": [], "y": []}
    for _ in range(150):
        x1, x2 = random.gauss(0, 1), random.gauss(0, 1)
        weights = [1.0, math.exp(0.5 + 1.5 * x1 - x2), math.exp(-0.3 + 0.4 * x1 + 1.2 * x2)][:classes]
        data["x1"].append(x1)
        data["x2"].append(x2)
        data["y"].append(float(random.choices(range(classes), weights)[0]))
    return data


def scipys(data: Columns, classes: int) -> list[float]:
    """Softmax regression by scipy.optimize.minimize, the first class' logit being 0."""
    numpy, optimize = pytest.importorskip("numpy"), pytest.importorskip("scipy.optimize")
    from scipy.special import logsumexp

    inputs = numpy.column_stack([numpy.ones(len(data["y"])), data["x1"], data["x2"]])
    chosen = numpy.array(data["y"], dtype=int)

    def loss(w: Any) -> Any:
        logits = numpy.column_stack([numpy.zeros(len(chosen)), inputs @ w.reshape(classes - 1, 3).T])
        return (logsumexp(logits, axis=1) - logits[numpy.arange(len(chosen)), chosen]).mean()

    def gradient(w: Any) -> Any:
        logits = numpy.column_stack([numpy.zeros(len(chosen)), inputs @ w.reshape(classes - 1, 3).T])
        parts = numpy.exp(logits - logsumexp(logits, axis=1)[:, None])
        parts[numpy.arange(len(chosen)), chosen] -= 1
        return (parts[:, 1:].T @ inputs / len(chosen)).ravel()

    result = optimize.minimize(
        loss, numpy.zeros(3 * (classes - 1)), jac=gradient, method="BFGS", options={"gtol": 1e-10}
    )
    return [float(value) for value in result.x]


def test_logistic_regression_agrees_with_scipy() -> None:
    data = labelled(7, 2)
    found = fitted("w0 + w1*x1 + w2*x2", data, loss="bce_logits")
    assert found.record["certified"] and values(found) == pytest.approx(scipys(data, 2), abs=1e-6)
    probabilities = fitted("sigmoid(w0 + w1*x1 + w2*x2)", data, loss="bce", start={"w0": 0.0, "w1": 0.0, "w2": 0.0})
    assert values(probabilities) == pytest.approx(values(found), abs=1e-12)


def test_softmax_regression_agrees_with_scipy() -> None:
    data = labelled(8, 3)
    found = fitted("0", data, more=["a0 + a1*x1 + a2*x2", "b0 + b1*x1 + b2*x2"], loss="cross_entropy")
    assert found.record["certified"] and values(found) == pytest.approx(scipys(data, 3), abs=1e-6)
    words = {**data, "y": [("red", "sand", "teal")[int(code)] for code in data["y"]]}
    same = fitted("0", words, more=["a0 + a1*x1 + a2*x2", "b0 + b1*x1 + b2*x2"], loss="cross_entropy")
    assert values(same) == values(found) and same.notes == ("y: 0 is red, 1 is sand, 2 is teal",)


XOR = {"x1": [0.0, 0.0, 1.0, 1.0], "x2": [0.0, 1.0, 0.0, 1.0], "y": [0.0, 1.0, 1.0, 0.0]}
PERCEPTRON = "h1 = tanh(a0 + a1*x1 + a2*x2); h2 = tanh(b0 + b1*x1 + b2*x2); c0 + c1*h1 + c2*h2"


def test_a_perceptron_learns_xor() -> None:
    found = fitted(
        PERCEPTRON,
        XOR,
        loss="bce_logits",
        init="xavier",
        seed=1,
        method="adam",
        settings=Settings("adam", 0.1, steps=1000),
    )
    assert found.record["loss"] < 1e-3 and found.record["accuracy"] == 1.0
    squares = fitted(PERCEPTRON, XOR, init="xavier", seed=1)
    assert squares.record["loss"] < 1e-3


def test_fans_follow_the_layers() -> None:
    root = parse(PERCEPTRON).root
    known = count_fans([root], ["a0", "a1", "a2", "b0", "b1", "b2", "c0", "c1", "c2"])
    hidden, bias = (2, 2), (0, 0)  # two inputs, each used by two units; one output
    assert known == {
        "a0": bias, "a1": hidden, "a2": hidden, "b0": bias, "b1": hidden, "b2": hidden,
        "c0": bias, "c1": (2, 1), "c2": (2, 1),
    }  # fmt: skip


def test_batches_lead_to_the_same_line() -> None:
    data = noisy(lambda x: 1 + 2 * x, [k / 20 for k in range(40)], seed=3, noise=0.1)
    settings = Settings(lr=0.05, schedule="cosine")
    found = fitted("a + b*x", data, batch=8, epochs=200, seed=5, method="gd", settings=settings)
    again = fitted("a + b*x", data, batch=8, epochs=200, seed=5, method="gd", settings=settings)
    exact = fitted("a + b*x", data)
    assert values(found) == pytest.approx(values(exact), abs=0.02) and values(found) == values(again)
    assert found.status == "max_steps" and found.code == 1


@pytest.mark.parametrize("loss", ["mae", "huber", "abs(y-p)**1.5", "log(cosh(y - p))"])
def test_other_losses_resist_an_outlier(loss: str) -> None:
    data = noisy(lambda x: 1 + 2 * x, [k / 20 for k in range(41)], seed=3, noise=0.01)
    data["y"][40] = 100.0
    found = fitted("a + b*x", data, loss=loss, settings=Settings(steps=3000))
    squares = fitted("a + b*x", data)
    assert abs(values(found)[1] - 2) < abs(values(squares)[1] - 2) / 2


def test_absolute_values_lead_to_the_corner_of_a_linear_program() -> None:
    """Least absolute deviations as a linear program, by scipy.optimize.linprog (HiGHS)."""
    numpy, optimize = pytest.importorskip("numpy"), pytest.importorskip("scipy.optimize")
    data = noisy(lambda x: 1 + 2 * x, [k / 20 for k in range(41)], seed=4, noise=0.5)
    rows = len(data["x"])
    inputs = numpy.column_stack([numpy.ones(rows), data["x"], numpy.eye(rows), -numpy.eye(rows)])
    cost = numpy.concatenate([[0, 0], numpy.ones(2 * rows)])
    best = optimize.linprog(cost, A_eq=inputs, b_eq=data["y"], bounds=[(None, None)] * 2 + [(0, None)] * (2 * rows))
    found = fitted("a + b*x", data, loss="mae")
    assert values(found) == pytest.approx(list(best.x[:2]), abs=1e-6)
    assert found.record["loss"] == pytest.approx(best.fun / rows, rel=1e-9)
    assert found.sentence == "converged: a minimum at a kink, where 2 residuals are 0 and the subgradient holds 0"


@pytest.mark.parametrize(
    ("model", "formula", "start"),
    [
        ("a*sin(b*x + c)", lambda x: 2 * math.sin(1.3 * x + 0.5), {"a": 0.73, "b": 1.57, "c": 0.18}),
        ("a*x/(b + x) + c", lambda x: 4 * x / (2 + x) + 1, {"a": 1.04, "b": 2.9, "c": 2.9}),
        ("a*exp(-(x - b)**2/c)", lambda x: 2 * math.exp(-((x - 3) ** 2) / 1.5), {"a": 3.65, "b": 2.46, "c": 0.54}),
    ],
)
def test_absolute_values_take_a_few_dozen_steps_from_smoothing_to_smoothing(
    model: str, formula: Any, start: dict[str, float]
) -> None:
    for seed in range(4):
        data = noisy(formula, [k / 10 for k in range(1, 61)], seed, noise=0.5)
        found = fitted(model, data, loss="mae", start=start)
        assert found.status == "converged" and found.record["certified"]
        assert found.record["iterations"] < 300


# --- parameters by which no derivative has a closed form ------------------------------------

ORDERS = [  # DLMF 10.49.3, 10.39.2, 8.4.10, 8.19.3, 8.17.7
    ("a*besselj(nu, b*x)", lambda x: 2 * _spherical(1.5 * x), {"a": 1.0, "nu": 1.0, "b": 1.3}, [2.0, 1.5, 1.5]),
    ("besselk(nu, x)", lambda x: math.sqrt(math.pi / (2 * x)) * math.exp(-x), {"nu": 0.7}, [0.5]),
    ("gammaq(s, x/t)", lambda x: (1 + x / 1.7) * math.exp(-x / 1.7), {"s": 1.5, "t": 1.0}, [2.0, 1.7]),
    ("c*expint(p, x)", lambda x: 3 * math.exp(-x) / x, {"c": 2.0, "p": 0.2}, [3.0, 0.0]),
    ("betainc(a, b, x/11)", lambda x: (x / 11) ** 2, {"a": 1.5, "b": 1.2}, [2.0, 1.0]),
]


def _spherical(x: float) -> float:
    """J of order 3/2."""
    return math.sqrt(2 / (math.pi * x)) * (math.sin(x) / x - math.cos(x))


@pytest.mark.slow_cases("betainc(a, b, x/11)")
@pytest.mark.parametrize(("model", "formula", "start", "truth"), ORDERS, ids=[model for model, *_ in ORDERS])
def test_orders_of_special_functions_are_fitted(
    model: str, formula: Any, start: dict[str, float], truth: list[float]
) -> None:
    data = noisy(formula, GRID[::4], seed=1, noise=0.0)
    loss = "mse" if len(truth) > 1 else "mae"
    found = fitted(model, data, start=start, loss=loss)
    names = list(found.record["parameters"])
    assert dict(zip(names, values(found), strict=True)) == pytest.approx(dict(zip(start, truth, strict=True)), abs=1e-7)


def test_the_end_of_a_fit_by_an_order_is_proved() -> None:
    data = noisy(_spherical, GRID, seed=5, noise=0.01)
    found = fitted("c*besselj(nu, x)", data, start={"c": 1.0, "nu": 1.0})
    assert found.record["certified"] and values(found, "stderr")[1] == pytest.approx(0.0085, abs=0.004)


# --- what the data may do ---------------------------------------------------------------

LINE: dict[str, list[object]] = {"x": [0.0, 1.0, 2.0, 3.0], "y": [1.0, 3.1, 4.9, 7.0]}
REMARKS = [
    (
        {"x": [0.0, 1.0, "", 2.0, 3.0], "y": [1.0, 3.1, 5.0, "NA", 7.0]},
        "a + b*x",
        "2 of 5 rows are left out: a value is missing",
    ),
    ({"x": [0.0, 1.0, 2.0], "y": [5.0, 5.0, 5.0]}, "a + b*x", "the target is constant, so R2 means nothing"),
    (
        {**LINE, "z": [0.0, 2.0, 4.0, 6.0]},
        "a + b*x + c*z",
        "the data do not tell b and c apart: only b + 2*c is determined",
    ),
    ({"x": [1.0], "y": [2.0]}, "a*x", "1 row for 1 parameter: no residual degrees of freedom for standard errors"),
]


@pytest.mark.parametrize(("data", "model", "note"), REMARKS, ids=[note for _, _, note in REMARKS])
def test_what_is_wrong_with_the_data_is_said(data: Any, model: str, note: str) -> None:
    assert note in fitted(model, data).notes


REFUSED: list[tuple[str, Any, dict[str, Any], type[DcalcError], str]] = [
    ("a + b*x", LINE, {"target": "z"}, UsageError, "the data have no column z"),
    ("a + b*y", LINE, {}, UsageError, "the model holds y, which is to be fitted"),
    ("x**2", LINE, {}, UsageError, "the model has no parameter: all its variables are columns of the data"),
    ("a + b*x", LINE, {"start": {"x": 1.0}}, UsageError, "x is a column of the data, not a parameter"),
    ("a + b*x", LINE, {"start": {"c": 1.0}}, UnknownVariable, "the model has no parameter c"),
    ("a + b*x", LINE, {"start": {None: 1.0}}, UnknownVariable, "one value, but the model has 2 parameters"),
    ("a*exp(b*x)", LINE, {}, UnknownVariable, "no start is given for a"),
    ("a + b*x", {"x": ["one"], "y": [1.0]}, {}, UsageError, "column x holds 'one', which is not a number"),
    ("a + b*x", {"x": ["1,5"], "y": [1.0]}, {}, UsageError, "column x holds '1,5', which is not a number"),
    ("a + b*x", {"x": [""], "y": [1.0]}, {}, UsageError, "every row of the data has a missing value"),
    ("a + b*x", LINE, {"loss": "mae", "method": "lm"}, UsageError, "lm is for sums of squares"),
    ("a + b*x", LINE, {"batch": 2, "method": "newton"}, UsageError, "newton does not work with --batch"),
    ("a + b*x", LINE, {"loss": "p - q"}, UsageError, "a loss is in y, the target, and p, the prediction; q is neither"),
    ("a + b*x1", XOR, {"loss": "cross_entropy"}, UsageError, "cross_entropy takes one model per class: its logit"),
    ("a + b*x", LINE, {"epochs": 3}, UsageError, "--epochs counts passes over batches"),
    ("a + b*x", LINE, {"batch": 2, "settings": Settings(schedule="backtracking")}, UsageError,
     "backtracking needs all rows, and --batch uses some at a time"),
    ("a + b*x", LINE, {"settings": Settings(lr=0.1)}, UsageError, "lm does not use --lr"),
    ("a + b*x", {"x": [1.0, 2.0, 3.0], "y": [0.0, 1.0, 2.0]}, {"loss": "bce_logits"}, UsageError,
     "bce_logits is for two classes, and y has more"),
    ("a + b*x", LINE, {"more": ["c"]}, UsageError, "mse takes one model, not 2"),
    ("a*x", {"x": [1.0], "y": [0.5]}, {"loss": "bce_logits"}, UsageError,
     "classes must be whole numbers from 0, or words"),
]  # fmt: skip


@pytest.mark.parametrize(("model", "data", "options", "error", "message"), REFUSED, ids=[case[4] for case in REFUSED])
def test_what_does_not_go_together_is_refused(
    model: str, data: Any, options: dict[str, Any], error: type[DcalcError], message: str
) -> None:
    with pytest.raises(error) as caught:
        fitted(model, data, **options)
    assert str(caught.value) == message


def test_a_start_without_numbers_names_the_row_and_the_part() -> None:
    found = fitted("log(a + b*x)", LINE, start={"a": -1.0, "b": 1.0})
    assert found.status == "left_domain" and found.code == 1
    assert found.sentence.startswith("left the domain: at a = -1, b = 1, row 1 of the data: log(a + b*x) has no value")


def test_many_rows_by_numpy_are_the_same_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("numpy")
    data = noisy(lambda x: 3 * math.exp(-0.7 * x) + 0.5, [k / 200 for k in range(2000)], seed=11, noise=0.05)
    start = {"a": 1.0, "b": 1.0, "c": 0.0}
    quick = fitted("a*exp(-b*x) + c", data, start=start)
    monkeypatch.setattr("dcalc.optimise.dataset.pays_off", lambda _: False)
    slow = fitted("a*exp(-b*x) + c", data, start=start)
    assert quick.record["certified"] and values(quick) == values(slow)


def test_numpy_finds_what_row_by_row_finds() -> None:
    pytest.importorskip("numpy")
    from dcalc.optimise.dataset import ArrayProgram, Rows

    columns = {"x": [k / 97 - 3 for k in range(600)]}
    roots = [parse(text).root for text in ("where(x > a, log(x - a), a*x)", "besselj(1, x)*a", "softplus(x) + 2", "a")]
    slow = Rows(roots, columns)
    slow.by_array = False
    for one, other in zip(ArrayProgram(roots).at(columns, {"a": 0.5}, 600), slow.at({"a": 0.5}), strict=True):
        assert one == pytest.approx(other, rel=1e-14, abs=1e-300)


def test_what_is_linear_is_projected_out() -> None:
    """y = 2*exp(300/(x + 20)): from afar only the projected problem finds it (the model of MGH10)."""
    data = {"x": [float(x) for x in range(50, 130, 5)], "y": [2 * math.exp(300 / (x + 20)) for x in range(50, 130, 5)]}
    found = fitted("b1*exp(b2/(x + b3))", data, start={"b1": 0.001, "b2": 40000.0, "b3": 2500.0})
    assert found.status == "converged" and values(found) == pytest.approx([2.0, 300.0, 20.0], rel=1e-9)


@pytest.mark.parametrize(
    ("model", "linear"),
    [("a + b*x", ["a", "b"]), ("a*exp(b*x) + c", ["a", "c"]), ("a*b*x + c", ["a", "c"]), ("exp(a*x)", [])],
)
def test_which_parameters_are_linear_together(model: str, linear: list[str]) -> None:
    from dcalc.optimise.least_squares import linear_parameters

    assert (
        linear_parameters(parse(model).root, [name for name in variables(parse(model).root) if name != "x"]) == linear
    )


@pytest.mark.parametrize("start", [{"a": 1.0, "b": -50.0}, {"a": 1e100, "b": 0.0}])
def test_a_start_far_off_does_not_make_a_poor_fit_a_perfect_one(start: dict[str, float]) -> None:
    """A sum that is 1e-28 of that of the start may still be 1e141: the end is that from a good start."""
    data = {"x": [0.0, 1, 2, 3, 4], "y": [1, 0.5, 0.25, 0.13, 0.06]}
    near, far = (fitted("a*exp(-b*x)", data, start=one) for one in ({"a": 1.0, "b": 1.0}, start))
    assert far.status == "converged"
    assert far.record["certified"]
    assert values(far) == values(near)


def test_a_perfect_fit_has_no_loss() -> None:
    found = fitted("a + b*x", {"x": [1.0, 2.0], "y": [2.0, 3.0]})
    assert found.record["loss"] == 0.0 and values(found) == [1.0, 1.0]


@pytest.mark.parametrize(
    ("model", "x", "y", "start"),
    [
        ("sqrt(a*x + b)", [1.0, 2.0], [0.0748, 1.98], {"a": 0.1, "b": 1.0}),
        ("a*exp(b*x)", [0.0, 1.0], [1.1, 2.3], {"a": 1.0, "b": 1.0}),
        ("a/(1 + exp(-b*(x - c)))", [0.0, 1.0, 2.0], [1.0, 3.0, 5.0], {"a": 6.0, "b": 1.0, "c": 1.0}),
    ],
)
def test_a_curve_through_all_points_has_no_loss(model: str, x: list[float], y: list[float], start: Any) -> None:
    """Each model takes any such values, as it is solved for its parameters by hand: the residuals are exactly 0."""
    found = fitted(model, {"x": x, "y": y}, start=start)
    assert found.record["certified"]
    assert found.record["loss"] == 0.0 and found.record["rss"] == 0.0 and found.record["r2"] == 1.0


@pytest.mark.parametrize(("batch", "unit"), [(None, "2 steps"), (2, "epoch")])
def test_a_fit_that_diverges_names_the_rate(batch: int | None, unit: str) -> None:
    # Mean square: curvature 2*(eigenvalue of [[1, 1.5], [1.5, 3.5]]) = 8.405..., 2/8.405 = 0.238
    found = fitted("a + b*x", LINE, method="gd", settings=Settings(lr=1e4), batch=batch)
    assert found.status == "diverging" and unit in found.sentence
    assert found.sentence.endswith("the curvature 8.41 needs lr < 0.238, not 10000")


@pytest.mark.parametrize(
    ("model", "y", "start"),
    [("a*atan(b*x)", [1.0] * 8, {"a": 1.0, "b": 1.0}), ("exp(a)*x", [-float(x) for x in range(8)], {"a": 0.0})],
)
def test_parameters_that_leave_for_infinity_have_not_converged(model: str, y: list[float], start: Any) -> None:
    """The first comes closer as b grows, the second as exp(a) falls to 0, and none of them gets there."""
    found = fitted(model, {"x": [float(x) for x in range(8)], "y": y}, start=start)
    assert found.status == "stalled" and "but the loss falls on, if slowly" in found.sentence


_SEVEN = [float(x) for x in range(1, 8)]
_TO_INFINITY = [
    ("a*exp(b*x) + c", [3.0 + 2 * x for x in _SEVEN], {"a": 1.0, "b": 0.1, "c": 0.0}, "a line, as b falls to 0"),
    ("a*(1 - exp(-b*x))", [2.0 * x for x in _SEVEN], {"a": 1.0, "b": 1.0}, "a line through 0, as b falls to 0"),
    ("a*sin(b*x + c)", [3.0 + 2 * x for x in _SEVEN], {"a": 10.0, "b": 0.2, "c": 0.3}, "a line, as b and c fall to 0"),
    ("a*b*x/(c + x)", [2.0 * x for x in _SEVEN], {"a": 1.0, "b": 1.0, "c": 1.0}, "a line through 0, as c grows"),
    (
        "a*exp(b*x) + c*exp(d*x)", [x * math.exp(-x / 2) for x in _SEVEN], {"a": 1.0, "b": -0.5, "c": -1.0, "d": -0.7},
        "x*exp(-x/2), the derivative of exp(b*x) by b, as b and d come together",
    ),
]  # fmt: skip


@pytest.mark.slow_cases(
    "a line, as b falls to 0",
    "a line, as b and c fall to 0",
    "a line through 0, as c grows",
    "x*exp(-x/2), the derivative of exp(b*x) by b, as b and d come together",
)
@pytest.mark.parametrize(("model", "y", "start", "source"), _TO_INFINITY, ids=[row[3] for row in _TO_INFINITY])
def test_data_that_a_model_only_tends_to_have_no_best_fit(model: str, y: list[float], start: Any, source: str) -> None:
    """The model comes as close as one likes to the data and is never equal to them, as ``source`` tells."""
    found = fitted(model, {"x": _SEVEN, "y": y}, start=start)
    assert found.status not in ("converged", "saddle") and found.code == 1, found.sentence


@pytest.mark.parametrize("method", [None, "gd", "adam", "lbfgs"])
def test_separated_classes_have_no_best_fit(method: Any) -> None:
    """With z = t*(x - 2.5) the loss falls to 0 as t grows (Albert and Anderson, Biometrika 71, 1984)."""
    data = {"x": [1.0, 2.0, 3.0, 4.0], "y": [0.0, 0.0, 1.0, 1.0]}
    rest: Any = {} if method in (None, "lbfgs") else {"settings": Settings(lr=1.0), "tol": 0.02}
    found = fitted("a*x + b", data, start={"a": 1.0, "b": 0.0}, loss="bce_logits", method=method, **rest)
    assert found.status != "converged" and found.code == 1, found.sentence


def test_classes_that_overlap_have_a_best_fit() -> None:
    data = {"x": [1.0, 2.0, 3.0, 4.0, 5.0], "y": [0.0, 1.0, 0.0, 1.0, 1.0]}
    assert fitted("a*x + b", data, start={"a": 1.0, "b": 0.0}, loss="bce_logits").record["certified"]
