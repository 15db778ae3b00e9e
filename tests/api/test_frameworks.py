"""Functions of JAX, PyTorch and SymPy: read from their own programs, or refused by name."""
# ruff: noqa: E501  # one function per line

from __future__ import annotations

import json
import math
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import dcalc
from dcalc.cli.main import main
from dcalc.errors import LimitError, UnknownVariable, Unsupported, UsageError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.covers,
    pytest.mark.skipif(not all(map(find_spec, ("jax", "torch", "sympy"))), reason="needs jax, torch and sympy"),
]

Reader = tuple[str, Callable[..., Any], tuple[Any, ...], Any]


def jax_functions() -> list[Reader]:
    import jax
    import jax.numpy as jnp
    from jax.scipy import special, stats

    def unroll(x: Any) -> Any:
        return jax.lax.fori_loop(0, 3, lambda i, y: y * x + i, x)

    def scan(x: Any) -> Any:
        return jax.lax.scan(lambda c, t: (c * x + t, c), 0.0, jnp.arange(4.0), reverse=True)[1].sum()

    def scatter(x: Any) -> Any:
        return x.at[1].set(3.0).sum() + x.at[0].add(2.0)[0] * x[jnp.array([2, 0])].sum()

    vector = jnp.array([0.3, 1.7, -0.6])
    matrix = jnp.array([[0.3, 1.0], [0.7, 0.4]])
    return [
        ("sin", lambda x: jnp.sin(x) ** 2 / x, (0.7,), None),
        ("integers are constants", lambda x, n: x**n, (0.7, 3), "x**3"),
        ("relu", jax.nn.relu, (0.7,), "max(x, 0)"),
        ("logsumexp", jax.nn.logsumexp, (vector,), None),
        ("softmax", lambda x: jax.nn.softmax(x)[1] * x[0], (vector,), None),
        ("activations", lambda x: jax.nn.gelu(x) + jax.nn.silu(x) * jax.nn.elu(x) + jax.nn.softplus(x), (0.7,), None),
        ("cond", lambda x: jax.lax.cond(x > 0, lambda y: y * 2, lambda y: -y, x), (0.7,), "where(not x > 0, -x, x*2)"),
        ("switch", lambda x, i: jax.lax.switch(i, [jnp.sin, jnp.cos], x), (0.7, 1), "cos(x)"),
        ("fori_loop", unroll, (0.7,), None),
        ("scan", scan, (0.7,), None),
        ("scatter", scatter, (vector,), None),
        ("matmul", lambda w, x: jnp.sum(jnp.tanh(w @ x)), (matrix, vector[:2]), None),
        ("vmap", lambda x: jax.vmap(lambda y: y**2)(x).sum() + jnp.outer(x, x).sum() + jnp.dot(x, x), (vector,), None),
        ("statistics", lambda x: jnp.var(x) + jnp.prod(x) + jnp.max(x) + jnp.cumsum(x)[1] + jnp.min(x), (vector,), None),
        ("norm", lambda x: jnp.linalg.norm(x) + jnp.mean(x), (vector,), None),
        ("parameters", lambda p: jnp.sum(jnp.tanh(p["w"] @ p["w"][0] + p["b"])), ({"w": matrix, "b": 0.3},), None),
        ("special", lambda x: special.gammaln(x) + special.erfinv(x) + stats.norm.logpdf(x), (0.4,), None),
        ("remainder", lambda x: x % 2 + jnp.clip(x, 0, 1) + jnp.round(x) + jnp.sign(x) + jnp.floor(x), (2.7,), None),
        ("many", lambda x: jnp.hypot(x, 2.0) + jnp.cbrt(x) + jnp.arctan2(x, 2.0) + jnp.log2(x) + 2.0**x, (0.7,), None),
        ("polynomial", lambda x: jnp.polyval(jnp.array([1.0, 2.0, 3.0]), x), (0.7,), None),
        ("deep", lambda x: sum(jnp.sin(x) ** i for i in range(200)), (0.4,), None),
        ("jit", jax.jit(lambda x: jnp.sin(x)), (0.7,), "sin(x)"),
        ("a key of random numbers is a constant", lambda x: x * jax.random.normal(jax.random.PRNGKey(0)), (0.7,), None),
        ("prints as it is traced", lambda x: (jax.debug.print("x {}", x), x * 2)[1], (0.7,), "x*2"),
        ("nan in a branch", lambda x: jnp.where(x > 0, x, jnp.nan), (0.7,), "where(x > 0, x, 0/0)"),
        ("padding", lambda x: jnp.pad(x, 1)[0] + jnp.concatenate([x, x])[4] + jnp.flip(x)[0] + x[::-1][0], (vector,), None),
        ("xor", lambda x: jnp.where((x > 0) ^ (x > 1), x, -x), (0.7,), None),
        ("mask", lambda x: jnp.sum(jnp.where(x > 0, x, 0) * (x > 1)), (vector,), None),
        ("log1p", lambda x: jnp.log1p(x) - jnp.expm1(x) + jax.lax.rsqrt(x) + jnp.square(x), (0.7,), None),
        ("bessel", lambda x: special.i0e(x) + special.i1e(x) + special.digamma(x) + special.erfc(x), (0.7,), None),
        ("incomplete", lambda x: special.gammainc(2.0, x) + special.betainc(2.0, 3.0, x) + special.zeta(3.0, x), (0.7,), None),
    ]  # fmt: skip


def torch_functions() -> list[Reader]:
    import torch

    nnf = torch.nn.functional

    def change_in_place(x: Any) -> Any:
        y = x * 1
        y += x
        y[0] = 3.0
        return y.sum() * y[1].mul_(2)

    class Cube(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x**3

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1)).double()
    vector = torch.tensor([0.3, 1.7, -0.6], dtype=torch.float64)
    matrix = torch.tensor([[0.3, 1.0], [0.7, 0.4]], dtype=torch.float64)
    target = torch.tensor([0.0, 1.0, 0.4], dtype=torch.float64)
    return [
        ("sin", lambda x: torch.sin(x) * 2 + x**2 - 1 / x, (0.7,), "sin(x)*2 + x**2 - 1/x"),
        ("activations", lambda x: nnf.softplus(x) + nnf.gelu(x) * nnf.silu(x) + nnf.leaky_relu(x, 0.1) + nnf.elu(x), (0.7,), None),
        ("more", lambda x: nnf.mish(x) + nnf.hardtanh(x) + nnf.logsigmoid(x) + nnf.relu6(x) + nnf.hardswish(x), (0.7,), None),
        ("softmax", lambda x: torch.softmax(x, 0)[0] + nnf.log_softmax(x, 0)[1] + torch.logsumexp(x, 0), (vector,), None),
        ("in place", change_in_place, (vector,), None),
        ("losses", lambda x: nnf.mse_loss(x, target) + nnf.huber_loss(x, target) + nnf.smooth_l1_loss(x, target)
         + nnf.binary_cross_entropy_with_logits(x, target) + nnf.l1_loss(x, target), (vector,), None),
        ("cross entropy", lambda x: nnf.cross_entropy(x[None], torch.tensor([1])), (vector,), None),
        ("where", lambda x: torch.where(x > 0, torch.sqrt(x), 0.0) + x.clamp(0, 1), (0.7,), None),
        ("custom function", Cube.apply, (0.7,), "x**3"),
        ("module", model, (torch.tensor([0.3, 0.7], dtype=torch.float64),), None),
        ("statistics", lambda x: torch.var(x) + torch.std(x) + x.prod() + x.max() + x.norm() + torch.cumsum(x, 0)[1]
         + x.min() + x.abs().amax() + x.mean() + torch.cumprod(x, 0)[1], (vector,), None),
        ("matrices", lambda x: (x @ x).sum() + torch.einsum("ij,jk->ik", x, x)[0, 1] + x.T[0, 1] + torch.tril(x).sum()
         + torch.trace(x) + torch.addmm(x, x, x, alpha=2)[0, 0] + (x @ x[0])[1] + torch.bmm(x[None], x[None]).sum(),
         (matrix,), None),
        ("layer norm", lambda x: nnf.layer_norm(x, (3,))[0], (vector,), None),
        ("parameters", lambda p: (p["w"] * p["b"]).sum(), ({"w": vector, "b": 0.3},), None),
        ("moves", lambda x: torch.cat([x, x * 2])[4] + torch.stack([x, x])[1, 0] + x.flip(0)[0] + torch.roll(x, 1)[0]
         + x.repeat(2)[3] + x[torch.tensor([2, 0])].sum() + x.unsqueeze(0).squeeze(0)[0] + x.split(1)[1][0], (vector,), None),
        ("special", lambda x: torch.special.erfcx(x) + torch.lgamma(x) + torch.digamma(x) + torch.erfinv(x)
         + torch.polygamma(1, x) + torch.xlogy(x, x) + torch.special.ndtr(x) + torch.logit(x), (0.4,), None),
        ("logic", lambda x: torch.where((x > 0) & ~(x > 1) | (x == 5), x, -x) + torch.isnan(x) * 1.0, (0.7,), None),
        ("detach", lambda x: x.detach() * x, (0.7,), "x*x"),
        ("arithmetic", lambda x: torch.sub(1, x, alpha=2) + torch.addcmul(x, x, x, value=3) + torch.lerp(x, x * 2, 0.3)
         + torch.fmod(x, 2) + torch.remainder(x, 2) + torch.div(x, 0.3, rounding_mode="floor") + torch.frac(x)
         + torch.round(x) + x.masked_fill(x > 5, 1.0) + torch.hypot(x, x) + torch.logaddexp(x, x), (0.7,), None),
        ("any and all", lambda x: torch.where(torch.any(x > 1) & torch.all(x < 2), x.sum(), x[0]), (vector,), None),
        ("linear algebra", lambda x: torch.linalg.inv(x)[0, 1] + torch.linalg.det(x) + torch.logdet(x @ x.T) + torch.trace(x)
         + torch.linalg.slogdet(x)[1] + torch.linalg.solve(x, x[0])[1] + torch.linalg.solve(x, x.T)[1, 0]
         + torch.linalg.cholesky(x @ x.T).sum() + torch.linalg.inv(torch.stack([x, x.T]))[1, 0, 0], (matrix,), None),
        ("three rows", lambda x: torch.linalg.inv(torch.outer(x, x) + torch.diag(x * x))[0, 2]
         + torch.linalg.cholesky(torch.outer(x, x) + torch.diag(x * x), upper=True).sum(), (vector,), None),
        ("in order", lambda x: torch.sort(x)[0][1] + torch.sort(x, descending=True).values[0] * x.max(0)[0] + x.min(0).values
         + torch.topk(x, 2)[0].prod() + torch.topk(x, 2, largest=False)[0][1] + torch.median(x), (vector,), None),
        ("norms", lambda x: torch.linalg.norm(x, 1) + torch.linalg.norm(x, float("inf")), (vector,), None),
    ]  # fmt: skip


def sympy_expressions() -> list[tuple[Any, str]]:
    import sympy as sp

    x, y = sp.symbols("x y")
    return [
        (sp.sin(x) ** 2 / y + sp.sqrt(x) - sp.Rational(1, 3) * x, "sqrt(x) + -(1/3)*x + y**-1*sin(x)**2"),
        (sp.Piecewise((x, x > 0), (0, True)), "where(x > 0, x, 0)"),
        (sp.Piecewise((x, x > 0), (y, sp.And(x < -1, sp.Ne(y, 2)))), None),
        (sp.besselj(1, x) + sp.Float("0.1") * x, "0.1*x + besselj(1, x)"),
        (sp.exp(-(x**2)) * sp.pi * sp.E**y, "pi*exp(y)*exp(-1*x**2)"),
        (sp.Abs(x) + sp.Max(x, y, 1) + sp.sign(x), None),
        (sp.Heaviside(x) + sp.gamma(x) + sp.erf(x) + sp.log(x), None),
        (sp.atan2(y, x) + sp.polygamma(1, x) + sp.Mod(x, 2) + sp.LambertW(x) + sp.loggamma(x) + sp.EulerGamma, None),
        (sp.sinc(x) + sp.cosh(x) + sp.zeta(x) + sp.Min(x, 2) + sp.floor(x) + sp.ceiling(x), None),
        (sp.Float("0.12345678901234567890123", 23) * x, "0.12345678901234567890123*x"),
        (
            sp.Piecewise((x, sp.ITE(x > 0, x < 1, x < -1)), (y, True)),
            "where(x > 0 and x < 1 or not x > 0 and x < -1, x, y)",
        ),
    ]


def number_of(value: Any) -> float:
    return float(value.reshape(-1)[0] if getattr(value, "ndim", 0) else value)


def name_case(case: object) -> str | None:
    """The name of a case; None where there is none, since what it is of is not installed."""
    return str(case[0])[:30] if isinstance(case, tuple) else None


@pytest.mark.parametrize("case", jax_functions() if all(map(find_spec, ("jax", "torch"))) else [], ids=name_case)
def test_jax_functions_are_read_as_they_compute(case: Reader) -> None:
    import jax

    _, function, args, text = case
    expression = dcalc.from_jax(function, *args)
    if text is not None:
        assert str(expression) == text
    from dcalc.api.programs.jax import in_precision, make_arguments

    arguments = make_arguments(function, args, "float64")
    with in_precision("float64"):
        value = number_of(jax.numpy.asarray(function(*arguments.fill(arguments.values()))))
    point = {name: arguments.values()[name] for name in expression.variables}
    assert math.isclose(float(expression.at(**point)), value, rel_tol=1e-9)


@pytest.mark.parametrize("case", torch_functions() if all(map(find_spec, ("jax", "torch"))) else [], ids=name_case)
def test_torch_functions_are_read_as_they_compute(case: Reader) -> None:
    _, function, args, text = case
    expression = dcalc.from_torch(function, *args)
    if text is not None:
        assert str(expression) == text
    from dcalc.api.programs.torch import make_arguments

    arguments = make_arguments(function, args)
    value = number_of(function(*arguments.fill(arguments.values())).detach())
    point = {name: arguments.values()[name] for name in expression.variables}
    assert math.isclose(float(expression.at(**point)), value, rel_tol=1e-9)


@pytest.mark.parametrize("case", sympy_expressions() if find_spec("sympy") else [], ids=name_case)
def test_sympy_expressions_are_read_as_they_evaluate(case: tuple[Any, str]) -> None:
    import sympy

    expression, text = case
    if text is not None:
        assert str(dcalc.from_sympy(expression)) == text
    at = {"x": 0.375, "y": 1.625}
    read = dcalc.from_sympy(expression)
    point = {name: at[name] for name in read.variables}
    truth = expression.subs({sympy.Symbol(name): sympy.Rational(value) for name, value in at.items()}).evalf(20)
    assert math.isclose(float(read.at(**point)), float(truth), rel_tol=1e-12)


def test_what_cannot_be_read_is_refused_by_name() -> None:
    import jax
    import jax.numpy as jnp
    import sympy
    import torch

    refused: list[tuple[Callable[..., Any], Callable[..., Any], Any, str]] = [
        (dcalc.from_jax, lambda x: jnp.sort(x)[0], jnp.ones(2), "the operation sort of JAX"),
        (dcalc.from_jax, lambda x: x if x > 0 else -x, 1.0, "decides by a value"),
        (dcalc.from_jax, lambda x: float(x) * 2, 1.0, "decides by a value"),
        (dcalc.from_jax, lambda x: jax.lax.while_loop(lambda y: y < 3, lambda y: y * x, x), 1.0, "while_loop ends by"),
        (dcalc.from_jax, lambda x: [x, x], 1.0, "returns 2 arrays"),
        (dcalc.from_jax, lambda x: x * 2, jnp.ones(2), "returns 2 numbers"),
        (dcalc.from_jax, lambda x: jnp.where(x > 0, x, jnp.inf), 1.0, "infinity stands"),
        (dcalc.from_jax, lambda x: jnp.linalg.inv(x)[0, 0], jnp.eye(2), "the operation lu"),
        (dcalc.from_jax, lambda x: x[x.astype(int)].sum(), jnp.ones(2), "an index depends"),
        (dcalc.from_jax, lambda x: 1 / 0, 1.0, "JAX cannot trace the function: division by zero"),
        (dcalc.from_jax, lambda x: jax.pure_callback(lambda y: y, jax.ShapeDtypeStruct((), float), x), 1.0, "callback"),
        (dcalc.from_jax, lambda x: jnp.abs(jnp.exp(1j * x)), 1.0, "complex numbers"),
        (dcalc.from_torch, lambda x: torch.abs(torch.exp(1j * x)), 1.0, "complex numbers"),
        (dcalc.from_torch, lambda x: x * torch.rand(()), 1.0, "the operation rand, which is random,"),
        (dcalc.from_torch, lambda x: torch.nn.functional.dropout(x, 0.5).sum(), torch.ones(2), "bernoulli"),
        (dcalc.from_torch, lambda x: x if x > 0 else -x, 1.0, "decides by a value"),
        (dcalc.from_torch, lambda x: x.item() * x, 1.0, "takes it out of a tensor"),
        (dcalc.from_torch, lambda x: torch.sort(x)[1][0] * x, torch.ones(2), "the indices of sorted entries of PyTorch"),
        (dcalc.from_torch, lambda x: x.max(0), torch.ones(2), "returns 2 tensors"),
        (dcalc.from_torch, lambda x: torch.sort(x)[0][0], torch.ones(17), "more than 16 entries"),
        (dcalc.from_torch, lambda x: torch.linalg.det(x), torch.eye(7), "more than 6 rows"),
        (dcalc.from_torch, lambda x: torch.where(torch.isnan(torch.log(x)), 0.0, x), 1.0, "of what may have no value"),
        (dcalc.from_torch, lambda x: (x, x), 1.0, "returns 2 tensors"),
        (dcalc.from_torch, lambda x: 1 / 0, 1.0, "PyTorch cannot trace the function: division by zero"),
        (dcalc.from_torch, lambda x: torch.round(x, decimals=2), 1.0, "round to decimals"),
        (dcalc.from_torch, lambda x: torch.linalg.norm(x, 3), torch.ones(2), "norm of order 3"),
        (dcalc.from_sympy, sympy.Integral(sympy.sin(sympy.Symbol("x") ** 3)), None, "Integral of SymPy"),
        (dcalc.from_sympy, sympy.I * 2, None, "ImaginaryUnit of SymPy"),
        (dcalc.from_sympy, sympy.oo, None, "not a real number"),
        (dcalc.from_sympy, sympy.Dummy("x") - sympy.Symbol("x"), None, "would both be called x"),
        (dcalc.from_sympy, sympy.Symbol("x", positive=True) - sympy.Symbol("x"), None, "would both be called x"),
        (dcalc.from_sympy, sympy.Symbol("x y") - sympy.Symbol("x_y"), None, "would both be called x_y"),
    ]  # fmt: skip
    for reader, function, arg, words in refused:
        with pytest.raises(Unsupported) as raised:
            reader(function, *(() if arg is None else (arg,)))
        assert words in raised.value.message, raised.value.message
        assert raised.value.help
    with pytest.raises(UsageError, match="not a SymPy expression"):
        dcalc.from_sympy("sin(x)")
    with pytest.raises(UsageError, match="x > 0 is a condition"):
        dcalc.from_sympy(sympy.Symbol("x") > 0)
    with pytest.raises(UsageError, match="returns nothing"):
        dcalc.from_jax(lambda x: None, 1.0)
    with pytest.raises(LimitError, match="200,000 operations"):
        dcalc.from_jax(lambda x: (x @ x).sum(), jnp.ones((70, 70)))
    with pytest.raises(Unsupported, match="would both be called w_0"):
        dcalc.from_jax(lambda w, w_0: w[0] * w_0, jnp.ones(2), 1.0)


# --- gradients ----------------------------------------------------------------------------------


def test_verdicts_separate_what_gradient_checks_mix_up() -> None:
    import jax
    import jax.numpy as jnp
    import torch

    right = dcalc.check_gradient(lambda x: jnp.sin(x) * x, at={"x": 1.0})
    assert right
    assert right.digits == {"float64": 16.0, "float32": 7.2}
    lossy = dcalc.check_gradient(lambda x: (1 - jnp.cos(x)) / x**2, at={"x": 1e-6})
    assert lossy.verdict == "inaccurate"
    assert lossy.losses[0].kind == "cancellation"
    assert "stable form of f: sinc(x/2)**2/2" in str(lossy)
    single = dcalc.check_gradient(lambda x: (1 - jnp.cos(x)) / x**2, at={"x": 0.01})
    assert single
    assert single.digits["float32"] < 1 < 6 < single.digits["float64"]
    assert dcalc.check_gradient(jax.nn.relu, at=(0.0,)).verdict == "no_derivative"
    kink = dcalc.check_gradient(torch.abs, at=(0.0,), framework="torch")
    assert "PyTorch, by its convention, gives 0.0 there" in kink.sentence
    unreadable = dcalc.check_gradient(lambda x: jnp.sort(x)[0], at=(jnp.ones(2),))
    assert (bool(unreadable), unreadable.verdict) == (False, "unreadable")
    stopped = dcalc.check_gradient(lambda x: jax.lax.stop_gradient(x) * x, at={"x": 1.0})
    assert stopped.verdict == "no"
    poisoned = dcalc.check_gradient(lambda x: torch.where(x > 0, torch.sqrt(x), 0.0), at={"x": -1.0})
    assert poisoned.verdict == "inaccurate"
    assert "write where(x > 0, sqrt(where(x > 0, x, 1)), 0)" in poisoned.sentence


def test_functions_that_are_not_functions_and_arguments_that_are_not_variables() -> None:
    import jax.numpy as jnp
    import numpy as np

    calls: list[int] = []

    def count(x: Any) -> Any:
        calls.append(1)
        return jnp.sin(x) * len(calls)

    stateful = dcalc.check_gradient(count, at=(0.5,))
    assert stateful.verdict == "unreadable"
    assert "another one each time" in stateful.sentence
    assert dcalc.check_gradient(lambda x, n: jnp.sum(x[:n] ** 2), at={"x": np.array([0.3, 1.7]), "n": np.int64(1)})
    assert dcalc.check_gradient(lambda x, flag: jnp.sin(x) if flag else x, at={"x": 0.5, "flag": True})
    assert dcalc.check_gradient(lambda x, y: jnp.sin(x), at={"x": 0.5, "y": 1.0})  # y is not in it
    assert dcalc.check_gradient(lambda x: jnp.ones(()), at=(0.5,))
    undefined = dcalc.check_gradient(lambda x: jnp.log(x), at=(-1.0,))
    assert undefined.sentence.endswith("needs > 0; JAX gives -1.0 there")
    hole = dcalc.check_gradient(lambda x, y: (jnp.sin(x + y) - jnp.sin(x)) / y, at=(0.7, 0.3))
    assert hole.verdict in ("proved", "agrees")  # f has no value at y = 0, and its gradient need not


def test_gradients_of_ones_own() -> None:
    import jax.numpy as jnp
    import numpy as np
    import torch

    def loss(w: Any, b: Any) -> Any:
        return jnp.sum((w * 2.0 + b) ** 2)

    at = {"w": np.array([1.0, 2.0]), "b": 0.5}
    assert dcalc.check_gradient(loss, at=at).verdict == "proved"
    own = dcalc.check_gradient(loss, lambda w, b: (4 * (w * 2.0 + b), jnp.sum(2 * (w * 2.0 + b))), at=at)
    assert own.verdict == "proved"
    wrong = dcalc.check_gradient(loss, lambda w, b: (4 * (w * 2.0 + b), jnp.sum(w * 2.0 + b)), at=at)
    assert wrong.verdict == "no"
    assert wrong.counterexample is not None
    assert dcalc.check_gradient(loss, lambda w, b: (4 * (w * 2.0 + b), 0.0), at=at, wrt=["w_0", "w_1"])
    unreadable = dcalc.check_gradient(loss, lambda w, b: (jnp.sort(-4 * (w * 2.0 + b))[::1] * -1, 13.0), at=at)
    assert unreadable.verdict in ("no", "inaccurate")  # its numbers are compared
    rising = dcalc.check_gradient(
        lambda x: torch.sum(x**2), lambda x: 2 * torch.cummax(x, 0)[0], at={"x": torch.tensor([1.0, 2.0])}
    )
    assert rising.verdict == "agrees"  # cummax is not read, so its numbers are compared
    failing = dcalc.check_gradient(lambda x: torch.sin(x), lambda x: int("x") * x, at={"x": 1.0})
    assert failing.verdict == "no"
    assert "ValueError" in failing.sentence
    with pytest.raises(UsageError, match="the gradient has 1 part, and f has the variables"):
        dcalc.check_gradient(loss, lambda w, b: b, at=at)
    with pytest.raises(UnknownVariable, match="no variable z"):
        dcalc.check_gradient(loss, at=at, wrt=["z"])
    with pytest.raises(UnknownVariable, match="parameters w, b"):
        dcalc.check_gradient(loss, at={"w": 1.0, "c": 2.0})
    with pytest.raises(UsageError, match="not a finite number"):
        dcalc.check_gradient(lambda x: jnp.sin(x), at={"x": math.inf})
    with pytest.raises(UsageError, match="must be a function, too"):
        dcalc.check_gradient(loss, "2*w", at=at)
    with pytest.raises(UsageError, match="needs a point"):
        dcalc.check_gradient(loss)
    with pytest.raises(UsageError, match="no gradient is given"):
        dcalc.check_gradient(lambda x: x**2, at={"x": 1.0})
    with pytest.raises(UsageError, match="a value to each variable"):
        dcalc.check_gradient(lambda x: x**2, lambda x: 2 * x, at=(1.0,))


def test_single_precision_and_modules() -> None:
    import functools

    import jax
    import jax.numpy as jnp
    import torch

    torch.manual_seed(1)
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Tanh(), torch.nn.Linear(2, 1))
    check = dcalc.check_gradient(model, at=(torch.tensor([0.3, 0.7]),))  # it takes float32 alone
    assert check
    assert set(check.digits) == {"float32"}
    arrays = dcalc.check_gradient(jax.nn.logsumexp, at=(jnp.array([1.0, 2.0]),))
    assert arrays.digits["float64"] > 15
    assert dcalc.check_gradient(functools.partial(lambda k, x: jnp.sin(k * x), 2.0), at=(0.5,))
    assert dcalc.check_gradient(jax.jit(lambda x: x**2), at=(1,))
    huge = dcalc.check_gradient(lambda x: jnp.log(x), at=(1e300,))
    assert set(huge.digits) == {"float64"}


MODEL = """
import jax.numpy as jnp
import torch
print("a message of the file")
def loss(w, b): return jnp.sum((w*jnp.array([1., 2.]) + b)**2)
def lossy(x): return (1 - jnp.cos(x))/x**2
def kink(x): return jnp.abs(x)
def plain(x): return x**2
def slope(x): return 2.002*x
def unsorted(x): return jnp.sort(x)[0]
"""


def test_functions_of_a_file_are_checked_at_the_shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "model.py"
    file.write_text(MODEL)

    def check(name: str, *options: str) -> tuple[int, str, str]:
        code = main(["check", "--function", f"{file}:{name}", *options])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    code, out, err = check("loss", "--at", "w=[0.5,1],b=1/10", "--json")
    assert code == 0
    record = json.loads(out)["records"][0]
    assert record["at"] == {"w_0": 0.5, "w_1": 1.0, "b": 0.1}
    assert (record["verdict"], record["digits"]["float32"] > 6) == ("proved", True)
    assert "a message of the file" in err
    code, out, _ = check("lossy", "--at", "x=1e-6")
    assert code == 1
    assert "stable form\tsinc(x/2)**2/2\n" in out
    assert out.splitlines()[-1].startswith("the formula is right, but 16 of 16 digits are lost in float64")
    assert check("lossy", "--at", "x=0.5", "--tol", "1e-3", "--wrt", "x")[0] == 0
    assert check("kink", "--at", "x=0")[0] == 3
    code, out, _ = check("plain,slope", "--at", "x=1")
    assert (code, "no: at x=1.0" in out) == (1, True)
    for name, options, words, expected in (
        ("plain", ["--at", "x=1"], "mentions neither JAX nor PyTorch", 4),
        ("unsorted", ["--at", "x=[1,2]"], "the operation sort of JAX cannot be read", 4),
        ("los", ["--at", "x=1"], "did you mean loss or lossy?", 2),
        ("loss", [], "--function needs a point", 2),
        ("loss", ["--at", "w=[a]"], "not an array of numbers", 2),
        ("loss", ["--at", "3"], "gives no value to a parameter", 2),
        ("loss", ["--at", "w=1,w=2"], "w is given twice", 2),
        ("loss", ["--at", "b=1", "--grad", "w: 1"], "--function and --grad exclude each other", 2),
        ("1", ["--at", "x=1"], "does not name a function in a file", 2),
    ):
        code, _, err = check(name, *options)
        assert code == expected, (name, err)
        assert words in err
    assert main(["check", "--function", "nothing.py:f", "--at", "x=1"]) == 2
    file.write_text("raise SystemExit(3)")
    code, _, err = check("loss", "--at", "x=1")
    assert (code, "cannot be run: SystemExit: 3" in err) == (2, True)
