"""The last form before code: stable, with series where sums cancel, and Taylor patches where no row helps."""

from __future__ import annotations

from dcalc.expr import Expr
from dcalc.stable import stable


def smooth(root: Expr, used: dict[str, None]) -> Expr:
    """The form of ``root`` that is emitted; ``used`` gains what was rewritten."""
    return stable(root, series=True, used=used)
