"""Is this the derivative? Proved by algebra where that can, else tested at certified points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, assert_never

from dcalc.analysis.check import claims
from dcalc.analysis.check.case import Case, Verdict, Word, both_values, format_point
from dcalc.analysis.toolkit import Over, note_point
from dcalc.derive import derivative
from dcalc.errors import DcalcError, UsageError
from dcalc.expr import Expr, walk
from dcalc.finding import Brief, Cell, Column, Fact, Field, Finding, Key, Mood, Sheet, Subject
from dcalc.notation import write
from dcalc.opaque import Body, called_functions, hide_calls, instantiate, is_smooth
from dcalc.parser import parse
from dcalc.problem import Point, Result
from dcalc.proof.equality import prove_equal
from dcalc.simplify import simplify
from dcalc.solver import undefined_constant
from dcalc.text import count_noun
from dcalc.unknown import refuse_values, unknown_functions

IN_JSON = ("claim",)
"""Keys of a JSON problem that `find` takes."""
_COUNTEREXAMPLE = {
    "at": Field("{number | string}", "the point"),
    "expected": Field("number | string | null", "the derivative; a decimal where doubles cannot show the difference"),
    "claimed": Field("number | string | null", "the claim; null where it has no value"),
}
_VERDICT = {
    "verdict": Field(
        "string | null",
        "null where it is unresolved; the last two are of a function of a file",
        values=("proved", "agrees", "no", "inaccurate", "no_derivative"),
    ),
    "points": Field("integer", "the number of points that decided"),
    "counterexample": Field("object | null", "a point at which the claim is wrong", _COUNTEREXAMPLE),
    "slip": Field("string | null", "the likely mistake"),
}
RECORD = {
    "shapes": Field("{[integer | string]}", "of arrays: the lengths of the axes, by variable", optional=True),
    "order": Field("integer", "the order of the derivative"),
    "claim": Field("string | {string}", "the claim, or the claims by variable"),
    **_VERDICT,
    "components": Field(
        "{object}",
        "the verdict by variable, of a gradient",
        {"claim": Field("string", "the claim"), **_VERDICT},
        optional=True,
    ),
    "digits": Field("{number}", "of a function: the right digits of its gradient by precision", optional=True),
    "losses": Field("[string]", "of a function: the operations at which digits are lost", optional=True),
    "stable": Field("string | null", "of a function: a form that keeps its digits", optional=True),
}


def find(subject: Subject, claim: object = None, grad: str | None = None, over: Over | None = None) -> Finding:
    """The verdict on a claim: proved, agrees or no, with a counterexample and the likely slip.

    ``claim`` is text or a number, ``grad`` the text of a gradient by variable. Raises UsageError where there
    is not a claim or it does not fit, and what the parser raises for its text. Cost: milliseconds for a proof,
    two certified values per point for a test.
    """
    claimed_by_name, notes = claims.read_claims(claim, grad, subject)
    if subject.at is not None and over is not None:
        raise UsageError("--at and --over both say where to look", help="leave one out")
    lacking = [name for name in subject.wrt if name not in claimed_by_name] if grad or len(claimed_by_name) > 1 else []
    notes += [f"nothing is claimed of {', '.join(lacking)}"] if lacking else []
    return judge_claims(subject, claimed_by_name, over, notes)


def judge_claims(
    subject: Subject, claimed_by_name: Mapping[str, Expr], over: Over | None, notes: Sequence[str] = ()
) -> Finding:
    """The verdict on claims that have been read, by name; undefined where f has no value anywhere."""
    if reason := undefined_constant(subject.root):
        return Finding("check", subject.root, (*subject.wrt,), status="undefined", sentence=reason, plain=[], code=3)
    if subject.at is not None:
        refuse_values(node.op for node in walk(subject.root, *claimed_by_name.values()))
    verdicts = []
    for name, claimed in claimed_by_name.items():
        wrt = (name,) if name in subject.names and len(subject.wrt) > 1 else claims.derivative_names(subject)
        if unknown_functions(node.op for node in walk(subject.root, claimed)):
            verdicts.append(judge_unknown(subject, wrt, claimed, name))
            continue
        verdicts.append(Case(subject, wrt, claimed, over, in_gradient=len(claimed_by_name) > 1).judge(name))
    targets = [(name,) for name in claimed_by_name] if len(verdicts) > 1 else [claims.derivative_names(subject)]
    remarks = (*notes, *dict.fromkeys(note for one in verdicts for note in one.notes))
    return make_finding(subject, verdicts, (*remarks, *note_point(subject, *targets)))


# --- the finding --------------------------------------------------------------------------

_ORDER: tuple[Word, ...] = ("no", "unresolved", "agrees", "proved")
"""From the worst: that of a gradient is the worst of its parts."""


def make_finding(subject: Subject, verdicts: Sequence[Verdict], notes: tuple[str, ...]) -> Finding:
    """The finding on one claim, or on those of a gradient."""
    worst = min(verdicts, key=lambda one: _ORDER.index(one.word))
    single = len(verdicts) == 1
    record: dict[str, Any] = {
        "order": subject.order,
        "claim": verdicts[0].claim if single else {one.name: one.claim for one in verdicts},
        **_verdict_record(worst, sum(one.points for one in verdicts)),
    }
    if not single:
        record["components"] = {one.name: {"claim": one.claim, **_verdict_record(one, one.points)} for one in verdicts}
    undecided = worst.word == "unresolved"
    sentence = _describe(verdicts, worst, at=subject.at)
    mood: Mood = "bad" if worst.word in ("no", "unresolved") else "good"
    more = _explain(verdicts[0]) if single else ()
    status = worst.without.status if worst.without is not None else "unresolved"
    return Finding(
        "check", subject.root, tuple(dict.fromkeys(subject.wrt)), subject.at,
        status=status if undecided else "ok",
        record=record,
        facts=tuple(_facts(verdicts[0]) if single else ()),
        sheets=() if single else (_sheet(verdicts),),
        data=_sheet(verdicts),
        plain=_plain_lines(verdicts),
        brief=Brief([Fact("", sentence, mood), *more], () if single else (_sheet(verdicts),)),
        sentence=sentence,
        code=3 if undecided else 1 if worst.word == "no" else 0,
        notes=notes,
    )  # fmt: skip


def _verdict_record(verdict: Verdict, count: int) -> dict[str, Any]:
    return {
        "verdict": None if verdict.word == "unresolved" else verdict.word,
        "points": count,
        "counterexample": verdict.counterexample(),
        "slip": verdict.slip,
    }


def _explain(verdict: Verdict) -> Iterator[Fact]:
    """What would be right, and how the claim may have come about: for a terminal."""
    if verdict.slip:
        yield Fact("likely slip", verdict.slip, "warn")
    if verdict.right is not None and verdict.word == "no":
        yield Fact("derivative", verdict.right)


def _facts(verdict: Verdict) -> Iterator[Fact]:
    yield Fact("claim", verdict.claim)
    if verdict.right is not None and verdict.word != "proved":
        yield Fact("derivative", verdict.right)
    if verdict.against is not None:
        expected, claimed = both_values(verdict.against)
        yield Fact("counterexample", format_point(verdict.against.at), "strong")
        yield Fact("expected", expected, "good")
        yield Fact("claimed", claimed if claimed is not None else verdict.against.claim.status, "bad")
    if verdict.slip:
        yield Fact("likely slip", verdict.slip, "warn")


def _sheet(verdicts: Sequence[Verdict]) -> Sheet:
    columns = (
        Column("variable", "variable", "code"),
        Column("verdict", "verdict"),
        Column("expected", "expected", "number", 1, "expected"),
        Column("claimed", "claimed", "number", 1, "claimed"),
        Column("at", "at", "code", 2, "at"),
        Column("slip", "likely slip", "words", 3),
    )
    rows: list[dict[Key, Cell]] = []
    for verdict in verdicts:
        expected, claimed = both_values(verdict.against) if verdict.against is not None else (None, None)
        where = format_point(verdict.against.at) if verdict.against is not None else None
        mood = {"no": "bad", "unresolved": "warn"}.get(verdict.word, "")
        row: dict[Key, Cell] = {
            "variable": verdict.name,
            "verdict": verdict.word,
            "expected": expected,
            "claimed": claimed,
        }
        rows.append({**row, "at": where, "slip": verdict.slip, "mood": mood})
    return Sheet(columns, rows)


def _plain_lines(verdicts: Sequence[Verdict]) -> list[tuple[Any, ...]]:
    """One `name<TAB>value` per line; of a gradient one line per variable."""
    if len(verdicts) > 1:
        return [
            (verdict.name, verdict.word, *(both_values(verdict.against) if verdict.against is not None else ()))
            for verdict in verdicts
        ]
    verdict = verdicts[0]
    lines: list[tuple[Any, ...]] = [("verdict", verdict.word), ("points", str(verdict.points))]
    if verdict.against is not None:
        expected, claimed = both_values(verdict.against)
        lines += [("at", format_point(verdict.against.at))] if verdict.against.at else []
        lines += [("expected", expected), ("claimed", verdict.against.claim.status if claimed is None else claimed)]
    return [*lines, ("slip", verdict.slip)] if verdict.slip else lines


def _describe(verdicts: Sequence[Verdict], verdict: Verdict, *, at: Point | None) -> str:
    by = "" if len(verdicts) == 1 else f"by {verdict.name}: "
    match verdict.word:
        case "proved":
            what = "the derivative" if not by else "the gradient"
            where = "both have a value" if any(part.gaps for part in verdicts) else "f has one"
            return f"proved: this is {what} wherever {where}"
        case "agrees":
            names = ", ".join(part.name for part in verdicts if part.word == "agrees")
            points = count_noun(verdict.points, "point")
            return f"{f'{names}: ' if by else ''}agrees at {points}" + ("; not proved" if at is None else "")
        case "unresolved":
            if verdict.without is not None:
                return f"{by}{verdict.without.note or verdict.without.status}"
            if verdict.gaps:
                return f"{by}the claim has no value at any point tried where f has a derivative"
            return f"{by}f has no derivative that could be decided at any point tried"
        case "no":
            sample = verdict.against
            assert sample is not None  # a "no" has its counterexample
            expected, claimed = both_values(sample)
            where = f"at {format_point(sample.at)} " if sample.at else ""
            claim = sample.claim.status if claimed is None else claimed
            return f"{by}no: {where}the derivative is {expected}, the claim is {claim}"
        case _:
            assert_never(verdict.word)


# --- Claims about unknown functions: proved for all of them at once, or refuted by one.
# Whatever f is, `f(x)` and `f'(x)` are numbers: a claim that equals the derivative for all numbers in their places is
# right for every f. A claim that is wrong for one f is wrong. A claim of which neither is shown is left open.

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
        elif verdict.lack:  # the derivative there is that of this f alone
            others = (note for note in verdict.notes if verdict.lack not in note)
            verdict = replace(verdict, notes=(*others, f"the claim has no value at {verdict.lack}"))
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
