"""Descent by Nelder-Mead and by evolution, and methods compared: ends that are known, and costs that are counted."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence

import pytest

from dcalc.analysis import descend
from dcalc.analysis.descend import DescentOptions
from dcalc.errors import UsageError
from dcalc.finding import Finding
from dcalc.optimise.descent import Settings, Step
from dcalc.optimise.methods import MethodName
from dcalc.optimise.objective import ExpressionObjective
from tests.analysis.subjects import subject

pytest.importorskip("scipy")
Box = Sequence[tuple[str | None, tuple[float, float]]]
SQUARE: Box = [("x", (-5.0, 5.0)), ("y", (-5.0, 5.0))]
LINE: Box = [("x", (-5.0, 5.0))]
RASTRIGIN = "20 + x^2 - 10*cos(2*pi*x) + y^2 - 10*cos(2*pi*y)"
HIMMELBLAU = "(x^2 + y - 11)^2 + (x + y^2 - 7)^2"
ROSENBROCK = "(1 - x)^2 + 100*(y - x^2)^2"
ACKLEY = "-20*exp(-0.2*sqrt((x^2 + y^2)/2)) - exp((cos(2*pi*x) + cos(2*pi*y))/2) + e + 20"
STYBLINSKI = "(x^4 - 16*x^2 + 5*x + y^4 - 16*y^2 + 5*y)/2"
DOUBT = "that it is a minimum is not proved"
TILTED = "x^4 - 2*x^2 + x/10"


def searched(text: str, method: MethodName, bounds: Box | None = None, *, seed: int = 1, **start: float) -> Finding:
    options = DescentOptions(start=dict(start), settings=Settings(method), bounds=bounds, seed=seed)
    return descend.find(subject(text), options=options)


def compared(text: str, methods: Sequence[MethodName], lr: float | None = None, **options: object) -> Finding:
    return descend.find(
        subject(text),
        options=DescentOptions(settings=Settings(lr=lr), methods=methods, **options),  # type: ignore[arg-type]  # by name
    )


# The global minima are those of the papers: Rastrigin 1974, Himmelblau 1972, Rosenbrock 1960, Styblinski and Tang 1990,
# whose coordinate is a root of 4*x^3 - 32*x + 5; that of the tilted well one of 4*x^3 - 4*x + 1/10 (mpmath, 50 digits).
GLOBAL = [
    (RASTRIGIN, SQUARE, 0.0, {"x": 0.0, "y": 0.0}),
    (HIMMELBLAU, SQUARE, 0.0, None),  # four minima of the same height
    (ROSENBROCK, SQUARE, 0.0, {"x": 1.0, "y": 1.0}),
    (STYBLINSKI, SQUARE, -78.33233140754282, {"x": -2.903534027771177, "y": -2.903534027771177}),
    (TILTED, LINE, -1.1006173766381592, {"x": -1.0122731315195886}),
]


@pytest.mark.parametrize(("text", "bounds", "value", "place"), GLOBAL, ids=[row[0] for row in GLOBAL])
def test_evolution_finds_the_global_minimum_and_proves_a_local_one(
    text: str, bounds: Box, value: float, place: dict[str, float] | None
) -> None:
    found = searched(text, "evolution", bounds)
    assert found.status == "converged" and found.sentence.startswith("converged: a minimum: gradient norm")
    assert found.record["value"] == pytest.approx(value, abs=1e-11)
    assert place is None or found.at == pytest.approx(place, abs=1e-7)
    assert found.record["gradient_norm"] <= 1e-6


@pytest.mark.parametrize(
    ("text", "start", "value"),
    [
        # the roots of x + 10*pi*sin(2*pi*x) next to 4 and 3 (mpmath, 50 digits)
        (RASTRIGIN, {"x": 4.0, "y": 3.0}, 24.873845033948541),
        (ROSENBROCK, {"x": -1.5, "y": 2.0}, 0.0),
        (TILTED, {"x": 1.0}, -0.90063301447604051),
        ("x^2 + y^2 + z^2 + (x*y*z - 1)^2", {"x": 0.5, "y": 0.1, "z": 0.2}, 1.0),
    ],
)
def test_a_simplex_ends_in_the_basin_in_which_it_begins(text: str, start: dict[str, float], value: float) -> None:
    found = searched(text, "nelder-mead", **start)
    assert found.status == "converged" and "a minimum: gradient norm" in found.sentence
    assert found.record["value"] == pytest.approx(value, abs=1e-11)


ENDS = [  # (formula, what is said of the end): true of each by hand
    ("abs(x)", "converged: a minimum: f is nowhere smaller close to x = 0"),
    ("sqrt(abs(x - 1/3))", "converged: a minimum: f is nowhere smaller close to x = 1/3"),
    ("relu(x - 1)^2", "converged: a minimum: f is nowhere smaller close to"),
    ("x", "converged: at a bound, x = -5, beyond which f falls: a minimum"),
    ("x^2 + floor(x)", "stalled: f falls towards x = 0 from the left and is larger there, so the limit is not taken"),
    ("where(x > 0, x^2, x^2 + 1)", "stalled: f falls towards x = 0 from the right and is larger there"),
    ("(x - sqrt(2))^4", "converged: a minimum at x = 1.41421, next to the end"),
    ("log(x)", "gradient norm"),
    ("1/x", "gradient norm"),
    ("-exp(200*x)", "diverging: f falls"),
    ("sqrt(x - 10)", "left the domain: the start is x = "),
    ("x^x", "converged: a minimum: gradient norm"),  # undefined left of 0 but at integers; 1/e by hand
]


@pytest.mark.parametrize(("text", "says"), ENDS)
def test_kinks_bounds_holes_and_overflow_get_no_false_minimum(text: str, says: str) -> None:
    found = searched(text, "evolution", LINE)
    assert says in found.sentence, found.sentence
    assert ("a minimum" in found.sentence.replace(DOUBT, "")) == ("a minimum" in says.replace(DOUBT, ""))


def test_kinks_in_several_variables_are_called_minima_where_f_is_nowhere_smaller() -> None:
    found = searched(ACKLEY, "evolution", SQUARE)
    assert found.sentence == "converged: a minimum at a kink: f rises on all sides of x = 0 and y = 0 within the bounds"
    assert found.record["value"] == pytest.approx(0.0, abs=1e-7)
    found = searched("abs(x) + abs(y)", "evolution", SQUARE)
    assert found.status == "converged"
    assert (
        "a minimum: f is nowhere smaller within the bounds, and has no gradient there: by x: kink in abs(x)"
        in found.sentence
    )
    flat = searched("relu(x - 1)^2 + relu(-y)^2", "evolution", SQUARE)
    assert flat.status == "converged" and "a minimum: f is nowhere smaller" in flat.sentence


def test_beyond_its_range_evolution_says_that_f_may_be_lower() -> None:
    found = searched("x", "evolution", x=1.0)
    assert found.status == "max_steps"
    assert found.notes == (
        "evolution draws its points from x=-9:11; --bounds or --box sets another range",
        "evolution: the population ends at the edge of its range: f may be lower beyond it",
    )
    few = DescentOptions(settings=Settings("evolution", steps=1), bounds=SQUARE, seed=1)
    (first, note) = descend.find(subject(RASTRIGIN), options=few).notes
    assert first == "the start is drawn at random: x=-3.65636,y=3.47434"  # random.Random(1)
    assert note.startswith("evolution: the points of the population still differ after 1 generation")


def test_many_variables_take_their_last_steps_without_second_derivatives() -> None:
    names = [f"x{k}" for k in range(25)]
    found = searched(" + ".join(f"cosh({name} - 1)" for name in names), "nelder-mead", **dict.fromkeys(names, 0.9))
    assert found.status == "converged" and found.record["value"] == pytest.approx(25.0)


def test_ctrl_c_keeps_the_lowest_point(monkeypatch: pytest.MonkeyPatch) -> None:
    of_point = ExpressionObjective.value
    calls: list[float] = []

    def value(objective: ExpressionObjective, x: Sequence[float]) -> float:
        if len(calls) == 47:
            raise KeyboardInterrupt
        calls.append(of_point(objective, x))
        return calls[-1]

    monkeypatch.setattr(ExpressionObjective, "value", value)
    found = searched(RASTRIGIN, "evolution", SQUARE)
    assert (found.status, found.code, found.record["value"]) == ("interrupted", 130, min(calls))
    assert "no gradient, in doubles" in found.sentence and not found.pictures
    calls.clear()
    both = compared(RASTRIGIN, ["gd", "evolution"], start={"x": 1.0, "y": 1.0})
    assert both.code == 130 and both.sentence.endswith("; interrupted in evolution")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    for method in ("nelder-mead", "evolution", "lbfgs"):
        with pytest.raises(UsageError, match=f"{method} needs SciPy, which is not installed") as caught:
            searched("x^2", method, x=1.0)  # type: ignore[arg-type]  # by name
        assert caught.value.help == "pip install 'dcalc[scipy]'"


# --- methods compared ---------------------------------------------------------------------


def outcomes(found: Finding) -> list[tuple[str, str]]:
    return [(run["method"], run["outcome"]) for run in found.record["runs"]]


def test_who_is_trapped_and_who_leaves() -> None:
    found = compared(RASTRIGIN, ["gd", "adam", "newton", "nelder-mead", "evolution"], 0.001, start={"x": 4.0, "y": 3.0})
    assert outcomes(found) == [
        ("gd", "trapped"), ("adam", "trapped"), ("newton", "trapped"), ("nelder-mead", "trapped"),
        ("evolution", "lowest"),
    ]  # fmt: skip
    assert found.record["method"] == "evolution" and found.code == 0
    assert "no lower end in 5 runs, which does not exclude one elsewhere" in found.sentence
    assert found.sentence.endswith("are trapped in local minima; evolution leaves them")
    assert [row["outcome"] for row in found.rows.rows] == ["trapped"] * 4 + ["lowest"]  # type: ignore[union-attr]
    (picture,) = found.pictures
    assert [curve.name for curve in picture.curves] == ["gd", "adam", "newton", "nelder-mead", "evolution"]
    assert picture.log_x and picture.log_y and picture.window is not None


def test_what_each_run_costs_is_counted() -> None:
    """gd at a fixed rate takes a gradient per step, Newton's method a Hessian more, evolution at least its points."""
    found = compared(TILTED, ["gd", "newton", "evolution"], 0.01, bounds=LINE, start={"x": 1.0})
    gd, newton, evolution = found.record["runs"]
    assert (gd["evaluations"], gd["gradients"], gd["hessians"]) == (0, gd["steps"] + 1, 0)
    assert newton["gradients"] == newton["steps"] + 1 and newton["hessians"] == newton["steps"]
    assert evolution["evaluations"] >= 15 * 2 and evolution["gradients"] <= 5
    for run, curve in zip(found.record["runs"], found.pictures[0].curves, strict=True):
        total = run["evaluations"] + run["gradients"] + run["hessians"]
        assert max(x for x, _ in curve.points) <= total


def test_minima_of_one_height_trap_nobody() -> None:
    starts = [{"x": -3.0, "y": 3.0}, {"x": 3.0, "y": -2.0}]
    found = compared(HIMMELBLAU, ["newton", "nelder-mead"], start={"x": 3.0, "y": 2.5}, more=starts)
    assert {outcome for _, outcome in outcomes(found)} == {"lowest"} and "trapped" not in found.sentence
    assert len({round(run["end"]["x"], 3) for run in found.record["runs"]}) == 3


def test_a_small_tilt_is_enough_to_be_trapped() -> None:
    found = compared("x^4 - 2*x^2 + 1e-9*x", ["newton"], start={"x": 0.9}, more=[{"x": -0.9}])
    assert outcomes(found) == [("newton", "trapped"), ("newton", "lowest")]
    assert found.sentence.endswith("from start 1 newton (f = -1) is trapped in a local minimum; no method leaves it")


def test_no_end_is_the_lowest_where_a_run_falls_for_ever() -> None:
    found = compared("x^3 - 3*x", ["newton", "momentum"], 0.5, start={"x": 0.5})
    assert outcomes(found) == [("newton", "trapped"), ("momentum", "open")]
    assert found.status == "converged" and "f is lower elsewhere: momentum ends at" in found.sentence


def test_a_saddle_is_neither_lowest_nor_trapped() -> None:
    found = compared("x^2 - y^2", ["gd"], 0.1, start={"x": 1.0, "y": 0.0})
    assert outcomes(found) == [("gd", "open")] and found.code == 1
    assert found.sentence.startswith("gd: saddle: the end is a saddle and not a minimum")


def test_starts_within_bounds_are_the_same_for_all_methods() -> None:
    found = compared(STYBLINSKI, ["newton", "adam"], bounds=SQUARE, starts=6, seed=3)
    starts = [tuple(run["start"].values()) for run in found.record["runs"]]
    assert starts[::2] == starts[1::2] and len(set(starts)) == 6
    assert all(-5 <= value <= 5 for start in starts for value in start)
    assert "the lowest run of each method" in found.pictures[0].title and len(found.pictures[0].curves) == 2


def test_a_step_is_seen_as_it_is_made() -> None:
    seen: list[Step] = []
    options = DescentOptions({"x": 1.0}, Settings("nelder-mead"))
    found = descend.find(subject("(x-3)^2"), options=options, watch=seen.append)
    assert [step.number for step in seen] == list(range(found.record["steps"] + 1))
    assert math.isnan(seen[1].gradient_norm) and found.record["gradient_norm"] <= 1e-6
    values = [step.value for step in seen]
    assert values == sorted(values, reverse=True)
