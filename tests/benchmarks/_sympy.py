"""The same text in SymPy, for comparisons: names as plain symbols, constants, functions.

SymPy is imported when `load` is called; `Cannot` is raised of what it cannot do.
"""

import signal
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from types import FrameType, ModuleType
from typing import Any

# Names of dcalc that SymPy knows under another name.
_RENAMED = {
    "abs": "Abs", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "ceil": "ceiling",
    "chi": "Chi", "ci": "Ci", "ei": "Ei", "lambertw": "LambertW", "lgamma": "loggamma", "ln": "log",
    "max": "Max", "min": "Min", "mod": "Mod", "nthRoot": "root", "shi": "Shi", "si": "Si",
}  # fmt: skip


class Cannot(Exception):
    """SymPy has no answer to this problem, or none in time."""


def missing() -> str:
    """Why there is nothing to compare with; empty where SymPy is installed."""
    return "" if find_spec("sympy") else "SymPy is not installed: pip install sympy, and run this again"


def load() -> ModuleType:
    """The library, and its parser, imported."""
    import_module("sympy.parsing.sympy_parser")
    return import_module("sympy")


def _functions(sp: ModuleType) -> dict[str, Callable[..., Any]]:
    """The functions of dcalc's language that SymPy knows by another name or as a formula."""
    known = {name: getattr(sp, other) for name, other in _RENAMED.items()}
    known |= {
        "log2": lambda x: sp.log(x, 2),
        "log10": lambda x: sp.log(x, 10),
        "log1p": lambda x: sp.log(1 + x),
        "log_base": lambda b, x: sp.log(x, b),
        "exp2": lambda x: 2**x,
        "exp10": lambda x: 10**x,
        "expm1": lambda x: sp.exp(x) - 1,
        "pow": lambda u, v: u**v,
        "inv": lambda x: 1 / x,
        "abs2": lambda x: x**2,
        "hypot": lambda u, v: sp.sqrt(u**2 + v**2),
        "sinpi": lambda x: sp.sin(sp.pi * x),
        "cospi": lambda x: sp.cos(sp.pi * x),
        "sigmoid": lambda x: 1 / (1 + sp.exp(-x)),
        "logistic": lambda x: 1 / (1 + sp.exp(-x)),
        "softplus": lambda x: sp.log(1 + sp.exp(x)),
        "xlogx": lambda x: x * sp.log(x),
        "xlogy": lambda x, y: x * sp.log(y),
    }
    for name in ("j", "y", "i", "k"):
        bessel = getattr(sp, f"bessel{name}")
        known |= {f"bessel{name}{order}": (lambda x, n=order, f=bessel: f(n, x)) for order in (0, 1)}
    return known


def parsed(sp: ModuleType, text: str, names: Collection[str]) -> Any:
    """The text as SymPy reads it. Raises Cannot."""
    meaning = {**_functions(sp), "e": sp.E, "pi": sp.pi, **{name: sp.Symbol(name) for name in names}}
    try:
        expression = sp.parsing.sympy_parser.parse_expr(text.replace("^", "**"), local_dict=meaning)
        unknown = expression.atoms(sp.core.function.AppliedUndef)
        strange = expression.free_symbols - {sp.Symbol(name) for name in names}
    except Exception as error:  # noqa: BLE001  # whatever it raises, it cannot
        raise Cannot(f"{type(error).__name__}: {error}") from None
    if unknown or strange:
        raise Cannot(f"unknown to SymPy: {unknown or strange}")
    return expression


def derivative(sp: ModuleType, expression: Any, name: str) -> Any:
    """SymPy's derivative. Raises Cannot where it leaves one in it."""
    try:
        result = sp.diff(expression, sp.Symbol(name))
    except Exception as error:  # noqa: BLE001  # as above
        raise Cannot(f"{type(error).__name__}: {error}") from None
    if result.has(sp.Derivative, sp.Subs):
        raise Cannot("a derivative is left unevaluated")
    return result


@contextmanager
def within(limit: float) -> Iterator[None]:
    """Raise Cannot when the block takes longer than that many seconds (where there are signals)."""
    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, _too_slow)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _too_slow(_number: int, _frame: FrameType | None) -> None:
    raise Cannot("too slow")
