"""Emitted programs: what they compute, how they look, what is refused."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping

import pytest
from mpmath import mp, mpf

from dcalc import functions as table
from dcalc.analysis.emit import find
from dcalc.errors import DcalcError, Unsupported, UsageError
from dcalc.expr import make, symbol, variables
from dcalc.finding import Subject
from dcalc.io.toolchain import run_program
from dcalc.numbers.real import evaluate
from dcalc.parser import parse
from dcalc.stable.smoothing import Judge
from dcalc.targets import Order, Quantity, classify, emit, load, names
from dcalc.targets.common.lowering import sample_call
from dcalc.targets.common.quantities import Function
from tests.targets.programs import (
    EXCEPTIONS,
    HARD,
    LIBRARIES,
    MOST_ULPS,
    OWN_ERRORS,
    Hard,
    digits,
    run,
    run_derivatives,
    run_rows,
    slope,
)
from tests.targets.sweep import sweep_rows
from tests.truths import TRUTHS
from tests.truths import value as value_of

RUN_FAST = ("python", "c")
"""Targets that the fast lane runs; the slow lane runs the others that are installed."""
RUN_SLOW = ("numpy", "js", "cpp", "rust", "fortran", "duckdb", "sqlite", "postgres", "spark", "scipy", "jax", "torch",
            "matlab")  # fmt: skip
NEEDED_MODULES = {"numpy": ["numpy"], "scipy": ["scipy"], "jax": ["jax"], "torch": ["torch"], "duckdb": ["duckdb"],
                  "spark": ["pysail", "pyspark"]}  # fmt: skip
NEEDED_PROGRAMS = {"postgres": ["initdb", "pg_ctl", "psql"]}


def program(text: str, target: str, *of: Quantity, plain: bool = False, **more: object) -> str:
    root = parse(text).root
    wrt = tuple(variables(root))
    order = Order(target, of or ("f", "derivative"), wrt[:1], wrt, plain=plain)
    return emit([root], order._replace(**more)).text


def execute(text: str, target: str = "python", *of: Quantity, **more: object) -> dict[str, object]:
    """The names that an emitted Python program defines."""
    space: dict[str, object] = {}
    exec(compile(program(text, target, *of, **more), "program", "exec"), space)
    return space


@pytest.mark.parametrize("target", names())
def test_every_row_is_native_or_written_out_or_refused(target):
    kinds = [classify(row, target) for row in table.functions()]
    assert set(kinds) <= {"native", "body", "helper", "refused"}
    assert len(kinds) == sum(1 for _ in table.functions())
    native = load(target).native()
    for row, kind in zip(table.functions(), kinds, strict=True):
        assert (kind == "native") == (row in native or row is table.WHERE)


def needs(target: str) -> None:
    """Skip where the compiler is not installed."""
    for module in NEEDED_MODULES.get(target, ()):
        pytest.importorskip(module)
    for tool in (load(target).commands("x")[0][0], *NEEDED_PROGRAMS.get(target, ())):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")


def check_rows(errors: Mapping[str, tuple[float, tuple[float, ...]]], target: str) -> None:
    for key, (error, point) in errors.items():
        limit = LIBRARIES.get(target, MOST_ULPS)
        most = max(limit, EXCEPTIONS.get(key, 0.0), OWN_ERRORS.get(target, {}).get(key, 0.0))
        assert error <= most, (key, point, error)


@pytest.mark.parametrize("target", RUN_FAST)
def test_every_row_that_is_emitted_keeps_its_digits(target):
    needs(target)
    check_rows(run_rows(target), target)


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize("target", RUN_SLOW)
def test_every_row_that_is_emitted_keeps_its_digits_in_other_languages(target):
    needs(target)
    check_rows(run_rows(target), target)


FEWER_POINTS = {"matlab": 20, "fortran": 12, "postgres": 12, "spark": 5}


@pytest.mark.slow
@pytest.mark.parametrize("target", (*RUN_FAST, *RUN_SLOW))
def test_every_row_that_is_emitted_keeps_its_digits_at_hard_points(target):
    needs(target)
    check_rows(sweep_rows(target, most=FEWER_POINTS.get(target, 1000)), target)


PATCHED = tuple(
    Hard(text, at)
    for text, at in (
        ("x/(exp(x)-1)", 1e-7), ("1/x - 1/tan(x)", 1e-4), ("1/x**2 - 1/sin(x)**2", 1e-3), ("coth(x) - 1/x", 1e-5),
        ("(x-1-log(x))/(x-1)**2", 1.00001), ("(1-exp(-x)*(1+x))/x**2", 1e-6), ("(tan(x)-x)/x**3", 1e-4),
        ("log(cosh(x))", 1e-8), ("log(x)/(x-1)", 1.0000001), ("(2**x-1)/x", 1e-8), ("log((exp(x)-1)/x)", 1e-6),
        # towards infinity
        ("sqrt(x**2+x)-x", 1e10), ("sqrt(x**2+x)+x", -1e5), ("x**2*(cos(1/x)-1)", 1e6), ("(1+1/x)**x", 1e8),
        ("x*(pi/2-atan(x))", 1e6), ("asinh(x)-log(2*x)", 1e5), ("cbrt(x**3+1)-x", 1e5), ("x*exp(x**2)*erfc(x)", 1e3),
        ("sqrt(x)*(sqrt(x+1)-sqrt(x))", 1e9), ("1/x-2/(x+1)+1/(x+2)", 1e6), ("x*log((x+1)/(x-1))", 1e6),
        # at multiples of pi, which are not doubles
        ("sin(x)/(x-pi)", 3.1415926), ("(1-sin(x))/(x-pi/2)**2", 1.5708), ("tan(x)-1/cos(x)", 1.5707),
        # above and below a branch point
        ("acosh(x)/sqrt(x-1)", 1.0000001), ("acos(x)**2/(1-x)", 0.9999999),
        # where another form than that of the stable form is better
        ("1/x-1/tanh(x)", 3e8), ("log(sinh(x)/x)", 5e3), ("1/(exp(x)-1)-1/x", 7e5), ("erf(x+1e-8)-erf(x)", 0.5),
        # tails and quotients that level off
        ("log(normcdf(x))", -40.0), ("normpdf(x)/normcdf(-x)", 40.0), ("x/(1+abs(x))", -1e9),
        ("exp(x)/(2+exp(x))", 40.0),
    )
)  # fmt: skip
"""Holes and cancelling sums for which there is no row: Taylor patches have them."""


@pytest.mark.slow
@pytest.mark.covers
def test_taylor_patches_keep_the_digits_where_no_row_does():
    for problem, value in zip(PATCHED, run_derivatives("python", PATCHED), strict=True):
        assert digits(value, slope(problem)) > 12, problem
    assert "Taylor polynomial around 0, which leaves out less than an ulp" in program("x/(exp(x)-1)", "c", "derivative")
    df = execute("y*(x-sin(x))/x**3", "python", "gradient")["grad_f"]
    assert df(0.0, 2.0) == pytest.approx([0.0, 1 / 6])


VALUES = tuple(
    Hard(text, at)
    for text, at in (
        # relative entropies, which vanish twice
        ("x*log(x/0.3) + (1-x)*log((1-x)/0.7)", 0.30000000001), ("x*log(x/0.3) + (1-x)*log((1-x)/0.7)", 0.299),
        ("x*log(x/2) - x + 2", 2.0000001),
        # logarithms of what is close to 1, and of what overflows
        ("log(cos(x))", 1e-3), ("log(sin(x)/x)", 1e-3), ("log(tanh(x))", 20.0), ("log(1-tanh(x)**2)", 20.0),
        ("log(cosh(x))", 0.05), ("log(sinh(x)/x)", 0.1), ("log(sinh(x)/x)", -1e-5), ("log(sinh(x)/x)", 800.0),
        ("log(x**2)", 1e-200), ("log(x**2+1)", 1e200), ("log(3*x)", 0.33333333),
        # powers and exponentials that overflow, one over the other
        ("x**4/(16+x**4)", 1e100), ("sqrt(x**2+4)/x", -1e200), ("x**3/(x**3+1)", -1e120), ("sqrt(x**2)", 1e-200),
        ("sinh(x)/cosh(x)**2", 500.0), ("exp(-x)*cosh(x)", 800.0), ("normcdf(x)/normpdf(x)", -40.0),
        # next to a branch point
        ("asin(1-x)", 1e-15),
    )
)  # fmt: skip
"""Where formulas for a function itself lose digits, or have no value."""


@pytest.mark.parametrize("problem", VALUES, ids=lambda problem: f"{problem.text} at {problem.at}")
def test_values_keep_their_digits(problem):
    """The truth by mpmath at 600 digits."""
    found = execute(problem.text, "python", "f")["f"](problem.at)
    with mp.workdps(600):
        assert digits(found, value_of(parse(problem.text).root, {"x": mpf(problem.at)})) > 13


def test_the_relative_entropy_of_two_variables_keeps_its_digits():
    """The truth by mpmath at 100 digits."""
    f = execute("p*log(p/q) + (1-p)*log((1-p)/(1-q))", "python", "f")["f"]
    with mp.workdps(100):
        p, q = mpf(0.3), mpf(0.300000001)
        assert digits(f(0.3, 0.300000001), p * mp.log(p / q) + (1 - p) * mp.log((1 - p) / (1 - q))) > 15


def test_quotients_of_several_variables_have_one_denominator():
    """The derivative of x*y/(x + y) by x is y**2/(x + y)**2, in which nothing cancels."""
    by_x, by_y = execute("x*y/(x + y)", "python", "gradient")["grad_f"](1e9, 1.0)
    assert by_x == pytest.approx((1 / (1e9 + 1)) ** 2, rel=1e-15)
    assert by_y == pytest.approx((1e9 / (1e9 + 1)) ** 2, rel=1e-15)


def test_the_entropy_of_a_rare_event_keeps_its_digits():
    """2.8631021115928048e-11 by mpmath at 700 digits."""
    entropy = execute("-x*log(x) - (1 - x)*log(1 - x)", "python", "f")["f"](1e-12)
    assert entropy == pytest.approx(2.8631021115928048e-11, rel=1e-14)


@pytest.mark.parametrize("target", RUN_FAST)
def test_derivatives_keep_their_digits_at_hard_points(target):
    needs(target)
    stable, plain = (run_derivatives(target, HARD, plain=plain) for plain in (False, True))
    for problem, value, naive in zip(HARD, stable, plain, strict=True):
        truth = slope(problem)
        assert digits(value, truth) > 12, problem
        assert digits(value, truth) > digits(naive, truth) - 1, problem


def test_functions_have_the_names_of_what_they_compute():
    text = program("x**2*y", "python", "f", "derivative", "gradient", "hessian", "jacobian")
    assert [line[4:].split("(")[0] for line in text.split("\n") if line.startswith("def ")] == [
        "f", "df_dx", "grad_f", "hess_f", "jac_f"
    ]  # fmt: skip
    assert "def d2loss_dx2(x, y):" in program("x**2*y", "python", "derivative", order=2, name="loss")
    assert "def d2f_dxdy(x, y):" in program("x**2*y", "python", "derivative", wrt=("x", "y"))


def test_values_of_gradients_and_hessians():
    space = execute("x**2*y + sin(x*y)", "python", "f", "gradient", "hessian")
    x, y = 0.5, 1.25
    assert space["f"](x, y) == pytest.approx(x**2 * y + math.sin(x * y))
    c, s = math.cos(x * y), math.sin(x * y)
    assert space["grad_f"](x, y) == pytest.approx([2 * x * y + y * c, x**2 + x * c])
    mixed = 2 * x + c - x * y * s
    first, second = space["hess_f"](x, y)
    assert first == pytest.approx([2 * y - y * y * s, mixed])
    assert second == pytest.approx([mixed, -x * x * s])


SWEPT = (
    "a*b*c*d*e1*x + sin(a*b)/(1 + exp(c*x)) - where(a > b, a*d, b*x**2) + max(a*b, c, d*x) + softplus(e1*a)**3"
    " + a**b + abs(c*d) + bce_logits(a, b*x) + sqrt(x)/c - (a - b)*-c + log(x)**2"
)


@pytest.mark.parametrize("quantity", ["gradient", "hessian"])
def test_one_sweep_gives_what_each_derivative_gives(quantity):
    """With more than four variables there is one reverse sweep; here against the reference, one by one."""
    from dcalc.problem import Problem
    from dcalc.solver import solve

    root = parse(SWEPT).root
    at = {"a": 0.75, "b": 0.5, "c": 1.25, "d": -0.5, "e1": 2.0, "x": 1.5}
    values = execute(SWEPT, "python", quantity)["grad_f" if quantity == "gradient" else "hess_f"](**at)
    for place, first in enumerate(at):
        for other, second in enumerate(at):
            wrt = (first,) if quantity == "gradient" else (first, second)
            value = values[place] if quantity == "gradient" else values[place][other]
            assert value == pytest.approx(solve(Problem(root, wrt, at)).value, rel=1e-13, abs=1e-15)


def test_a_jacobian_of_several_expressions():
    roots = [parse(text).root for text in ("r*cos(t)", "r*sin(t)")]
    text = emit(roots, Order("python", ("f", "jacobian"), (), ("r", "t"))).text
    space: dict[str, object] = {}
    exec(compile(text, "program", "exec"), space)
    assert space["f"](2.0, 0.5) == pytest.approx([2 * math.cos(0.5), 2 * math.sin(0.5)])
    assert space["jac_f"](2.0, 0.5)[1] == pytest.approx([math.sin(0.5), 2 * math.cos(0.5)])
    with pytest.raises(UsageError, match="a hessian belongs to one expression"):
        emit(roots, Order("python", ("hessian",), (), ("r", "t")))


@pytest.mark.parametrize("target", ["python", "c", "js"])
def test_no_statement_is_nested_deeply(target):
    text = "x"
    for _ in range(100):
        text = f"sin({text} + 1)"
    code = program(text, target)
    for line in code.split("\n"):
        if line.startswith(load(target).comment):
            continue
        depth = deepest = 0
        for char in line:
            depth += (char == "(") - (char == ")")
            deepest = max(deepest, depth)
        assert deepest <= 45


def test_large_sums_have_the_forms_of_their_terms():
    """A long sum of functions is not searched; the parts of a gradient share the forms of their functions."""
    names = [f"x{k}" for k in range(1, 401)]
    text = "+".join(f"tanh({k}*x{k})" for k in range(1, 401))
    space = execute(text, "python", "f", "gradient")
    at = [0.25 / k for k in range(1, 401)]
    assert space["f"](*at) == pytest.approx(400 * math.tanh(0.25), rel=1e-14)
    assert space["grad_f"](*at)[8] == pytest.approx(9 / math.cosh(0.25) ** 2, rel=1e-15)
    root = parse(text + "+sqrt(x1**2 + 1) - x1").root
    assert "hypot(1.0, x1)" in emit([root], Order("c", ("f",), (), tuple(names))).text


@pytest.mark.slow
def test_a_hundred_thousand_terms_take_linear_time():
    sizes = [len(program("+".join(f"sin({k}*x)" for k in range(1, count)), "c", "f")) for count in (10_000, 100_000)]
    assert sizes[1] < 12 * sizes[0]


def test_only_the_branch_that_is_taken_is_computed():
    f = execute("where(x > 2, log(x - 2)*log(x - 2) + 1/(x - 2), x)", "python", "f", plain=True)["f"]
    assert f(1.0) == 1.0
    assert f(3.0) == 1.0


@pytest.mark.parametrize("text", ["while + lambda*sin(if)", "sin*math + def", "t1*t2 + f*df_dx", "θ**2 + Ω", "x_*x"])
@pytest.mark.parametrize("target", ["python", "c", "js", "numpy"])
def test_names_that_mean_something_else_are_changed(text, target):
    code = program(text, target, "f", "gradient")
    if target == "python":
        compile(code, "program", "exec")
    assert code.count("(") == code.count(")")


HOSTILE = tuple(
    (
        "while lambda class sin math if None print self Self fn select order group np torch jnp ctx grad tangents "
        "special M_PI M_LN2 NAN INFINITY unix main std real64 end function ans i I y0 jn StableF f_jvp eval "
        "arguments out value r points s1 t1 softplus sigmoid_ erfcx X x x_ θ theta Ω ñ x̂ 中 u4e2d dcalc_try D d f0 "
        "f1_ in is async match yield assert char double null nan case SELECT END IF REAL64 Sin SOFTPLUS _Bool __x _X"
    ).split()
)
"""Names that mean something in one language or another, or become equal in ASCII or without case."""


def check_hostile_names(target: str) -> None:
    """All of them at once: each function is the product of three, times a helper of the first."""
    triples = [HOSTILE[at : at + 3] for at in range(0, len(HOSTILE), 3)]
    functions, points = [], []
    for place, triple in enumerate(triples):
        factors = [symbol(name) for name in triple]
        root = make(table.MUL, *factors, make(table.get("softplus", 1), factors[0]))
        functions.append(Function(f"f{place}", "f", (root,)))
        points.append((tuple(float(3 + HOSTILE.index(name) % 7) for name in HOSTILE),))
    for triple, value in zip(triples, run(target, functions, HOSTILE, points), strict=True):
        given = [float(3 + HOSTILE.index(name) % 7) for name in triple]
        assert value == pytest.approx(math.prod(given) * math.log1p(math.exp(given[0]))), triple


@pytest.mark.parametrize("target", RUN_FAST)
def test_names_that_mean_something_are_changed_where_they_do(target):
    needs(target)
    check_hostile_names(target)


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize("target", RUN_SLOW)
def test_names_that_mean_something_are_changed_in_other_languages(target):
    needs(target)
    check_hostile_names(target)


def test_variables_of_c_keep_names_of_functions_that_are_not_called():
    code = program("x1*y1 + gamma*pow + tan", "c", "f")
    assert "double f(double gamma, double pow_, double tan, double x1, double y1) {" in code
    assert "double f(double tan_, double x) {" in program("tan + tan(x)", "c", "f")
    with pytest.raises(UsageError, match="gamma has a meaning in C"):
        program("x", "c", name="gamma")


@pytest.mark.parametrize("target", ["python", "c", "rust", "js", "fortran"])
def test_a_function_that_is_called_like_a_helper_keeps_its_name(target):
    code = program("x*softplus(y)", target, "f", name="softplus")
    assert "softplus_helper" in code
    if target == "python":
        assert execute("x*softplus(y)", "python", "f", name="softplus")["softplus"](2.0, 0.0) == 2 * math.log(2)


@pytest.mark.parametrize("text", ["x*y\nz", "x */ y", "x; rm -rf /", "$(touch x)*y"])
def test_what_is_no_expression_is_no_program(text):
    with pytest.raises(DcalcError):
        program(text, "c")


def test_hostile_names_are_refused():
    for name in ("f;rm", "f g", "", "1f", "_f", "f" * 200, "θ"):
        with pytest.raises(UsageError, match="--name must be"):
            program("x", "c", name=name)
    for name in ("while", "sin", "double"):
        with pytest.raises(UsageError, match="has a meaning in C"):
            program("x", "c", name=name)
    for name in ("Sin", "DCALC_PROGRAM", "End"):
        with pytest.raises(UsageError, match="has a meaning in Fortran"):
            program("sin(x)", "fortran", name=name)


def test_numbers_beyond_doubles_are_in_no_patch():
    assert execute("(x + 1)**5000", "python", "f")["f"](1e-3) == pytest.approx(1.001**5000, rel=1e-12)
    with pytest.raises(Unsupported, match="1e-400 is not within"):
        program("x*1e-400 + 1", "c")


def test_what_a_language_lacks_is_refused_by_name():
    with pytest.raises(Unsupported, match="C has no zeta"):
        program("zeta(x) + 1", "c", "f")
    with pytest.raises(Unsupported, match="computes in float64 alone"):
        load("js", "float32")
    with pytest.raises(UsageError, match="no target named"):
        load("cobol")
    with pytest.raises(Unsupported, match="is not within the range of float64"):
        program("1e400*x", "c", "f")
    with pytest.raises(Unsupported, match="is not within the range of float32"):
        program("1e60*x", "c", "f", precision="float32")


@pytest.mark.parametrize("target", ["jax", "torch"])
def test_the_second_derivative_of_lgamma_is_a_zeta_function(target):
    assert "special.zeta(" in program("lgamma(x)", target, "f")
    assert "special.zeta(" in program("digamma(x)", target, "f")
    with pytest.raises(Unsupported, match="has no polygamma"):
        program("polygamma(2, x)", target, "f")


def test_single_precision_in_c():
    code = program("sinc(x)*exp(-x/3) + pi*x**y", "c", "gradient", precision="float32")
    assert "double" not in code.replace("doubles", "") and "expf(" in code and "powf(" in code and "3.0f" in code


def test_numpy_computes_with_arrays_and_warns_of_nothing():
    np = pytest.importorskip("numpy")
    with np.errstate(all="raise"):
        space = execute("where(x > 2, log(x - 2), x**3) + y", "numpy", "f", "derivative", "gradient", "hessian")
        x, y = np.array([1.0, 2.0, 3.0]), 5.0
        assert space["f"](x, y) == pytest.approx([6.0, 13.0, 5.0])
        assert space["df_dx"](x, y) == pytest.approx([3.0, 12.0, 1.0])
        assert space["grad_f"](x, y) == pytest.approx(np.array([[3.0, 12.0, 1.0], [1.0, 1.0, 1.0]]))
        assert space["hess_f"](x, y).shape == (2, 2, 3)
        assert execute("x", "numpy", "derivative")["df_dx"](x) == pytest.approx([1.0, 1.0, 1.0])


@pytest.mark.slow
@pytest.mark.no_cover
def test_xla_takes_the_parts_of_an_inexact_point_one_by_one():
    """Compiled, x - a - b was x - (a + b), in which b is lost: 7e7 ulps."""
    jax = pytest.importorskip("jax")
    f = jax.jit(execute("tan(x) - 1/cos(x)", "jax", "f")["f"])
    with mp.workdps(50):
        x = mpf(1.57079632)
        truth = mp.tan(x) - 1 / mp.cos(x)
    assert digits(float(f(1.57079632)), truth) > 15


TWICE = (Hard("(1-cos(x))/x**2", 0.01), Hard("x**3/(x-sin(x))", 1e-4), Hard("1/(1-x)-1/(1+x)", 1e-9),
         Hard("log((1+x)/(1-x))", 1e-9), Hard("sqrt(x**2+x)-x", 1e5))  # fmt: skip
"""Where the second derivative loses digits as well."""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.parametrize("library", ["jax", "torch"])
def test_libraries_that_differentiate_take_the_attached_derivatives(library):
    """Their own gradients of f, by tracing and by maps, keep 12 digits where those of the typed f have none; so do
    their second derivatives, in each order of modes."""
    module = pytest.importorskip(library)
    for problem in (*HARD, *TWICE):
        f = execute(problem.text, library, "f")["f"]
        if library == "jax":
            at, grad, vmap = module.numpy.float64(problem.at), module.grad, module.vmap
            first = [module.jit(grad(f))(at), vmap(grad(f))(at[None])[0]]
            second = [grad(grad(f)), module.jit(module.hessian(f)), module.jacrev(module.jacfwd(f))]
        else:
            at = module.tensor(problem.at, dtype=module.float64)
            grad, vmap, func = module.func.grad, module.func.vmap, module.func
            x = at.clone().requires_grad_()
            first = [module.autograd.grad(f(x), x)[0], vmap(grad(f))(at[None])[0], func.jacfwd(f)(at)]
            second = [grad(grad(f)), func.hessian(f), lambda at, f=f: module.autograd.functional.hessian(f, at)]
        for value in first:
            assert digits(float(value), slope(problem)) > 12, problem
        if problem in TWICE:
            with mp.workdps(600):
                root, step = parse(problem.text).root, mpf(problem.at) * mpf(10) ** -120
                below, middle, above = (value_of(root, {"x": mpf(problem.at) + k * step}) for k in (-1, 0, 1))
                truth = (below - 2 * middle + above) / step**2
            for differentiate in second:
                assert digits(float(differentiate(at)), truth) > 12, problem


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.filterwarnings("ignore::DeprecationWarning:torch")
@pytest.mark.parametrize("library", ["jax", "torch"])
def test_two_arguments_broadcast_and_map(library):
    """The Hessian of the attached derivatives, under maps, and the branch that is not taken."""
    module = pytest.importorskip(library)
    f = execute("x**2*sin(y) + where(y > 0, y*log(y), 0)", library, "f")["f"]
    lib = module if library == "jax" else module.func
    array = module.numpy.array if library == "jax" else lambda x: module.tensor(x, dtype=module.float64)
    xs, ys = array([1.0, 2.0, -0.5]), array([0.5, -1.0, 0.0])
    (xx, xy), (_, yy) = lib.vmap(lib.hessian(f, argnums=(0, 1)))(xs, ys)
    for place, (x, y) in enumerate(((1.0, 0.5), (2.0, -1.0), (-0.5, 0.0))):
        assert float(xx[place]) == pytest.approx(2 * math.sin(y))
        assert float(xy[place]) == pytest.approx(2 * x * math.cos(y))
        assert float(yy[place]) == pytest.approx(-(x**2) * math.sin(y) + (1 / y if y > 0 else 0))
    assert f(xs[:, None], ys).shape == (3, 3)


def test_formulas_for_readers():
    text = program("x**2*sin(alpha)/2", "latex", "f", "derivative", "gradient")
    assert r"\frac{\partial f}{\partial alpha}" in text.replace(r"\mathrm{alpha}", "alpha") or r"\alpha" in text
    assert r"\nabla f &= \begin{pmatrix}" in text and text.endswith("\\end{aligned}\n")
    text = program(
        "where(x < 1, x**2*sqrt(y), zeta(2*x))", "typst", "f", "hessian", plain=True, wrt=("y",), among=("y",)
    )
    assert 'f &= cases(x^(2) dot sqrt(y) & "if" x < 1, op("zeta")(2 dot x) & "otherwise")' in text
    assert "nabla^2 f &= mat(" in text and text.endswith("$\n")


def test_typst_compiles_the_equations_of_all_rows():
    typst = pytest.importorskip("typst")
    texts = [program("x_max**2*alpha - where(x1 < 1, x**x**y, sqrt(theta_2)) + lambda/x", "typst", "f", "gradient")]
    for row in table.functions():
        root = parse("where(x < 1, x, 2)").root if row is table.WHERE else sample_call(row)
        texts.append(emit([root], Order("typst", ("f",))).text)
    assert len(typst.compile("\n".join(texts).encode())) > 10_000


READ_BACK = (
    "exp(-theta**2/2)/sqrt(2*pi)",
    "x**2*sin(y)/2 - 0.1",
    "where(x > 2, x**3, 1/x)",
    "atan2(y, x)**0.5 + log(1 + x)",
)


@pytest.mark.parametrize("text", READ_BACK)
@pytest.mark.parametrize(("target", "notation"), [("python", "python"), ("numpy", "python"), ("c", "c"), ("js", "c")])
def test_a_plain_program_is_read_back_as_the_same_expression(text, target, notation):
    """Where no helper stands before it: a reader takes one function."""
    code = program(text, target, "f", plain=True)
    assert parse(code, notation=notation).root is parse(text).root


NOTATIONS = ("python", "numpy", "c", "js", "matlab", "latex")
"""Targets whose programs are read, each under its own name."""


@pytest.mark.parametrize("target", NOTATIONS)
def test_whole_programs_are_read_back(target):
    """With the derivative behind f and the helpers before it, which are read as the functions that they stand for."""
    for row in table.functions():
        kind = classify(row, target)
        if kind == "refused" or row is table.WHERE:
            continue
        root = sample_call(row)
        names = tuple(variables(root))
        try:
            code = emit([root], Order(target, ("f", "derivative"), names[-1:], names, plain=True)).text
        except Unsupported:  # the derivative
            code = emit([root], Order(target, ("f",), plain=True)).text
        if "'upper'" in code:  # MATLAB's texts are not read
            with pytest.raises(DcalcError, match="transposes"):
                parse(code, notation=target)
            continue
        back = parse(code, notation=target).root
        if back is root:
            continue
        assert kind != "helper" or row.key in WRITTEN_OUT, row
        for point in TRUTHS[row.key].points:
            if len(point) == len(root.args) and all(map(_is_moderate, point)):
                at = {f"x{place}": x for place, x in enumerate(point)}
                assert evaluate(back, at) == pytest.approx(evaluate(root, at), rel=1e-9, nan_ok=True), (row, at)


WRITTEN_OUT = ("softmax", "cross_entropy", "logsumexp", "lambertw")
"""Helpers without a function of their own: each call is written out."""


def _is_moderate(x: float) -> bool:
    return 1e-9 < abs(x) < 1e9


def test_a_helper_that_was_changed_is_read_as_it_is_written():
    code = program("sigmoid(x)", "c", "f", plain=True)
    assert parse(code, notation="c").root is parse("sigmoid(x)").root
    changed = parse(code.replace("1.0 +", "2.0 +"), notation="c").root
    assert changed is parse("exp(min(x, 0))/(2 + exp(-abs(x)))").root


def test_variables_get_their_names_back():
    texts = {"c": "I*NULL + pow**x", "matlab": "gamma*θ + pi", "python": "lambda*math*sin(x)", "js": "Math*x"}
    for target, text in texts.items():
        assert parse(program(text, target, "f", plain=True), notation=target).root is parse(text).root


def test_a_formula_is_measured_though_a_variable_of_it_cancels():
    judge = Judge(parse("x").root)
    assert judge.error(parse("x + y - y").root, {"x": 2.0}) == 0.0
    assert judge.error(parse("x + log(-y)").root, {"x": 2.0}) == math.inf


def subject_of(text: str) -> Subject:
    return Subject(root=parse(text).root, names=("x",), wrt=("x",), targets=(("x",), ("x",)))


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize("target", ["c", "cpp", "rust", "fortran", "numpy", "jax", "torch"])
def test_single_precision_is_held_against_certified_values_in_its_own_ulps(target):
    needs(target)
    for text in ("(1-cos(x))/x**2", "sqrt(x**2+1)-x", "log(1+exp(x))"):
        finding = find(subject_of(text), target=target, precision="float32", run=run_program)
        assert finding.code == 0, finding.notes


def test_a_program_that_loses_digits_fails_its_check():
    subject = subject_of("(1-cos(x))/x**2")
    assert find(subject, target="python", plain=True, run=run_program).code == 1
    worse = find(subject, target="python", run=lambda *given: [x * (1 + 1e-13) for x in run_program(*given)])
    assert worse.code == 1 and "loses digits" in worse.notes[-1]


def test_a_program_is_the_same_whatever_was_read_before_it():
    text = "where({0} > 0, sin(exp({0}) + 1)*(exp({0}) + 1), cos(exp(-{0}) + 1)*(exp(-{0}) + 1))"
    parse("cos(exp(-late) + 1)*(exp(-late) + 1)")
    first, second = (program(text.format(name), "numpy", "f", plain=True) for name in ("early", "late"))
    assert first.replace("early", "late") == second
