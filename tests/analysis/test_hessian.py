"""Hessians, Jacobians and derivatives along directions, against mpmath and against each other."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.analysis import directional, hessian, jacobian
from dcalc.analysis.curvature import name_definiteness
from dcalc.errors import UnknownVariable, UsageError
from tests.analysis.subjects import subject

mp = mpmath.mp.clone()
mp.dps = 60
FUNCTIONS = {
    "x**2*y + sin(x*y)": lambda x, y: x**2 * y + mp.sin(x * y),
    "exp(x*y)/(1 + x**2)": lambda x, y: mp.exp(x * y) / (1 + x**2),
    "log(x**2 + y**2)*atan(y)": lambda x, y: mp.log(x**2 + y**2) * mp.atan(y),
    "x**y": lambda x, y: x**y,
    "besselj(0, x*y)": lambda x, y: mp.besselj(0, x * y),
    "sqrt(x + 3*y)*erf(x)": lambda x, y: mp.sqrt(x + 3 * y) * mp.erf(x),
    "(1 - x)**2 + 100*(y - x**2)**2": lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
}
POINTS = [(1.0, 2.0), (0.5, 0.25), (1.75, 0.1)]
CASES = list(product(FUNCTIONS, POINTS))


def second(text: str, x: float, y: float, orders: tuple[int, int]) -> mpmath.mpf:
    return mp.diff(FUNCTIONS[text], (mp.mpf(x), mp.mpf(y)), orders)


def nearest(value: mpmath.mpf) -> float:
    """The nearest double. mpmath's float() rounds twice where that is below the normal doubles."""
    sign, mantissa, exponent, _ = value._mpf_
    return float((-1) ** sign * Fraction(int(mantissa)) * Fraction(2) ** exponent)


# --- the matrix -------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "point"), CASES)
def test_second_derivatives_are_right_to_the_last_digit(text, point):
    x, y = point
    found = hessian.find(subject(text, f"x={x},y={y}")).record["value"]
    xx, xy, yy = (float(second(text, x, y, orders)) for orders in ((2, 0), (1, 1), (0, 2)))
    assert found == {"x": {"x": xx, "y": xy}, "y": {"x": xy, "y": yy}}


@pytest.mark.parametrize(("text", "point"), CASES)
def test_eigenvalues_and_their_signs(text, point):
    x, y = point
    xx, xy, yy = (second(text, x, y, orders) for orders in ((2, 0), (1, 1), (0, 2)))
    truth = sorted(float(value) for value in mp.eigsy(mp.matrix([[xx, xy], [xy, yy]]), eigvals_only=True))
    found = hessian.find(subject(text, f"x={x},y={y}")).record
    assert found["eigenvalues"] == truth
    word = {(1, 1): "positive_definite", (-1, -1): "negative_definite", (-1, 1): "indefinite"}
    assert found["definiteness"] == word[math.copysign(1, truth[0]), math.copysign(1, truth[1])]


@pytest.mark.parametrize(("text", "point"), CASES)
def test_hessian_vector_products(text, point):
    x, y = point
    v = (0.5, -1.25)
    xx, xy, yy = (second(text, x, y, orders) for orders in ((2, 0), (1, 1), (0, 2)))
    truth = {"x": float(xx * v[0] + xy * v[1]), "y": float(xy * v[0] + yy * v[1])}
    found = hessian.find(subject(text, f"x={x},y={y}"), along=[("x", v[0]), ("y", v[1])]).record
    assert found["value"] == truth
    assert found["curvature"] == float(xx * v[0] ** 2 + 2 * xy * v[0] * v[1] + yy * v[1] ** 2)


KINDS = [  # the kind follows from the form by hand
    ("x**2 + y**2", "x=0,y=0", "positive_definite", "a strict local minimum"),
    ("-x**2 - 3*y**2", "x=0,y=0", "negative_definite", "a strict local maximum"),
    ("x*y", "x=0,y=0", "indefinite", "a saddle point"),
    ("x**2 - y**2 + z**4", "x=0,y=0,z=0", "indefinite", "a saddle point"),  # one zero eigenvalue besides
    ("(x + y)**2", "x=0,y=0", "positive_semidefinite", "a minimum: the gradient is 0 and f is its value there plus"),
    ("-(x + y)**2", "x=3,y=-3", "negative_semidefinite", "a maximum: the gradient is 0"),
    ("x**4 + y**4", "x=0,y=0", "zero", "a strict local minimum: the gradient is 0 and f is its value there plus"),
    ("x**2*y**2", "x=0,y=0", "zero", "a minimum: the gradient is 0"),  # and 0 on the axes, so not a strict one
    ("x**2*y**2 + x**3*y**3", "x=0,y=0", "zero", "a stationary point of a kind"),  # a minimum, unproved
    ("x**2 + x*y**2", "x=0,y=0", "positive_semidefinite", "a minimum or a saddle"),  # falls along x = -y**2/2
    ("exp(x + y)", "x=1,y=2", "positive_semidefinite", "no stationary point"),  # 0 by identity, not by rationals
    ("(1 - x)**2 + 100*(y - x**2)**2", "x=1,y=1", "positive_definite", "a strict local minimum"),
    ("cos(x) + cos(y)", "x=0,y=0", "negative_definite", "a strict local maximum"),
    ("x**2 + 1e-30*y**2", "x=0,y=0", "positive_definite", "a strict local minimum"),
    ("x**2 - 1e-30*y**2", "x=0,y=0", "indefinite", "a saddle point"),
    ("cos(x)", "3.141592653589793", "positive_definite", "no stationary point"),  # a double beside pi
]


HIGHER = [  # by the first term of the series in one variable; along a line in several
    ("x**4", "0", "a strict local minimum"),
    ("-x**6", "0", "a strict local maximum"),
    ("x**3", "0", "an inflection"),
    ("x - sin(x)", "0", "an inflection"),  # x**3/6 - ...
    ("cos(x) - 1 + x**2/2", "0", "a strict local minimum"),  # x**4/24 - ...
    ("abs(x)**3", "0", "a strict local minimum"),
    ("relu(x)**3", "0", "a local minimum that is not strict"),
    ("where(x > 2, 1, 1)", "0", "a point around which f is constant"),
    ("erf(x) - 2*x/sqrt(pi)", "0", "an inflection"),  # DLMF 7.6.1: 2/sqrt(pi)*(-x**3/3 + ...)
    ("erf(x)*sqrt(pi)/2 - x + x**2", "0", "a strict local minimum"),  # f' = 0, f'' = 2
    ("lgamma(x) - digamma(1)*(x - 1)", "1", "a strict local minimum"),  # f'' = pi**2/6, DLMF 5.15
    ("x**3 + y**2", "x=0,y=0", "a saddle point"),
    ("x**2 - y**4", "x=0,y=0", "a saddle point"),
    ("(x + y)**2 + (x - y)**3", "x=0,y=0", "a saddle point"),  # 8*t**3 along (1, -1)
    ("x**2 + y**4", "x=0,y=0", "a strict local minimum"),
    ("x*y*z", "x=0,y=0,z=0", "a saddle point"),  # t**3 along (1, 1, 1)
    ("x*y*(x + y)", "x=0,y=0", "a saddle point"),  # 2*t**3 along (1, 1)
    ("x**2 + 2*x*y + y**2 + 7", "x=0,y=0", "a minimum"),  # (x + y)**2 + 7
    ("x**4 + 2*x**2*y + y**2", "x=1,y=-1", "a minimum"),  # (x**2 + y)**2
    ("x*y + y*z + z*x - x**2 - y**2 - z**2", "x=1,y=1,z=1", "a maximum"),  # -((x-y)**2 + (y-z)**2 + (z-x)**2)/2
    ("abs(x)**3 + y**2", "x=0,y=0", "a strict local minimum"),
    ("abs(x)**3 - y**2", "x=0,y=0", "a saddle point"),
    ("(y - x**2)*(y - 3*x**2)", "x=0,y=0", "a minimum or a saddle"),  # Peano: a saddle that no line shows
]


@pytest.mark.parametrize(("text", "at", "words"), HIGHER)
def test_what_second_derivatives_leave_open_is_decided_by_higher_ones(text, at, words):
    assert hessian.find(subject(text, at)).sentence.startswith(words)


ROUGH = [  # all second partials exist, and f is another form on the diagonal: values by hand
    ("5*max(x**2, y**2) - 4*x**2 - 4*y**2", "its second derivative is -6, not 4", "f rises along x=1 and falls along"),
    ("10*sqrt(x**4 + y**4) - 9*(x**2 + y**2)", "not 4", "neither a minimum nor a maximum"),
    ("x**2 + y**2 - 5*min(x**2, y**2)", "is -6, not 4", "neither a minimum nor a maximum"),
    ("4*x**2 + 4*y**2 - 5*max(x**2, y**2)", "is 6, not -4", "neither a minimum nor a maximum"),
    ("where(y > x**2/2 and y < 2*x**2, -x**2, x**2 + y**2)", "f is not shown to be twice differentiable", "no verdict"),
    ("hypot(x**2, y**2)*10 - 9*(x**2 + y**2)", "no verdict follows", "neither a minimum nor a maximum"),
    ("4*(x**2 + y**2) + 5*x*y - 3*abs(x**2 - y**2)", "no verdict follows", ""),
]


@pytest.mark.parametrize(("text", "why", "more"), ROUGH)
def test_no_verdict_follows_where_f_is_not_twice_differentiable(text, why, more):
    found = hessian.find(subject(text, "x=0,y=0"))
    assert why in found.sentence and more in found.sentence and found.code == 0
    assert found.record["definiteness"] is None and found.record["eigenvalues"] is None
    assert not any(word in found.sentence for word in ("strict", "upward", "downward", "saddle", "does not curve"))


def test_mixed_partials_are_taken_in_both_orders_where_these_matter():
    """Peano's function: f_x(0, y) = -y and f_y(x, 0) = x."""
    found = hessian.find(subject("where(x == 0 and y == 0, 0, x*y*(x**2 - y**2)/(x**2 + y**2))", "x=0,y=0"))
    assert found.record["value"] == {"x": {"x": 0.0, "y": -1.0}, "y": {"x": 1.0, "y": 0.0}}
    assert found.plain == [("x,x", 0.0), ("x,y", -1.0), ("y,x", 1.0), ("y,y", 0.0)]
    assert found.record["definiteness"] is None and "no verdict follows" in found.sentence


SMOOTH_PARTS = [  # parts of one variable that are twice differentiable but not analytic
    ("abs(x)**3 + y**2", "positive_semidefinite"),
    ("x*abs(x)**2*y + x**2 + y**2", "positive_definite"),
    ("exp(abs(x)**3) + (y - 1)*abs(x)**3 + x**2 + y**2", "positive_definite"),
]


@pytest.mark.parametrize(("text", "kind"), SMOOTH_PARTS)
def test_parts_of_one_variable_need_second_derivatives_alone(text, kind):
    assert hessian.find(subject(text, "x=0,y=0")).record["definiteness"] == kind


@pytest.mark.parametrize(("text", "at", "kind", "words"), KINDS)
def test_what_kind_of_point_it_is(text, at, kind, words):
    found = hessian.find(subject(text, at))
    assert found.record["definiteness"] == kind
    assert words in found.sentence
    assert found.code == 0


def test_a_zero_eigenvalue_that_is_not_proved_is_not_guessed():
    """gamma(4/3) is gamma(1/3)/3, by a recurrence that no proof uses."""
    found = hessian.find(subject("x**2/2*gamma(4/3) + x*y*gamma(1/3)/3 + y**2/2*gamma(4/3)", "x=1,y=2"))
    assert found.record["definiteness"] is None
    assert found.record["eigenvalues"][0] is None and found.record["eigenvalues"][1] > 0
    assert found.sentence == "an eigenvalue could not be told from 0"


def test_a_zero_eigenvalue_is_proved_of_transcendental_entries():
    found = hessian.find(subject("logsumexp(x, y)", "x=1,y=2"))
    assert found.record["definiteness"] == "positive_semidefinite"
    assert found.record["eigenvalues"][0] == 0 < found.record["eigenvalues"][1]


def test_where_f_is_not_analytic_no_expression_is_trusted():
    """f is 0, but its derivative is written where(x >= -x, 1, -1) - sign(x), which is 1 at 0."""
    found = hessian.find(subject("x*(max(x, -x) - abs(x)) + 3*y**2", "x=0,y=0")).record
    assert found["value"] == {"x": {"x": 0.0, "y": 0.0}, "y": {"x": 0.0, "y": 6.0}}
    assert found["eigenvalues"] == [0.0, 6.0] and found["definiteness"] == "positive_semidefinite"


@pytest.mark.parametrize(
    ("signs", "word"),
    [
        ([1, 1], "positive_definite"), ([-1], "negative_definite"), ([None, 1, -1], "indefinite"), ([0, 0], "zero"),
        ([0, 1], "positive_semidefinite"), ([-1, 0], "negative_semidefinite"), ([None, 1], None), ([0, None], None),
        ([], None),
    ],
)  # fmt: skip
def test_definiteness_from_signs(signs, word):
    assert name_definiteness(signs) == word


def test_larger_matrices():
    """The form sum of (x_i - x_j)**2: eigenvalues 0 and twice n, n - 1 times (graph Laplacian of K_n)."""
    names = [f"x{k}" for k in range(6)]
    text = " + ".join(f"({a} - {b})**2" for i, a in enumerate(names) for b in names[i + 1 :])
    found = hessian.find(subject(text, ",".join(f"{name}=1" for name in names))).record
    assert found["eigenvalues"] == [0.0] + [12.0] * 5
    assert found["definiteness"] == "positive_semidefinite"


@pytest.mark.parametrize(
    ("text", "at", "status", "pair"),
    [
        ("abs(x)*y", "x=0,y=1", "not_differentiable", "by x,x: not differentiable: kink in abs(x)"),
        ("x*abs(x) + y**2", "x=0,y=1", "not_differentiable", "by x,x: not differentiable: kink in"),
        ("log(x) + y", "x=-1,y=1", "undefined", "by x,x: undefined: log(x): argument is -1, needs > 0"),
        ("x**(4/3)*y", "x=0,y=1", "not_differentiable", "by x,x: not differentiable"),
    ],
)
def test_where_a_second_derivative_does_not_exist(text, at, status, pair):
    found = hessian.find(subject(text, at))
    assert (found.status, found.code, found.record["definiteness"]) == (status, 3, None)
    assert found.sentence.startswith(pair)


def test_without_a_point_it_is_expressions():
    found = hessian.find(subject("x**3*y"))
    lines = dict(found.plain)
    assert {name: str(node.op.key) for name, node in lines.items()} == {"x,x": "*", "x,y": "*", "y,y": "number"}
    assert found.record["eigenvalues"] is None


# --- jacobians and directions -------------------------------------------------------------------


def test_the_jacobian_of_polar_coordinates():
    found = jacobian.find(subject("r*cos(t)", "r=2,t=0.75", None, 1, "r*sin(t)"))
    cos, sin = mp.cos(mp.mpf(0.75)), mp.sin(mp.mpf(0.75))
    rows = [{"r": cos, "t": -2 * sin}, {"r": sin, "t": 2 * cos}]
    assert found.record["value"] == [{name: float(value) for name, value in row.items()} for row in rows]
    assert found.plain == [list(row.values()) for row in found.record["value"]]


def test_a_jacobian_along_a_direction():
    found = jacobian.find(subject("r*cos(t)", "r=2,t=0.75", None, 1, "r*sin(t)"), along=[(None, 1.0), (None, 0.5)])
    cos, sin = mp.cos(mp.mpf(0.75)), mp.sin(mp.mpf(0.75))
    assert found.record["value"] == [float(cos - sin), float(sin + cos)]


def test_one_row_without_a_value_leaves_the_others():
    found = jacobian.find(subject("abs(x)", "x=0,y=1", None, 1, "x*y"))
    assert (found.status, found.code) == ("not_differentiable", 3)
    assert found.plain == [[None, 0.0, "not_differentiable"], [1.0, 0.0]]
    assert found.sentence == "f1 by x: not differentiable: kink in abs(x)"


@given(st.floats(-2, 2), st.floats(0.1, 2), st.floats(-3, 3), st.floats(-3, 3))
def test_a_directional_derivative_is_the_gradient_times_the_direction(x, y, dx, dy):
    found = directional.find(subject("x**2*log(y) + sin(x*y)", f"x={x!r},y={y!r}"), along=[("x", dx), ("y", dy)])
    mx, my = mp.mpf(x), mp.mpf(y)
    fx = 2 * mx * mp.log(my) + my * mp.cos(mx * my)
    fy = mx**2 / my + mx * mp.cos(mx * my)
    assert found.record["value"] == nearest(fx * dx + fy * dy)


@pytest.mark.parametrize(
    ("along", "status", "value"),
    [
        ([(None, 1.0), (None, -1.0)], "ok", 0.0),  # along the kink
        ([(None, 1.0), (None, 1.0)], "not_differentiable", None),  # across it
    ],
)
def test_a_kink_is_one_across_it_alone(along, status, value):
    found = directional.find(subject("abs(x + y)", "x=0,y=0"), along=along)
    assert (found.status, found.record["value"]) == (status, value)


def test_a_direction_without_a_point_is_an_expression():
    (line,) = directional.find(subject("x*y"), along=[("x", 3.0), ("y", 4.0)]).plain
    assert line[0] is subject("4*x + 3*y").root or {"x", "y"} == {node.args[0] for node in line[0].args for node in
                                                                  node.args if node.op.name == "symbol"}  # fmt: skip


def test_a_variable_called_t():
    found = directional.find(subject("t*x", "t=2,x=3"), along=[("t", 1.0), ("x", 1.0)])
    assert found.record["value"] == 5.0


@pytest.mark.parametrize(
    ("along", "error", "message"),
    [
        ([(None, 1.0)], UsageError, "the direction has 1 part for 2 variables"),
        ([(None, 1.0)] * 3, UsageError, "the direction has 3 parts for 2 variables"),
        ([("z", 1.0)], UnknownVariable, "--along names z, which is not differentiated by"),
    ],
)
def test_directions_that_do_not_fit(along, error, message):
    for find in (hessian.find, jacobian.find, directional.find):
        with pytest.raises(error, match=message):
            find(subject("x*y", "x=1,y=1"), along=along)


def test_a_mixed_partial_needs_a_closed_form_by_one_of_its_variables_alone() -> None:
    """zeta'(2) and zeta''(2), by mpmath at 30 digits; zeta' has no expression."""
    found = hessian.find(subject("zeta(x)*y", "x=2,y=1"))
    mixed = -0.93754825431584375370
    assert found.record["value"] == {"x": {"x": 1.98928023429890102, "y": mixed}, "y": {"x": mixed, "y": 0.0}}
    assert found.record["definiteness"] == "indefinite"


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        ("where(x==0 or y==0, 0, x*y)", "x=0,y=0", "a saddle point"),
        ("where(not (x != y), x**2, x*y)", "x=1,y=1", "upward in some directions and downward in others"),
        ("where(x!=0, x**2 + y**2, y**2)", "x=0,y=0", "a strict local minimum"),
        ("where(y==x**2, -x**2, x**2 + y**2)", "x=0,y=0", "not shown to be twice differentiable"),
    ],
)
def test_a_branch_on_a_line_counts_where_it_is_another_function(text, at, words):
    """The first three are x*y, x*y and x**2 + y**2 everywhere; the last falls along a parabola."""
    record = hessian.find(subject(text, at)).record
    assert words in record["verdict"]
