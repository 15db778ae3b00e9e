"""Programs of array libraries: their numbers against certified ones, for the formulas that `tests.tensor` holds.

The truth is the certified derivative of each entry of the expression as it was typed, which knows nothing of arrays.
"""

from __future__ import annotations

from functools import cache
from shutil import which
from typing import Any

import pytest

from dcalc.analysis import array_emit
from dcalc.errors import DcalcError
from dcalc.io.toolchain import run_program
from dcalc.numbers.real import evaluate_all
from dcalc.problem import Problem
from dcalc.solver import solve_all
from dcalc.targets.arrays import ArrayFunction, emit, load, write_typed
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.lower import entry_names, fix_shape, lower
from dcalc.tensor.reader import Reading, read
from dcalc.tensor.sizes import read_shapes
from tests.tensor import test_cookbook as cookbook
from tests.tensor import test_formulas as formulas

np = pytest.importorskip("numpy")
SIZES = dict.fromkeys("mnkhpqdr", 2) | {"n": 3}
CASES = [(text, by, shapes, SIZES) for text, by, _, shapes in formulas.CASES]
CASES += [(text, by, shapes, cookbook.SHAPES[0]) for _, text, by, shapes, _ in cookbook.CASES]
ENTRIES = [tuple(line.split("\t")) for line in formulas.ENTRIES]
CASES += [(text, by, shapes, SIZES) for text, by, _, shapes in ENTRIES]
SOME = CASES[::2]
IN_LIBRARIES = [
    pytest.param(*case, id=f"{case[0]} by {case[1]}", marks=pytest.mark.covers if k < 12 else ())
    for k, case in enumerate(SOME)
]


@cache
def find_truth(text: str, by: str, shapes: str, lengths: tuple[tuple[str, int], ...]) -> tuple[Any, ...]:
    """The values of an expression and of its derivative, and the arrays they are taken at."""
    reading = read(text, read_shapes(shapes))
    sizes = dict(lengths)
    point = cookbook.choose_point(reading, sizes, 1)
    (function,) = lower([reading.root], sizes)
    names = tuple(entry_names(by, fix_shape(reading.variables[by].shape, sizes)))
    slopes = [one.value for root in function.entries for one in solve_all(Problem(root, names, point, gradient=True))]
    arrays = {}
    for name, node in reading.variables.items():
        shape = fix_shape(node.shape, sizes)
        arrays[name] = np.array([point[entry] for entry in entry_names(name, shape)]).reshape(shape)
    values = evaluate_all(function.entries, point)
    return np.array(values), np.array(slopes, dtype=float), arrays


def run(source: str, target: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(source, names)
    return names


def check_program(target: str, text: str, by: str, shapes: str, sizes: dict[str, int], wrap: Any = lambda x: x) -> str:
    values, slopes, arrays = find_truth(text, by, shapes, tuple(sizes.items()))
    reading: Reading = read(text, read_shapes(shapes))
    (part,) = map(tidy, differentiate(reading.root, [reading.variables[by]]))
    functions = [ArrayFunction("f", "f", (reading.root,)), ArrayFunction("df", "the derivative", (part,))]
    program = emit(functions, reading.variables, load(target))
    names = run(program.text, target)
    given = [wrap(arrays[name]) if name in arrays else sizes[name] for name in program.arguments]
    assert np.ravel(names["f"](*given)) == pytest.approx(values, rel=1e-12, abs=1e-12)
    known = ~np.isnan(slopes)
    assert np.ravel(names["df"](*given))[known] == pytest.approx(slopes[known], rel=1e-11, abs=1e-11)
    return program.text


@pytest.mark.slow_cases(fast_every=4)
@pytest.mark.parametrize(("text", "by", "shapes", "sizes"), CASES, ids=[f"{case[0]} by {case[1]}" for case in CASES])
def test_numpy_has_the_certified_numbers(text: str, by: str, shapes: str, sizes: dict[str, int]):
    check_program("numpy", text, by, shapes, sizes)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["jax", "torch"])
@pytest.mark.parametrize(("text", "by", "shapes", "sizes"), IN_LIBRARIES)
def test_libraries_have_the_certified_numbers(target: str, text: str, by: str, shapes: str, sizes: dict[str, int]):
    library = pytest.importorskip(target)
    check_program(target, text, by, shapes, sizes, library.tensor if target == "torch" else library.numpy.asarray)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["autograd", "jax", "torch"])
@pytest.mark.parametrize(("text", "by", "shapes", "sizes"), IN_LIBRARIES)
def test_libraries_differentiate_what_was_typed(backend: str, text: str, by: str, shapes: str, sizes: dict[str, int]):
    from dcalc.backends import load as load_backend

    pytest.importorskip(backend)
    reading = read(text, read_shapes(shapes))
    if reading.root.shape or ", n, " in text:
        pytest.skip("backends are asked for gradients, with all lengths known")
    _, slopes, arrays = find_truth(text, by, shapes, tuple(sizes.items()))
    source = write_typed(reading.list_steps(), reading.variables, load("numpy" if backend == "autograd" else backend))
    (part,) = load_backend(backend).gradient_of_arrays(source, list(arrays.values()), [list(arrays).index(by)])
    known = ~np.isnan(slopes)
    assert np.ravel(part)[known] == pytest.approx(slopes[known], rel=1e-10, abs=1e-10)


OCTAVE = [
    ("norm(A@x - b)^2", "x", ""),
    ("mean(log(1 + exp(-y*(X@w))))", "w", ""),
    ("cross_entropy(Y, tanh(X@W + b)@V + c)", "b", "c: p"),
    ("logdet(A) + b.T@inv(A)@b", "A", ""),
    ("sum(relu(A)*B)", "A", ""),
    ("sum(A, axis=0)@y + sum(A, axis=1)@x", "A", ""),
    ("sum(X/x) + max(X[1])", "X", "X: 3 x n"),
    ("x[0]*x[1] + x[-1]^2", "x", "x: 4"),
    ("[x[0]^2, x[1]]@b", "x", "x: 2"),
    ("norm(A)*tr(A)*det(A)", "A", ""),
    ("sum(x^b)", "b", "x: n, b: n"),
    ("tanh(W@x + b)", "x", ""),
    ("sum(i, 1, n, x^i)", "x", ""),
    ("A@diag(x)@A.T@y", "y", ""),
    ("sum(softmax(A, axis=1)*B)", "A", ""),
    ("prod(x) + logsumexp(x)", "x", "x: 3"),
    ("-mean(sum(Y*log_softmax(X@W, axis=1), axis=1))", "W", ""),
    ("sum(exp(-(x[:, None] - y[None, :])^2))", "x", ""),
    ("sum(where(x > 1, x^2, 2*x))", "x", ""),
    ("x.T@inv(A)@inv(A).T@x", "x", ""),
]


@pytest.mark.skipif(which("octave-cli") is None, reason="Octave is not installed")
@pytest.mark.parametrize(("text", "by", "shapes"), OCTAVE)
@pytest.mark.slow
@pytest.mark.covers
def test_octave_has_the_certified_numbers(text: str, by: str, shapes: str):
    finding = array_emit.find(text, [by], read_shapes(shapes), target="matlab", run=run_program)
    assert finding.code == 0, finding.notes
    assert all("of the largest entry off certified values at" in note for note in finding.notes[-2:])


JULIA = {
    "norm(A@x - b)^2": "2*A'*(A*x - b)",
    "mean(log(1 + exp(-y*(X@w))))": "-X'*(y.*logistic.(-y.*(X*w)))/m",
    "logdet(A) + b.T@inv(A)@x": "A' \\ b",
    "max(x) + 0*y@x": "ifelse.(x .== maximum(x), 1.0, 0.0)",
    "sum(tanh(X + x))": "vec(sum(sech.(X .+ x').^2, dims=1))",
    "x[0]*x[1]": "[x[2], x[1]]",
}


@pytest.mark.parametrize("text", JULIA)
def test_julia_is_written_in_its_own_signs(text: str):
    by = "w" if "w" in text else "x"
    shapes = read_shapes("x: 2" if "[" in text else "")
    program = array_emit.find(text, [by], shapes, target="julia").record["code"]
    assert f"return {JULIA[text]}\n" in program


def test_the_gradient_of_least_squares_is_what_one_writes():
    program = array_emit.find("norm(A@x - b)^2", ["x"], {}, target="numpy").record["code"]
    assert program.endswith(
        'def grad_f(A, x, b):\n    """The gradient of f by x.\n\n    A: m x n; x: n; b: m. Returns n.\n    """\n'
        "    return 2*A.T@(A@x - b)\n"
    )


def test_formulas_are_equations():
    page = array_emit.find("norm(A@x - b)^2", ["x"], {}, target="latex").record["code"]
    assert r"\nabla_{\mathbf{x}} f &= 2 \, \mathbf{A}^{\top}" in page


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("norm(x)", {"target": "fortran"}, "Fortran has no arrays here"),
        ("norm(x)", {"target": "c"}, "a program in C needs lengths in numbers; x is n"),
        ("A@x", {"target": "numpy", "of": ("gradient",)}, "a gradient is that of a scalar; this is m"),
        ("A@x", {"target": "numpy", "of": ("hessian",)}, "a Hessian is that of a scalar"),
        ("norm(x)", {"target": "numpy", "name": "np"}, "np has a meaning in NumPy"),
        ("outer(x, x)", {"target": "julia"}, "Julia has no einsum"),
        ("sum(lambertw(x))", {"target": "numpy"}, "NumPy has no lambertw"),
        ("norm(x)", {"target": "latex", "run": print}, "formulas are not run"),
    ],
)
def test_what_a_target_lacks_is_refused_by_name(text: str, options: dict[str, Any], message: str):
    with pytest.raises(DcalcError) as caught:
        array_emit.find(text, ["x"], read_shapes("x: n"), **options)
    assert caught.value.message == message


def test_a_program_that_loses_digits_fails_the_check():
    def run_badly(text: str, commands: Any, source: str) -> list[float]:
        return [value * (1 + 1e-9) for value in run_program(text, commands, source)]

    finding = array_emit.find("norm(A@x - b)^2", ["x"], {}, target="numpy", run=run_badly)
    assert finding.code == 1
    assert finding.notes[-2:] == ("f loses digits", "grad_f loses digits")
    good = array_emit.find("norm(A@x - b)^2", ["x"], {}, target="numpy", of=("f", "hessian"), run=run_program)
    assert (good.code, good.notes[-1].partition(":")[0]) == (0, "hess_f")


BY_ENTRY = [  # languages without operations on arrays take them row by row
    ("norm(A@x - b)^2", "A: 3 x 2", "x", ()),
    ("mean(log(1 + exp(-y*(X@w + c))))", "X: 4 x 2, c: scalar", "w", ("f", "gradient", "hessian")),
    ("logdet(S) + x@inv(S)@x", "S: 2 x 2, x: 2", "x", ("f", "derivative")),
    ("tanh(A@x)", "A: 2 x 3", "A", ()),
    ("logsumexp(z) - z[1] + max(z)*0 + lam*norm1(z)", "z: 3, lam: scalar", "", ()),
]


def find_by_entry(case: tuple[Any, ...], target: str) -> Any:
    text, shapes, by, of = case
    return array_emit.find(text, [by] if by else [], read_shapes(shapes), target=target, of=of, run=run_program)


@pytest.mark.parametrize("case", BY_ENTRY, ids=lambda case: case[0])
def test_arrays_are_taken_row_by_row(case: tuple[Any, ...]):
    finding = find_by_entry(case, "python")
    assert finding.code == 0 and " off certified values at " in finding.notes[-1]
    assert "# arrays are flat, row by row: " in finding.record["code"]


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize(("target", "tool"), [("c", "cc"), ("cpp", "c++"), ("js", "node"), ("rust", "rustc")])
@pytest.mark.parametrize("case", BY_ENTRY, ids=lambda case: case[0])
def test_arrays_are_taken_row_by_row_in_other_languages(case: tuple[Any, ...], target: str, tool: str):
    if which(tool) is None:
        pytest.skip(f"{tool} is not installed")
    assert find_by_entry(case, target).code == 0


def test_a_program_of_arrays_in_c():
    record = array_emit.find("x@A@x", ["x"], read_shapes("A: 2 x 2"), target="c").record
    assert record["functions"][1] == {"name": "grad_f", "arguments": ["x", "A"], "shape": [2]}
    assert "// f = x.T@A@x\n" in record["code"]
    assert "// arrays are flat, row by row: x: 2; A: 2 x 2\n" in record["code"]
    assert "void grad_f(const double x[2], const double A[4], double out[2]) {\n" in record["code"]
    rust = array_emit.find("sum(x)*c", [], read_shapes("x: 2"), target="rust").record["code"]
    assert "pub fn grad_f(x: &[f64; 2], c: f64) -> [f64; 3] {\n" in rust
    assert "// derivatives are those by c, x, in turn\n" in rust
    with pytest.raises(DcalcError, match="operations on single numbers are too many"):
        array_emit.find("norm(A@x)", [], read_shapes("A: 100 x 100"), target="js")


SCIPY = ["sum(erf(X@w)) + sum(gelu(X@w))", "logsumexp(X@w) + sum(softmax(X@w)*y)", "mean(log(1 + exp(X@w)))"]


@pytest.mark.parametrize("text", SCIPY)
def test_scipy_has_the_special_functions(text: str):
    pytest.importorskip("scipy")
    finding = array_emit.find(text, ["w"], {}, target="scipy", run=run_program)
    assert finding.code == 0, finding.notes


def test_where_a_program_fails_its_numbers_are_missing():
    finding = array_emit.find("prod(x - 1)", ["x"], read_shapes("x: 3"), target="numpy", run=run_program)
    assert finding.notes[-1] == "grad_f loses digits"  # the product over each factor is 0/0 where one is 0
