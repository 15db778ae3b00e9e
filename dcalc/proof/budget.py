"""How much work one question may cost: a bound that ends questions which grow too long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SERIES_PRODUCTS = 30_000
"""Products of terms of series that one question may cost: about a second."""
PROOF_PRODUCTS = 40_000
"""Products of terms of polynomials that all zero tests of one question may cost: some 0.1 s."""


class Budget:
    """The work that one question may still cost, in products of terms."""

    __slots__ = ("__weakref__", "proofs", "series")

    def __init__(self, series: int = SERIES_PRODUCTS, proofs: int = PROOF_PRODUCTS) -> None:
        self.series = series
        self.proofs = proofs

    def allows_series(self, products: int) -> bool:
        """Count products of terms of series; False once there have been too many."""
        self.series -= products
        return self.series >= 0

    def allows_proof(self, products: int) -> bool:
        """Count products inside of a zero test; False once there have been too many.

        A zero test without budget decides less and never wrongly: it takes the product for a
        number about which nothing is known.
        """
        self.proofs -= products
        return self.proofs >= 0


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)
"""The budget of the question being answered. It is ambient, since arithmetic of series and constants,
which spends it, is written with operators; a ContextVar, since threads may ask at the same time."""


@contextmanager
def limit_work(budget: Budget) -> Iterator[Budget]:
    """Let a budget hold for the questions asked inside; a budget around it is not touched."""
    token = _budget.set(budget)
    try:
        yield budget
    finally:
        _budget.reset(token)


def current_budget() -> Budget:
    """The budget of the question being answered; one of its own for a zero test outside of any."""
    return _budget.get() or Budget()
