"""Programs over arrays in three worlds that know nothing of dcalc: mpmath at 60 digits, JAX and torch.

A program is Python over the functions of a world: `sum log softmax inv ...`. Gradients are those of JAX and torch,
and central differences at 60 digits, which are right to some 40.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import mpmath
import numpy as np

Arrays = dict[str, Any]


def draw_values(shapes: str, seed: int) -> Arrays:
    """Random arrays for `X: 5x3, y: 5 sign, S: 3x3 spd, b:`, in multiples of 1/32."""
    random_source = random.Random(seed)
    values: Arrays = {}
    for part in shapes.split(","):
        name, _, words = part.partition(":")
        size, _, kind = words.strip().partition(" ")
        if size.isalpha():
            size, kind = "", size
        shape = tuple(map(int, size.split("x"))) if size else ()
        values[name.strip()] = _draw(random_source, shape, kind)
    return values


def _draw(source: random.Random, shape: tuple[int, ...], kind: str) -> Any:
    count = int(np.prod(shape))
    if kind.startswith("label"):
        return np.array([source.randrange(int(kind[5:])) for _ in range(count)], dtype=float).reshape(shape)
    if kind == "onehot":
        return np.eye(shape[1])[[source.randrange(shape[1]) for _ in range(shape[0])]]
    low, high = {"pos": (8, 64), "big": (320, 640), "prob": (2, 30)}.get(kind, (-48, 48))
    values = np.array([(source.randint(low, high) or 1) / 32 for _ in range(count)]).reshape(shape)
    if kind == "sign":
        return np.sign(values)
    if kind == "sym":
        return (values + values.T) / 2
    if kind == "spd":
        return values @ values.T / 4 + 2 * np.eye(shape[0])
    return values


def evaluate(world: SimpleNamespace, program: str, values: Arrays) -> Any:
    """The value of a program in a world."""
    names = {("lambda_" if name == "lambda" else name): value for name, value in values.items()}
    builtins = {"len": len, "__import__": __import__}  # by which torch imports what it needs at the first use
    return eval(program, {"__builtins__": builtins, **vars(world), **names})


# --- mpmath ------------------------------------------------------------------------------------


def _each(function: Callable[..., Any]) -> Callable[..., Any]:
    return np.frompyfunc(function, function.__code__.co_argcount, 1)


def _matrix(array: Any) -> Any:
    return mpmath.matrix(array.tolist())


def _norm(x: Any, axis: int | None = None) -> Any:
    return _sqrt((x * x).sum(axis=axis))


def _softmax(z: Any, axis: int = 0) -> Any:
    shares = _exp(z)
    return shares / shares.sum(axis=axis, keepdims=True)


def _relu(x: Any) -> Any:
    return _each(lambda u: u if u > 0 else mpmath.mpf(0))(x)


def _one_hot(labels: Any, count: int) -> Any:
    return np.array([[mpmath.mpf(int(label) == k) for k in range(count)] for label in labels])


_exp, _log, _sqrt = _each(lambda u: mpmath.exp(u)), _each(lambda u: mpmath.log(u)), _each(lambda u: mpmath.sqrt(u))
_absolute, _tanh = _each(lambda u: abs(u)), _each(lambda u: mpmath.tanh(u))

MPMATH = SimpleNamespace(
    exp=_exp, log=_log, sqrt=_sqrt, abs=_absolute, tanh=_tanh, pi=mpmath.pi,
    sin=_each(lambda u: mpmath.sin(u)), cos=_each(lambda u: mpmath.cos(u)), cosh=_each(lambda u: mpmath.cosh(u)),
    sigmoid=_each(lambda u: 1 / (1 + mpmath.exp(-u))), softplus=_each(lambda u: mpmath.log(1 + mpmath.exp(u))),
    gelu=_each(lambda u: u * (1 + mpmath.erf(u / mpmath.sqrt(2))) / 2), relu=_relu, norm=_norm, softmax=_softmax,
    sum=lambda x, axis=None, keepdims=False: np.sum(x, axis=axis, keepdims=keepdims),
    mean=lambda x, axis=None, keepdims=False: np.mean(x, axis=axis, keepdims=keepdims),
    max=lambda x, axis=None: np.max(x, axis=axis), min=lambda x: np.min(x), prod=lambda x: np.prod(x),
    norm1=lambda x: _absolute(x).sum(), maximum=lambda c, x: _relu(x - c) + c, cumsum=lambda x: np.cumsum(x),
    where=lambda c, a, b: np.where(c, a, b), dot=lambda x, y: x @ y, trace=lambda x: np.trace(x),
    logsumexp=lambda z, axis=0: _log(_exp(z).sum(axis=axis)), outer=lambda x, y: x[:, None] * y[None, :],
    inv=lambda a: np.array((_matrix(a) ** -1).tolist()), det=lambda a: mpmath.det(_matrix(a)),
    solve=lambda a, b: np.array((_matrix(a) ** -1).tolist()) @ b, logdet=lambda a: mpmath.log(mpmath.det(_matrix(a))),
    diag=lambda x: np.diag(x), eye=lambda n: np.eye(n, dtype=int) * mpmath.mpf(1), onehot=_one_hot,
)  # fmt: skip


def differentiate_by_mpmath(program: str, values: Arrays, by: str) -> Any:
    """The gradient by central differences at 60 digits, as doubles."""
    step = mpmath.mpf(10) ** -20
    with mpmath.workdps(60):
        exact = {name: _raise(value) for name, value in values.items()}
        base = exact[by]
        entries = []
        for index in np.ndindex(np.shape(values[by])):
            ends = []
            for sign in (1, -1):
                moved = np.array(base, dtype=object)
                moved[index] = moved[index] + sign * step
                point = {**exact, by: moved if index else moved[()]}
                ends.append(mpmath.mpf(np.asarray(evaluate(MPMATH, program, point), dtype=object).item()))
            entries.append(float((ends[0] - ends[1]) / (2 * step)))
    return np.array(entries).reshape(np.shape(values[by]))


def _raise(value: Any) -> Any:
    raised = np.vectorize(lambda u: mpmath.mpf(float(u)), otypes=[object])(value)
    return raised if np.shape(value) else raised[()]


# --- JAX and torch -----------------------------------------------------------------------------


def load_jax() -> SimpleNamespace:
    """The world of JAX, in doubles."""
    jax: ModuleType = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    jnp, nn = jax.numpy, jax.nn
    same = "exp log sqrt abs tanh sin cos cosh sum mean max min prod maximum cumsum where dot trace outer diag eye pi"
    world = SimpleNamespace(**{name: getattr(jnp, name) for name in same.split()})
    world.sigmoid, world.softplus, world.relu = nn.sigmoid, nn.softplus, nn.relu
    world.gelu = lambda x: nn.gelu(x, approximate=False)
    world.softmax = lambda z, axis=-1: nn.softmax(z, axis=axis)
    world.logsumexp = jax.scipy.special.logsumexp
    world.norm = lambda x, axis=None: jnp.sqrt(jnp.sum(x * x, axis=axis))
    world.norm1 = lambda x: jnp.sum(jnp.abs(x))
    world.inv, world.det, world.solve = jnp.linalg.inv, jnp.linalg.det, jnp.linalg.solve
    world.logdet = lambda a: jnp.linalg.slogdet(a)[1]
    world.onehot = lambda labels, count: nn.one_hot(labels.astype(int), count)
    return world


def differentiate_by_jax(program: str, values: Arrays, by: str) -> Any:
    """The gradient of JAX, in doubles; compiled as a whole, since it takes thrice the time operation by operation."""
    world = load_jax()
    import jax

    arrays = {name: jax.numpy.asarray(value, dtype=float) for name, value in values.items()}
    gradient = jax.jit(jax.grad(lambda x: evaluate(world, program, {**arrays, by: x})))
    return np.asarray(gradient(arrays[by]))


def load_torch() -> SimpleNamespace:
    """The world of torch, in doubles."""
    torch: ModuleType = importlib.import_module("torch")
    same = "exp sqrt abs tanh sin cos cosh sigmoid relu prod where outer trace diag logdet det inverse dot pi"
    world = SimpleNamespace(**{name: getattr(torch, name) for name in same.split()})
    world.sum = lambda x, axis=None, keepdims=False: torch.sum(x, dim=axis, keepdim=keepdims)
    world.mean = lambda x, axis=None, keepdims=False: torch.mean(x, dim=axis, keepdim=keepdims)
    world.max = lambda x, axis=None: torch.amax(x, dim=() if axis is None else axis)
    world.min = torch.amin
    world.maximum = lambda c, x: torch.clamp(x, min=c)
    world.cumsum = lambda x: torch.cumsum(x, 0)
    world.softplus, world.gelu = torch.nn.functional.softplus, torch.nn.functional.gelu
    world.softplus = lambda x: torch.logaddexp(x, torch.zeros_like(x))
    world.softmax = lambda z, axis=-1: torch.softmax(z, dim=axis)
    world.logsumexp = lambda z, axis=0: torch.logsumexp(z, dim=axis)
    world.norm = lambda x, axis=None: torch.sqrt(torch.sum(x * x, dim=axis))
    world.norm1 = lambda x: torch.sum(torch.abs(x))
    world.inv, world.solve = torch.linalg.inv, torch.linalg.solve
    world.log = lambda x: torch.log(torch.as_tensor(x, dtype=torch.float64))
    world.eye = lambda n: torch.eye(n, dtype=torch.float64)
    world.onehot = lambda labels, count: torch.nn.functional.one_hot(labels.long(), count).double()
    return world


def differentiate_by_torch(program: str, values: Arrays, by: str) -> Any:
    """The gradient of torch, in doubles."""
    world = load_torch()
    import torch

    arrays = {name: torch.tensor(np.asarray(value), dtype=torch.float64) for name, value in values.items()}
    arrays[by].requires_grad_()
    evaluate(world, program, arrays).backward()
    return arrays[by].grad.numpy()


def nested(values: Sequence[float] | Any) -> Any:
    """An array as nested lists, as --at takes it."""
    return np.asarray(values).tolist()
