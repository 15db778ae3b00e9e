"""Simplified forms: `simplify`, and the constructors that derivatives are built with."""

from dcalc.expr import Expr
from dcalc.simplify.build import Build, rebuild, style

__all__ = ["Build", "rebuild", "simplify", "style"]


def simplify(root: Expr) -> Expr:
    """The simplified form: equal to ``root`` wherever that is defined. Linear in nodes."""
    return rebuild(root, style(root))
