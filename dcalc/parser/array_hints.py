"""Sums over an index and inner products as other systems and papers write them: what to write instead.

Asked only when a text could not be read.
"""

from __future__ import annotations

import re

from dcalc.errors import ParseError
from dcalc.parser.hints import short

_KIND = r"(?P<kind>[sS]um|[pP]rod(?:uct)?|[Σ∑∏])"
_LIMIT = r"\s*[\w+-]+?\s*"
_SUMS = (
    # sum(k=1, 3, x^k), sum(k=1..3, x^k), sum(k in 1:3, x^k)
    rf"{_KIND}\s*\(\s*(?P<index>[A-Za-z])\s*(?:=|in\s)(?P<first>{_LIMIT})(?:,|\.\.|:)(?P<last>{_LIMIT}),(?P<body>.+)\)",
    # sum(x^k, (k, 1, 3)), sum(x^k, k=1..3), sum(x^k, k, 1, 3)
    rf"{_KIND}\s*\((?P<body>.+?),\s*\(?\s*(?P<index>[A-Za-z])\s*[=,](?P<first>{_LIMIT})(?:,|\.\.|:)(?P<last>{_LIMIT})\)?\s*\)",
    # sum(x^k for k in range(1, 4))
    rf"{_KIND}\s*\(\s*(?P<body>.+?)\s+for\s+(?P<index>[A-Za-z])\s+in\s+range\((?:(?P<first>{_LIMIT}),)?(?P<end>{_LIMIT})\)\s*\)",
    # sum_{i=1}^n x_i^2, sum_i x_i, Σ_i x_i
    rf"{_KIND}_\s*\{{?\s*(?P<index>[A-Za-z])(?![A-Za-z0-9])(?:\s*=(?P<first>{_LIMIT})\}}\s*\^\s*\{{?(?P<last>\w+)\}}?)?\s*\}}?"
    r"\s*(?P<body>(?=\S)(?:\([^()]*(?:\([^()]*\)[^()]*)*\)|[^-+()])+)",  # up to the next term
)
_ANGLES = re.compile(r"(?:^|[-+*/(,])\s*(?P<whole><\s*(?P<left>[^<>=,]+?)\s*,\s*(?P<right>[^<>]+?)\s*>)")
_LONGEST = 2_000
"""Characters of a text that a person may have typed; the time of a search grows with their square."""
_NAMED = {"s": "sum", "p": "prod", "σ": "sum", "∑": "sum", "∏": "prod"}


def explain_array_text(text: str) -> ParseError | None:
    """The error for a sum or an inner product that is written otherwise here; None where there is none in the text."""
    if "\\" in text or len(text) > _LONGEST:  # LaTeX has sums of its own
        return None
    if match := _ANGLES.search(text):
        help = f"write dot({short(match['left'], 'x')}, {short(match['right'], 'y')})"
        return ParseError("< and > do not enclose an inner product", span=match.span("whole"), source=text, help=help)
    for pattern in _SUMS:
        if match := re.search(pattern, text):
            kind = _NAMED[match["kind"][0].lower()]
            message = f"a {'sum' if kind == 'sum' else 'product'} over an index is written otherwise here"
            return ParseError(message, span=match.span(), source=text, help=f"write {_write_sum(kind, match)}")
    return None


def _write_sum(kind: str, match: re.Match[str]) -> str:
    """The sum in dcalc's own language. Entries `x_i` count from 0, where papers count from 1."""
    named = match.groupdict()
    index, body = match["index"], match["body"].strip()
    first = (match["first"] or "0").strip()
    end = (named.get("end") or "").strip()
    last = f"{int(end) - 1}" if end.isdigit() else f"{end} - 1" if end else (named["last"] or "n - 1").strip()
    place = f"{index} - 1" if first == "1" else index
    body = re.sub(rf"([A-Za-z]\w*)_(?:{index}(?![A-Za-z0-9])|\{{{index}\}})", rf"\1[{place}]", body)
    return f"{kind}({index}, {first}, {last}, {short(body, '...')})"
