"""What readers of other notations build expressions with: nodes, their places, calls by the spellings of a language.

A reader has a notion of its own of what a token is and what binds to what; from there on all have the same
to do, and the same to refuse.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from dcalc import functions as table
from dcalc import spellings
from dcalc.errors import ArityError, LimitError, ParseError, UnknownFunction
from dcalc.expr import Expr, make, number, substitute, symbol
from dcalc.numerals import rational
from dcalc.parser.hints import LONGEST, short
from dcalc.parser.lexer import MAX_DIGITS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from dcalc.spellings import Call


RELATIONS = {
    "<": table.LT, "<=": table.LE, ">": table.GT, ">=": table.GE, "==": table.EQ, "!=": table.NE, "~=": table.NE,
    "=": table.EQ, "≤": table.LE, "≥": table.GE, "≠": table.NE,
}  # fmt: skip
_OPPOSITES = {
    table.LT: table.GE, table.GE: table.LT, table.GT: table.LE, table.LE: table.GT, table.EQ: table.NE,
    table.NE: table.EQ,
}  # fmt: skip


class Operand(NamedTuple):
    """A node with the text that it came from, ``start`` to ``end``; ``form`` is a reader's own mark."""

    node: Expr
    start: int
    end: int
    form: str = ""

    @property
    def is_condition(self) -> bool:
        """True for what holds or does not."""
        return self.node.op in table.CONDITIONS


class Context(NamedTuple):
    """What a text is read with: names to take for variables, names that are bound, and whether a derivative may be
    asked for by an operator before the expression."""

    variables: Collection[str] = ()
    bound: Mapping[str, Expr] = {}
    operators: bool = False


class Assembler:
    """Builds the nodes of one text in a language."""

    def __init__(self, source: str, language: str, context: Context, *, truth_is_one: bool = False) -> None:
        self.source = source
        self.language = language
        self.variables = context.variables
        self.bound = dict(context.bound)
        self.originals: Mapping[str, str] = {}
        """Names of variables by what a program calls them."""
        self.unset: set[str] = set()
        """Names that have a value in some case alone."""
        self.truth_is_one = truth_is_one
        self.calls = spellings.calls(language)
        self.constants = spellings.constants(language)
        self.refused = spellings.refused_names(language)

    def place(self, node: Expr, start: int, end: int, form: str = "") -> Operand:
        """A node of the text."""
        return Operand(node, start, end, form)

    def words(self, operand: Operand, instead: str = "x") -> str:
        """The text of an operand where it is short enough to be repeated."""
        return short(self.source[operand.start : operand.end], instead)

    def error(self, message: str, span: tuple[int, int], fix: str) -> ParseError:
        """A refusal of a part of the text."""
        return ParseError(message, span=span, help=fix)

    def refuse_assignment(self, name: str, span: tuple[int, int]) -> ParseError:
        """The error for `x = 3` where an expression is expected."""
        return self.error(
            f"an assignment to {name} with no expression after it", span, f"to set {name} use --at {name}=..."
        )

    # --- leaves -------------------------------------------------------------------------

    def number(self, text: str, start: int, end: int, form: str = "number") -> Operand:
        """A decimal, exactly. Raises LimitError."""
        mantissa, _, exponent = text.lower().partition("e")
        if len(mantissa) > MAX_DIGITS or len(exponent) > 7 or abs(int(exponent or "0")) > MAX_DIGITS:
            raise LimitError(
                "the number is too long",
                span=(start, end),
                help=f"numbers have at most {MAX_DIGITS:,} digits, exponents are at most {MAX_DIGITS:,}",
            )
        return self.place(number(rational(text)), start, end, form)

    def name(self, word: str, start: int, end: int, *, constant: str | None = None) -> Operand:
        """A bound name, a variable, or a ``constant`` that the language calls by it."""
        node = self.bound.get(word)
        if node is None:
            if word in self.unset and word not in self.variables:
                raise self.error(f"{word} has no value in some case", (start, end), "give it one in each case")
            if word in self.variables:
                constant = None
            elif word in self.refused and constant is None and word not in self.constants:
                raise self.error(f"{word} is not read", (start, end), self.refused[word])
            text = constant or (self.constants.get(word) if word not in self.variables else None)
            node = symbol(word) if text is None else template(text, ())
        return self.place(node, start, end, "name")

    def original(self, word: str, span: tuple[int, int]) -> str:
        """What a variable was called before a program had to call it otherwise. Raises ParseError for two with one
        name."""
        if word not in self.originals and word in self.originals.values():
            raise self.error(f"two variables are called {word}", span, "write another name for one of them")
        return self.originals.get(word, word)

    # --- operations ---------------------------------------------------------------------

    def value(self, operand: Operand) -> Expr:
        """The node of a number. Raises ParseError for a condition, unless those count as 1 and 0 here."""
        if not operand.is_condition:
            return operand.node
        if self.truth_is_one:
            return make(table.WHERE, operand.node, number(1), number(0))
        raise self.error("a condition is not a number", (operand.start, operand.end), "write a number for each case")

    def truth(self, operand: Operand) -> Expr:
        """The node of a condition. Raises ParseError for a number."""
        if operand.is_condition:
            return operand.node
        fix = f"write {self.words(operand)} != 0"
        raise self.error("a condition is expected here", (operand.start, operand.end), fix)

    def operation(self, row: table.Row, *parts: Operand) -> Operand:
        """An operator between numbers."""
        node = make(row, *[self.value(part) for part in parts])
        return self.place(node, parts[0].start, parts[-1].end)

    def connection(self, row: table.Row, *parts: Operand) -> Operand:
        """`and`, `or`, `not` of conditions."""
        node = make(row, *[self.truth(part) for part in parts])
        return self.place(node, parts[0].start, parts[-1].end)

    def chain(self, parts: Sequence[Operand], relations: Sequence[str]) -> Operand:
        """`a < b < c`, which is `a < b and b < c`."""
        nodes = [self.value(part) for part in parts]
        whole = make(RELATIONS[relations[0]], nodes[0], nodes[1])
        for k in range(1, len(relations)):
            whole = make(table.AND, whole, make(RELATIONS[relations[k]], nodes[k], nodes[k + 1]))
        return self.place(whole, parts[0].start, parts[-1].end)

    def join(self, condition: Expr, then: Mapping[str, Expr], otherwise: Mapping[str, Expr]) -> dict[str, Expr]:
        """The names after a choice between two blocks, with the values of the one that is taken.

        A name that one of them alone gives a value has none from then on.
        """
        self.unset |= then.keys() ^ otherwise.keys()
        return {
            name: value if otherwise[name] is value else make(table.WHERE, condition, value, otherwise[name])
            for name, value in then.items()
            if name in otherwise
        }

    def choice(self, condition: Operand, then: Operand, otherwise: Operand, start: int, end: int) -> Operand:
        """One value where a condition holds, another elsewhere."""
        node = make(table.WHERE, self.truth(condition), self.value(then), self.value(otherwise))
        return self.place(node, start, end)

    # --- calls --------------------------------------------------------------------------

    def call(self, name: str, args: Sequence[Operand], span: tuple[int, int], at: tuple[int, int]) -> Operand:
        """A call of a name of the language, which stands ``at`` a place, with arguments in their order.

        Raises UnknownFunction, ArityError, or ParseError for a name that is refused.
        """
        entries = self.calls.get(name, ())
        for entry in entries:
            if entry.takes(len(args)):
                return self.apply(entry, [self.value(arg) for arg in args], span)
        raise self.no_such_call(name, entries, len(args), span, at)

    def no_such_call(
        self, name: str, entries: Sequence[Call], count: int, span: tuple[int, int], at: tuple[int, int]
    ) -> ParseError | UnknownFunction | ArityError:
        """What is wrong with a call."""
        if not entries:
            if name in self.refused:
                return self.error(f"{name} is not read", at, self.refused[name])
            fix = self.close_name(name)
            return UnknownFunction(f"no function named {short(name, 'this')} in this notation", span=at, help=fix)
        takes = " or ".join(dict.fromkeys(_count(entry) for entry in entries))
        plural = "" if takes in ("1", "at least 1") else "s"
        inside = ", ".join(entries[0].parameters)
        fix = f"write it with {takes} argument{plural}: {inside}" if inside else "leave the brackets out"
        return ArityError(f"{name} takes {takes} argument{plural}, not {count}", span=span, help=fix)

    def apply(self, entry: Call, nodes: Sequence[Expr], span: tuple[int, int]) -> Operand:
        """What a call means, given its arguments."""
        if entry.row is not None:
            ordered = [nodes[k] for k in entry.order] if entry.order else nodes
            return self.place(make(entry.row, *ordered), *span, "call")
        missing = len(entry.parameters) - len(nodes)
        given = [*nodes, *(template(text, ()) for text in entry.defaults[len(entry.defaults) - missing :])]
        node = substitute(template(entry.text, entry.parameters), dict(zip(entry.parameters, given, strict=True)))
        return self.place(node, *span, "call")

    def close_name(self, name: str) -> str:
        """A hint with names of the language that are alike."""
        from difflib import get_close_matches

        known = {known.lower(): known for known in self.calls}
        close = get_close_matches(name.lower()[:LONGEST], known, n=2, cutoff=0.75)
        if close:
            return f"did you mean {' or '.join(known[word] for word in close)}?"
        return "dcalc functions lists what there is; dcalc help notations says how it is spelled"


def _count(entry: Call) -> str:
    row = entry.row
    if row is not None and not entry.order:
        if row.maximum is None:
            return f"at least {row.minimum}"
        return str(row.minimum) if row.minimum == row.maximum else f"{row.minimum} or {row.maximum}"
    least, most = len(entry.parameters) - len(entry.defaults), len(entry.parameters)
    return str(least) if least == most else f"{least} to {most}"


@cache
def template(text: str, names: tuple[str, ...]) -> Expr:
    """A text in dcalc's own language as a node."""
    from dcalc.parser import parse

    return parse(text, variables=names).root


# --- cases ------------------------------------------------------------------------------


def choose(rows: Sequence[tuple[Expr, Expr | None]], otherwise: Expr | None = None) -> Expr | None:
    """Values with conditions, the first that holds, as nested choices; None as a condition is "otherwise".

    Where nothing is said of what holds otherwise, and the conditions leave nothing out, the last of them
    is what is left; None where they may leave something out.
    """
    cases = [(value, condition) for value, condition in rows if condition is not None]
    final = next((value for value, condition in rows if condition is None), otherwise)
    if final is None:
        if not covers_line([condition for _, condition in cases]):
            return None
        final = cases.pop()[0]
    for value, condition in reversed(cases):
        final = make(table.WHERE, condition, value, final)
    return final


def choose_among(rows: Sequence[tuple[Expr, Expr | None]], rest: Expr) -> Expr:
    """The choices of `choose`, with ``rest`` where the conditions may leave something out."""
    return choose(rows) or choose(rows, rest) or rest


def covers_line(conditions: Sequence[Expr]) -> bool:
    """True where one of the conditions holds wherever their one variable is, or two are opposites.

    They compare a variable with constants; False where that is not seen.
    """
    for first in conditions:
        for second in conditions:
            if _OPPOSITES.get(first.op) is second.op and first.args == second.args:
                return True
            if first.op is table.NOT and first.args[0] is second:
                return True
    try:
        atoms = [_compared(atom) for condition in conditions for atom in _atoms(condition)]
        atoms += [(size, make(table.NEG, constant)) for size, constant in atoms if _is_size(size)]
        values = [(_approximation(constant), constant) for _, constant in atoms]
    except (ValueError, OverflowError):
        return False
    if len({side.args[0] if _is_size(side) else side for side, _ in atoms}) != 1:
        return False
    breaks: dict[float, Expr] = {}
    for value, constant in values:
        if breaks.setdefault(value, constant) is not constant:
            return False  # too near to tell
    places = sorted(breaks)
    between = [(a + b) / 2 for a, b in pairwise(places)]
    samples = [places[0] - 1, *places, *between, places[-1] + 1]
    return all(any(_holds(condition, at) for condition in conditions) for at in samples)


def _atoms(condition: Expr) -> Iterable[Expr]:
    """The comparisons that a condition is made of."""
    stack = [condition]
    while stack:
        node = stack.pop()
        if node.op in (table.AND, table.OR, table.NOT):
            stack += node.args
        else:
            yield node


def _compared(atom: Expr) -> tuple[Expr, Expr]:
    """The variable, or its size, and the constant of a comparison. Raises ValueError."""
    for variable, constant in (atom.args, atom.args[::-1]):
        is_constant = constant.op is not table.SYMBOL and not _is_size(constant)
        if (variable.op is table.SYMBOL or _is_size(variable)) and is_constant:
            return variable, constant
    raise ValueError


def _is_size(node: Expr) -> bool:
    """True for `abs(x)`."""
    return node.op is table.ABS and node.args[0].op is table.SYMBOL


_CONSTANTS = {table.PI: math.pi, table.E: math.e, table.TAU: math.tau}


def _approximation(node: Expr) -> float:
    """The value of a short constant. Raises ValueError for what is more than that."""
    sign, node = _strip_signs(node)
    leaves = node.args if node.op is table.DIV or node.op is table.MUL else (node,)
    parts = [_leaf_value(leaf) for leaf in leaves]
    value = parts[0]
    if node.op is table.DIV:
        value = parts[0] / parts[1] if parts[1] else math.nan
    elif node.op is table.MUL:
        value = math.prod(parts)
    if not math.isfinite(value):
        raise ValueError
    return sign * value


def _leaf_value(node: Expr) -> float:
    """The value of a number or a constant with its signs, nan for anything else."""
    sign, leaf = _strip_signs(node)
    return sign * (float(leaf.args[0]) if leaf.op is table.NUMBER else _CONSTANTS.get(leaf.op, math.nan))


def _strip_signs(node: Expr) -> tuple[int, Expr]:
    sign = 1
    while node.op is table.NEG:
        sign, node = -sign, node.args[0]
    return sign, node


def _holds(condition: Expr, at: float) -> bool:
    """Whether a condition on one variable holds where it is ``at``: every sample is a break or well between two."""
    results: list[bool] = []
    stack: list[tuple[Expr, bool]] = [(condition, False)]
    while stack:
        node, ready = stack.pop()
        if node.op not in (table.AND, table.OR, table.NOT):
            a, b = (
                abs(at) if _is_size(arg) else at if arg.op is table.SYMBOL else _approximation(arg) for arg in node.args
            )
            results.append(
                {table.LT: a < b, table.LE: a <= b, table.GT: a > b, table.GE: a >= b, table.EQ: a == b}.get(
                    node.op, a != b
                )
            )
        elif not ready:
            stack.append((node, True))
            stack += [(arg, False) for arg in node.args]
        elif node.op is table.NOT:
            results.append(not results.pop())
        else:
            second, first = results.pop(), results.pop()
            results.append(first and second if node.op is table.AND else first or second)
    return results[0]
