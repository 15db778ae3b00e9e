"""How long the derivatives are that dcalc prints, against SymPy's.

    python tests/benchmarks/length.py FILE [--above RATIO] [--simplify]

Measured: characters of the derivative as `dcalc diff EXPR --wrt NAME` prints it without a
point (shared parts named where it does so), for each name that the file asks for. The
baseline is `str(diff(parse_expr(text), name))` of SymPy from the same text, with the names
as plain symbols, or with --simplify `str(simplify(diff(...)))`, which takes minutes; problems
that SymPy cannot read, differentiate or simplify in time are left out and counted.

How to read it: the medians of both (target: dcalc's is no longer; with --simplify at most 0.95 of
SymPy's), what their ratio would be if each text were the shorter of both, the distribution of the
ratios dcalc / SymPy, and each result longer than RATIO times SymPy's (1.5; target: none above 2).
Nothing is timed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles

import _sympy
from _common import Item, arguments, cut, load, show, verdict

from dcalc.errors import DcalcError
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.solver import solve

SLOW = 20.0
SIMPLIFIED_TARGET = 0.95


@dataclass(frozen=True, slots=True)
class Pair:
    """One derivative in both texts."""

    item: Item
    name: str
    ours: str
    theirs: str

    @property
    def ratio(self) -> float:
        """How many times as long ours is."""
        return len(self.ours) / len(self.theirs)


def main() -> None:
    """Print the tables."""
    parser = arguments(__doc__)
    parser.add_argument("--above", type=float, default=1.5, help="list the results longer than this")
    parser.add_argument("--simplify", action="store_true", help="against SymPy's simplified derivatives")
    options = parser.parse_args()
    items = load(options.file)
    if _sympy.missing():
        print(_sympy.missing())
        alone(items)
        return
    pairs, left_out = both(items, simplified=options.simplify)
    report(pairs, SIMPLIFIED_TARGET if options.simplify else 1.0)
    print("\nleft out:", ", ".join(f"{count} {why}" for why, count in left_out.most_common()) or "none")
    longer = sorted((pair for pair in pairs if pair.ratio > options.above), key=lambda pair: -pair.ratio)
    print(f"\n{len(longer)} above {options.above:g} times SymPy's length")
    for pair in longer:
        print(f"  {pair.ratio:.2f}  {pair.item.id}: d/d{pair.name} {cut(pair.item.text, 200)}")
        print(f"    dcalc  {cut(pair.ours, 400)}\n    sympy  {cut(pair.theirs, 400)}")


def ours(item: Item, name: str) -> str:
    """The text that dcalc prints. Raises DcalcError, also for a derivative that is undefined."""
    root = parse(item.text, variables=item.wrt).root
    answer = solve(Problem(root, (name,)))
    if answer.derivative is None:
        raise DcalcError(answer.reason)
    return write(answer.derivative, against=len(item.text))


def alone(items: Sequence[Item]) -> None:
    """What can be said without SymPy: lengths against those of the input."""
    ratios = [len(ours(item, name)) / len(item.text) for item in items for name in item.wrt]
    print(f"derivative over input, characters: median {median(ratios):.2f}, longest {max(ratios):.2f}")


def both(items: Sequence[Item], *, simplified: bool) -> tuple[list[Pair], Counter[str]]:
    """The pairs of texts, and why the others are left out."""
    sp = _sympy.load()
    pairs = []
    left_out: Counter[str] = Counter()
    for item in items:
        for name in item.wrt:
            try:
                text = ours(item, name)
            except DcalcError as error:
                left_out["refused by dcalc"] += 1
                print(f"refused: {item.id}: d/d{name} {cut(item.text)}: {error.message}")
                continue
            try:
                with _sympy.within(SLOW):
                    derivative = _sympy.derivative(sp, _sympy.parsed(sp, item.text, item.names), name)
                    theirs = str(sp.simplify(derivative) if simplified else derivative)
            except _sympy.Cannot:
                left_out["that SymPy cannot do"] += 1
                continue
            pairs.append(Pair(item, name, text, theirs))
    return pairs, left_out


def report(pairs: Sequence[Pair], target: float) -> None:
    """Medians, totals and the distribution of the ratios."""
    ours_, theirs = [len(pair.ours) for pair in pairs], [len(pair.theirs) for pair in pairs]
    rows = [
        ["median", median(ours_), median(theirs), median(ours_) / median(theirs)],
        ["mean", sum(ours_) / len(pairs), sum(theirs) / len(pairs), sum(ours_) / sum(theirs)],
        ["longest", max(ours_), max(theirs), max(ours_) / max(theirs)],
    ]
    show(f"characters of {len(pairs):,} derivatives", ["", "dcalc", "SymPy", "ratio"], rows)
    print(f"  medians: {verdict(median(ours_), target * median(theirs))}")
    shorter = median(map(min, ours_, theirs))
    print(f"  with the shorter of both texts each time: {shorter:g}, {shorter / median(theirs):.3f} times SymPy's")
    ratios = sorted(pair.ratio for pair in pairs)
    cuts = quantiles(ratios, n=100)
    shown = [["ratio", *(cuts[place - 1] for place in (1, 10, 25, 50, 75, 90, 99)), ratios[-1]]]
    show("ratios dcalc / SymPy", ["", "1 %", "10 %", "25 %", "50 %", "75 %", "90 %", "99 %", "most"], shown)
    steps = (1.0, 1.25, 1.5, 2.0)
    print("  longer than " + ", ".join(f"{step:g} times: {sum(r > step for r in ratios)}" for step in steps))
    print(f"  most: {verdict(ratios[-1], 2)}")


if __name__ == "__main__":
    main()
