"""Methods that SciPy has: L-BFGS-B, and two that take no derivatives, Nelder-Mead and differential evolution.

One file each. `scipy_access` gives access to the library, `by_values` is what the methods without derivatives share.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from dcalc.optimise.descent import Run, Settings, Watch, descend
from dcalc.optimise.methods import EVOLUTION, LBFGS, NELDER_MEAD, MethodName
from dcalc.optimise.objective import Objective
from dcalc.optimise.searches.evolution import search_by_evolution
from dcalc.optimise.searches.lbfgs import descend_by_lbfgs
from dcalc.optimise.searches.nelder_mead import search_by_simplex
from dcalc.optimise.searches.scipy_access import load_scipy

Search = Callable[[Objective, Sequence[float], Settings, Watch], Run]
"""From a start to an end that has a name; each step is told to the watch."""
SEARCHES: Mapping[MethodName, Search] = {
    LBFGS: descend_by_lbfgs,
    NELDER_MEAD: search_by_simplex,
    EVOLUTION: search_by_evolution,
}


def load_libraries(methods: Iterable[MethodName]) -> None:
    """Import what methods need, so that a missing library shows at once and no run's time holds the import.

    Raises UsageError where a library is not installed.
    """
    for method in methods:
        if method in SEARCHES:
            load_scipy(method)


def run_search(objective: Objective, start: Sequence[float], settings: Settings, watch: Watch) -> Run:
    """A run of the method that the settings name.

    Raises UsageError where it needs a library that is not installed.
    """
    return SEARCHES.get(settings.method, descend)(objective, start, settings, watch)
