"""200 gradients of JAX and PyTorch, half of them with a planted fault: every fault is found, and nothing else.

Each line of `gradients.tsv` is a function. Its own gradient is checked in one of the frameworks, and in the other one
that of a twin whose rule has a fault in one component. Twenty lose their digits at the point, which is not the same.

    python -m tests.api.test_gradients
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

import dcalc

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not all(map(find_spec, ("jax", "torch"))), reason="needs jax and torch"),
]


class Line(NamedTuple):
    body: str
    at: dict[str, Any]
    is_lossy: bool
    fault: str


def read_point(text: str) -> dict[str, Any]:
    import numpy

    values = (part.split("=") for part in text.split(";"))
    return {name: float(value) if "[" not in value else numpy.array(json.loads(value)) for name, value in values}


def read_lines() -> list[Line]:
    rows = (Path(__file__).parent / "gradients.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [
        Line(body, read_point(point), kind == "lossy", fault)
        for body, point, kind, fault in (row.split("\t") for row in rows)
    ]


def alter(fault: str, components: list[Any], names: list[str]) -> list[Any]:
    """The components of a gradient, one of them as the fault has it."""
    out = list(components)
    if fault == "swap":
        return [out[1], out[0], *out[2:]]
    if fault.startswith("zero "):
        place = names.index(fault[5:])
        out[place] = 0 * out[place]
    elif fault.startswith("-"):
        place = names.index(fault[1:])
        out[place] = -out[place]
    else:
        sign = next(char for char in fault if char in "*/+")
        name, amount = fault.split(sign)
        place, by = names.index(name), float(amount)
        out[place] = out[place] * by if sign == "*" else out[place] / by if sign == "/" else out[place] + by
    return out


def leaf_names(at: dict[str, Any]) -> list[str]:
    from dcalc.api.programs.traced_arrays import name_leaves

    return [leaf for name, value in at.items() for leaf in name_leaves(name, getattr(value, "shape", ()))]


def make_function(body: str, names: list[str], m: Any, n: Any) -> Callable[..., Any]:
    function: Callable[..., Any] = eval(f"lambda {', '.join(names)}: {body}", {"m": m, "n": n})
    return function


def build_jax(line: Line, fault: str) -> Callable[..., Any]:
    import jax
    import jax.numpy as jnp

    m = SimpleNamespace(**{name: getattr(jnp, name) for name in dir(jnp) if not name.startswith("_")})
    n = SimpleNamespace(
        sigmoid=jax.nn.sigmoid, softplus=jax.nn.softplus, relu=jax.nn.relu, silu=jax.nn.silu, elu=jax.nn.elu,
        gelu=lambda x: jax.nn.gelu(x, approximate=False), logsumexp=jax.nn.logsumexp, softmax=jax.nn.softmax,
        mse=lambda p, y: jnp.mean((p - y) ** 2),
    )  # fmt: skip
    function = make_function(line.body, list(line.at), m, n)
    if not fault:
        return function
    planted = jax.custom_vjp(function)
    places = tuple(range(len(line.at)))

    def forward(*args: Any) -> Any:
        return function(*args), args

    def backward(args: Any, cotangent: Any) -> Any:
        partials = jax.grad(function, argnums=places)(*args)
        flat = [entry for partial in partials for entry in jnp.ravel(partial)]
        altered = alter(fault, flat, leaf_names(line.at))
        out = []
        for arg in args:
            size = jnp.size(arg)
            out.append(cotangent * jnp.stack(altered[:size]).reshape(jnp.shape(arg)))
            altered = altered[size:]
        return tuple(out)

    planted.defvjp(forward, backward)
    return planted


def build_torch(line: Line, fault: str) -> Callable[..., Any]:
    import torch

    F = torch.nn.functional  # noqa: N806  # its usual name
    m = SimpleNamespace(**{name: getattr(torch, name) for name in dir(torch) if not name.startswith("_")})
    n = SimpleNamespace(
        sigmoid=torch.sigmoid, softplus=F.softplus, relu=F.relu, silu=F.silu, elu=F.elu, gelu=F.gelu,
        logsumexp=lambda x: torch.logsumexp(x, 0), softmax=lambda x: torch.softmax(x, 0), mse=F.mse_loss,
    )  # fmt: skip
    function = make_function(line.body, list(line.at), m, n)
    if not fault:
        return function

    class Planted(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *args: Any) -> Any:
            ctx.save_for_backward(*args)
            return function(*args)

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            args = [arg.detach().requires_grad_(True) for arg in ctx.saved_tensors]
            with torch.enable_grad():
                partials = torch.autograd.grad(function(*args), args)
            flat = [entry for partial in partials for entry in partial.reshape(-1).unbind()]
            altered = alter(fault, flat, leaf_names(line.at))
            out = []
            for arg in args:
                out.append(grad * torch.stack(altered[: arg.numel()]).reshape(arg.shape))
                altered = altered[arg.numel() :]
            return tuple(out)

    planted: Callable[..., Any] = Planted.apply
    return planted


BUILDERS = (build_jax, build_torch)


def judge(place: int, line: Line, *, is_planted: bool) -> dcalc.Check:
    """The verdict on a function of the corpus, or on its faulty twin, which is of the other framework."""
    builder = BUILDERS[(place + is_planted) % 2]
    return dcalc.check_gradient(
        builder(line, line.fault if is_planted else ""), at=tuple(line.at.values()), framework=builder.__name__[6:]
    )


def test_there_are_two_hundred_functions() -> None:
    lines = read_lines()
    assert len(lines) == len({line.body for line in lines}) == 100
    assert sum(line.is_lossy for line in lines) == 20


@pytest.mark.parametrize("part", range(10))
def test_every_fault_is_found_and_nothing_else(part: int) -> None:
    for place, line in enumerate(read_lines()):
        if place % 10 != part:
            continue
        own = judge(place, line, is_planted=False)
        expected = ("inaccurate",) if line.is_lossy else ("proved", "agrees")
        assert own.verdict in expected, (line.body, str(own))
        planted = judge(place, line, is_planted=True)
        assert planted.verdict == "no", (line.body, line.fault, str(planted))
        assert planted.counterexample is not None


if __name__ == "__main__":
    import time

    counts: Counter[str] = Counter()
    start = time.process_time()
    for place, line in enumerate(read_lines()):
        for is_planted in (False, True):
            began = time.process_time()
            verdict = judge(place, line, is_planted=is_planted)
            kind = "planted" if is_planted else "lossy" if line.is_lossy else "right"
            counts[f"{kind}: {verdict.verdict}"] += 1
            good = {"planted": ("no",), "lossy": ("inaccurate",), "right": ("proved", "agrees")}[kind]
            if verdict.verdict not in good or time.process_time() - began > 3:
                print(line.body, line.fault, kind, time.process_time() - began, verdict, sep=" | ", flush=True)
    print(*(f"{count:4} {kind}" for kind, count in sorted(counts.items())), sep="\n")
    print(f"{time.process_time() - start:.0f} s")
