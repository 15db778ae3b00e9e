"""Access to scipy.optimize, which is imported when a method needs it and not before."""

from typing import Any

from dcalc.errors import UsageError
from dcalc.optimise.methods import MethodName


def load_scipy(method: MethodName) -> Any:
    """The module scipy.optimize. Raises UsageError where SciPy is not installed."""
    try:
        from scipy import optimize
    except ImportError:
        raise UsageError(f"{method} needs SciPy, which is not installed", help="pip install 'dcalc[scipy]'") from None
    return optimize
