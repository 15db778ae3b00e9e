"""Tokens of LaTeX, put in order before they are parsed: braces that say nothing, points in cases, separators of cells.

Each of these is a pass over the list, since what a token stands for depends on those after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.errors import ParseError
from dcalc.parser.lexer import Token, make_token

if TYPE_CHECKING:
    from collections.abc import Sequence


def _refusal(message: str, token: Token, fix: str) -> ParseError:
    return ParseError(message, span=(token.start_pos, max(token.end_pos, token.start_pos + 1)), help=fix)


def _read_separator(tokens: list[Token], k: int, *, is_second: bool) -> list[Token]:
    """What a comma, an & or an \\text{if} in a row of cases is: a separator, an `and` in the condition, or nothing."""
    token = tokens[k]
    following = tokens[k + 1].type if k + 1 < len(tokens) else "ENDCASES"
    if following in ("ROW", "ENDCASES", "AMP", "IF", "COMMA"):
        return []
    if not is_second:
        return [make_token("AMP", str(token), token.start_pos, token.end_pos)]
    if token.type != "COMMA":
        return []
    if not _is_between_comparisons(tokens, k):
        raise _refusal("a comma in a condition is not read", token, "write \\text{ and } between conditions")
    return [make_token("AND", ",", token.start_pos, token.end_pos)]


def separate_cells(tokens: list[Token]) -> list[Token]:
    """In cases: commas, & and \\text{if} together are one separator; others at the ends of cells are nothing."""
    out: list[Token] = []
    depths: list[int] = []
    for k, token in enumerate(tokens):
        kind = token.type
        if kind == "CASES":
            depths.append(0)
        elif kind == "ENDCASES":
            depths.pop()
        elif depths:
            depths[-1] += (kind in ("LPAR", "LBRACE")) - (kind in ("RPAR", "RBRACE"))
            if kind in ("COMMA", "AMP", "IF") and depths[-1] == 0:
                out += _read_separator(tokens, k, is_second=_has_separator(out))
                continue
            if kind == "OTHERWISE" and not _has_separator(out):
                out.append(make_token("AMP", "", token.start_pos, token.start_pos))
        elif kind == "IF":
            raise _refusal("a condition belongs into cases", token, "write \\begin{cases}")
        out.append(token)
    return out


def _has_separator(tokens: list[Token]) -> bool:
    """Whether the row so far has its separator; cases inside it have their own."""
    depth = 0
    for token in reversed(tokens):
        if token.type == "ENDCASES":
            depth += 1
        elif token.type == "CASES":
            if depth == 0:
                return False
            depth -= 1
        elif depth == 0 and token.type == "ROW":
            return False
        elif depth == 0 and token.type == "AMP":
            return True
    return False


def _is_between_comparisons(tokens: list[Token], place: int) -> bool:
    """Whether a comma in a row of cases stands between comparisons: `x < 1, x \\neq 0` means both."""
    ends = ("ROW", "AMP", "IF", "CASES", "ENDCASES", "COMMA", "AND", "OR")
    for step in (-1, 1):
        at = place + step
        while tokens[at].type not in (*ends, "REL"):
            at += step
        if tokens[at].type != "REL":
            return False
    return True


def find_pairs(tokens: Sequence[Token]) -> dict[int, int]:
    """Where the brace or bracket that opens at a place closes."""
    closing = {"LBRACE": "RBRACE", "LPAR": "RPAR", "ABSL": "ABSR"}
    pairs: dict[int, int] = {}
    stack: list[int] = []
    for k, token in enumerate(tokens):
        if token.type in closing:
            stack.append(k)
        elif stack and token.type == closing[tokens[stack[-1]].type]:
            pairs[stack.pop()] = k
    return pairs


def drop_braces(tokens: list[Token]) -> list[Token]:
    """Without braces that say nothing: doubled ones, and those around the brackets of `\\sin{(x)}`."""
    if not any(token.type == "LBRACE" for token in tokens):
        return tokens
    pairs = find_pairs(tokens)
    dropped: set[int] = set()
    for k, token in enumerate(tokens):
        place = k
        if token.type == "FUNC":
            place += 1
            while place < len(tokens) and tokens[place].type in ("SUP", "SUB"):
                place = pairs.get(place + 1, place + 1) + 1
        if place + 1 >= len(tokens) or tokens[place].type != "LBRACE":
            continue
        inner = ("LPAR", "ABSL") if token.type == "FUNC" else ("LBRACE",)
        if tokens[place + 1].type in inner and pairs.get(place + 1, -2) + 1 == pairs.get(place):
            dropped |= {place, pairs[place]}
    return [token for k, token in enumerate(tokens) if k not in dropped]


def expand_points(tokens: list[Token]) -> list[Token]:
    """`(x, y) = (0, 0)` in cases compares coordinate by coordinate, and `\\neq` is its opposite."""
    if not any(token.type == "REL" and token in ("==", "!=") for token in tokens):
        return tokens
    pairs = find_pairs(tokens)
    ends = {end: start for start, end in pairs.items()}
    out: list[Token] = []
    place = 0
    while place < len(tokens):
        middle = pairs.get(place, -2) + 1
        last = pairs.get(middle + 1) if middle in range(1, len(tokens) - 1) else None
        if last is None or ends.get(last) != middle + 1 or tokens[middle] not in ("==", "!="):
            out.append(tokens[place])
            place += 1
            continue
        left, right = _coordinates(tokens[place + 1 : middle - 1]), _coordinates(tokens[middle + 2 : last])
        if len(left) != len(right) or len(left) < 2:
            out.append(tokens[place])
            place += 1
            continue
        span = (tokens[place].start_pos, tokens[last].end_pos)
        out += [make_token("NOT", "!=", *span)] * (tokens[middle] == "!=") + [tokens[place]]
        for k, (one, other) in enumerate(zip(left, right, strict=True)):
            out += [make_token("AND", ",", *span)] * bool(k) + [*one, make_token("REL", "==", *span), *other]
        out.append(tokens[last])
        place = last + 1
    return out


def _coordinates(tokens: Sequence[Token]) -> list[list[Token]]:
    """The parts between the commas outside of brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.type in ("LPAR", "LBRACE")) - (token.type in ("RPAR", "RBRACE"))
        if token.type == "COMMA" and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts
