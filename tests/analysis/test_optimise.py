"""Optimisers step by step against PyTorch and SciPy, and small linear algebra against exact answers."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.optimise.descent import Settings, descend, newton_direction
from dcalc.optimise.linear import cholesky, eigenvalues, largest_eigenvalue, solve_factored, solve_least_squares
from dcalc.optimise.methods import SCHEDULES
from dcalc.optimise.minima import BallFunction, prove_zero_around
from dcalc.optimise.objective import BALLS, ExpressionObjective
from dcalc.parser import parse
from tests.analysis.torch_paths import COSINE, PATHS, START, STEP, TEXTS, Path


def objective(text: str, names: tuple[str, ...] = ("x", "y")) -> ExpressionObjective:
    return ExpressionObjective(parse(text).root, names, {})


@pytest.mark.parametrize("path", PATHS, ids=lambda path: f"{path.method}-{path.function}-{path.lr}")
def test_the_first_ten_steps_are_pytorchs(path: Path) -> None:
    settings = Settings(
        path.method, path.lr, momentum=path.momentum, clip=path.clip, clip_value=path.clip_value, steps=10
    )
    run = descend(objective(TEXTS[path.function]), START, settings)
    assert len(run.path) == 11
    for step, expected in zip(run.path[1:], path.points, strict=True):
        assert step.x == pytest.approx(expected, rel=1e-11)


@pytest.mark.parametrize(("method", "lr"), [("gd", 1e-3), ("adagrad", 1e-2), ("rmsprop", 1e-2), ("adam", 1e-3)])
def test_learning_rates_are_pytorchs_unless_given(method: str, lr: float) -> None:
    assert Settings(method).rate == lr


@pytest.mark.parametrize(("name", "steps", "expected"), [("cosine", 10, COSINE), ("step", 12, STEP)])
def test_schedules_are_pytorchs(name: str, steps: int, expected: list[float]) -> None:
    assert [SCHEDULES[name](0.5, step, steps) for step in range(steps)] == pytest.approx(expected, rel=1e-12)


def test_a_newton_step_solves_a_quadratic_at_once() -> None:
    # From (-1.5, 2) the minimum (3, -1) is one step of H**-1*g away.
    run = descend(objective(TEXTS["quadratic"]), START, Settings("newton"))
    assert run.status == "converged" and run.path[1].x == pytest.approx((3, -1), abs=1e-12)


def test_newtons_direction_goes_down_where_the_hessian_is_not_positive_definite() -> None:
    gradient = [1.0, -2.0]
    direction = newton_direction([[-1.0, 0.0], [0.0, 2.0]], gradient)
    assert sum(g * d for g, d in zip(gradient, direction, strict=True)) < 0


def test_lbfgs_is_scipys() -> None:
    minimize = pytest.importorskip("scipy.optimize").minimize
    from dcalc.optimise.searches import descend_by_lbfgs

    rosenbrock = objective(TEXTS["rosenbrock"])
    run = descend_by_lbfgs(rosenbrock, START, Settings("lbfgs"), lambda _: None)
    points: list[list[float]] = []
    minimize(
        lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2,
        START,
        jac=lambda x: [-2 * (1 - x[0]) - 400 * x[0] * (x[1] - x[0] ** 2), 200 * (x[1] - x[0] ** 2)],
        method="L-BFGS-B", callback=lambda x: points.append(list(x)),
    )  # fmt: skip
    assert run.status == "converged"
    for step, expected in zip(run.path[1:11], points[:10], strict=True):
        assert step.x == pytest.approx(expected, rel=1e-8)


# --- how runs end -----------------------------------------------------------------------

ENDS = [
    ("(x-3)**2 + 10*(y+1)**2", (0.0, 0.0), Settings(lr=0.05), "converged"),
    ("(x-3)**2 + 10*(y+1)**2", (0.0, 0.0), Settings(lr=0.11), "diverging"),
    ("x**4 + y**2", (5.0, 0.0), Settings(lr=0.1), "diverging"),
    ("x**4 + y**2", (5.0, 0.0), Settings(lr=0.1, clip=1.0), "max_steps"),
    ("abs(x) + y**2", (0.55, 0.0), Settings(lr=0.1), "cycling"),
    ("log(x) + y**2", (0.5, 0.0), Settings(lr=1.0), "left_domain"),
    ("x + y", (1.0, 1.0), Settings(lr=1e-300), "stalled"),
    ("x**2 + y**2", (1.0, 1.0), Settings("newton"), "converged"),
    ("x**2 + y**2", (1.0, 1.0), Settings(schedule="backtracking", lr=64.0), "converged"),
    ("x + y**2", (1.0, 1.0), Settings(schedule="backtracking"), "diverging"),  # no steps of one length show that
    ("x*y", (1.0, 2.0), Settings(schedule="backtracking"), "diverging"),
    ("x**2/(1 + x**2) + y**2", (5.0, 0.0), Settings(schedule="backtracking", steps=20), "converged"),
    ("(1 - x)**2 + 100*(y - x**2)**2", (-1.2, 1.0), Settings(schedule="backtracking"), "converged"),
    ("x**2 + y**2", (3.0, 1.0), Settings(lr=0.1, bounds={0: (2.0, 5.0)}), "converged"),
    ("exp(x) + y**2", (0.0, 0.0), Settings(lr=1.0, steps=5), "max_steps"),
]


@pytest.mark.parametrize(("text", "start", "settings", "status"), ENDS)
def test_every_end_has_its_name(text: str, start: tuple[float, float], settings: Settings, status: str) -> None:
    assert descend(objective(text), start, settings).status == status


def test_bounds_are_kept() -> None:
    run = descend(objective("x**2 + y**2"), (3.0, 1.0), Settings(lr=0.1, bounds={0: (2.0, 5.0)}))
    assert all(2.0 <= step.x[0] <= 5.0 for step in run.path) and run.end.x[0] == 2.0


def test_nothing_walks_on_over_nan() -> None:
    run = descend(objective("sqrt(x) + y**2"), (0.1, 0.0), Settings(lr=1.0))
    assert run.status == "left_domain" and all(math.isfinite(step.value) for step in run.path)
    assert run.lost is not None and run.lost[0] < 0


@given(st.floats(0.01, 100), st.floats(0.0, 0.95), st.sampled_from(["gd", "momentum", "nesterov"]))
def test_the_stable_rate_parts_converging_from_diverging(curvature: float, momentum: float, name: str) -> None:
    """On a quadratic: below the bound a long run shrinks, above it grows."""
    from dcalc.optimise.methods import METHODS

    method = METHODS[name]
    assert method.stable is not None
    most = method.stable(curvature, momentum)
    for factor, grows in ((0.98, False), (1.02, True)):
        rule, x = method.make(momentum), 1.0
        for _ in range(3000):
            x += rule([curvature * x], factor * most)[0]
            if abs(x) > 1e6:
                break
        assert (abs(x) > 1e3) is grows


# --- linear algebra ---------------------------------------------------------------------


def exact_solution(matrix: list[list[float]], right: list[float]) -> list[Fraction]:
    """Gauss-Jordan in fractions."""
    rows = [[Fraction(a) for a in row] + [Fraction(b)] for row, b in zip(matrix, right, strict=True)]
    for k in range(len(rows)):
        pivot = next(i for i in range(k, len(rows)) if rows[i][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [a / rows[k][k] for a in rows[k]]
        rows = [
            row if i == k else [a - row[k] * b for a, b in zip(row, rows[k], strict=True)] for i, row in enumerate(rows)
        ]
    return [row[-1] for row in rows]


square = st.integers(1, 4).flatmap(
    lambda n: st.tuples(
        st.lists(st.lists(st.integers(-9, 9).map(float), min_size=n, max_size=n), min_size=n, max_size=n),
        st.lists(st.integers(-9, 9).map(float), min_size=n, max_size=n),
    )
)


@given(square)
def test_positive_definite_systems_are_solved(system: tuple[list[list[float]], list[float]]) -> None:
    half, right = system
    size = len(half)
    matrix = [
        [sum(a * b for a, b in zip(p, q, strict=True)) + (i == j) for j, q in enumerate(half)]
        for i, p in enumerate(half)
    ]
    lower = cholesky(matrix)
    assert lower is not None
    expected = [float(x) for x in exact_solution(matrix, right)]
    assert solve_factored(lower, right) == pytest.approx(expected, rel=1e-8, abs=1e-10)
    found, _ = solve_least_squares(matrix, right)
    assert found == pytest.approx(expected, rel=1e-8, abs=1e-10)
    assert sum(eigenvalues(matrix)) == pytest.approx(sum(matrix[i][i] for i in range(size)))
    assert min(eigenvalues(matrix)) > 0.9


def test_an_indefinite_matrix_has_no_factor() -> None:
    assert cholesky([[1.0, 2.0], [2.0, 1.0]]) is None
    assert eigenvalues([[1.0, 2.0], [2.0, 1.0]]) == pytest.approx([-1.0, 3.0])


def test_least_squares_of_a_line() -> None:
    # y = 1 + 2x with residuals (1, -2, 1)/6 orthogonal to both columns.
    x, upper = solve_least_squares([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], [1 + 1 / 6, 3 - 2 / 6, 5 + 1 / 6])
    assert x == pytest.approx([1.0, 2.0]) and abs(upper[0][0]) == pytest.approx(math.sqrt(3))


# --- bounds -----------------------------------------------------------------------------

BOX = [
    # The minimum over a box by its Karush-Kuhn-Tucker conditions, worked out by hand.
    ("(x-3)**2 + (y-1)**2 + x*y", {0: (0.0, 1.5)}, (1.5, 0.25)),
    ("(1-x)**2 + 100*(y-x**2)**2", {0: (-2.0, 0.5)}, (0.5, 0.25)),
    ("(x-3)**2 + (y-1)**2", {0: (0.0, 2.0), 1: (2.0, 4.0)}, (2.0, 2.0)),
]


@pytest.mark.parametrize("method", ["newton", "lbfgs", "gd"])
@pytest.mark.parametrize(("text", "bounds", "minimum"), BOX)
def test_every_method_finds_the_minimum_at_a_bound(
    text: str, bounds: dict[int, tuple[float, float]], minimum: tuple[float, float], method: str
) -> None:
    settings = Settings(method, schedule="backtracking" if method == "gd" else "constant", bounds=bounds, steps=5000)
    if method == "lbfgs":
        pytest.importorskip("scipy")
        from dcalc.optimise.searches import descend_by_lbfgs

        run = descend_by_lbfgs(objective(text), (0.0, 0.0), settings, lambda _: None)
    else:
        run = descend(objective(text), (0.0, 0.0), settings)
    assert run.status == "converged" and run.end.x == pytest.approx(minimum, abs=1e-6)
    assert run.end.gradient_norm <= 1e-6


# --- what is proved of an end -----------------------------------------------------------

AROUND = [
    ("x**2", 4e-7, "minimum"),
    ("1 - cos(x)", 1e-7, "minimum"),
    ("gamma(x)", 1.4616321, "minimum"),  # DLMF 5.4.19: 1.4616321449...
    ("-x**2", 1e-7, "maximum"),
    ("x**3", 1e-7, None),  # no minimum, though f'' > 0 there
    ("exp(x)", -20.0, None),
    ("x**4", 1e-3, None),
    ("x*abs(x)", 4e-7, None),
    ("abs(x)", 0.0, None),
]


@pytest.mark.parametrize(("text", "near", "kind"), AROUND)
def test_only_what_is_near_is_proved(text: str, near: float, kind: str | None) -> None:
    function = ExpressionObjective(parse(text).root, ("x",), {}, BALLS)
    found = prove_zero_around(BallFunction(function.gradient, function.hessian, function.is_smooth), [near])
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize("size", [3, 40])
def test_the_largest_eigenvalue(size: int) -> None:
    """Of the second difference matrix: 2 + 2*cos(pi/(n+1))."""
    matrix = [[2.0 if i == j else -1.0 if abs(i - j) == 1 else 0.0 for j in range(size)] for i in range(size)]
    assert largest_eigenvalue(matrix) == pytest.approx(2 + 2 * math.cos(math.pi / (size + 1)), rel=2e-3)


def test_tall_matrices_are_factored_as_others_are() -> None:
    pytest.importorskip("numpy")
    rows = [[1.0, k / 700, (k / 700) ** 2] for k in range(700)]
    right = [1 - 2 * b + 3 * c for _, b, c in rows]
    found, _ = solve_least_squares(rows, right)
    assert found == pytest.approx([1.0, -2.0, 3.0], rel=1e-12)
