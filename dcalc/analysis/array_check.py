"""Is this the derivative by a vector or a matrix? Proved for all lengths, else tested at random shapes and points."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc.analysis.array_formulas import as_cell, choose_names, shapes_by_name
from dcalc.analysis.array_gaps import list_lost_places, note_lost_values
from dcalc.analysis.array_point import require_variables
from dcalc.analysis.check import samples
from dcalc.analysis.check.claims import split_claims
from dcalc.backends.reference import solve
from dcalc.errors import DcalcError, ParseError, UsageError
from dcalc.expr import Expr, variables
from dcalc.finding import Cell, Column, Fact, Finding, Sheet
from dcalc.problem import Problem, Result
from dcalc.tensor.equality import is_proved_equal
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.lower import entry_names, fix_shape, lower
from dcalc.tensor.nodes import Factor, Node, broadcast, list_lengths, product, scale, size_node, transpose
from dcalc.tensor.reader import Reading, declare, read
from dcalc.tensor.sizes import Declared, write_shape
from dcalc.text import count_noun

if TYPE_CHECKING:
    from dcalc.analysis.array_point import Given

_LENGTHS = ((3, 2, 4), (2, 3, 5), (4, 4, 3), (1, 1, 1))
"""Lengths for the names of axes, in turn: one row for each shape that is tried."""
_POINTS = 3
_MOST_ENTRIES = 12
"""Entries that are compared at a point."""
_SHOWN_DIGITS = 3
"""Of a distance that is less than doubles show."""


class Verdict(NamedTuple):
    """What became of one claim: ``against`` is a counterexample."""

    name: str
    claim: Node
    right: Node
    word: str
    points: int
    against: Mapping[str, Any] | None = None
    slip: str | None = None
    notes: tuple[str, ...] = ()


def find(
    text: str,
    wrt: Sequence[str],
    shapes: Mapping[str, Declared],
    given: Given | None,
    _digits: int,
    *,
    claim: str | None,
) -> Finding:
    """The verdict on claims about the derivative of an expression of arrays: proved, agrees or no.

    Raises UsageError where there is no claim or it does not fit, and ParseError for texts. Cost: a few milliseconds
    for a proof, some hundred certified values for a test.
    """
    if claim is None:
        raise UsageError("no claim is given", help="write it after the expression: dcalc check 'norm(x)^2' '2*x'")
    if given is not None:
        raise UsageError("a claim about arrays is checked at points of its own", help="leave --at out")
    reading = read(text, shapes)
    pairs = [("", claim)] if claim.lstrip().startswith("[") else split_claims(claim)
    names = tuple(name for name, _ in pairs) if pairs[0][0] else choose_names(reading, wrt)
    if len(names) != len(pairs):
        raise UsageError("the claim is about one variable", help=f"name it: --wrt {names[0]}")
    verdicts = [_judge(reading, name, one) for name, (_, one) in zip(names, pairs, strict=True)]
    if len(verdicts) == 1 and verdicts[0].word == "no" and verdicts[0].slip is None:
        verdicts = [verdicts[0]._replace(slip=_find_symmetry(text, reading, names[0], pairs[0][1]))]
    return _finding(reading, names, verdicts)


def _judge(reading: Reading, name: str, text: str) -> Verdict:
    require_variables(reading, [name])
    variable = reading.variables[name]
    (right,) = map(tidy, differentiate(reading.root, [variable]))
    claimed = read(text, declare(reading), beside=reading)
    for foreign in claimed.variables:
        if foreign not in reading.variables:
            place = text.find(foreign)
            raise ParseError(
                f"the claim has a variable {foreign} that the expression lacks",
                span=(place, place + len(foreign)),
                source=text,
                help=f"the expression has {', '.join(reading.variables)}",
            )
    node = claimed.root if claimed.root.shape else broadcast(claimed.root, right.shape)
    if node.shape != right.shape:
        given, wanted = write_shape(node.shape), write_shape(right.shape)
        slip = f"the claim is {given}, the derivative {wanted}: gradients have the shape of their variable"
        if node.rank == 2 and is_proved_equal(transpose(node), right):
            slip = "a transpose is missing: the claim is the transpose of the derivative"
        return Verdict(name, node, right, "no", 0, None, slip)
    if is_proved_equal(node, right):
        return Verdict(name, node, right, "proved", 0, notes=_note_gaps(reading, name, claimed, right))
    points = 0
    for sizes, at in sample_points(reading):
        outcome = _compare(right, node, sizes, at)
        if outcome is None:
            continue
        outcome = outcome or ({} if points else _tell_apart(right, node, sizes, at))
        points += 1
        if outcome:
            mistake = _find_slip(reading, text, right, node)
            return Verdict(name, node, right, "no", points, {"sizes": sizes, "at": at, **outcome}, mistake)
    notes = _note_gaps(reading, name, claimed, right)
    return Verdict(name, node, right, "agrees" if points else "unresolved", points, notes=notes)


def _note_gaps(reading: Reading, name: str, claimed: Reading, right: Node) -> tuple[str, ...]:
    """Where f has no value and its derivative has one, and where the claim has none."""
    places = list_lost_places(claimed.requirements, [right])
    only = f"the claim has values only where {' and '.join(places)}" if places else ""
    return (*note_lost_values(reading.requirements, [right], (name,)), *filter(None, [only]))


# --- tests -------------------------------------------------------------------------------------


def sample_points(reading: Reading) -> Iterator[tuple[dict[str, int], dict[str, float]]]:
    """Lengths, and values for all entries: dyadic fractions, square matrices far from singular ones."""
    names = sorted(list_lengths(reading.root, *reading.variables.values()))
    for round_, lengths in enumerate(_LENGTHS):
        sizes = {name: lengths[place % len(lengths)] for place, name in enumerate(names)}
        for number in range(_POINTS):
            draw = random.Random(10 * round_ + number)
            signs = (1,) if number == 0 else (-1, 1)
            at: dict[str, float] = {}
            for name, node in reading.variables.items():
                shape = fix_shape(node.shape, sizes)
                at.update({entry: draw.choice(signs) * draw.randint(1, 24) / 16 for entry in entry_names(name, shape)})
                if len(shape) == 2 and shape[0] == shape[1]:
                    for row in range(shape[0]):
                        at[f"{name}[{row}, {row}]"] = 4 + draw.randint(0, 8) / 8
                        for column in range(row if node.is_symmetric else 0):
                            at[f"{name}[{row}, {column}]"] = at[f"{name}[{column}, {row}]"]
            yield sizes, at


def _compare(right: Node, claim: Node, sizes: Mapping[str, int], at: Mapping[str, float]) -> dict[str, Any] | None:
    """The first entry that differs, empty where none does; None where no entry could be decided."""
    decided = False
    for entry, one, other in _list_entries(right, claim, sizes):
        first, second = _value(one, at), _value(other, at)
        if first.value is None or second.value is None:
            continue
        decided = True
        if first.value != second.value:
            return {"entry": entry, "expected": first.value, "claimed": second.value}
    return {} if decided else None


def _tell_apart(right: Node, claim: Node, sizes: Mapping[str, int], at: Mapping[str, float]) -> dict[str, Any]:
    """The first entry that differs by less than doubles show, in decimals that show it; empty where none does."""
    for entry, one, other in _list_entries(right, claim, sizes):
        gap = samples.Distance(one, other).at({name: at[name] for name in variables(one, other)}, samples.MOST_BITS)
        if gap is None or (size := _value(one, at).decimal) is None:
            continue
        digits = max(samples.DIGITS, samples.magnitude(size) - gap.adjusted() + _SHOWN_DIGITS)
        expected, claimed = (_value(part, at, digits).decimal for part in (one, other))
        return {"entry": entry, "expected": expected, "claimed": claimed}
    return {}


def _list_entries(right: Node, claim: Node, sizes: Mapping[str, int]) -> list[tuple[str, Expr, Expr]]:
    """The names of some entries, what the derivative is there, and what the claim is."""
    expected, claimed = lower([right, claim], sizes)
    names = (name.removeprefix("d") for name in entry_names("d", expected.shape))
    entries = list(zip(names, expected.entries, claimed.entries, strict=True))
    return entries if len(entries) <= _MOST_ENTRIES else random.Random(0).sample(entries, _MOST_ENTRIES)


def _value(entry: Expr, at: Mapping[str, float], digits: int = samples.DIGITS) -> Result:
    return solve(Problem(entry, (), {name: at[name] for name in variables(entry)}, digits), notes=False)[0]


# --- slips -------------------------------------------------------------------------------------


def _mend(reading: Reading, right: Node, claim: Node) -> Iterator[tuple[Node, str]]:
    """What the claim would be without a mistake, and the mistake."""
    yield scale(claim, -1), "the sign is wrong"
    yield scale(claim, 2), "a factor 2 is missing"
    yield scale(claim, Fraction(1, 2)), "there is a factor 2 too many"
    if right.rank == 2 and right.shape[0] == right.shape[1]:
        yield transpose(claim), "the claim is the transpose of the derivative"
    for node in reading.variables.values():
        for size in node.shape:
            mean, total = (_times_length(claim, size_node(size), power) for power in (-1, 1))
            yield mean, f"the mean was taken for the sum: the claim is {size} times the derivative"
            yield total, f"the sum was taken for the mean: the derivative is {size} times the claim"


def _find_slip(reading: Reading, text: str, right: Node, claim: Node) -> str | None:
    """The likely mistake behind a wrong claim: one that makes it out of the derivative. None where none is seen."""
    for mended, slip in _mend(reading, right, claim):
        if is_proved_equal(mended, right):
            return slip
    for name, variant in _turned(text, reading):
        try:
            other = read(variant, declare(reading), beside=reading).root
        except DcalcError:
            continue
        if other.shape == right.shape and is_proved_equal(other, right):
            return f"a transpose: the derivative is {variant}" if len(variant) < 60 else f"a transpose of {name}"
    return None


def _find_symmetry(text: str, reading: Reading, name: str, claim: str) -> str | None:
    """The matrix that makes a claim right if it is symmetric; None where there is none."""
    shapes = declare(reading)
    for matrix, declared in shapes.items():
        if len(declared.shape) != 2 or declared.shape[0] != declared.shape[1] or declared.symmetric or matrix == name:
            continue
        other = read(text, {**shapes, matrix: declared._replace(symmetric=True)})
        (right,) = differentiate(other.root, [other.variables[name]])
        claimed = read(claim, declare(other), beside=other).root
        if is_proved_equal(claimed, right):
            return f"this is the derivative if {matrix} is symmetric: --shape '{matrix}: n x n symmetric'"
    return None


def _times_length(node: Node, length: Node, exponent: int) -> Node:
    axes = tuple(range(node.rank))
    return product(1, [Factor(length, (), exponent), Factor(node, axes)], axes, dict(enumerate(node.shape)))


def _turned(text: str, reading: Reading) -> Iterator[tuple[str, str]]:
    """The claim with one matrix in it transposed, each in turn."""
    for match in re.finditer(r"(?<![\w.])[^\W\d]\w*(?!\w*\()(\.T(?!\w))?", text):
        name = match[0].removesuffix(".T")
        if name in reading.variables and reading.variables[name].rank == 2:
            new = name if match[1] else f"{name}.T"
            yield name, text[: match.start()] + new + text[match.end() :]


# --- the finding -------------------------------------------------------------------------------

_ORDER = ("no", "unresolved", "agrees", "proved")


def _finding(reading: Reading, names: tuple[str, ...], verdicts: Sequence[Verdict]) -> Finding:
    worst = min(verdicts, key=lambda one: _ORDER.index(one.word))
    single = len(verdicts) == 1
    record: dict[str, Any] = {
        "order": 1,
        "claim": as_cell(worst.claim) if single else {one.name: as_cell(one.claim) for one in verdicts},
        "shapes": shapes_by_name(reading),
        **_record(worst, sum(one.points for one in verdicts)),
    }
    if not single:
        record["components"] = {one.name: {"claim": as_cell(one.claim), **_record(one, one.points)} for one in verdicts}
    lines: list[tuple[Cell, ...]] = [("verdict", worst.word), ("points", str(worst.points))]
    facts = [Fact("claim", as_cell(worst.claim)), Fact("derivative", as_cell(worst.right))] if single else []
    if not single:
        lines = [(one.name, one.word) for one in verdicts]
    elif worst.word == "no":
        lines.append(("derivative", as_cell(worst.right)))
    if single and worst.slip:
        lines.append(("slip", worst.slip))
        facts.append(Fact("likely slip", worst.slip, "warn"))
    undecided = worst.word == "unresolved"
    return Finding(
        "check",
        expression=as_cell(reading.root),
        wrt=names,
        status="unresolved" if undecided else "ok",
        record=record,
        facts=facts,
        data=_sheet(verdicts),
        plain=lines,
        sentence=_describe(worst, single),
        code=3 if undecided else 1 if worst.word == "no" else 0,
        notes=(*reading.notes, *dict.fromkeys(note for one in verdicts for note in one.notes)),
    )


def _sheet(verdicts: Sequence[Verdict]) -> Sheet:
    columns = (Column("variable", "variable"), Column("verdict", "verdict"), Column("derivative", "derivative", "code"))
    return Sheet(
        columns,
        [{"variable": one.name, "verdict": one.word, "derivative": as_cell(one.right)} for one in verdicts],
    )


def _record(verdict: Verdict, points: int) -> dict[str, Any]:
    against = verdict.against
    counterexample = None
    if against is not None:
        counterexample = {"at": against["at"], "expected": against["expected"], "claimed": against["claimed"]}
    word = None if verdict.word == "unresolved" else verdict.word
    return {"verdict": word, "points": points, "counterexample": counterexample, "slip": verdict.slip}


def _describe(verdict: Verdict, single: bool) -> str:
    by = "" if single else f"by {verdict.name}: "
    if verdict.word == "proved":
        kind = "derivative" if single else "gradient"
        return f"proved: this is the {kind} for all lengths, wherever both have a value"
    if verdict.word == "agrees":
        return f"{by}agrees at {count_noun(verdict.points, 'random point')} of several shapes; not proved"
    if verdict.word == "unresolved":
        return f"{by}the derivative or the claim has no value at any point tried"
    if verdict.against is None:
        return f"{by}no: {verdict.slip}"
    entry, expected, claimed = (verdict.against[key] for key in ("entry", "expected", "claimed"))
    lengths = ", ".join(f"{name} = {length}" for name, length in verdict.against["sizes"].items())
    where = f" at a point with {lengths}" if lengths else " at a point"
    what = f"the entry {entry} of the derivative" if entry != "d" and entry else "the derivative"
    return f"{by}no:{where} {what} is {expected}, of the claim {claimed}"
