"""JAX: functions whose own derivatives are attached, so that `jax.grad` keeps the digits."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Mapping

from dcalc import functions as table
from dcalc.expr import Expr, make, map_nodes
from dcalc.functions import Row
from dcalc.notation.common import Language
from dcalc.targets.common.arrange import rational
from dcalc.targets.common.dialect import Program, Routine
from dcalc.targets.common.lowering import patch
from dcalc.targets.numpy import NumPy


class Jax(NumPy):
    """JAX."""

    title = "JAX"
    spelling = "jax"
    keywords = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "jax", "jnp", "special", "primals",
                          "tangents"))  # fmt: skip
    library = "jnp"
    patches = patch("log1p", "erfc", "erfcx", "lgamma", "digamma", "normcdf", "normpdf", "logit")
    attaches = True

    @property
    def flattened(self) -> str:  # type: ignore[override]  # it depends on the precision
        # As it is used: XLA rewrites sums and differences that it compiles.
        return f"jnp.ravel(jax.jit(call)(*map(jnp.{self.precision}, point)))"

    @property
    def imports(self) -> tuple[str, ...]:  # type: ignore[override]  # they depend on the precision
        lines = ("import jax", "import jax.numpy as jnp", "from jax.scipy import special")
        wide = ("", 'jax.config.update("jax_enable_x64", True)')
        return (*lines, *wide) if self.precision == "float64" else lines

    def finish(self, outputs: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """Two numbers that are taken from a part one after the other are one to XLA, and the second may be lost."""

        def hold(node: Expr, args: tuple[Expr, ...]) -> Expr:
            if _takes_number(node) and _takes_number(node.args[0]):
                args = (make(_HELD, args[0]), args[1])
            return make(node.op, *args)

        return map_nodes(hold, *outputs)

    def language(self, symbols: Mapping[str, str]) -> Language:
        language = super().language(symbols)
        return language._replace(spellings={**language.spellings, _HELD: "jax.lax.optimization_barrier"})

    def write(self, program: Program) -> str:
        attached = self.attach(program)
        return super().write(program) + "".join(f"\n\n{text}\n" for text in attached)

    def attach(self, program: Program) -> list[str]:
        """The rules by which JAX differentiates the functions."""
        rules = []
        for routine in program.routines:
            partials = {name: each for each in program.routines for base, name in each.parents if base == routine.name}
            if routine.shape or set(partials) != set(routine.arguments) or not partials:
                continue
            rules.append(self.write_rule(routine, partials))
        return rules

    def write_rule(self, routine: Routine, partials: Mapping[str, Routine]) -> str:
        """The tangent of a function: its partial derivatives times the tangents of its arguments."""
        listed = ", ".join(routine.arguments)
        terms = " + ".join(
            f"{partials[name].name}({listed})*tangents[{place}]" for place, name in enumerate(routine.arguments)
        )
        name = routine.name
        return (
            f"{name} = jax.custom_jvp({name})\n\n\n@{name}.defjvp\ndef {name}_jvp(primals, tangents):\n"
            f'    """The value and the tangent of {name}."""\n'
            f"    {listed}{',' * (len(routine.arguments) == 1)} = primals\n"
            f"    return {name}({listed}), {terms}"
        )


_HELD = Row("held", "x", doc="x, which the compiler leaves as it is")


def _takes_number(node: Expr) -> bool:
    return node.op in (table.ADD, table.SUB) and rational(node.args[1]) is not None


TARGET = Jax
