"""What `import dcalc` offers: each public name, and the module that it is loaded from when it is first used.

`expression` has expressions and their curves, `derivatives` what can be asked of them and what comes of it,
`array_expression` has those with vectors and matrices, `mathematics` the functions of the table,
`compiled_function` functions of NumPy arrays, `mapper` columns of derivatives for tables of any library, `tracing`
Python functions as expressions, `programs` those of JAX, PyTorch and SymPy, `checks` the verdicts on other people's
derivatives, and `curves` what derivatives are for: zeros, curves, tangents, uncertainties, equations.
"""

from __future__ import annotations

from importlib import import_module

HOMES = {
    "dcalc.api.derivatives": "parse symbols diff grad jacobian hessian emit evaluate limit Derivative Gradient Matrix",
    "dcalc.api.array_expression": "ArrayExpression ArrayGradient ArrayMatrix",
    "dcalc.api.compiled_function": "compile Compiled Evaluation",
    "dcalc.api.compiled_arrays": "CompiledArrays BoundedGradient",
    "dcalc.api.tracing": "from_function",
    "dcalc.api.programs": "from_jax from_torch from_sympy",
    "dcalc.api.mapper": "Mapper",
    "dcalc.io.arrow": "Batch BatchStream",
    "dcalc.api.curves": (
        "solve study tangent propagate implicit Location Zero Feature Interval Asymptote Unsettled Solutions Study "
        "Line Tangent Moments Uncertainty Implicit"
    ),
    "dcalc.api.checks": "check check_gradient Check Counterexample Loss",
    "dcalc.problem": "Problem Result Capabilities",
    "dcalc.errors": (
        "DcalcError ParseError UnknownFunction UnknownVariable ArityError LimitError UsageError Unsupported NoValue"
    ),
    "dcalc.api.expression": "Expression Condition Drawing",
    "dcalc.api.mathematics": "Function",
}
"""The modules, and the names that each of them has."""
_HOME = {name: home for home, names in HOMES.items() for name in names.split()}


def load(name: str) -> object:
    """A public name: of the lists above, `errors`, or a function or constant of the table. Raises AttributeError."""
    home = _HOME.get(name)
    if home is not None:
        return getattr(import_module(home), name)
    if name == "errors":
        return import_module("dcalc.errors")
    if name == "__all__":
        return public_names()
    if not name.startswith("_"):
        from dcalc.functions import BY_NAME, CONSTANTS

        if name in CONSTANTS or name in BY_NAME:
            from dcalc.api import mathematics

            return mathematics.constant(name) if name in CONSTANTS else mathematics.look_up(name)
    raise AttributeError(f"module 'dcalc' has no attribute {name!r}")


def public_names() -> list[str]:
    """All that `import dcalc` offers."""
    from dcalc.functions import BY_NAME, CONSTANTS

    return [*_HOME, "errors", *CONSTANTS, *BY_NAME]


def stub() -> str:
    """The text of `dcalc/__init__.pyi`, which tells type checkers the types of the public names."""
    from dcalc.functions import BY_NAME, CONSTANTS

    lines = ['"""Types of the public names; written by `python -m dcalc.generate`."""', ""]
    lines.append("from dcalc import errors as errors")
    for home in sorted(HOMES):
        names = HOMES[home].split()
        lines += [f"from {home} import {name} as {name}" for name in sorted(names)]
    lines += ["", "__version__: str", "__all__: list[str]", ""]
    lines += [f"{name}: Expression" for name in CONSTANTS]
    lines += [f"{name}: Function" for name in sorted(BY_NAME)]
    return "\n".join(lines) + "\n"
