"""Functions of other libraries, read as expressions from the program that the library itself makes of them.

One file per library. Nobody types a model twice: what is read is what runs. Arrays of a fixed small shape become
their entries; an operation that cannot be read is named.
"""

from __future__ import annotations

from collections.abc import Callable

from dcalc.api.expression import Expression


def from_jax(f: Callable[..., object], *args: object) -> Expression:
    """The expression that a JAX function of these arguments computes, read from its jaxpr.

    Floats and arrays of floats become variables, named after the parameters: `x`, `w_0`, `w_1`, `A_0_1`, and
    `params_w_0` in a dictionary. Whole numbers and truth values stay what they are. The function has to return one
    number. The values are read; `stop_gradient` and `custom_vjp` change none. Raises Unsupported with the name of an
    operation that cannot be read, and where a value decides what Python does; LimitError beyond 200,000 operations.
    Cost: a trace by JAX, and microseconds per operation on a single number.
    """
    from dcalc.api.programs.jax import read

    return Expression(read(f, args)[0])


def from_torch(f: Callable[..., object], *args: object) -> Expression:
    """The expression that a PyTorch function or module of these arguments computes, read from its ATen graph.

    The variables, what is read and what is raised are as for `from_jax`. Parameters of a module are constants.
    """
    from dcalc.api.programs.torch import read

    return Expression(read(f, args)[0])


def from_sympy(expr: object) -> Expression:
    """The expression that a SymPy expression is, node by node.

    Symbols become variables of their names; a Float is the decimal that it prints as. Raises Unsupported with the name
    of a function that dcalc lacks, and for what is not a real number. Cost: microseconds per node.
    """
    from dcalc.api.programs.sympy import read

    return Expression(read(expr))
