"""Claims about unknown functions: proved for all of them at once, or refuted by one.

Whatever f is, `f(x)` and `f'(x)` are numbers: a claim that equals the derivative for all numbers in their places is
right for every f. A claim that is wrong for one f is wrong. A claim of which neither is shown is left open.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dcalc.analysis.check.case import Case, Verdict, format_point
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.finding import Subject
from dcalc.notation import write
from dcalc.opaque import Body, called_functions, hide_calls, instantiate, is_smooth
from dcalc.parser import parse
from dcalc.problem import Result
from dcalc.proof.equality import prove_equal
from dcalc.simplify import simplify

_SAMPLES = ("sin({0}) + {0}**2/3 + 2", "exp({0}/3)*({0} + 2) + {0}**3/5")
"""Functions of one number to try: smooth on the whole line, and none is like a derivative of its own."""
_ASSUMED = "holds for every {} that can be differentiated"


def judge_unknown(subject: Subject, wrt: tuple[str, ...], claim: Expr, name: str) -> Verdict:
    """The verdict on a claim about an expression with unknown functions, for every function that they may be."""
    right = derivative(subject.root, wrt)
    functions = called_functions(subject.root, claim)
    listed = ", ".join(functions)
    is_met = False  # does the claim have the derivative as its value anywhere, so that a proof is not about nothing?
    common: list[str] | None = None  # what is said of the claim whichever function f is
    for bodies in _try_bodies(functions):
        try:
            root, claimed = (instantiate(one, bodies) for one in (subject.root, claim))
            verdict = Case(subject.replace(root=root), wrt, claimed, None, in_gradient=False).judge(name)
        except DcalcError:
            continue
        if verdict.word == "no" and (where := _find_lack(verdict)):  # elsewhere they agree
            is_met = True
            verdict = replace(verdict, word="unresolved", notes=(f"the claim has no value at {where}",))
        common = [note for note in verdict.notes if common is None or note in common]
        if verdict.word == "no":
            told = ", ".join(f"{f}({', '.join(body.parameters)}) = {write(body.root)}" for f, body in bodies.items())
            return replace(verdict, claim=claim, right=right, slip=None, notes=(*verdict.notes, f"with {told}"))
        is_met = is_met or verdict.word in ("proved", "agrees")
    if is_met and is_smooth(subject.root) and is_smooth(claim):
        root, slope, claimed = hide_calls(subject.root, right, claim)
        if prove_equal((root,), slope, claimed) is not None:
            notes = (*(common or ()), _ASSUMED.format(listed))
            return Verdict(name, claim, right, "proved", notes=notes, gaps=True)
    reason = f"neither proved for every {listed} nor refuted by one"
    without = Result(status="unresolved", reason=reason)
    return Verdict(name, claim, right, "unresolved", notes=tuple(common or ()), without=without)


def _find_lack(verdict: Verdict) -> str:
    """The point at which a claim fails for want of a value, where it has right ones elsewhere; else empty."""
    against = verdict.against
    if against is None or against.claim.decimal is not None or verdict.points < 2:
        return ""
    return format_point(against.at)


def _try_bodies(functions: dict[str, int]) -> Iterator[dict[str, Body]]:
    for shift in range(len(_SAMPLES)):
        bodies = {}
        for place, (function, count) in enumerate(functions.items()):
            names = ("u",) if count == 1 else tuple(f"u{k + 1}" for k in range(count))
            mixed = " + ".join(f"{k + 1}*{one}" for k, one in enumerate(names)) if count > 1 else "u"
            sample = _SAMPLES[(place + shift) % len(_SAMPLES)].format(f"({mixed})" if count > 1 else "u")
            more = f" + {'*'.join(names)}" if count > 1 else ""
            bodies[function] = Body(names, simplify(parse(f"{sample}{more} + {place}").root))
        yield bodies
