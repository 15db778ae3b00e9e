"""Exact zero tests: whether a real constant is zero, whether two expressions are the same function."""

from dcalc.proof import normal_form, root_bound
from dcalc.proof.constant import PROOFS, Constant, MorePrecision
from dcalc.proof.equality import Equality, equality

PROOFS[:] = [normal_form.vanishes, root_bound.vanishes]

__all__ = ["Constant", "Equality", "MorePrecision", "equality"]
