"""PyTorch: functions of tensors whose own derivatives are attached, so that autograd keeps the digits."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Mapping

from dcalc.expr import Expr, make, map_nodes, variables
from dcalc.functions import Row
from dcalc.notation.common import Language
from dcalc.targets.common.dialect import Routine
from dcalc.targets.common.lowering import patch
from dcalc.targets.jax import Jax

_TENSOR = Row("tensor", "x")
"""What makes a tensor of a number; no row of the table."""
_TENSOR.index = -1


def _mentions(text: str) -> bool:
    """True for a text with a name in it, which is a tensor."""
    return any(char.isalpha() and char != "e" for char in text)


class Torch(Jax):
    """PyTorch."""

    title = "PyTorch"
    spelling = "torch"
    keywords = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "torch", "ctx", "grad"))
    library = "torch"
    patches = patch("erfcx", "digamma", "logit", "gelu", "lognormcdf")

    @property
    def flattened(self) -> str:  # type: ignore[override]  # it depends on the precision
        point = f"torch.tensor(value, dtype=torch.{self.precision}) for value in point"
        return f"torch.ravel(call(*[{point}])).tolist()"

    @property
    def imports(self) -> tuple[str, ...]:  # type: ignore[override]  # as in JAX
        return ("import torch",)

    def identifier(self, name: str, taken: set[str]) -> str:
        # The names of classes begin like this, and have no underscore at the end.
        return super().identifier(f"{name}_" if name.startswith("Stable") else name, taken)

    def language(self, symbols: Mapping[str, str]) -> Language:
        language = super().language(symbols)
        return language._replace(
            spellings={**language.spellings, _TENSOR: f"torch.as_tensor({{0}}, dtype=torch.{self.precision})"}
        )

    def finish(self, outputs: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """Functions take tensors alone: their constant arguments become some."""
        native = self.native()

        def wrap(node: Expr, args: tuple[Expr, ...]) -> Expr:
            if node.op in native or node.op in self.lowering.helpers:
                args = tuple(arg if variables(arg) else make(_TENSOR, arg) for arg in args)
            return make(node.op, *args)

        return map_nodes(wrap, *outputs)

    def write_results(self, routine: Routine) -> str:
        if not routine.shape:
            (text,) = routine.results
            if len(routine.unused) < len(routine.arguments) or not routine.arguments:
                return text
            return f"torch.zeros_like({' + '.join(routine.arguments)}) + {text}"
        count = len(routine.results)
        results = [text if _mentions(text) else f"torch.as_tensor({text}, dtype=torch.{self.precision})"
                   for text in routine.results]  # fmt: skip
        stacked = f"torch.stack(torch.broadcast_tensors({', '.join([*results, *routine.arguments])})[:{count}])"
        if len(routine.shape) == 1:
            return stacked
        shape = ", ".join(map(str, routine.shape))
        return f"{stacked}.unflatten(0, ({shape}))"

    def write_rule(self, routine: Routine, partials: Mapping[str, Routine]) -> str:
        """A function of autograd in the place of a function."""
        listed, name = ", ".join(routine.arguments), routine.name
        comma = "," * (len(routine.arguments) == 1)
        grads = ", ".join(
            f"(grad*{partials[each].name}({listed})).sum_to_size({each}.shape)" for each in routine.arguments
        )
        tangents = " + ".join(
            f"{partials[each].name}({listed})*tangents[{place}]" for place, each in enumerate(routine.arguments)
        )
        return (
            f"class Stable{name.capitalize()}(torch.autograd.Function):\n"
            f'    """{name}, with its derivatives."""\n\n'
            f"    generate_vmap_rule = True\n    values = staticmethod({name})\n\n"
            f"    @staticmethod\n    def forward({listed}):\n"
            f"        return Stable{name.capitalize()}.values({listed})\n\n"
            "    @staticmethod\n    def setup_context(ctx, inputs, output):\n"
            "        ctx.save_for_backward(*inputs)\n        ctx.save_for_forward(*inputs)\n\n"
            f"    @staticmethod\n    def backward(ctx, grad):\n        {listed}{comma} = ctx.saved_tensors\n"
            f"        return {grads}\n\n"
            f"    @staticmethod\n    def jvp(ctx, *tangents):\n        {listed}{comma} = ctx.saved_tensors\n"
            f"        return {tangents}\n\n\n"
            f"def {name}({listed}):\n"
            f'    """{routine.title}"""\n'
            f"    return Stable{name.capitalize()}.apply({listed})"
        )


TARGET = Torch
