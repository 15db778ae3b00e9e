"""Claims as users write them: an expression or a number, or one per variable of a gradient."""

from __future__ import annotations

from collections.abc import Sequence

from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import Expr, variables
from dcalc.finding import Subject
from dcalc.notation import write
from dcalc.parser import Parsed, parse
from dcalc.point import split_outside_brackets

_HELP = "write 'w: 2*w*x, b: 1', one part per variable"


def split_claims(text: str) -> list[tuple[str, str]]:
    """The pairs (name, text) of `w: expr, b: expr`; of a lone expression one pair without a name."""
    if "?" in text:  # a choice, `x < 0 ? 1 : 2`
        return [("", text)]
    pieces = _split(text, ",")
    named = [_split(piece, ":") for piece in pieces]
    if all(len(pair) == 1 for pair in named) and len(named) == 1:
        return [("", text)]
    claims = []
    for piece, pair in zip(pieces, named, strict=True):
        if len(pair) != 2 or not all(part.strip() for part in pair):
            raise UsageError(f"{piece.strip() or 'an empty part'} is not a part of a gradient", help=_HELP)
        claims.append((pair[0].strip(), pair[1].strip()))
    names = [name for name, _ in claims]
    if len(set(names)) < len(names):
        raise UsageError("a variable is claimed twice", help=_HELP)
    return claims


def _split(text: str, mark: str) -> list[str]:
    return [text[start:end] for start, end in split_outside_brackets(text, mark)]


def read_claims(text: object, grad: str | None, subject: Subject) -> tuple[dict[str, Expr], list[str]]:
    """The claims by variable, in their order, and notes on how they are read; numbers may come from JSON.

    Raises UsageError where there is none, UnknownVariable for a foreign name, and what the parser raises.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        text = repr(text)
    if text is not None and not isinstance(text, str):
        raise UsageError('"claim" must be a text or a number', help='write "claim": "2*x"')
    if text is not None and grad is not None:
        raise UsageError("the claim is given twice: here and by --grad", help="leave one out")
    if text is None and grad is None:
        raise UsageError("no claim is given", help="write it after the expression: dcalc check 'x**2' '2*x'")
    pairs = split_claims(text if text is not None else grad or "")
    if pairs[0][0] == "" and grad is not None:
        raise UsageError("a gradient is claimed by variable", help=_HELP)
    parsed = {name or ",".join(subject.wrt): _parse_claim(one, subject) for name, one in pairs}
    claims = {name: one.root for name, one in parsed.items()}
    for name in claims:
        if pairs[0][0] and name not in subject.names and name not in subject.wrt:
            raise UnknownVariable(f"the expression has no variable {name}", help="leave its part out")
    return claims, [f"the claim is read as {write(one.root)}" for one in parsed.values() if one.readings]


def derivative_names(subject: Subject) -> tuple[str, ...]:
    """The variables to differentiate by, one after the other."""
    return subject.wrt if len(subject.wrt) > 1 else subject.wrt * subject.order


def _parse_claim(text: str, subject: Subject) -> Parsed:
    parsed = parse(text, variables=(*subject.names, *subject.wrt), let=subject.let, notation=subject.notation)
    known = {*subject.names, *subject.wrt}
    if foreign := [name for name in variables(parsed.root) if name not in known]:
        place = text.find(foreign[0])
        raise UnknownVariable(
            f"the claim has a variable {foreign[0]} that the expression lacks",
            source=text,
            span=(place, place + len(foreign[0])) if place >= 0 else None,
            help=_list_variables(subject.names),
        )
    return parsed


def _list_variables(names: Sequence[str]) -> str:
    return f"the expression has {', '.join(names[:8])}" if names else "the expression has no variable"
